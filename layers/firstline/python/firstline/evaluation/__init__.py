"""Scores of the product on files anyone can write, beside peer libraries."""
