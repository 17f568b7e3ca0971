"""Which paragraphs of a docx are headings, list items or code, by styles and numbering."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from firstline.adapters.documents.flow import TITLE_LEVEL

_HEADING_NAME = re.compile(r"heading ([1-9])", re.I)
_CODE_NAME = re.compile(r"\b(?:code|source|preformatted|listing|terminal|console)\b", re.I)
_LONGEST_CHAIN = 20
_DEEPER_LIST = re.compile(r"list (?:bullet|number) ([2-5])", re.I)


@dataclass(frozen=True)
class ParagraphStyle:
    """What a style, with those it is based on, says of a paragraph."""

    name: str = ""
    level: int | None = None
    """0 for the document's title, 1 to 9 for headings."""
    is_code: bool = False
    number_id: str = ""
    number_level: int = 0


class Styles:
    """The paragraph styles of a document."""

    def __init__(self, tree: Element | None) -> None:
        nodes = tree.findall("style") if tree is not None else []
        self._nodes = {node.get("styleId", ""): node for node in nodes}

    def style(self, style_id: str) -> ParagraphStyle:
        """Return a style; an unknown id is a plain paragraph."""
        chain: list[Element] = []
        while style_id in self._nodes and len(chain) < _LONGEST_CHAIN:
            chain.append(self._nodes[style_id])
            style_id = value_of(chain[-1], "basedOn")
        names = [value_of(node, "name") for node in chain]
        deeper = _DEEPER_LIST.fullmatch(names[0]) if names else None
        number = next((found for node in chain if (found := node.find("pPr/numPr")) is not None), None)
        return ParagraphStyle(
            name=names[0] if names else "",
            level=_level(chain, names),
            is_code=any(_CODE_NAME.search(name) for name in names),
            number_id=value_of(number, "numId") if number is not None else "",
            number_level=int(deeper[1]) - 1 if deeper else whole(value_of(number, "ilvl")),
        )


class Numbering:
    """The lists of a document, counted as its paragraphs are read."""

    def __init__(self, tree: Element | None) -> None:
        self._formats: dict[str, dict[int, str]] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        if tree is None:
            return
        abstract = {
            node.get("abstractNumId", ""): {
                whole(level.get("ilvl", "0")): value_of(level, "numFmt") for level in node.findall("lvl")
            }
            for node in tree.findall("abstractNum")
        }
        for node in tree.findall("num"):
            self._formats[node.get("numId", "")] = abstract.get(value_of(node, "abstractNumId"), {})

    def marker(self, number_id: str, level: int) -> str:
        """Return the marker of the next item, ``-`` or ``<n>.``; empty where the list draws none."""
        form = self._formats.get(number_id, {}).get(level, "bullet")
        if number_id in ("", "0") or form == "none":
            return ""
        if form == "bullet":
            return "-"
        counts = self._counts[number_id]
        counts[level] = counts.get(level, 0) + 1
        for deeper in [found for found in counts if found > level]:
            del counts[deeper]
        return f"{counts[level]}."


def value_of(node: Element | None, path: str) -> str:
    """Return the ``val`` of a child, empty without one."""
    found = node.find(path) if node is not None else None
    return found.get("val", "") if found is not None else ""


def whole(value: str) -> int:
    """Return a small whole number, 0 for anything else."""
    return int(value) if value.isdecimal() and len(value) < 4 else 0


def _level(chain: list[Element], names: list[str]) -> int | None:
    for node, name in zip(chain, names, strict=True):
        found = _HEADING_NAME.fullmatch(name.strip())
        if found:
            return int(found[1])
        if name.strip().lower() == "title":
            return TITLE_LEVEL
        outline = value_of(node, "pPr/outlineLvl")
        if outline.isdecimal() and len(outline) == 1 and int(outline) < 9:
            return int(outline) + 1
    return None
