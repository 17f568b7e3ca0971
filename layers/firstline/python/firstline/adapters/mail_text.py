"""Text of mail parts: decoded by their charset, else by what fits."""

from __future__ import annotations

import re

from firstline.adapters.mail_charset import ALPHABETS, SINGLE_BYTE, better_charset, guessed_charset
from firstline.adapters.mail_charset_names import charset_named
from firstline.adapters.mail_japanese import iso_2022_jp
from firstline.adapters.mail_mixed import FALLBACK, LONGEST, as_utf8, mixed_text, with_utf8_lines

_SUCCESSORS = {
    "big5": ("big5hkscs", "cp950"),
    "euc_kr": ("cp949",),
    "euc_jp": ("euc_jis_2004",),
    "cp932": ("shift_jis_2004",),
    "iso8859-8": ("cp1255",),
}
"""Charsets that hold the same letters at the same places, and more."""
_OF_WINDOWS = {
    "iso8859-2": "cp1250",
    "iso8859-4": "cp1257",
    "iso8859-6": "cp1256",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
    "iso8859-15": "cp1252",
}
"""Charsets that are declared where Windows has written: their control characters are its letters and quotes."""
_SEVERAL_BYTES = frozenset({"big5", "big5hkscs", "gb18030", "cp932", "euc_jp", "cp949", "euc_kr"})
_INVISIBLE = re.compile(r"[\u00ad\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_ESCAPES = re.compile(rb"\x1b[$(][@BJ]")
_KANJI = re.compile(rb"\x1b\$[@B][\x21-\x7e]{2}")
"""Where nobody declares Japanese; a terminal's resets are escapes, too."""
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MIN_ZEROS = 0.3
_C1 = re.compile("[\x80-\x9f]")
_MISREAD = re.compile("[\u00c2-\u00f4][^\x00-\x7f]")
_MIN_MISREAD = 8
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_ALONE = re.compile(r"(?<!\w)[^\W\d_\x00-\x7f](?!\w)")
_UKRAINIAN = re.compile(
    "[\u0430-\u044f][\u2554\u2556\u2557\u255d\u2563\u2564\u2566\u2567\u256c]|[\u2554\u2556\u2557\u255d][\u0430-\u044f]"
)


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
    declared = charset_named(charset)
    if named := _marked(content, declared):
        return _lines(content.decode(named, "ignore")), named == declared
    is_japanese = declared == "iso2022_jp_ext"
    if is_japanese or declared in ("", "utf-8", "ascii", FALLBACK):
        is_japanese = (_ESCAPES if is_japanese else _KANJI).search(content) is not None
    if is_japanese:
        return _lines(iso_2022_jp(content)), declared == "iso2022_jp_ext"
    if not content.isascii() and declared in ALPHABETS and (other := _declared_by_habit(content, declared)) is not None:
        return _lines(other), False
    for name in dict.fromkeys((declared or "utf-8", *_SUCCESSORS.get(declared, ()), "utf-8")):
        try:
            text = content.decode(name)
        except (UnicodeDecodeError, UnicodeError):
            continue
        if name == "utf-8":
            text = _read_once(text)
        twice = _decoded_twice(text, declared) if name != declared else None
        if twice is not None:
            return _lines(twice), False
        return _lines(_by_windows(content, text, name)), True
    if declared in ("", "utf-8", "ascii") and (mixed := mixed_text(content)) is not None:
        return _lines(mixed), False
    if declared and declared not in ("utf-8", "ascii"):
        # A few bad bytes in a text that is otherwise as declared.
        text = content.decode(declared, "replace")
        if text.count("\ufffd") <= max(1, len(text) // 200):
            return _lines(text.replace("\ufffd", "")), False
    return _lines(content.decode(guessed_charset(content), "replace").replace("\ufffd", "")), False


def _declared_by_habit(content: bytes, declared: str) -> str | None:
    """Return a text that is UTF-8, all or some of it, or another language's words; None where it is as declared."""
    if declared in SINGLE_BYTE:
        if (text := as_utf8(content)) is not None:
            return _read_once(text)
        if better := better_charset(content, declared):
            return content.decode(better, "replace").replace("\ufffd", "")
    return with_utf8_lines(content, declared)


def _marked(content: bytes, declared: str) -> str:
    """Return the charset that a mark or zeros at every other place tell; empty where they tell none."""
    if declared.startswith(("utf-16", "utf-32")) and content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return declared if declared in ("utf-16", "utf-32") else "utf-16"
    named = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), "")
    if named == "utf-8":
        return named if as_utf8(content) is not None else ""
    if b"\0" in content[:200] and len(content) > 3 and not declared.startswith("utf-32"):
        n_pairs = max(1, len(content[:200]) // 2)
        first, second = content[0:200:2].count(0), content[1:200:2].count(0)
        if max(first, second) > _MIN_ZEROS * n_pairs and min(first, second) < 0.1 * n_pairs:
            return "utf-16" if named else "utf-16-be" if first > second else "utf-16-le"
    return named if named and declared in ("", "utf-16") else ""


def _by_windows(content: bytes, text: str, name: str) -> str:
    """Return a text by the charset that Windows has in place of the declared one, where only that one has its marks."""
    if name == "koi8-r" and _UKRAINIAN.search(text):
        return content.decode("koi8-u", "replace")
    if name not in _OF_WINDOWS or _C1.search(text) is None:
        return text
    try:
        return content.decode(_OF_WINDOWS[name])
    except UnicodeDecodeError:
        return text


def _read_once(text: str) -> str:
    """Return a text whose UTF-8 a relay took for windows-1252, and encoded again, as it was.

    Letters that stand alone are shown by somebody who writes about them.
    """
    if text.isascii() or len(text) > LONGEST or len(_MISREAD.findall(text)) < _MIN_MISREAD:
        return text
    try:
        once = b"".join(_one_byte(letter) for letter in text).decode("utf-8")
    except UnicodeError:
        return text
    n_alone = len(_ALONE.findall(once))
    return text if n_alone and 2 * n_alone >= len(_FOREIGN.findall(once)) else once


def _one_byte(letter: str) -> bytes:
    return letter.encode("latin-1") if ord(letter) < 256 else letter.encode("cp1252")


def _decoded_twice(text: str, declared: str) -> str | None:
    """Return a text of several bytes a letter whose bytes a relay took for letters; None where it is none."""
    if declared not in _SEVERAL_BYTES or text.isascii():
        return None
    try:
        return text.encode("latin-1").decode(declared)
    except UnicodeError:
        return None


def soft_text(value: str) -> str:
    """Return a header as the tolerant parser gives it, its raw bytes (surrogates) decoded."""
    if value.isascii() and "\x1b" not in value and "\0" not in value:
        return _lines(value)
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
