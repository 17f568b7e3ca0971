"""The body of a mail of ours, as plain text and as html that loads and runs nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from firstline.domain.mail.markdown_blocks import Block, BlockKind, blocks_of

MAX_QUOTED_LINES = 20
"""Of the customer's mail that an answer quotes."""
_LONGEST_QUOTED_LINE = 200

_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\((https?://[^\s()<>\"]{1,1000})\)")
_STRONG = re.compile(r"\*\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,300}?)(?<=[^\s*])\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]{1,500})`")
_LONE_SOURCES = re.compile(r"(?<=[^|`\n])\n\n((?:\[\d{1,2}\] ?)+)(?=\n|$)")
_ADDRESS = re.compile(r"https?://[^\s<>\"'\u3000-\u303f\uff00-\uffef]{1,1000}")
_AFTER_ADDRESS = ".,;:!?)]}'"
_LEADS = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b[\w-]+(?:\.[\w-]+)+/)[^\s<>]*", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def plain(text: str) -> str:
    """Return a text without control characters, half surrogates and marks that turn the direction of writing."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def as_text(markdown: str) -> str:
    """Return an answer without its marks: links as words and address, of a table one line for each row."""
    return "\n\n".join(_block_text(block) for block in _blocks(markdown)).strip()


def as_html(markdown: str) -> str:
    """Return an answer as html: everything is escaped, and only http and https are links."""
    return "\n".join(_block_html(block) for block in _blocks(markdown))


def _blocks(markdown: str) -> Sequence[Block]:
    # Numbers of sources that stand alone go with what they prove.
    return blocks_of(_LONE_SOURCES.sub(r" \1", plain(markdown).strip()))


def lines_html(words: str) -> str:
    """Return words of the frame of a mail as one paragraph of html: lines stay lines, nothing is markdown."""
    shown = "<br>".join(_linked(line) for line in plain(words).split("\n"))
    return f"<p>{shown}</p>"


def link(title: str, url: str) -> str:
    """Return a source as html: a link where its address is on the web, else its title."""
    shown = html.escape(plain(title) or url)
    return _anchor(url, shown) if is_web_address(url) else shown


def is_web_address(url: str) -> bool:
    """Tell whether an address is of http or https, whole and without anything that ends it."""
    return _ADDRESS.fullmatch(url) is not None


def quoted(text: str) -> str:
    """Return the beginning of a mail with ``> `` before every line; what is left out is marked.

    Addresses of the web are left out: programs make links of them, and nobody here has looked where they lead.
    """
    lines = _LEADS.sub("\u2026", plain(text)).strip().splitlines()
    kept = [line.rstrip()[:_LONGEST_QUOTED_LINE] for line in lines[:MAX_QUOTED_LINES]]
    if len(lines) > MAX_QUOTED_LINES:
        kept[-1] = "[...]"
    return "\n".join(f"> {line}".rstrip() for line in kept)


def html_page(parts: Sequence[str], language: str) -> str:
    """Return parts of html, in order, as a whole document without styles, pictures or scripts."""
    body = "\n".join(part for part in parts if part)
    return f'<!DOCTYPE html>\n<html lang="{html.escape(language)}">\n<body>\n{body}\n</body>\n</html>\n'


def html_quote(attribution: str, text: str) -> str:
    """Return a quoted mail as html, in the form that mail programs fold away; nothing in it is a link."""
    lines = [line.removeprefix(">").removeprefix(" ") for line in quoted(text).splitlines()]
    shown = "<br>".join(html.escape(line) for line in lines)
    attributed = f"<p>{html.escape(attribution)}</p>"
    return f'<div class="gmail_quote">\n{attributed}\n<blockquote type="cite">{shown}</blockquote></div>'


def _block_text(block: Block) -> str:
    if block.kind is BlockKind.CODE:
        return "\n".join(block.lines)
    if block.kind is BlockKind.TABLE:
        return _table_text(block.rows)
    if not block.items:
        return "\n".join(_line_text(line) for line in block.lines)
    items = []
    for number, item in zip(block.numbers, block.items, strict=True):
        mark = f"{number}. " if block.kind is BlockKind.STEPS else "- "
        said = "\n".join(_block_text(one) for one in item)
        items.append(mark + said.replace("\n", "\n" + " " * len(mark)))
    return "\n".join(items)


def _table_text(rows: Sequence[Sequence[str]]) -> str:
    """Return ``a: b`` for each row of two; of wider ones the first cell, and below it the others by their heads."""
    heads = [_line_text(cell) for cell in rows[0]]
    lines = []
    for row in rows[1:]:
        first, *rest = [_line_text(cell) for cell in row]
        if len(heads) <= 2:
            lines.append(f"- {': '.join(cell for cell in (first, *rest) if cell)}")
            continue
        below = [f"  {head}: {cell}" for head, cell in zip(heads[1:], rest, strict=False) if cell]
        lines += [f"- {first}", *below]
    return "\n".join(lines)


def _line_text(line: str) -> str:
    """Return a line without marks; what stands between backticks is left as it is."""
    pieces = _CODE.split(line)
    for place in range(0, len(pieces), 2):
        words = _LINK.sub(lambda match: match[2] if match[1] == match[2] else f"{match[1]} ({match[2]})", pieces[place])
        pieces[place] = _EMPHASIS.sub(r"\1", _STRONG.sub(r"\1", words))
    return "".join(pieces)


def _block_html(block: Block) -> str:
    if block.kind is BlockKind.CODE:
        return f"<pre>{html.escape(chr(10).join(block.lines))}</pre>"
    if block.kind is BlockKind.HEADING:
        return f"<p><strong>{_line(block.lines[0])}</strong></p>"
    if block.kind is BlockKind.TABLE:
        head, *rows = block.rows
        shown = [_row(head, "th"), *(_row(row, "td") for row in rows)]
        return "<table>\n" + "\n".join(shown) + "\n</table>"
    if not block.items:
        return f"<p>{'<br>'.join(_line(line) for line in block.lines)}</p>"
    if block.kind is BlockKind.LIST:
        return "<ul>\n" + "\n".join(f"<li>{_item(item)}</li>" for item in block.items) + "\n</ul>"
    counted = enumerate(zip(block.numbers, block.items, strict=True), start=1)
    steps = [
        f"<li>{_item(item)}</li>" if place == number else f'<li value="{number}">{_item(item)}</li>'
        for place, (number, item) in counted
    ]
    return "<ol>\n" + "\n".join(steps) + "\n</ol>"


def _item(item: Sequence[Block]) -> str:
    """Return what stands in a list item: its own words without a paragraph around them."""
    first, *rest = item
    is_words = first.kind is BlockKind.PARAGRAPH
    own = "<br>".join(_line(line) for line in first.lines) if is_words else _block_html(first)
    return "\n".join([own, *(_block_html(one) for one in rest)])


def _row(cells: Sequence[str], tag: str) -> str:
    align = ' align="left"' if tag == "th" else ""
    return "<tr>" + "".join(f"<{tag}{align}>{_line(cell)}</{tag}>" for cell in cells) + "</tr>"


def _line(line: str) -> str:
    pieces = _CODE.split(line)
    shown = [f"<code>{html.escape(one)}</code>" if n % 2 else _words(one) for n, one in enumerate(pieces)]
    return "".join(shown)


def _words(line: str) -> str:
    found, end = [], 0
    for match in _LINK.finditer(line):
        found += [_emphasised(line[end : match.start()]), _anchor(match[2], html.escape(match[1]))]
        end = match.end()
    return "".join([*found, _emphasised(line[end:])])


def _emphasised(text: str) -> str:
    found, end = [], 0
    for match in _STRONG.finditer(text):
        found += [_stressed(text[end : match.start()]), f"<strong>{_linked(match[1])}</strong>"]
        end = match.end()
    return "".join([*found, _stressed(text[end:])])


def _stressed(text: str) -> str:
    found, end = [], 0
    for match in _EMPHASIS.finditer(text):
        found += [_linked(text[end : match.start()]), f"<em>{_linked(match[1])}</em>"]
        end = match.end()
    return "".join([*found, _linked(text[end:])])


def _linked(text: str) -> str:
    found, end = [], 0
    for match in _ADDRESS.finditer(text):
        url = match[0].rstrip(_AFTER_ADDRESS)
        found += [html.escape(text[end : match.start()]), _anchor(url, html.escape(url))]
        end = match.start() + len(url)
    return "".join([*found, html.escape(text[end:])])


def _anchor(url: str, shown: str) -> str:
    return f'<a href="{html.escape(url, quote=True)}">{shown}</a>'
