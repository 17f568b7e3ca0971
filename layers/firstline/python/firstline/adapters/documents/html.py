"""Web pages read into our Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from firstline.adapters.documents import markdown_writer as write
from firstline.adapters.documents.encodings import decode
from firstline.adapters.documents.html_boilerplate import controlled_ids, is_around_the_text, main_part
from firstline.adapters.documents.html_inline import InlineText, code_text
from firstline.adapters.documents.html_table import is_layout, table_rows
from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_characters, check_size
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.parsed import ParsedDocument

_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_DECLARED_WITHIN = 2048
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?=[\s/>])")
_UNCLOSED = (
    "area base br col embed hr img input link meta source track wbr p li dt dd tr td th thead tbody tfoot option "
    "colgroup html head body"
)
_UNCLOSED_TAGS = frozenset(_UNCLOSED.split())
_BLOCK_NAMES = (
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 "
    "h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_BLOCK_SELECTOR = ", ".join(sorted(_BLOCKS))
_HEADING = re.compile(r"h([1-6])")
_CODE_LANGUAGE = re.compile(r"\b(?:language|lang|highlight-source|brush:)[-\s]?([\w+#.-]+)")
_SITE_SUFFIX = re.compile(r"\s+[|\u2013\u2014\u00b7-]\s+")
# The parser's time grows with the square of the nesting; its tree is checked exactly afterwards.
_DEPTH_WORTH_PARSING = 5


def read_html(content: bytes, *, limits: ReadLimits = DEFAULT_LIMITS) -> ParsedDocument:
    """Read a web page: its main part without menus, banners and footers.

    Raises
    ------
    UnreadableDocumentError
        The page is empty, too large, not text, nested too deeply, or holds no text once its menus are gone.
    """
    check_size(len(content), limits)
    declared = _DECLARED.search(content[:_DECLARED_WITHIN])
    text, encoding = decode(content, declared[1].decode("ascii") if declared else "")
    _check_nesting(text, limits)
    page = LexborHTMLParser(text)
    root = main_part(page)
    if root is None:
        raise UnreadableDocumentError("the page holds no text")
    metadata = _metadata(page, encoding)
    base_node = page.css_first("base[href]")
    base = urljoin(metadata.get("url", ""), (base_node.attributes.get("href") or "") if base_node else "")
    walk = _Walk(InlineText(base, controlled_ids(page)), controlled_ids(page), limits.max_depth)
    title = _title(page, root, walk.inline)
    blocks = [block for block in walk.blocks(root) if block]
    if blocks and blocks[0] == write.heading(1, title) and title:
        blocks, walk.anchors = blocks[1:], walk.anchors[1:]
    if not any(not block.startswith("#") for block in blocks):
        raise UnreadableDocumentError("the page holds no text, only menus or scripts; save it as a reader sees it")
    markdown = write.document(title, blocks)
    check_characters(len(markdown), limits)
    return ParsedDocument(title, markdown, metadata, tuple(walk.anchors))


class _Walk:
    def __init__(self, inline: InlineText, unfolded: frozenset[str], max_depth: int) -> None:
        self.inline = inline
        self.anchors: list[str] = []
        self._unfolded = unfolded
        self._max_depth = max_depth
        self._depth = 0
        self._level = 1

    def blocks(self, parent: LexborNode) -> Iterator[str]:
        """Yield the blocks of an element; inline content between its blocks becomes paragraphs."""
        self._depth += 1
        if self._depth > self._max_depth:
            raise UnreadableDocumentError(f"its elements are nested more than {self._max_depth} deep")
        loose: list[LexborNode] = []
        for node in parent.iter(include_text=True):
            if not _holds_blocks(node):
                loose.append(node)
                continue
            yield write.paragraph(self.inline.of(loose))
            loose = []
            if not is_around_the_text(node, self._unfolded):
                yield from self._block(node)
        yield write.paragraph(self.inline.of(loose))
        self._depth -= 1

    def _block(self, node: LexborNode) -> Iterator[str]:
        tag = node.tag or ""
        found = _HEADING.fullmatch(tag)
        if found:
            yield self._heading(node, int(found[1]))
        elif tag == "pre":
            inner = node.css_first("code")
            names = f"{node.attributes.get('class') or ''} {(inner.attributes.get('class') or '') if inner else ''}"
            language = _CODE_LANGUAGE.search(names)
            yield write.code_block(code_text(node), language[1] if language else "")
        elif tag in ("ul", "ol"):
            yield "\n".join(item for item in self._items(node, ordered=tag == "ol") if item)
        elif tag == "dl":
            yield "\n".join(item for item in self._definitions(node) if item)
        elif tag == "table" and not is_layout(node):
            caption = node.css_first("caption")
            yield write.paragraph(self.inline.of([caption]) if caption else "")
            yield write.table(table_rows(node, self.inline))
        elif tag == "summary":
            yield self._summary(node)
        elif tag != "hr":
            yield from self.blocks(node)

    def _heading(self, node: LexborNode, level: int) -> str:
        written = write.heading(level, self.inline.of(node.iter(include_text=True)))
        if written:
            self._level = level
            self.anchors.append(_anchor(node))
        return written

    def _summary(self, node: LexborNode) -> str:
        """A fold is a heading where its text reaches to the next one, else text after it would come below it."""
        text = self.inline.of(node.iter(include_text=True))
        fold = node.parent
        following = _next_element(fold) if fold else None
        if text and (following is None or following.tag == "details" or _HEADING.fullmatch(following.tag or "")):
            self.anchors.append(_anchor(node) or ((fold.attributes.get("id") or "") if fold else ""))
            return write.heading(self._level + 1, text)
        return write.paragraph(text)

    def _items(self, node: LexborNode, *, ordered: bool) -> Iterator[str]:
        number = int(start) if (start := node.attributes.get("start") or "").isdecimal() and len(start) < 4 else 1
        for child in node.iter():
            if child.tag in ("ul", "ol"):
                yield "  " + "\n  ".join(line for block in self._block(child) for line in block.split("\n"))
            elif child.tag == "li" and not is_around_the_text(child, self._unfolded):
                inner = [block for block in self.blocks(child) if block]
                yield write.list_item(f"{number}." if ordered else "-", inner)
                number += bool(inner)

    def _definitions(self, node: LexborNode) -> Iterator[str]:
        term = ""
        for child in _through_groups(node):
            text = self.inline.of(child.iter(include_text=True))
            if child.tag == "dt":
                term = f"{term}, {text}" if term else text
            elif text:
                yield write.list_item("-", [write.paragraph(f"{term}: {text}" if term else text)])
                term = ""


def _check_nesting(text: str, limits: ReadLimits) -> None:
    depth = 0
    for found in _TAG.finditer(text):
        if found[2].lower() not in _UNCLOSED_TAGS:
            depth = max(0, depth - 1) if found[1] else depth + 1
            if depth > limits.max_depth * _DEPTH_WORTH_PARSING:
                raise UnreadableDocumentError(f"its elements are nested more than {limits.max_depth} deep")


def _holds_blocks(node: LexborNode) -> bool:
    if not node.is_element_node:
        return False
    return node.tag in _BLOCKS or (node.child is not None and node.css_first(_BLOCK_SELECTOR) is not None)


def _through_groups(node: LexborNode) -> Iterable[LexborNode]:
    for child in node.iter():
        if child.tag == "div":
            yield from (inner for inner in child.iter() if inner.tag in ("dt", "dd"))
        elif child.tag in ("dt", "dd"):
            yield child


def _next_element(node: LexborNode) -> LexborNode | None:
    following = node.next
    while following is not None and not following.is_element_node and not (following.text() or "").strip():
        following = following.next
    return following


def _anchor(node: LexborNode) -> str:
    inner = node.css_first("[id]")
    return node.attributes.get("id") or (inner.attributes.get("id") if inner else "") or ""


def _title(page: LexborHTMLParser, root: LexborNode, inline: InlineText) -> str:
    for node in (root.css_first("h1"), page.css_first("h1")):
        text = inline.of(node.iter(include_text=True)).replace("\n", " ") if node else ""
        if text:
            return write.clean(text).strip()
    named = page.css_first("title")
    return write.clean(_SITE_SUFFIX.split(named.text().strip())[0]).strip() if named else ""


def _metadata(page: LexborHTMLParser, encoding: str) -> dict[str, str]:
    metadata = {"encoding": encoding}
    root = page.css_first("html")
    language = (root.attributes.get("lang") or "").strip() if root else ""
    canonical = page.css_first("link[rel=canonical]")
    metadata["language"] = language.split("-")[0].lower()
    metadata["url"] = (canonical.attributes.get("href") or "").strip() if canonical else ""
    for name in ("description", "author"):
        node = page.css_first(f"meta[name={name}]")
        metadata[name] = (node.attributes.get("content") or "").strip() if node else ""
    return {name: value for name, value in metadata.items() if value}
