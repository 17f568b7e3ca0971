"""Text of mail parts: decoded by their charset, else by what fits."""

from __future__ import annotations

import codecs
import re
from email.message import Message

from firstline.adapters.mail_charset import SINGLE_BYTE, better_charset, guessed_charset

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
_SEVERAL_BYTES = frozenset({"big5", "big5hkscs", "gb18030", "cp932", "euc_jp", "cp949", "euc_kr"})
_NOT_TEXT = frozenset({"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "idna", "punycode", "unicode-escape"})
_INVISIBLE = re.compile(r"[\u00ad\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_PLAIN_WORDS = re.compile(r"(?<![^\s(\"'])[^\W\d_]+[,.!?:;)]*(?=\s)")
_MIN_WORDS = 3
_READ = 2_000
_ESCAPES = re.compile(rb"\x1b[$(][@BJ]")


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
    if not content.isascii() and declared in SINGLE_BYTE:
        # A text that happens to be UTF-8, or another language's words, was declared by habit.
        if (text := _as_utf8(content)) is not None:
            return _lines(text), False
        if better := better_charset(content, declared):
            return _lines(content.decode(better, "replace").replace("\ufffd", "")), False
    for name in dict.fromkeys((declared or "utf-8", "utf-8")):
        try:
            text = content.decode(name)
        except (UnicodeDecodeError, UnicodeError):
            continue
        twice = _decoded_twice(text, declared) if name != declared else None
        return (_lines(text), True) if twice is None else (_lines(twice), False)
    if declared and declared not in ("utf-8", "ascii"):
        # A few bad bytes in a text that is otherwise as declared.
        text = content.decode(declared, "replace")
        if text.count("\ufffd") <= max(1, len(text) // 200):
            return _lines(text.replace("\ufffd", "")), False
    return _lines(content.decode(guessed_charset(content), "replace").replace("\ufffd", "")), False


def _decoded_twice(text: str, declared: str) -> str | None:
    """Return a text of several bytes a letter whose bytes a relay took for letters; None where it is none."""
    if declared not in _SEVERAL_BYTES or text.isascii():
        return None
    try:
        return text.encode("latin-1").decode(declared)
    except UnicodeError:
        return None


def _as_utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def is_plain_after_all(part: Message, content: object) -> bool:
    """Return whether a text part said to be base64 holds plain words, and no base64 that is a text.

    Parameters
    ----------
    content : object
        As the parser decodes it.
    """
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64" or not isinstance(content, bytes):
        return False
    payload = str(part.get_payload())
    words = _PLAIN_WORDS.findall(payload[:_READ])
    if len(words) < _MIN_WORDS:
        return False
    odd = sum(byte < 32 and byte not in b"\t\r\n\f" for byte in content[:_READ])
    return odd > 0 or payload.encode("utf-8", "surrogateescape").strip() == content.strip() or not _reads(content)


def _reads(content: bytes) -> bool:
    text = _as_utf8(content[:_READ])
    return text is not None and "\ufffd" not in text


def _codec(charset: str) -> str:
    name = charset.strip().strip("\"'").lower()
    name = _MAIL_NAMES.get(name, name)
    try:
        known = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""
    return "" if known in _NOT_TEXT else known


def soft_text(value: str) -> str:
    """Return a header as the tolerant parser gives it, its raw bytes (surrogates) decoded."""
    try:
        content = value.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("utf-8")
    return decoded_text(content, "")[0]


def without_invisible(text: str) -> str:
    """Return a text without characters that nobody sees, in which orders to a model can be written.

    Tags (U+E0000), joiners of no width but those that scripts need, soft hyphens and marks that turn the direction.
    """
    return _INVISIBLE.sub("", text)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
