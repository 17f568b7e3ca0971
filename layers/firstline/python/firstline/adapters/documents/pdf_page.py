"""One pdf page as runs of characters in one line, with drawn rules and bullets."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from firstline.adapters.documents import markdown_writer as write
from firstline.domain.errors import UnreadableDocumentError

_SPACES = frozenset(" \t\r\n\u00a0")
_LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\x02": "-",
    "\xad": "-",
}
_MONOSPACED = (b"Courier", b"Mono", b"Consol", b"Menlo", b"Code")
_FIXED_PITCH_FLAG = 1
_BOLD_WEIGHT = 600
# In units of the character's size.
_WIDEST_GAP = 1.0
_OVERLAP = 0.6
_SHIFTED_BASELINE = 0.4
_MOST_OBJECTS = 20_000
_LONGEST_ADDRESS = 2_000
# In points.
_SMALLEST_BULLET, _LARGEST_BULLET, _THICKEST_RULE = 1.5, 7.0, 3.0


@dataclass(frozen=True)
class Style:
    """How characters are drawn. ``size`` is in points as they appear; ``turn`` in quarter turns, 0 to 3."""

    size: float
    bold: bool
    monospaced: bool
    turn: int


@dataclass
class Run:
    """Characters of one line without a wide gap. Coordinates in points, ``y`` the baseline, growing downwards."""

    x0: float
    x1: float
    y: float
    style: Style
    text: str
    parts: list[tuple[str, str]] = field(default_factory=list)
    """Text and the address it links to, piece by piece."""

    @property
    def linked_text(self) -> str:
        """The text with its links as Markdown."""
        return "".join(write.link(text, url) if url else text for text, url in self.parts)


@dataclass(frozen=True)
class Box:
    """A rectangle in points, ``top`` < ``bottom``."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass
class Page:
    """What a page shows, upright."""

    number: int
    runs: list[Run]
    rules: list[Box]
    """Drawn lines and the edges of boxes."""
    bullets: list[Box]
    """Drawn dots and squares as small as a bullet."""
    has_picture: bool
    unknown_characters: int
    """Characters for which the page's fonts name no letter."""


class _Character(NamedTuple):
    letter: str
    left: float
    right: float
    y: float
    style: Style
    url: str
    spaced: bool
    is_known: bool
    top: float
    bottom: float


def read_page(document: pdfium.PdfDocument, index: int, *, max_characters: int) -> Page:
    """Read a page. Text that stands at another angle than most of it (stamps, watermarks) is left out.

    Raises
    ------
    UnreadableDocumentError
        The page holds more than ``max_characters``.
    pypdfium2.PdfiumError
        The page is broken.
    """
    page = document[index]
    text_page = page.get_textpage()
    try:
        count = raw.FPDFText_CountChars(text_page.raw)
        if count > max_characters:
            raise UnreadableDocumentError(f"page {index + 1} holds too much text")
        paper = Box(*page.get_bbox())
        found = [
            character
            for character in _characters(text_page.raw, count, list(_links(document, page)))
            if paper.left <= character.left <= paper.right and paper.top <= character.bottom <= paper.bottom
        ]
        turns = Counter(character.style.turn for character in found)
        turn = turns.most_common(1)[0][0] if turns else 0
        rules, bullets, has_picture = _drawn(page, turn)
        upright = [_upright(character) for character in found if character.style.turn == turn]
        runs = _runs(upright, [rule for rule in rules if rule.bottom - rule.top > rule.right - rule.left])
        unknown = sum(not character.is_known for character in found)
        return Page(index + 1, [run for run in runs if run.text.strip()], rules, bullets, has_picture, unknown)
    finally:
        text_page.close()
        page.close()


def _characters(text_page: raw.FPDF_TEXTPAGE, count: int, links: list[tuple[Box, str]]) -> Iterator[_Character]:
    """Yield what is drawn, in the page's own coordinates, ``y`` growing upwards."""
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    # One text object draws on one baseline in one style, so these are asked for once per object.
    drawn: dict[int | None, tuple[Style, float]] = {}
    spaced = False
    for index in range(count):
        code = raw.FPDFText_GetUnicode(text_page, index)
        letter = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        if letter in _SPACES:
            spaced = True
            continue
        raw.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
        key = ctypes.cast(raw.FPDFText_GetTextObject(text_page, index), ctypes.c_void_p).value
        if key not in drawn:
            raw.FPDFText_GetCharOrigin(text_page, index, x, y)
            drawn[key] = (_style(text_page, index), y.value)
        style, baseline = drawn[key]
        box = (left.value, right.value, bottom.value, top.value)
        if not math.isfinite(sum(box) + baseline):
            continue
        known = code < 0xE000 or code >= 0xF900
        if code < 32 or not known or letter == "\ufffd" or letter in _LIGATURES:
            letter = _LIGATURES.get(letter, letter)
            known = ord(letter[0]) >= 32 and known and letter != "\ufffd"
        url = _url_at(box, links) if links else ""
        yield _Character(letter, box[0], box[1], baseline, style, url, spaced, known, box[3], box[2])
        spaced = False


def _style(text_page: raw.FPDF_TEXTPAGE, index: int) -> Style:
    matrix = raw.FS_MATRIX()
    name = ctypes.create_string_buffer(200)
    flags = ctypes.c_int()
    raw.FPDFText_GetMatrix(text_page, index, matrix)
    raw.FPDFText_GetFontInfo(text_page, index, name, len(name), flags)
    size = raw.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.c, matrix.d)
    return Style(
        size=round(size, 1) if math.isfinite(size) and size > 0 else 1.0,
        bold=raw.FPDFText_GetFontWeight(text_page, index) >= _BOLD_WEIGHT or b"Bold" in name.value,
        monospaced=bool(flags.value & _FIXED_PITCH_FLAG) or any(face in name.value for face in _MONOSPACED),
        turn=round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4,
    )


def _links(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[tuple[Box, str]]:
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    rectangle = raw.FS_RECTF()
    while raw.FPDFLink_Enumerate(page.raw, position, link):
        action = raw.FPDFLink_GetAction(link)
        length = raw.FPDFAction_GetURIPath(document.raw, action, None, 0) if action else 0
        if not 1 < length < _LONGEST_ADDRESS or not raw.FPDFLink_GetAnnotRect(link, rectangle):
            continue
        address = ctypes.create_string_buffer(length)
        raw.FPDFAction_GetURIPath(document.raw, action, address, length)
        low, high = sorted((rectangle.bottom, rectangle.top))
        yield Box(rectangle.left, low, rectangle.right, high), address.value.decode("ascii", "ignore")


def _url_at(box: tuple[float, float, float, float], links: list[tuple[Box, str]]) -> str:
    x, y = (box[0] + box[1]) / 2, (box[2] + box[3]) / 2
    return next((url for area, url in links if area.left <= x <= area.right and area.top <= y <= area.bottom), "")


def _drawn(page: pdfium.PdfPage, turn: int) -> tuple[list[Box], list[Box], bool]:
    rules: list[Box] = []
    bullets: list[Box] = []
    has_picture = False
    for drawn in islice(page.get_objects(max_depth=2), _MOST_OBJECTS):
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE:
            has_picture = True
        if drawn.type != raw.FPDF_PAGEOBJ_PATH or drawn.container is not None:
            continue
        left, bottom, right, top = drawn.get_bounds()
        box = _turned(Box(left, bottom, right, top), turn)
        width, height = box.right - box.left, box.bottom - box.top
        if max(width, height) <= _LARGEST_BULLET and min(width, height) >= _SMALLEST_BULLET:
            bullets.append(box)
        elif min(width, height) <= _THICKEST_RULE:
            rules.append(box)
        else:
            rules += _edges(box)
    return rules, bullets, has_picture


def _edges(box: Box) -> list[Box]:
    return [
        Box(box.left, box.top, box.right, box.top),
        Box(box.left, box.bottom, box.right, box.bottom),
        Box(box.left, box.top, box.left, box.bottom),
        Box(box.right, box.top, box.right, box.bottom),
    ]


def _point(x: float, y: float, turn: int) -> tuple[float, float]:
    """Map a point of the page, ``y`` growing upwards, to the page as it is read, ``y`` growing downwards."""
    return ((x, -y), (y, x), (-x, y), (-y, -x))[turn]


def _turned(box: Box, turn: int) -> Box:
    x0, y0 = _point(box.left, box.top, turn)
    x1, y1 = _point(box.right, box.bottom, turn)
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _upright(character: _Character) -> _Character:
    turn = character.style.turn
    if turn == 0:
        return character._replace(y=-character.y)
    box = _turned(Box(character.left, character.bottom, character.right, character.top), turn)
    y = character.y if turn == 2 else box.bottom
    return character._replace(left=box.left, right=box.right, y=y)


def _runs(characters: list[_Character], upright_rules: list[Box]) -> list[Run]:
    runs: list[Run] = []
    for character in characters:
        size = character.style.size
        run = runs[-1] if runs else None
        gap = character.left - run.x1 if run else 0.0
        joins = (
            run is not None
            and abs(character.y - run.y) <= _SHIFTED_BASELINE * max(size, run.style.size)
            and -_OVERLAP * size <= gap <= _WIDEST_GAP * size
            and not (character.spaced and _parted(run.x1, character, upright_rules))
            and (character.style.monospaced == run.style.monospaced or not character.spaced or gap < size / 2)
        )
        if run is None or not joins:
            runs.append(Run(character.left, character.right, character.y, character.style, "", []))
            run = runs[-1]
        elif character.spaced:
            _append(run, " ", character.url if run.parts[-1][1] == character.url else "")
        _append(run, character.letter, character.url)
        run.x1 = max(run.x1, character.right)
    return runs


def _append(run: Run, letter: str, url: str) -> None:
    run.text += letter
    if run.parts and run.parts[-1][1] == url:
        run.parts[-1] = (run.parts[-1][0] + letter, url)
    else:
        run.parts.append((letter, url))


def _parted(x: float, character: _Character, rules: list[Box]) -> bool:
    return any(x <= rule.left <= character.left and rule.top <= character.y <= rule.bottom for rule in rules)
