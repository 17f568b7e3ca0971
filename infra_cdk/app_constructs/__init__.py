"""Constructs, one per file; stacks compose them."""
