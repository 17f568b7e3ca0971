"""The body of a mail of ours, as plain text and as html that loads and runs nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

MAX_QUOTED_LINES = 20
"""Of the customer's mail that an answer quotes."""
_LONGEST_QUOTED_LINE = 200

_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\((https?://[^\s()<>\"]{1,1000})\)")
_STRONG = re.compile(r"\*\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*\*")
_ADDRESS = re.compile(r"https?://[^\s<>\"'\u3000-\u303f\uff00-\uffef]{1,1000}")
_AFTER_ADDRESS = ".,;:!?)]}'"
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def plain(text: str) -> str:
    """Return a text without control characters, half surrogates and marks that turn the direction of writing."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def as_text(markdown: str) -> str:
    """Return an answer's words without marks of emphasis; links as words and address."""
    linked = _LINK.sub(lambda match: match[2] if match[1] == match[2] else f"{match[1]} ({match[2]})", plain(markdown))
    return _STRONG.sub(r"\1", linked).strip()


def as_html(markdown: str) -> str:
    """Return an answer as paragraphs of html: everything is escaped, and only http and https are links."""
    blocks = [block.strip("\n") for block in re.split(r"\n[ \t]*\n", plain(markdown).strip())]
    return "\n".join(f"<p>{'<br>'.join(_line(line) for line in block.split(chr(10)))}</p>" for block in blocks if block)


def link(title: str, url: str) -> str:
    """Return a source as html: a link where its address is on the web, else its title."""
    shown = html.escape(plain(title) or url)
    return _anchor(url, shown) if is_web_address(url) else shown


def is_web_address(url: str) -> bool:
    """Tell whether an address is of http or https, whole and without anything that ends it."""
    return _ADDRESS.fullmatch(url) is not None


def quoted(text: str) -> str:
    """Return the beginning of a mail with ``> `` before every line; what is left out is marked."""
    lines = plain(text).strip().splitlines()
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


def _line(line: str) -> str:
    found, end = [], 0
    for match in _LINK.finditer(line):
        found += [_emphasised(line[end : match.start()]), _anchor(match[2], html.escape(match[1]))]
        end = match.end()
    return "".join([*found, _emphasised(line[end:])])


def _emphasised(text: str) -> str:
    found, end = [], 0
    for match in _STRONG.finditer(text):
        found += [_linked(text[end : match.start()]), f"<strong>{_linked(match[1])}</strong>"]
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
