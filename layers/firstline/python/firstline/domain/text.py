"""What text from outside may be."""

from __future__ import annotations

import re
import unicodedata

from firstline.domain.errors import InvalidMessageError

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def checked_message(text: object, *, max_characters: int) -> str:
    """Return the message's text as it is stored.

    Line ends become ``\\n``; surrounding white space goes; nothing else is changed.

    Raises
    ------
    InvalidMessageError
        Not a string, empty or white space only, over ``max_characters``, lone surrogates, or control characters
        other than tab and line end.
    """
    if not isinstance(text, str):
        raise InvalidMessageError("text must be a string")
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(cleaned) > max_characters:
        raise InvalidMessageError(f"text is longer than {max_characters} characters")
    for character in cleaned:
        category = unicodedata.category(character)
        if category == "Cs":
            raise InvalidMessageError("text holds half of a surrogate pair, which is no character")
        if category == "Cc" and character not in "\n\t":
            raise InvalidMessageError(f"text holds the control character U+{ord(character):04X}")
    if not any(character.isprintable() and not character.isspace() for character in cleaned):
        raise InvalidMessageError("text is empty")
    return cleaned


def checked_message_id(message_id: object) -> str:
    """Return the client's message id.

    Raises
    ------
    InvalidMessageError
        Not 1 to 64 letters, digits, hyphens or underscores; a UUID fits.
    """
    if not isinstance(message_id, str) or not _ID.fullmatch(message_id):
        raise InvalidMessageError("message_id must be 1 to 64 letters, digits, hyphens or underscores, such as a UUID")
    return message_id


def is_id(text: str) -> bool:
    """Tell whether a text from outside can be one of our ids or tokens, by its length and characters."""
    return _ID.fullmatch(text) is not None
