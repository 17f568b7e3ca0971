"""Ports on one machine."""
