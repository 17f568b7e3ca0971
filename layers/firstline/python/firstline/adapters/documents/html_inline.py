"""The text within one html block: links, code, line breaks, pictures by their description."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from firstline.adapters.documents.html_boilerplate import is_around_the_text, is_line_number
from firstline.adapters.documents.markdown_writer import inline_code, link

_LONGEST_PICTURE_TEXT = 80


class InlineText:
    """Writes inline content. ``base`` makes relative addresses whole; it is empty where the page names none."""

    def __init__(self, base: str, unfolded: frozenset[str]) -> None:
        self._base = base
        self._unfolded = unfolded

    def of(self, nodes: Iterable[LexborNode]) -> str:
        """Return the nodes' text; ``\\n`` only where the page breaks a line."""
        text = "".join(self._written(node) for node in nodes)
        return re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r"[ \t]+", " ", text)).strip()

    def _written(self, node: LexborNode) -> str:
        tag = node.tag or ""
        if tag == "-text":
            return re.sub(r"\s+", " ", node.text_content or "")
        if tag == "br":
            return "\n"
        if tag == "wbr" or not node.is_element_node or is_around_the_text(node, self._unfolded):
            return ""
        if tag == "img":
            described = (node.attributes.get("alt") or "").strip()
            return described if len(described) <= _LONGEST_PICTURE_TEXT else ""
        text = "".join(self._written(child) for child in node.iter(include_text=True))
        match tag:
            case "a":
                return self._link(text, node.attributes.get("href") or "")
            case "code" | "kbd" | "samp" | "tt":
                return _around(text, inline_code(text))
            case "q":
                return f'"{text.strip()}"'
            case "li" | "p" | "div" | "dd" | "dt" | "tr":
                return f"{text}\n"
            case "td" | "th":
                return f"{text} "
        return text

    def _link(self, text: str, href: str) -> str:
        if not text.strip(" \n#\u00b6\u00a7") or href.startswith("#"):
            return text.strip("\u00b6") if text.strip(" \n#\u00b6\u00a7") else ""
        try:
            target = urljoin(self._base, href.strip())
        except ValueError:
            return text
        return _around(text, link(" ".join(text.split()), target))


def code_text(node: LexborNode) -> str:
    """Return the text of a ``pre`` as it stands, without line numbers."""
    parts: list[str] = []
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            parts.append(child.text_content or "")
        elif child.tag == "br":
            parts.append("\n")
        elif child.is_element_node and not is_line_number(child) and child.tag not in ("button", "script", "style"):
            parts.append(code_text(child))
    return "".join(parts)


def _around(original: str, written: str) -> str:
    """Keep the space at both ends of the original, which stands between words."""
    if not original.strip():
        return original
    return (" " if original[0].isspace() else "") + written.strip() + (" " if original[-1].isspace() else "")
