"""The words of a text in RTF (Rich Text Format 1.9), as some programs send it for a mail's text."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\\'(?P<byte>[0-9A-Fa-f]{2})|\\(?P<word>[a-z]{1,32})(?P<number>-?\d{1,10})? ?|\\(?P<sign>[^a-z])"
    r"|(?P<brace>[{}])|(?P<end>[\r\n]+)|(?P<text>[^\\{}\r\n]+)",
    re.S,
)
_UNSHOWN_NAMES = "fonttbl colortbl stylesheet info pict object header footer generator themedata xmlnstbl"
_UNSHOWN = frozenset(_UNSHOWN_NAMES.split())
_BREAKS = {"par": "\n", "line": "\n", "sect": "\n", "row": "\n", "tab": "\t", "cell": "\t", "emdash": "\u2014"}
_SIGNS = {"~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}"}
_SHOWN, _HIDDEN, _NO_TEXT = range(3)
_WORD = re.compile(r"\\[a-z]{1,32}")
_MIN_WORDS = 3
_READ = 4_000
_SURROGATES = range(0xD800, 0xE000)


def is_rtf(text: str) -> bool:
    """Return whether a text that is said to be plain is RTF from its first brace to its last, with its usual words."""
    text = text.strip("\0 \t\r\n")
    if not text.startswith("{\\rtf") or not text.endswith("}") or len(_WORD.findall(text[:_READ])) < _MIN_WORDS:
        return False
    braces = text.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    return braces.count("{") == braces.count("}")


def rtf_text(text: str) -> str:
    """Return what a text in RTF shows, as far as it is closed; pictures, fonts and the like are left out."""
    found: list[str] = []
    raw = bytearray()
    charset = "cp1252"
    hidden = [_SHOWN]
    n_replaced, replaces = 0, 1
    for token in _TOKEN.finditer(text):
        byte, word, number, sign, brace, _, plain = token.groups()
        if raw and byte is None:
            found.append(raw.decode(charset, "replace").replace("\ufffd", ""))
            raw.clear()
        piece = ""
        if brace == "{":
            hidden.append(hidden[-1])
            continue
        if brace:
            if len(hidden) > 1:
                hidden.pop()
            continue
        if word in _UNSHOWN or sign == "*":
            hidden[-1] = _NO_TEXT
        elif word == "ansicpg" and number in ("874", *map(str, range(1250, 1259))):
            charset = f"cp{number}"
        elif word == "v":
            hidden[-1] = _NO_TEXT if hidden[-1] == _NO_TEXT else _SHOWN if number == "0" else _HIDDEN
        elif word == "uc":
            replaces = min(4, max(0, int(number or 1)))
        elif word == "u" and number:
            code = int(number) % 65_536
            piece, n_replaced = "" if code in _SURROGATES else chr(code), replaces
        elif byte:
            if n_replaced:
                n_replaced -= 1
            elif not hidden[-1]:
                raw.append(int(byte, 16))
        elif word:
            piece = _BREAKS.get(word, "")
        else:
            piece = _SIGNS.get(sign or "", "") or plain or ""
            # What follows a letter of Unicode stands for it in older programs.
            piece, n_replaced = (piece[n_replaced:], 0) if plain else (piece, n_replaced)
        if piece and not hidden[-1]:
            found.append(piece)
    found.append(raw.decode(charset, "replace").replace("\ufffd", ""))
    return "".join(found).strip()
