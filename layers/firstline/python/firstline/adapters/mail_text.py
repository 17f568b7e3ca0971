"""Text of mail parts: decoded by their charset, else by what fits; html as the lines it shows."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAIL_NAMES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-8859-8-i": "iso8859-8",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
}
"""Charsets by the names that mails give them; a part that claims a narrow one often holds its wider successor."""
FALLBACK = "cp1252"
_NOT_TEXT = frozenset({"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "idna", "punycode", "unicode-escape"})
_GUESSES = ("utf-8", "gb18030", "cp932", "euc_jp", "big5", "euc_kr", "cp1251", "cp1252")
_ESCAPES = re.compile(rb"\x1b[$(][@BJ]")
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_CYRILLIC = re.compile("[\u0430-\u044f]")
_WESTERN = re.compile("[\u00c0-\u024f\u2013-\u2026\u20ac]")
_ODD = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd\u0e00-\u0eff\uff61-\uff9f\u2500-\u25ff]")


def decoded_text(content: bytes, charset: str) -> tuple[str, bool]:
    """Decode a part.

    Parameters
    ----------
    charset : str
        As the part declares it; may be empty, unknown or wrong.

    Returns
    -------
    text : str
        With ``\\n`` line ends, without NUL.
    certain : bool
        False where the charset was guessed.
    """
    declared = _codec(charset)
    if _ESCAPES.search(content) and declared in ("", "utf-8", "ascii", FALLBACK):
        return _lines(content.decode("iso2022_jp_ext", "ignore")), False
    for name in dict.fromkeys((declared or "utf-8", "utf-8")):
        try:
            return _lines(content.decode(name)), True
        except (UnicodeDecodeError, UnicodeError):
            continue
    if declared and declared not in ("utf-8", "ascii"):
        # A few bad bytes in a text that is otherwise as declared.
        text = content.decode(declared, "replace")
        if text.count("\ufffd") <= max(1, len(text) // 200):
            return _lines(text.replace("\ufffd", "")), False
    return _lines(_guessed(content)), False


def _codec(charset: str) -> str:
    name = charset.strip().strip("\"'").lower()
    name = _MAIL_NAMES.get(name, name)
    try:
        known = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""
    return "" if known in _NOT_TEXT else known


def _guessed(content: bytes) -> str:
    """Return the text in the encoding under which it looks most like words of one script."""
    best, best_score = content.decode("cp1252", "replace").replace("\ufffd", ""), -1.0
    for name in _GUESSES:
        try:
            text = content.decode(name)
        except (UnicodeDecodeError, UnicodeError):
            continue
        foreign = [character for character in text if ord(character) > 127]
        if not foreign:
            return text
        joined = "".join(foreign)
        fitting = {"cp1251": _CYRILLIC, "cp1252": re.compile("[\u00c0-\u024f\u2013-\u2026\u20ac]")}.get(
            name, _EAST_ASIAN
        )
        score = (len(fitting.findall(joined)) - 3 * len(_ODD.findall(joined))) / len(joined)
        if fitting is not _WESTERN and len(foreign) < 0.4 * sum(map(str.isalpha, text)):
            # A few foreign letters among many plain ones are accents.
            continue
        if score > best_score + 0.05:
            best, best_score = text, score
    return best


def soft_text(value: str) -> str:
    """Return a header as the tolerant parser gives it, its raw bytes (surrogates) decoded."""
    try:
        content = value.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("utf-8")
    return decoded_text(content, "")[0]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "embed", "svg", "meta"})
_BLOCK_NAMES = (
    "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre"})
_SIGNATURES = ("gmail_signature", "moz-signature", "protonmail_signature_block")
_MAX_DEPTH = 150
_NESTING_WORTH_PARSING = 2_000
_TAGS = re.compile(r"<(/?)[a-zA-Z]")


def html_text(html: str) -> str:
    """Return what a mail's html shows, line by line, quoted mails marked with ``>``.

    Scripts, styles and what is hidden are left out. A text nested too deeply to parse is stripped of its tags.
    """
    if _nesting(html) > _NESTING_WORTH_PARSING:
        stripped = re.sub(r"<[^>]{0,2000}>", " ", html)
        return "\n".join(" ".join(line.split()) for line in stripped.split("\n") if line.strip())
    root = LexborHTMLParser(html).body
    if root is None:
        return ""
    text = "".join(_shown(root, 0))
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _nesting(html: str) -> int:
    depth = deepest = 0
    for match in _TAGS.finditer(html):
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _shown(node: LexborNode, depth: int) -> Iterator[str]:
    child = node.child
    while child is not None:
        yield from _piece(child, depth)
        child = child.next


def _piece(node: LexborNode, depth: int) -> Iterator[str]:
    tag = node.tag or ""
    if tag == "-text":
        yield re.sub(r"\s+", " ", node.text(deep=False) or "")
    elif tag == "br":
        yield "\n"
    elif tag in _SKIPPED or tag.startswith(("-", "!", "_")) or depth > _MAX_DEPTH or _is_hidden(node):
        return
    elif tag == "blockquote" or _is_quote(node):
        inner = "".join(_shown(node, depth + 1)).strip("\n ")
        if inner:
            yield "\n" + "\n".join(f"> {line.strip()}" for line in inner.split("\n")) + "\n\n"
    elif _is_signature(node):
        inner = "".join(_shown(node, depth + 1)).strip()
        if inner and not inner.startswith("--"):
            inner = f"-- \n{inner}"
        yield f"\n{inner}\n"
    elif tag == "pre":
        yield "\n" + (node.text() or "") + "\n"
    elif tag == "hr":
        yield "\n" + "_" * 32 + "\n"
    elif tag in ("td", "th"):
        yield from _shown(node, depth + 1)
        yield " "
    elif tag in _BLOCKS:
        gap = "\n\n" if tag in _PARAGRAPHS else "\n"
        yield "\n"
        if tag == "li":
            yield "- "
        yield from _shown(node, depth + 1)
        yield gap
    else:
        yield from _shown(node, depth + 1)


def _is_hidden(node: LexborNode) -> bool:
    style = (node.attributes.get("style") or "").lower().replace(" ", "")
    return "display:none" in style or "visibility:hidden" in style or "hidden" in node.attributes


def _is_signature(node: LexborNode) -> bool:
    """Return whether an element is what a program puts below every mail of its user."""
    classes = f" {node.attributes.get('class') or ''} "
    by_class = any(
        f" {name} " in classes for name in ("gmail_signature", "moz-signature", "protonmail_signature_block")
    )
    return by_class or (node.attributes.get("id") or "").lower() in ("signature", "applemailsignature")


def _is_quote(node: LexborNode) -> bool:
    """Return whether an element holds an earlier mail by its program's own mark."""
    classes = f" {node.attributes.get('class') or ''} "
    return any(f" {name} " in classes for name in ("yahoo_quoted", "protonmail_quote", "zmail_extra"))
