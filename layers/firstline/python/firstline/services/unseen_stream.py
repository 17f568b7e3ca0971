"""A stream of an answer that nobody reads."""

from __future__ import annotations


class UnseenStream:
    """Takes what is written and shows it to nobody."""

    def push(self, text: str) -> None:
        """Drop the text."""

    def flush(self) -> None:
        """Do nothing."""

    def withdraw(self) -> None:
        """Do nothing."""
