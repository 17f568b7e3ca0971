"""Forms of plain text: flowed lines, enriched text, html under another name, a mailbox's marks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from firstline.adapters.mail_parameters import MAIN_TYPES
from firstline.adapters.rtf_text import is_rtf, rtf_text

_ANY_BYTES = frozenset({"application/octet-stream", "application/x-unknown", "application/unknown"})
_ENRICHED_TAG = re.compile(r"<(/?)([A-Za-z0-9-]{1,60})>")
_HTML_PAGE = re.compile(
    r"(?i)\s*(?:<\?xml[^<>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)?"
    r"<(?:!doctype\s+html|html|head|body)(?:\s[^<>]{0,1000})?>\s*<",
    re.S,
)
_HTML_PAGE_END = re.compile(r"(?i)</(?:html|body)\s*>\s*\Z")
_HTML_PIECE = re.compile(r"(?i)\s*<(p|div|table|center|font|span|meta|style|html|body)(?:\s[^<>]{0,1000})?>")
_HTML_END = re.compile(r"(?i)(?:</[a-z][a-z0-9]{0,10}\s*>|<br\s*/?>)\s*\Z")
_HTML_TAG = re.compile(r"(?i)<(/?)([a-z][a-z0-9]{0,15})(?:\s[^<>]{0,1000}|/)?>")
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base"})
_UNSHOWN = frozenset({"style", "script", "title"})
_MIN_ELEMENTS = 2
_READ_END = 200
_MARKS_OF_FILES = (
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"Rar!",
    b"\x1f\x8b",
)
_READ = 2_000
_LONGEST = 1_000_000
"""Characters of a text of another form than it is shown in; more are shown as they came."""


def text_form(text: str, kind: str, parameters: Mapping[str, str]) -> tuple[str, bool]:
    """Return a text part's words, and whether they are html.

    Parameters
    ----------
    kind : str
        Its type, in lower case.
    parameters : mapping of str to str
        Of its Content-Type: ``format`` and ``delsp`` are looked at.
    """
    if kind.endswith("html") or is_html(text):
        return text, True
    if len(text) > _LONGEST:
        return text, False
    if is_rtf(text) or (kind.endswith("/rtf") and text.lstrip().startswith("{\\rtf")):
        return rtf_text(text), False
    if kind in ("text/enriched", "text/richtext"):
        return without_enriched(text, is_richtext=kind == "text/richtext"), False
    if parameters.get("format", "").strip().lower() == "flowed":
        text = unflowed(text, delete_space=parameters.get("delsp", "").strip().lower() == "yes")
    return without_mailbox_marks(text), False


def is_binary(content: bytes) -> bool:
    """Return whether what is said to be text is a known kind of file."""
    return content.startswith(_MARKS_OF_FILES) and any(byte < 9 or byte > 126 for byte in content[:_READ])


def is_text_unsaid(kind: str, content: bytes, *, alone: bool) -> bool:
    """Return whether a part of an unknown type, or the only one that is said to be bytes, is text."""
    is_unknown = kind.partition("/")[0] not in MAIN_TYPES
    if not is_unknown and not (alone and kind in _ANY_BYTES):
        return False
    start = content[:_READ]
    n_odd = sum(byte < 32 and byte not in b"\t\r\n\f\x1b" for byte in start)
    return bool(start.strip()) and n_odd == 0 and not is_binary(content)


def is_html(text: str) -> bool:
    """Return whether a text that is said to be plain is an html page, or a piece of one from its first to its last.

    Words before, between or behind its elements are those of somebody who writes about html.
    """
    if "<" not in text[:_READ_END]:
        return False
    end = text.rstrip()[-_READ_END:]
    if _HTML_PAGE.match(text) and _HTML_PAGE_END.search(end):
        return True
    return _HTML_PIECE.match(text) is not None and _HTML_END.search(end) is not None and _is_whole(text[:_LONGEST])


def _is_whole(text: str) -> bool:
    """Return whether a text is several elements, each of them closed, with words in them and none beside them."""
    inside: list[str] = []
    place = n_elements = 0
    shows = False
    for tag in _HTML_TAG.finditer(text):
        name = tag[2].lower()
        hidden = bool(inside) and inside[-1] in _UNSHOWN
        if hidden and not (tag[1] and name == inside[-1]):
            continue
        has_words = not text[place : tag.start()].isspace() and tag.start() > place
        if has_words and not inside:
            return False
        shows = shows or (has_words and not hidden)
        place = tag.end()
        if tag[1]:
            if not inside or inside.pop() != name:
                return False
        else:
            n_elements += 1
            inside += [] if name in _VOID else [name]
    return not inside and shows and n_elements >= _MIN_ELEMENTS and not text[place:].strip()


def unflowed(text: str, *, delete_space: bool) -> str:
    """Return a text of ``format=flowed`` (RFC 3676) with its paragraphs' lines joined.

    Parameters
    ----------
    delete_space : bool
        ``DelSp=yes``: the blank that ends a flowed line is no part of the text.
    """
    # Each paragraph in pieces: joined one by one, a long one would be copied with every line.
    found: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        # A blank before the text is stuffing (4.4); some programs set one between the marks.
        content = line[depth:].removeprefix(" ")
        content = line if depth == 0 and content.startswith(">") else content
        is_signature = content == "-- "
        flows = content.endswith(" ") and not is_signature and bool(content.strip())
        joins = depth == open_depth and bool(content.strip()) and not is_signature
        content = content[:-1] if flows and delete_space else content
        if joins:
            found[-1].append(content)
        else:
            found.append([f"{'>' * depth} {content}" if depth else content])
        open_depth = depth if flows else -1
    return "\n".join(map("".join, found))


def without_enriched(text: str, *, is_richtext: bool = False) -> str:
    """Return the words of ``text/enriched`` (RFC 1896), or of ``text/richtext`` (RFC 1341), which came before it."""
    if is_richtext:
        text = re.sub(r"\s+", " ", text).replace("<lt>", "<<").replace("<nl>", "\n")
        text = re.sub(r" *\n *", "\n", text)
    found: list[str] = []
    place = n_unfilled = n_params = 0
    for match in [*_ENRICHED_TAG.finditer(text), None]:
        start = match.start() if match else len(text)
        if match and start and text[start - 1] == "<":
            # A sign of its own, doubled.
            continue
        piece = text[place:start]
        if n_params == 0:
            found.append(_filled(piece) if n_unfilled == 0 and not is_richtext else piece)
        if match:
            place = match.end()
            step = -1 if match[1] else 1
            n_unfilled = max(0, n_unfilled + step * (match[2].lower() == "nofill"))
            n_params = max(0, n_params + step * (match[2].lower() in ("param", "comment")))
    return "".join(found).replace("<<", "<")


def _filled(piece: str) -> str:
    """Return a piece whose single line breaks are blanks, and of several one less."""
    return re.sub(r"\n+", lambda match: "\n" * (len(match[0]) - 1) or " ", piece)


def without_mailbox_marks(text: str) -> str:
    """Return a text without the ``>`` that a mailbox sets before ``From `` at a line's start, where nobody quotes.

    Mailboxes set it where a paragraph begins. A line that asks may be another's, and answered below.
    """
    if ">From " not in text:
        return text
    lines = text.split("\n")
    marked = [place for place, line in enumerate(lines) if line.startswith(">")]
    if any(not lines[place].startswith(">From ") for place in marked):
        return text
    for place in marked:
        begins = place == 0 or not lines[place - 1].strip()
        if begins and not lines[place].rstrip().endswith(("?", "\uff1f")):
            lines[place] = lines[place][1:]
    return "\n".join(lines)
