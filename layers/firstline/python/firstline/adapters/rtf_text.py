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
_SURROGATES = range(0xD800, 0xE000)


def is_rtf(text: str) -> bool:
    return text.lstrip().startswith("{\\rtf")


def rtf_text(text: str) -> str:
    """Return what a text in RTF shows, as far as it is closed; pictures, fonts and the like are left out."""
    found: list[str] = []
    raw = bytearray()
    charset = "cp1252"
    hidden = [_SHOWN]
    n_replaced, replaces = 0, 1
    for token in _TOKEN.finditer(text):
        if raw and token["byte"] is None:
            found.append(raw.decode(charset, "replace").replace("\ufffd", ""))
            raw.clear()
        piece, word = "", token["word"]
        if token["brace"] == "{":
            hidden.append(hidden[-1])
        elif token["brace"] and len(hidden) > 1:
            hidden.pop()
        elif word in _UNSHOWN or token["sign"] == "*":
            hidden[-1] = _NO_TEXT
        elif word == "ansicpg" and token["number"] in ("874", *map(str, range(1250, 1259))):
            charset = f"cp{token['number']}"
        elif word == "v":
            hidden[-1] = _NO_TEXT if hidden[-1] == _NO_TEXT else _SHOWN if token["number"] == "0" else _HIDDEN
        elif word == "uc":
            replaces = min(4, max(0, int(token["number"] or 1)))
        elif word == "u" and token["number"]:
            code = int(token["number"]) % 65_536
            piece, n_replaced = "" if code in _SURROGATES else chr(code), replaces
        elif token["byte"]:
            if n_replaced:
                n_replaced -= 1
            elif not hidden[-1]:
                raw.append(int(token["byte"], 16))
        elif word:
            piece = _BREAKS.get(word, "")
        else:
            piece = _SIGNS.get(token["sign"] or "", "") or token["text"] or ""
            # What follows a letter of Unicode stands for it in older programs.
            piece, n_replaced = (piece[n_replaced:], 0) if token["text"] else (piece, n_replaced)
        found += [] if hidden[-1] else [piece]
    found.append(raw.decode(charset, "replace").replace("\ufffd", ""))
    return "".join(found).strip()
