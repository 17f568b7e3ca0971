"""Firstline: first-line customer support that a company owns."""
