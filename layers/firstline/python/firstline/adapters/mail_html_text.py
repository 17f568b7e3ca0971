"""A mail's html as the lines it shows: what a reader would not see is left out, and said to be there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from firstline.adapters.mail_style import Style, apply_sheets, hides, style_of

_SKIPPED_NAMES = (
    "script style head title template noscript object embed svg meta annotation annotation-xml iframe frame frameset "
    "select textarea canvas video audio"
)
_SKIPPED = frozenset(_SKIPPED_NAMES.split())
_WORDLESS = frozenset({"script", "style", "head", "title", "template", "meta"})
_BLOCK_NAMES = (
    "address article aside center dd div dl dt fieldset figure footer form header hr li main nav section table tr"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre"})
_SIGNATURES = ("gmail_signature", "moz-signature", "protonmail_signature_block")
_QUOTES = ("yahoo_quoted", "protonmail_quote", "zmail_extra")
_MAX_DEPTH = 300
_NESTING_WORTH_PARSING = 2_000
_LONGEST_SAID = 1_000
"""Letters that stand for a picture."""
_UNSAID = re.compile(
    r"(?i)[\W_]*(?:\S+\.(?:png|jpe?g|gif|bmp|svg|webp|heic|tiff?)"
    r"|(?:inline |embedded )?(?:image|img|picture|photo|bild|foto|imagen?|immagine|afbeelding|obraz|logo|icon|spacer|"
    r"pixel|screenshot)[\s_-]*\d*|.*(?:automatically generated|automatisch generiert)[\W_]*)?[\W_]*"
)
"""What programs write for a picture: its file's name, that it is one, or what a machine sees on it."""
_TAGS = re.compile(r"<(/?)[a-zA-Z]")
_UNSHOWN_ELEMENTS = re.compile(r"(?is)<(script|style|head|template|title)\b.*?(?:</\1\s*>|\Z)")


@dataclass(frozen=True)
class ShownText:
    """What a mail's html shows."""

    text: str
    hidden: bool
    """Words stood in it that a reader does not see; or all its words stood where they are not read."""
    complete: bool = True
    """False where it is nested too deeply to be read as html: its tags were cut out."""
    pictured: str = ""
    """What the html says of its pictures, line by line."""


def html_text(html: str) -> str:
    """Return what a mail's html shows, line by line, quoted mails marked with ``>``."""
    return shown_text(html).text


def shown_text(html: str) -> ShownText:
    """Return what a mail's html shows.

    Left out are scripts, styles, comments and what a reader does not see: elements and classes not displayed, of no
    size, transparent, moved off the page, or in the colour of their ground.
    """
    if _nesting(html) > _NESTING_WORTH_PARSING:
        stripped = re.sub(r"<[^>]{0,2000}>", " ", _UNSHOWN_ELEMENTS.sub(" ", html))
        lines = [" ".join(line.split()) for line in stripped.split("\n") if line.strip()]
        return ShownText("\n".join(lines), hidden=False, complete=False)
    tree = LexborHTMLParser(html)
    root = tree.body
    if root is None:
        return ShownText("", hidden=False)
    apply_sheets(tree)
    page = _Page()
    if hides(root):
        return ShownText("", hidden=bool((root.text() or "").strip()))
    page.children(root, style_of(root, Style()), 0)
    text = page.shown()
    return ShownText(text, page.hidden or (page.left_out and not text), pictured="\n".join(page.pictured))


def _nesting(html: str) -> int:
    depth = deepest = 0
    for match in _TAGS.finditer(html):
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest


class _Page:
    """Lines as they fill; breaks add up as a browser's do: the larger of two that meet."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._breaks = 2
        self.hidden = False
        self.left_out = False
        self.pictured: list[str] = []

    def shown(self) -> str:
        text = "".join(self._pieces)
        lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def children(self, node: LexborNode, style: Style, depth: int) -> None:
        child = node.child
        while child is not None:
            self._piece(child, style, depth)
            child = child.next

    def _text(self, text: str) -> None:
        collapsed = re.sub(r"\s+", " ", text)
        if self._breaks:
            collapsed = collapsed.lstrip(" ")
        if collapsed:
            self._pieces.append(collapsed)
            self._breaks = 0

    def _line(self, line: str) -> None:
        self._ensure(1)
        self._pieces.append(f"{line}\n")
        self._breaks = 1

    def _ensure(self, breaks: int) -> None:
        if self._breaks < breaks:
            self._pieces.append("\n" * (breaks - self._breaks))
            self._breaks = breaks

    def _piece(self, node: LexborNode, style: Style, depth: int) -> None:
        tag = node.tag or ""
        if tag == "-text":
            words = node.text(deep=False) or ""
            if style.visible:
                self._text(words)
            elif words.strip():
                self.hidden = True
        elif tag == "br":
            self._pieces.append("\n")
            self._breaks += 1
        elif tag in _SKIPPED or tag.startswith(("-", "!", "_")) or depth > _MAX_DEPTH:
            # An element that is never closed takes in all that follows it.
            self.left_out = self.left_out or (tag[:1].isalpha() and tag not in _WORDLESS and _has_words(node))
        elif hides(node):
            self.hidden = self.hidden or _has_words(node)
        elif tag in ("img", "area"):
            said = " ".join(str(node.attributes.get("alt") or "")[:_LONGEST_SAID].split())
            if _UNSAID.fullmatch(said) is None and said not in self.pictured[-1:]:
                self.pictured.append(said)
        else:
            self._element(node, tag, style_of(node, style), depth + 1)

    def _element(self, node: LexborNode, tag: str, style: Style, depth: int) -> None:
        if tag == "blockquote" or _is_of(node, _QUOTES):
            inner = self._inner(node, style, depth)
            if inner:
                for line in inner.split("\n"):
                    self._line(f"> {line}")
                self._ensure(2)
        elif _is_signature(node):
            inner = self._inner(node, style, depth)
            if inner:
                for line in (inner if inner.startswith("--") else f"-- \n{inner}").split("\n"):
                    self._line(line)
        elif tag == "pre" and style.visible:
            for line in (node.text() or "").strip("\n").split("\n"):
                self._line(line)
            self._ensure(2)
        elif tag == "hr":
            self._line("_" * 32)
        elif tag in ("td", "th"):
            self.children(node, style, depth)
            self._text(" ")
        elif tag in _BLOCKS or tag in _PARAGRAPHS:
            gap = 2 if tag in _PARAGRAPHS else 1
            self._ensure(gap)
            if tag == "li":
                self._pieces.append("- ")
                self.children(node, style, depth)
                if self._pieces[-1] == "- ":
                    self._pieces.pop()
            else:
                self.children(node, style, depth)
            self._ensure(gap)
        else:
            self.children(node, style, depth)

    def _inner(self, node: LexborNode, style: Style, depth: int) -> str:
        page = _Page()
        page.children(node, style, depth)
        self.hidden = self.hidden or page.hidden
        self.left_out = self.left_out or page.left_out
        self.pictured += page.pictured
        return page.shown()


def _has_words(node: LexborNode) -> bool:
    return bool(re.search(r"\w", node.text() or ""))


def _is_of(node: LexborNode, names: tuple[str, ...]) -> bool:
    classes = (node.attributes.get("class") or "").split()
    return any(name in classes for name in names)


def _is_signature(node: LexborNode) -> bool:
    """Return whether an element is what a program puts below every mail of its user."""
    return _is_of(node, _SIGNATURES) or (node.attributes.get("id") or "").lower() in ("signature", "applemailsignature")
