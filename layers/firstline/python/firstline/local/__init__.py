"""The laptop's outermost ring: server, socket gateway, watcher, timers."""
