"""What Firstline itself says, by key and language; data in ``locales/<language>.json``."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "locales"
DEFAULT = "en"

OUTSIDE_ANSWERS = ("widget.", "mail.")
"""What keys begin with whose texts stand in the chat window or in mail around a conversation: no answer says them."""

Texts = dict[str, str | dict[str, str]]

_NO_PLURAL = frozenset({"ja", "ko", "zh", "th", "vi", "id"})
_ZERO_IS_ONE = frozenset({"fr", "pt", "hi"})
_EAST_SLAVIC = frozenset({"ru", "uk", "be"})


def text(key: str, language: str = DEFAULT, **values: str) -> str:
    """Return a text.

    Parameters
    ----------
    language : str
        ISO 639-1, a region after a hyphen is not looked at; English where it has no such text.
    values : str
        What stands in for the words in braces.

    Raises
    ------
    KeyError
        English has no such text either, or a word in braces has no value.
    """
    found = _found(key, language)
    if not isinstance(found, str):
        raise KeyError(f"{key} counts: use plural")
    return found.format(**values) if values else found


def text_unless_own(said: str, key: str, language: str = DEFAULT) -> str:
    """Return what a company has put in a text's place; the text itself, in this language, where that is still ours."""
    return text(key, language) if said == text(key) else said


def plural(key: str, count: int, language: str = DEFAULT, **values: str) -> str:
    """Return a text that counts, in the form that the language has for ``count``, >= 0.

    Raises
    ------
    KeyError
        As ``text``.
    """
    found = _found(key, language)
    if isinstance(found, str):
        raise KeyError(f"{key} does not count: use text")
    own = language if key in texts(_base(language)) else DEFAULT
    form = found.get(plural_category(count, own), found["other"])
    return form.format(count=count, **values)


def plural_category(count: int, language: str = DEFAULT) -> str:
    """Return the CLDR plural category of a whole number: zero, one, two, few, many or other.

    Notes
    -----
    Unicode CLDR, Language Plural Rules, cardinals; the category that Romance languages have for millions is left out.
    """
    base, ten, hundred = _base(language), count % 10, count % 100
    if base in _NO_PLURAL:
        return "other"
    if base in _ZERO_IS_ONE:
        return "one" if count < 2 else "other"
    if base == "ar":
        return _arabic(count)
    if base == "he" and count == 2:
        return "two"
    if base in _EAST_SLAVIC and ten == 1 and hundred != 11:
        return "one"
    if base == "pl" and count == 1:
        return "one"
    if base in _EAST_SLAVIC or base == "pl":
        return "few" if 2 <= ten <= 4 and not 12 <= hundred <= 14 else "many"
    if base == "cs" and 2 <= count <= 4:
        return "few"
    return "one" if count == 1 else "other"


def languages() -> tuple[str, ...]:
    """Return the languages that there are texts in, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def spoken(tag: str) -> str:
    """Return the language of a tag such as ``de-AT`` where there are texts in it, else an empty string."""
    base = _base(tag)
    return base if base in languages() else ""


@lru_cache(maxsize=16)
def texts(language: str) -> Texts:
    """Return all texts of a language by key, without the explanations; empty where there is no such file."""
    # Only names of files that are there are opened, whatever the caller was told.
    if language not in languages():
        return {}
    loaded: Texts = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return {key: value for key, value in loaded.items() if not key.startswith("@")}


def _found(key: str, language: str) -> str | dict[str, str]:
    own = texts(_base(language))
    return own[key] if key in own else texts(DEFAULT)[key]


def _base(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


def _arabic(count: int) -> str:
    exact = {0: "zero", 1: "one", 2: "two"}.get(count)
    if exact:
        return exact
    hundred = count % 100
    if 3 <= hundred <= 10:
        return "few"
    return "many" if hundred >= 11 else "other"
