"""Parameters of a part's header fields (RFC 2045, 5.1; RFC 2231), also of those that break the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message
from itertools import islice
from urllib.parse import unquote_to_bytes

from firstline.adapters.mail_text import decoded_text, soft_text

_LONGEST_VALUE = 20_000
_MOST = 200
_PARAMETER = re.compile(
    r';\s*(?P<name>[^\s=;*"]{1,100})(?:\*(?P<number>\d{1,3}))?(?P<encoded>\*)?\s*=\s*'
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^;]*))'
)
_ESCAPE = re.compile(r'\\(["\\])')
_ENCODED = re.compile(
    r"(?i)utf-?8'[a-z-]{0,20}'[^\s']*%(?:c[2-9a-f]|d[0-9a-f]|e[0-9a-f]%[89ab][0-9a-f])%[89ab][0-9a-f]"
)
"""A value that is encoded though its name has no star: letters of UTF-8 in it are no chance."""
_TYPE = re.compile(r"\s*[\"']?([\w.+-]{1,100})\s*/\s*([\w.+-]{1,100})")
MAIN_TYPES = frozenset({"text", "multipart", "message", "application", "image", "audio", "video", "model", "font"})
_PLAIN_TYPES = frozenset({"application/plain", "application/text", "application/txt", "text/txt", "text/ascii"})
_HTML_TYPES = frozenset({"application/html", "application/xhtml+xml", "text/htm", "text/xhtml", "text/xhtml+xml"})


def raw_values(part: Message, header: str) -> list[str]:
    """Return the values of all fields of a name in lower case, in one line each, raw bytes in them decoded."""
    length = len(header)
    named = [value for name, value in part.raw_items() if len(name) == length and name.lower() == header]
    found = [soft_text(str(value)[:_LONGEST_VALUE]) for value in named]
    return [unfolded(value) for value in found]


def unfolded(value: str) -> str:
    """Return a field's value with its lines joined by a blank each."""
    first, *others = re.split(r"[\r\n]", value) if "\n" in value else [value]
    if not others:
        return value
    return " ".join((first.rstrip(), *filter(None, map(str.strip, others[:-1])), others[-1].lstrip()))


def first_value(part: Message, header: str) -> str:
    """Return the first field of a name that says something."""
    return next((value for value in raw_values(part, header) if value.strip()), "")


def media_type(part: Message) -> str:
    """Return a part's type, in lower case; ``text/plain`` where it is none, what is swapped in its order."""
    values = raw_values(part, "content-type")
    return type_named(next(filter(str.strip, values), "")) if values else part.get_default_type()


def type_named(value: str) -> str:
    match = _TYPE.match(value)
    if match is None:
        return "text/html" if value.strip().lower().startswith("html") else "text/plain"
    main, sub = match[1].lower(), match[2].lower()
    if main not in MAIN_TYPES and (sub in MAIN_TYPES or main in ("html", "plain")):
        main, sub = (sub, main) if sub in MAIN_TYPES else ("text", main)
    kind = f"{main}/{sub}"
    return "text/plain" if kind in _PLAIN_TYPES else "text/html" if kind in _HTML_TYPES else kind


def parameters(value: str) -> dict[str, str]:
    """Return a field's parameters by their names in lower case.

    Parameters
    ----------
    value : str
        In one line. The first of equal names counts; what is encoded (``name*``) before what is not.

    Notes
    -----
    Without quotes a value goes on to the next semicolon, blanks and all; pieces are put in the order of their numbers.
    """
    if "=" not in value:
        return {}
    kind = _TYPE.match(value)
    # The semicolon behind the type may be missing.
    rest = value[kind.end() :] if kind else value
    tail = rest.lstrip()
    rest = rest if not kind or tail.startswith(";") else f";{tail}"
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in islice(_PARAMETER.finditer(rest), _MOST):
        name = match["name"].lower()
        text = _ESCAPE.sub(r"\1", match["quoted"]) if match["quoted"] is not None else match["plain"].strip(" \t\"'")
        if match["number"] is None and not match["encoded"] and not _ENCODED.match(text):
            plain.setdefault(name, text)
        else:
            numbered = pieces.setdefault(name, {})
            numbered.setdefault(int(match["number"] or 0), (text, bool(match["encoded"] or match["number"] is None)))
    return plain | {name: _joined([numbered[key] for key in sorted(numbered)]) for name, numbered in pieces.items()}


def parameter(part: Message, header: str, names: Iterable[str]) -> str:
    """Return the first of some parameters of a part's fields of a name that is not empty."""
    for value in raw_values(part, header):
        found = parameters(value)
        if named := next((found[name] for name in names if found.get(name)), ""):
            return named
    return ""


def _joined(pieces: list[tuple[str, bool]]) -> str:
    charset, content = "", b""
    for number, (text, encoded) in enumerate(pieces):
        if encoded and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        content += unquote_to_bytes(text) if encoded else text.encode("utf-8", "surrogateescape")
    return decoded_text(content, charset)[0]
