"""Patterns of many words that are compiled when a mail is first read: a cold start without one does not wait."""

from __future__ import annotations

import re
from functools import cached_property


class LazyPattern:
    """A pattern that ignores case, compiled when first used."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._pattern, re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in a text; None where there is none."""
        return self._compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match at the beginning of a text; None where there is none."""
        return self._compiled.match(text)

    def sub(self, by: str, text: str, count: int = 0) -> str:
        """Return a text with something else for the first ``count`` matches; for all of them where it is 0."""
        return self._compiled.sub(by, text, count=count)
