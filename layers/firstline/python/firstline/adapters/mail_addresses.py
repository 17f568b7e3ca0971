"""Addresses of a mail's headers, read before anything in them is decoded: an encoded name never becomes an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from firstline.domain.mail.parsed_mail import Mailbox

_MAX_NAME = 200
_MAX_OPEN_COMMENTS = 20
_MAX_OPEN_ANGLES = 100
_AT = r"[^\x00-\x20\x7f\s<>\"(),:;\[\]\\@]"
_LOCAL = rf"{_AT}{{1,128}}"
_DOMAIN = r"[^\x00-\x20\x7f\s<>\"(),:;\\@]{1,255}"
_SPEC = re.compile(rf"({_LOCAL}|\"(?:[^\"\\]|\\.){{1,128}}\")\s{{0,10}}@\s{{0,10}}({_DOMAIN})")
_LOOSE = re.compile(rf"(?<![^\x00-\x20\x7f\s<>\"(),:;\[\]\\]){_LOCAL}@{_DOMAIN}(?![^\x00-\x20\x7f\s<>\"(),:;\\])")
_ADDRESS = re.compile(rf"{_AT}@{_DOMAIN}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
_QUOTED_TO_END = re.compile(r'"((?:[^"\\]|\\.)*+)("|.*)', re.S)
"""Behind a quote that is not closed no other one is: each reads the same letters in pairs."""
_ANGLE = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>')
_ENCODED = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]{0,2000}\?=")
_PLAIN = re.compile(r'[^"<>,;:()\\=]+')
_SCHEME = re.compile(r"(?i)\s*mailto:\s*")
_SCHEME_AT_END = re.compile(r"(?i)(?<![^\s\[<])mailto\Z")
_ROUTE = re.compile(r"\s*@[^:]*:")
_SPECIAL = re.compile(r'[<>@;:"()]')
_ESCAPE = re.compile(r"\\(.)")
_ATOM = re.compile(r"[^\x00-\x20\x7f\s<>\"(),:;\[\]\\@.]+(?:\.[^\x00-\x20\x7f\s<>\"(),:;\[\]\\@.]+)*")


@dataclass(frozen=True)
class Addresses:
    """What header fields of one name hold."""

    mailboxes: tuple[Mailbox, ...] = ()
    clear: bool = True
    """One field, and one address in it, which no other reader takes for another one."""


@dataclass
class _Item:
    """What stands between two commas."""

    pieces: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    odd: bool = False


def read_addresses(fields: Iterable[str], decoded: Callable[[str], str]) -> Addresses:
    """Read the addresses of all fields of one name (RFC 5322, 3.4 and 4.4).

    Parameters
    ----------
    fields : iterable of str
        As they came, in one line each, nothing in them decoded.
    decoded : callable
        Decodes encoded words (RFC 2047) of a name.

    Notes
    -----
    The address in angle brackets counts, whatever stands before it. Comments and quoted text hold no addresses. A field
    that only holds one once it is decoded, or several, or two in one place, is not clear.
    """
    found, fields = list[Mailbox](), list(fields)
    odd = len(fields) != 1
    for value in fields:
        before = ""
        here = list[Mailbox]()
        for item in _items(value):
            odd = odd or item.odd
            address, certain = _address(item)
            name = _name(item, decoded)
            if not address:
                # Several without a comma between them.
                here += map(Mailbox, _bare(item))
            if address:
                # "Family, Given <address>" without quotes.
                name = f"{before}, {name}" if before and name and item.angles else name
                here.append(Mailbox(address, "" if _ADDRESS.search(name) else name[:_MAX_NAME]))
                odd = odd or not certain
            before = name if not address else ""
        if not here and "=?" in value:
            odd = True
            here = [Mailbox(_canonical(match[0])) for match in _LOOSE.finditer(decoded(value))]
        found += here
    mailboxes = tuple(dict.fromkeys(found))
    return Addresses(mailboxes, clear=not odd and len({mailbox.address for mailbox in mailboxes}) == 1)


def _items(value: str) -> Iterator[_Item]:
    item, at, broken, broken_angles, may_quote = _Item(), 0, 0, 0, True
    while at < len(value):
        letter = value[at]
        match: re.Match[str] | None = None
        if letter == "(" and broken < _MAX_OPEN_COMMENTS:
            end = _end_of_comment(value, at)
            if end:
                item.comments.append(_ESCAPE.sub(r"\1", value[at + 1 : end - 1]))
                item.pieces.append(" ")
                at = end
                continue
            broken += 1
        elif letter == '"' and may_quote:
            match = _QUOTED.match(value, at)
            may_quote = match is not None
        elif letter == "<" and broken_angles < _MAX_OPEN_ANGLES:
            match = _ANGLE.match(value, at)
            broken_angles += match is None
            if match:
                item.angles.append(match[1])
                item.pieces.append(" ")
                at = match.end()
                continue
        elif letter == "=":
            match = _ENCODED.match(value, at)
            # What another reader finds within it, it may take for an address.
            item.odd = item.odd or bool(match and _SPECIAL.search(match[0]))
        elif letter in ",;":
            yield item
            item, at = _Item(odd=letter == ";"), at + 1
            continue
        elif letter == ":" and item.pieces and (name := _SCHEME_AT_END.search(item.pieces[-1])):
            # A link's beginning is no group's name.
            item.pieces[-1] = item.pieces[-1][: name.start()]
            item.odd = True
            at += 1
            continue
        elif letter == ":":
            # What stands before it names a group.
            item = _Item(odd=True)
            at += 1
            continue
        else:
            match = _PLAIN.match(value, at)
        item.odd = item.odd or (match is None and letter not in "=")
        item.pieces.append(match[0] if match else letter)
        at = match.end() if match else at + 1
    yield item


def _end_of_comment(value: str, start: int) -> int:
    """Return where the comment that begins there ends; 0 where it does not."""
    depth, at = 0, start
    while at < len(value):
        if value[at] == "\\":
            at += 1
        elif value[at] == "(":
            depth += 1
        elif value[at] == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return 0


def _address(item: _Item) -> tuple[str, bool]:
    """Return an item's address, and whether it can only be that; empty where it has none."""
    phrase, bare = "".join(item.pieces).strip(), _bare(item)
    for angle in reversed(item.angles):
        spec = _specified(_without_route(_link(angle)))
        if spec:
            alone = len(item.angles) == 1 and not set(bare) - {spec}
            return spec, alone and not _ROUTE.match(angle) and _specified(angle) == spec
    if spec := _specified(phrase):
        return spec, not item.angles
    return (bare[0], False) if len(bare) == 1 else ("", False)


def _bare(item: _Item) -> list[str]:
    """Return the addresses that stand outside angle brackets, quotes and comments."""
    outside = _QUOTED_TO_END.sub(lambda match: " " if match[2] == '"' else match[0], "".join(item.pieces))
    found = [match[0] for match in _LOOSE.finditer(outside)]
    return [_canonical(spec if "[" in spec else spec.rstrip("]")) for spec in found]


def _link(angle: str) -> str:
    """Return what stands in angle brackets, of a link only its address."""
    scheme = _SCHEME.match(angle)
    return angle[scheme.end() :].partition("?")[0] if scheme else angle


def _without_route(angle: str) -> str:
    """Return an address without the servers that it is to be sent by (RFC 5322, 4.4)."""
    before, _, rest = angle.partition("@")
    return before.rstrip() + rest.partition(":")[2] if ":" in rest else angle


def _specified(text: str) -> str:
    """Return the address that a text is, or an empty text."""
    text = re.sub(r"\([^()]{0,200}\)", " ", text).strip()
    if text[:1] == text[-1:] == "'":
        text = text[1:-1]
    match = _SPEC.fullmatch(text)
    if match is None:
        return ""
    local = match[1]
    if local.startswith('"'):
        inner = _ESCAPE.sub(r"\1", local[1:-1])
        # Quotes that are not needed mean nothing (RFC 5321, 4.1.2); others are part of the address.
        local = inner if _ATOM.fullmatch(inner) else local
    return "" if re.search(r"[\x00-\x20\x7f\s]", local) else _canonical(f"{local}@{match[2]}")


def _canonical(address: str) -> str:
    """Return an address in lower case, its domain without the root's dot; other letters never become Latin ones."""
    lowered = address.lower() if address.isascii() else "".join(_lower(letter) for letter in address)
    return lowered[:-1] if lowered.endswith(".") else lowered


def _lower(letter: str) -> str:
    lower = letter.lower()
    # The sign of kelvin in lower case is the letter k: another address would become a customer's.
    return letter if lower.isascii() and not letter.isascii() else lower


def _name(item: _Item, decoded: Callable[[str], str]) -> str:
    phrase = "".join(item.pieces).strip("<> ")
    unquoted = _QUOTED_TO_END.sub(_unquoted, phrase)
    name = " ".join(decoded(unquoted).split())
    if item.angles or not item.comments:
        return name
    return " ".join(decoded(item.comments[-1]).split()) if _specified(phrase) else name


def _unquoted(match: re.Match[str]) -> str:
    return _ESCAPE.sub(r"\1", match[1]) if match[2] == '"' else match[0]
