"""Which parts of a mail's html a reader does not see, by their style."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

Colour = tuple[int, int, int]

_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)
_NAMES: dict[str, Colour] = {
    "white": _WHITE,
    "black": _BLACK,
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "navy": (0, 0, 128),
}
_ALIKE = 24
"""Colours whose channels differ by no more than this, of 255, are not told apart."""
_SMALLEST = {"px": 2.0, "pt": 2.0, "em": 0.15, "rem": 0.15, "%": 15.0, "": 2.0}
"""Font sizes below these are not read."""
_FAR = -500.0
_MAX_RULES = 200
_MAX_STYLED = 20_000
_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|r?em|%|)")
_COMMENT = re.compile(r"(?s)/\*.*?(?:\*/|\Z)|<!--|-->")
_AT_RULE = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,2000})\}")
_OF_SIGHT = re.compile(
    r"(?i)(?:^|[;\s{])(?:display|visibility|mso-hide|opacity|overflow|(?:max-)?(?:height|width)|position|left|top|right|bottom|"
    r"clip|transform|text-indent|margin-(?:left|top)|color|background(?:-color|-image)?|font-size)\s*:"
)
"""Properties that decide whether words are seen."""
_NO_GROUND = ("url(", "gradient(")


@dataclass(frozen=True)
class Style:
    """What an element's words inherit."""

    colour: Colour | None = _BLACK
    """None: transparent."""
    ground: Colour | None = _WHITE
    """None: a picture, unknown."""
    tiny: bool = False

    @property
    def visible(self) -> bool:
        """A reader can tell the words from their ground, and they have a size."""
        if self.tiny or self.colour is None:
            return False
        if self.ground is None:
            return True
        return any(abs(a - b) > _ALIKE for a, b in zip(self.colour, self.ground, strict=True))


def hides(node: LexborNode) -> bool:
    """Return whether an element is not displayed, whatever stands in it."""
    attributes = node.attributes
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style) and _declares_hidden(_declarations(str(style)))


def style_of(node: LexborNode, inherited: Style) -> Style:
    """Return the style of an element's words."""
    attributes = node.attributes
    declared = _declarations(attributes.get("style") or "")
    colour = declared.get("color") or (str(attributes.get("color") or "").lower() if node.tag == "font" else "")
    ground = declared.get("background-color") or declared.get("background") or ""
    ground = ground or str(attributes.get("bgcolor") or "").lower()
    style = inherited
    if declared.get("background-image", "none") != "none" or any(mark in ground for mark in _NO_GROUND):
        style = replace(style, ground=None)
    elif ground and (found := _colour(ground)) is not None:
        style = replace(style, ground=found)
    if attributes.get("background"):
        style = replace(style, ground=None)
    if _is_transparent(colour):
        style = replace(style, colour=None)
    elif colour and (found := _colour(colour)) is not None:
        style = replace(style, colour=found)
    if size := declared.get("font-size"):
        style = replace(style, tiny=_is_tiny(size))
    return style


def apply_sheets(tree: LexborHTMLParser) -> None:
    """Write what the mail's own style sheets say of sight into the elements' ``style``.

    Rules count in order, whatever their specificity; media queries and states such as ``:hover`` are left out.
    """
    texts = (_AT_RULE.sub("", _COMMENT.sub("", sheet.text() or "")) for sheet in tree.css("style"))
    rules = [rule for text in texts for rule in _RULE.findall(text) if _OF_SIGHT.search(rule[1])][:_MAX_RULES]
    left = _MAX_STYLED
    for selectors, declared in reversed(rules):
        parts = [part for part in declared.split(";") if _OF_SIGHT.search(part)]
        plain = ";".join(part for part in parts if "!important" not in part)
        pressing = ";".join(part for part in parts if "!important" in part)
        for selector in selectors.split(","):
            for node in _chosen(tree, selector.strip()):
                left -= 1
                if left < 0:
                    return
                node.attrs["style"] = f"{plain};{node.attributes.get('style') or ''};{pressing}"


def _chosen(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    if not selector or ":" in selector:
        return []
    try:
        return tree.css(selector)
    except (SelectolaxError, ValueError):
        return []


def _declarations(style: str) -> dict[str, str]:
    compact = re.sub(r"\s+", "", _COMMENT.sub("", style[:8_000])).lower().replace("!important", "")
    pairs = (part.partition(":") for part in compact.split(";"))
    return {name: value for name, _, value in pairs if value}


def _declares_hidden(declared: dict[str, str]) -> bool:
    if declared.get("display") == "none" or declared.get("visibility") in ("hidden", "collapse"):
        return True
    if declared.get("mso-hide") == "all" or _is_zero(declared.get("opacity")):
        return True
    sizes = (declared.get(name) for name in ("height", "width", "max-height", "max-width"))
    if declared.get("overflow", "").startswith("hidden") and any(map(_is_zero, sizes)):
        return True
    if declared.get("position") in ("absolute", "fixed") and any(
        _length(declared.get(name)) <= _FAR for name in ("left", "top", "right", "bottom")
    ):
        return True
    if declared.get("clip", "").startswith(("rect(0", "rect(1px")) or "scale(0)" in declared.get("transform", ""):
        return True
    return any(_length(declared.get(name)) <= _FAR for name in ("text-indent", "margin-left", "margin-top"))


def _length(value: str | None) -> float:
    match = _LENGTH.match(value or "")
    return float(match[1]) if match else 0.0


def _is_zero(value: str | None) -> bool:
    match = _LENGTH.match(value or "")
    return match is not None and float(match[1]) == 0.0


def _is_tiny(size: str) -> bool:
    match = _LENGTH.fullmatch(size)
    return match is not None and float(match[1]) < _SMALLEST[match[2]]


def _is_transparent(colour: str) -> bool:
    return colour == "transparent" or bool(re.fullmatch(r"(?:rgba|hsla)\([^)]*[,/]0?\.?0*%?\)", colour))


def _colour(value: str) -> Colour | None:
    """Return the first colour in a value; None where there is none that is known."""
    if match := re.search(r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])", value):
        digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if match := re.search(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})", value):
        return int(match[1]), int(match[2]), int(match[3])
    named = re.match(r"[a-z]+", value)
    return _NAMES.get(named[0]) if named else None
