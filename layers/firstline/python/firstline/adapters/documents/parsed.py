"""What every reader returns: a document in our Markdown form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ParsedDocument:
    """A document's text with its headings, lists, tables and code, and nothing of the page around it."""

    title: str
    """Empty where the document names none."""
    markdown: str
    """Starts with ``# <title>`` where there is a title. Never blank."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the file says of itself (``author``, ``language``, ``url``, ...) and what reading it noticed
    (``encoding``, ``pages``, ``pages_without_text``)."""
    anchors: tuple[str, ...] = ()
    """For every heading after the title, in order: the fragment that opens it in the original (an html id,
    ``page=<n>`` of a pdf), or an empty string."""
