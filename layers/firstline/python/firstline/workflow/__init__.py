"""The six nodes of a support turn, one file each, named as the states."""
