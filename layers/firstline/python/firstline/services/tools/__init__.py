"""The support tools, one file each or for a few that belong together."""
