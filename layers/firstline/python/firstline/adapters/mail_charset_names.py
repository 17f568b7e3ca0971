"""Charsets by the names that mails give them."""

from __future__ import annotations

import codecs
import re

_MAIL_NAMES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "gb_2312-80": "gb18030",
    "chinese": "gb18030",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "visual": "iso8859-8",
    "logical": "iso8859-8",
    "sjis": "cp932",
    "ms_kanji": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi": "cp1252",
    "unicode": "utf-16",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "macintosh": "mac_roman",
}
"""Charsets by the names that mails give them; a part that claims a narrow one often holds its wider successor."""
_WIDER = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp_ext",
}
"""The same by the codecs' names."""
_PATTERNS = (
    (re.compile(r"(?:win|windows|cp|ansi|ibm|dos)[-_ ]?(125\d|874|85\d|866|437|932|949|950)"), "cp{}"),
    (re.compile(r"(?:iso|l)?[-_ ]?8859[-_ ]?(\d{1,2})"), "iso-8859-{}"),
    (re.compile(r"utf[-_ ]?(8|7|16|32)"), "utf-{}"),
    (re.compile(r"(ks_?c|euc[-_]?kr|korean)"), "cp949"),
    (re.compile(r"(ascii|ansi_x3)"), "utf-8"),
)
"""Names that are none, by what begins them."""
_NOT_TEXT = frozenset({"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "idna", "punycode", "unicode-escape"})


def charset_named(charset: str) -> str:
    """Return the codec for a charset as a mail declares it; empty where the name is none."""
    name = charset.strip().strip("\"'").lower().removeprefix("x-")
    name = _MAIL_NAMES.get(name, name)
    try:
        known = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        known = _codec_like(name)
    return "" if known in _NOT_TEXT else _WIDER.get(known, known)


def _codec_like(name: str) -> str:
    for pattern, form in _PATTERNS:
        if match := pattern.match(name):
            like = form.format(match[1])
            try:
                return codecs.lookup(_MAIL_NAMES.get(like, like)).name
            except LookupError:
                return ""
    return ""
