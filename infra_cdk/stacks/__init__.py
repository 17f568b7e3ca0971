"""Stacks by lifetime: data, search, application, mail, edge, firewall, observability."""
