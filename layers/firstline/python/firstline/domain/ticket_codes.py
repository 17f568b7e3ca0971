"""Ticket ids as people write them: in running text, in small letters, with O for 0, or only their first characters."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LOOK_ALIKES = str.maketrans("OIL", "011")
_AFTER_NOUN = re.compile(
    r"(?i)(?:\b(?:tickets?|case|vorgang|reference|ref)\b[\s:#.-]*(?:(?:number|no|nr|id)\b[\s:#.-]*)?|#\s?)"
    r"([a-z0-9]{2,16}(?:-[a-z0-9]{2,8})?)\b"
)
_WORD = re.compile(r"[A-Za-z0-9]{4,16}(?:-[A-Za-z0-9]{2,8})?")
_SPACED = re.compile(r"\b([A-Za-z0-9]{4}) ([A-Za-z0-9]{4})\b")
_SHORTEST_PART = 4


def normalised_code(text: str) -> str:
    """Return an id as ids are compared: capital letters and digits, with 0 for O and 1 for I and L."""
    return re.sub(r"[^A-Z0-9]", "", text.upper()).translate(_LOOK_ALIKES)


def ticket_codes(text: str) -> list[str]:
    """Return what may be ids of tickets in a text, normalised, the likeliest first.

    A word counts where it follows ``ticket`` or ``#``, or holds a digit, and where it looks like no plain word.
    """
    named = [found for found in _AFTER_NOUN.findall(text) if _looks_like_code(found)]
    spaced = ["".join(pair) for pair in _SPACED.findall(text) if _has_digit("".join(pair))]
    free = [found for found in _WORD.findall(text) if _has_digit(found) and not found.isdigit()]
    return list(dict.fromkeys(normalised_code(found) for found in (*named, *spaced, *free)))


def named_code(text: str) -> str:
    """Return the id that a text names as that of a ticket, normalised; empty where it names none."""
    return next((normalised_code(found) for found in _AFTER_NOUN.findall(text) if _looks_like_code(found)), "")


def resolve_code(codes: Sequence[str], ticket_ids: Sequence[str], *, near: bool = False) -> str:
    """Return the one of the tickets that a code means, empty where none or more than one does.

    Parameters
    ----------
    codes : sequence of str
        From ``ticket_codes``.
    ticket_ids : sequence of str
        The tickets that the customer may see; a code never leads to another.
    near : bool
        Whether one wrong character is looked over; not where something is changed.
    """
    known = {ticket_id: normalised_code(ticket_id) for ticket_id in ticket_ids}
    for code in codes:
        exact = [ticket_id for ticket_id, plain in known.items() if plain == code]
        if exact:
            return exact[0]
    for code in codes:
        if len(code) < _SHORTEST_PART:
            continue
        parts = [t for t, plain in known.items() if plain.startswith(code) or plain.endswith(code)]
        alike = [t for t, plain in known.items() if near and _one_apart(plain, code)]
        for found in (parts, alike):
            if len(found) == 1:
                return found[0]
    return ""


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _looks_like_code(text: str) -> bool:
    return _has_digit(text) or (text.isupper() and len(text) >= _SHORTEST_PART)


def _one_apart(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1
