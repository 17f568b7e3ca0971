"""The text of one docx paragraph: links, notes, breaks; what was deleted or is hidden is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from firstline.adapters.documents.markdown_writer import link

_DROPPED_NAMES = "del moveFrom pPr rPr instrText delText pict drawing object Fallback txbxContent rt annotationRef"
_DROPPED = frozenset(_DROPPED_NAMES.split())
_MONOSPACED = ("courier", "consol", "mono", "menlo", "lucida console", "source code")


class ParagraphText:
    """Writes paragraphs. ``links`` maps relation ids to addresses."""

    def __init__(self, links: Mapping[str, str]) -> None:
        self._links = links

    def of(self, paragraph: Element) -> tuple[str, list[str]]:
        """Return the text and the ids of the notes it refers to, ``footnote <id>`` or ``endnote <id>``."""
        notes: list[str] = []
        return "".join(self._parts(paragraph, notes)), notes

    def _parts(self, node: Element, notes: list[str]) -> Iterator[str]:
        for child in node:
            match child.tag:
                case name if name in _DROPPED:
                    continue
                case "t":
                    yield child.text or ""
                case "tab":
                    yield "\t"
                case "br" if child.get("type") not in ("page", "column"):
                    yield "\n"
                case "cr":
                    yield "\n"
                case "noBreakHyphen":
                    yield "-"
                case "footnoteReference" | "endnoteReference":
                    notes.append(f"{child.tag.removesuffix('Reference')} {child.get('id', '')}")
                    yield f"\0{len(notes) - 1}\0"
                case "r" if _is_on(child, "rPr/vanish"):
                    continue
                case "hyperlink":
                    text = "".join(self._parts(child, notes))
                    yield link(text, self._links.get(child.get("id", ""), ""))
                case _:
                    yield from self._parts(child, notes)


def text_boxes(paragraph: Element) -> Iterator[Element]:
    """Yield the outermost text boxes anchored in a paragraph, each once though it is stored for old readers too."""
    waiting = [(paragraph, False)]
    while waiting:
        node, within_fallback = waiting.pop()
        if node.tag == "txbxContent":
            if not within_fallback:
                yield node
            continue
        waiting += [(child, within_fallback or child.tag == "Fallback") for child in reversed(list(node))]


def is_all_bold(paragraph: Element) -> bool:
    """Tell whether every run with text is set in bold."""
    runs = [run for run in paragraph.iter("r") if any((text.text or "").strip() for text in run.iter("t"))]
    return bool(runs) and all(_is_on(run, "rPr/b") for run in runs)


def is_monospaced(paragraph: Element) -> bool:
    """Tell whether every run with text is set in a typewriter face."""
    runs = [run for run in paragraph.iter("r") if any((text.text or "").strip() for text in run.iter("t"))]
    return bool(runs) and all(_face(run).startswith(_MONOSPACED) or "mono" in _face(run) for run in runs)


def _face(run: Element) -> str:
    fonts = run.find("rPr/rFonts")
    return fonts.get("ascii", "").lower() if fonts is not None else ""


def _is_on(node: Element, path: str) -> bool:
    found = node.find(path)
    return found is not None and found.get("val", "true") not in ("0", "false", "off")
