"""A part's bytes out of their transfer encoding (RFC 2045, 6): the one declared, else the one that they are in."""

from __future__ import annotations

import binascii
import copy
import re
from collections.abc import Iterator
from difflib import get_close_matches
from email.message import Message

from firstline.adapters.mail_parameters import raw_values
from firstline.adapters.mail_part import filename_of, is_attached
from firstline.adapters.uuencoded import without_uuencoded

_BASE64, _QUOTED, _UUENCODE, _NONE = "base64", "quotedprintable", "uuencode", "8bit"
_NAMES = {
    **dict.fromkeys(("7bit", "8bit", "binary", "none", "plain", "raw", "identity"), _NONE),
    **dict.fromkeys((_BASE64, "b64", "b", "mime64"), _BASE64),
    **dict.fromkeys((_QUOTED, "qp", "q", "quoted", "printable"), _QUOTED),
    **dict.fromkeys((_UUENCODE, "uue", "uu", "xuuencode", "xuue"), _UUENCODE),
}
_LIKENESS = 0.75
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OTHERS = bytes(set(range(256)) - set(_ALPHABET))
_OTHERS_THAN_PADDED = bytes(set(_OTHERS) - {ord("=")})
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_CLEAN_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]*={0,2}\s*")
_ONLY_BASE64 = re.compile(rb"\s*(?:[A-Za-z0-9+/]{4,998}\r?\n)*[A-Za-z0-9+/]{2,998}={0,2}\s*")
_BLOCK = re.compile(rb"([A-Za-z0-9+/]+)(=*)")
_MIN_BASE64 = 40
"""Letters of base64 that nobody declared."""
_MIN_WRAPPED = 78
"""The same, of a whole text: more than a line."""
_MIN_WORD_LETTERS = 16
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_HIGH_ESCAPE = re.compile(rb"=[89A-Fa-f][0-9A-Fa-f]")
_CAPITAL_ESCAPE = re.compile(rb"=[89A-F][0-9A-F](?![0-9A-F])")
_NO_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|\Z))")
_NO_ESCAPE_NOR_BREAK = re.compile(_NO_ESCAPE.pattern + rb"|(?<==)=(?=[ \t]*(?:\r?\n|\Z))")
_SOFT_BREAK_WITH_BLANKS = re.compile(rb"=[ \t]+(?=\r?\n|\Z)")
_BREAK_WITHIN = re.compile(rb"[^=\r\n]=\r?\n[^\r\n]")
_EARLY_BREAK = re.compile(rb"(?m)^[^\r\n]{1,54}=\r?$")
_TOO_LONG = re.compile(rb"[^\r\n]{80}")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_PLAIN_WORD = re.compile(rb"[(\"']*(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[a-z]+'[a-z]{1,2})[,.!?:;)\"']*")
_PLAIN_WORDS = re.compile(r"(?<![^\s(\"'])[^\W\d_]+[,.!?:;)]*(?=\s)")
_MIN_WORDS = 3
_MOST_TIMES = 3
"""How often what was decoded is decoded again."""
_LONGEST_LOOKED_AT = 1_000_000
"""Bytes in which words, or escapes, are looked for; of base64 beyond, one block is read."""
_READ = 2_000


def raw_content(part: Message) -> bytes:
    """Return a part's bytes as they stand in the mail."""
    bare = copy.copy(part)
    del bare["Content-Transfer-Encoding"]
    content = bare.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def transfer_encoding(part: Message) -> str:
    """Return a part's encoding; empty where none is declared that is known, or several are."""
    written = [re.sub(r"\(.*?\)|;.*|[^a-z0-9]", "", value[:_READ].lower()) for value in _declared(part)]
    known = list(dict.fromkeys(name for name in map(_named, written) if name))
    return known[0] if len(known) == 1 else ""


def _declared(part: Message) -> list[str]:
    return raw_values(part, "content-transfer-encoding")


def _named(written: str) -> str:
    if written in _NAMES or not written:
        return _NAMES.get(written, "")
    close = get_close_matches(written[:40], (_BASE64, _QUOTED, _UUENCODE, "7bit", "8bit", "binary"), 1, _LIKENESS)
    return _NAMES[close[0]] if close else ""


def decoded_content(part: Message, *, is_text: bool) -> tuple[bytes, bool]:
    """Return a part's bytes, and whether they were encoded as the part declares.

    Notes
    -----
    Text is looked at: what is plain words, or in another encoding than declared, or encoded twice, is read as it is.
    A file is taken as declared; where its declarations contradict each other, as it looks.
    """
    raw, encoding = raw_content(part), transfer_encoding(part)
    if encoding == _BASE64:
        content = from_base64(raw, is_text=is_text)
        if is_text and _is_plain(raw, content):
            return (_from_quoted(raw) if _is_quoted(raw) else raw), False
    elif encoding == _QUOTED:
        is_base64 = is_text and _is_base64_of_words(raw)
        if is_text and (is_base64 or not _may_be_quoted(raw)):
            return (from_base64(raw, is_text=True) if is_base64 else raw), False
        content = _from_quoted(raw)
    elif encoding == _UUENCODE:
        _, files = without_uuencoded(raw.decode("latin-1").replace("\r\n", "\n"))
        content = files[0].content if files else raw
    else:
        content = raw
        declares_none = encoding == _NONE
        if not declares_none and _declared(part) and _is_quoted(raw):
            content = _from_quoted(raw)
        elif not declares_none and _declared(part):
            content = from_base64(raw, is_text=is_text) if _is_base64(raw, is_text=is_text) else raw
        elif is_text and _is_base64_of_words(raw):
            content = from_base64(raw, is_text=True)
    for _ in range(_MOST_TIMES if is_text else 0):
        # A file may be meant so.
        if not _is_base64_of_words(content) or is_attached(part) or filename_of(part):
            break
        content = from_base64(content, is_text=True)
    if is_text and _is_surely_quoted(content):
        # Encoded twice, or without saying so.
        return _from_quoted(content), False
    return content, content is raw if encoding in ("", _NONE) else True


def from_base64(raw: bytes, *, is_text: bool) -> bytes:
    """Decode base64, in one block or several; letters of another kind, and lines of plain words, mean nothing in it.

    Words that stand around the base64 of a text are kept.
    """
    if len(raw) > _LONGEST_LOOKED_AT or _CLEAN_BASE64.fullmatch(raw):
        return _block(raw.translate(None, _OTHERS_THAN_PADDED).partition(b"=")[0])
    found: list[bytes] = []
    encoded: list[bytes] = []
    for line, is_plain in _lines(raw):
        if not is_plain:
            encoded.append(line)
        elif is_text:
            found += [_blocks(encoded), line + b"\n"]
            encoded = []
    return b"".join([*found, _blocks(encoded)])


def _lines(raw: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield the lines, and whether each is plain words."""
    was_plain = ended = False
    for line in raw.splitlines():
        tokens = line.split()
        if not tokens:
            continue
        if len(tokens) == 1:
            # A short word by itself below a text's end, or among lines of words, is no base64.
            word = tokens[0]
            is_short = len(word) < _MIN_WORD_LETTERS and b"=" not in word
            is_plain = is_short and (was_plain or (ended and len(word) % 4 > 0))
            is_plain = is_plain or not word.strip(b"-_=*") or b"://" in word or b"@" in word
        else:
            n_words = sum(bool(_PLAIN_WORD.fullmatch(token)) for token in tokens[:50])
            is_plain = n_words > max(1, len(tokens[:50]) // 2)
        ended = ended or (not is_plain and line.rstrip().endswith(b"="))
        was_plain = is_plain
        yield line, is_plain


def _blocks(lines: list[bytes]) -> bytes:
    data = b"\n".join(lines)
    if not re.search(rb"[+/]", data):
        data = data.translate(_URL_SAFE)
    blocks = _BLOCK.findall(data.translate(None, _OTHERS_THAN_PADDED))
    if any((len(letters) + len(padding)) % 4 for letters, padding in blocks[:-1]):
        # What stands within it is no padding.
        return _block(b"".join(letters for letters, _ in blocks))
    return b"".join(_block(letters) for letters, _ in blocks)


def _block(letters: bytes) -> bytes:
    rest = len(letters) % 4
    # A single letter is less than a byte.
    letters = letters[:-1] if rest == 1 else letters + b"=" * (-len(letters) % 4)
    return binascii.a2b_base64(letters)


def _from_quoted(raw: bytes) -> bytes:
    if b"\r" in raw:
        raw = _LONE_RETURN.sub(b"\n", raw)
    if _NO_ESCAPE.search(raw) is None:
        return binascii.a2b_qp(_SOFT_BREAK_WITH_BLANKS.sub(b"=", raw))
    return binascii.a2b_qp(_SOFT_BREAK_WITH_BLANKS.sub(b"=", _NO_ESCAPE_NOR_BREAK.sub(b"=3D", raw)))


def _is_quoted(raw: bytes) -> bool:
    """Return whether each ``=`` is an escape or a soft break, and some are."""
    return b"=" in raw and _ESCAPE.search(raw) is not None and _NO_ESCAPE.search(raw) is None


def _is_surely_quoted(content: bytes) -> bool:
    """Return whether a text that nobody declared so is quoted-printable: with soft breaks and letters escaped.

    Programs break a line where it is full; what is broken earlier is shown by somebody who writes about it.
    """
    return (
        (b"=\n" in content or b"=\r\n" in content)
        and _BREAK_WITHIN.search(content) is not None
        and len(_HIGH_ESCAPE.findall(content)) > 1
        and _NO_ESCAPE.search(content) is None
        and _EARLY_BREAK.search(content) is None
        and _TOO_LONG.search(content) is None
    )


def _may_be_quoted(raw: bytes) -> bool:
    """Return whether a text said to be quoted-printable is: its ``=`` would be escaped, too."""
    raw = raw[:_LONGEST_LOOKED_AT]
    if _NO_ESCAPE.search(raw) is None:
        return True
    escapes = {match[1].upper() for match in _ESCAPE.finditer(raw)}
    if escapes & {b"3D", b"20"} or _BREAK_WITHIN.search(raw) or len(_CAPITAL_ESCAPE.findall(raw)) > 1:
        return True
    high = b"".join(bytes.fromhex(match[0][1:].decode()) for match in _HIGH_ESCAPE.finditer(raw))
    return len(high) > 1 and _reads(high)


def _is_base64(raw: bytes, *, is_text: bool = True) -> bool:
    """Return whether bytes that are not said to be base64 are nothing else."""
    if b" " in raw[:_MIN_BASE64] or _ONLY_BASE64.fullmatch(raw) is None:
        return False
    letters = raw.translate(None, _OTHERS)
    if len(letters) < _MIN_BASE64 or (len(letters) % 4 and b"=" not in raw):
        return False
    content = _block(letters[: _READ * 4])
    return not is_text or (_reads(content) and not _has_controls(content))


def _is_base64_of_words(content: bytes) -> bool:
    """Return whether a text that is not said to be base64, or no longer, is, and of words.

    A key by itself is none: one line, or without words in it.
    """
    if len(content.strip()) < _MIN_WRAPPED or not _is_base64(content):
        return False
    start = _block(content[: _READ * 4].translate(None, _OTHERS))[:_READ]
    return not start.isascii() or len(_PLAIN_WORDS.findall(start.decode())) >= _MIN_WORDS or _is_base64(start)


def _is_plain(raw: bytes, content: bytes) -> bool:
    """Return whether a text said to be base64 holds plain words, and no base64 that is a text."""
    payload = raw.decode("utf-8", "replace")
    if len(_PLAIN_WORDS.findall(payload[:_READ])) < _MIN_WORDS:
        return False
    return _has_controls(content) or raw.split() == content.split() or not _reads(content)


def _has_controls(content: bytes) -> bool:
    return any(byte < 32 and byte not in b"\t\r\n\f\x1b" for byte in content[:_READ])


def _reads(content: bytes) -> bool:
    try:
        text = content[:_READ].decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter may be cut off at the end.
        return error.start > 0 and error.start >= min(len(content), _READ) - 3
    return "\ufffd" not in text


def enclosed_content(part: Message, children: list[Message]) -> bytes | None:
    """Return an enclosed mail's bytes where they stand in an encoding, which RFC 2046, 5.2.1, forbids; else None."""
    encoding = transfer_encoding(part)
    if encoding not in (_BASE64, _QUOTED) or len(children) != 1:
        return None
    try:
        raw = children[0].as_bytes() if children[0].items() else raw_content(children[0])
    except (ValueError, LookupError, RecursionError):
        return None
    if encoding == _QUOTED:
        return _from_quoted(raw) if _is_quoted(raw) else None
    return from_base64(raw, is_text=False) if _is_base64(raw, is_text=False) else None
