"""Mail as it comes in: what of it is new, what to do with it, and to which thread it belongs."""
