"""What an answer must not say whatever its sources are: promises, advice, insults, questions for secrets."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from firstline.domain.name_tagger import find_names

_DATA = Path(__file__).with_name("answer_rules.json")


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=8)
def _pattern(kind: str) -> re.Pattern[str]:
    rules = _rules()[kind]
    parts = [part for language in rules.values() for part in language] if isinstance(rules, dict) else rules
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)


@lru_cache(maxsize=1)
def neutral_names() -> frozenset[str]:
    """Return capitalised words that name nothing of a company's, in small letters."""
    return frozenset(str(_rules()["neutral_names"]).lower().split())


def promise(text: str) -> str:
    """Return the words by which a text promises something or says that something was done, empty where it does not."""
    return _first("promises", text)


def advice(text: str) -> str:
    """Return the words by which a text gives legal, medical or financial advice, empty where it does not."""
    return _first("advice", text)


def insult(text: str) -> str:
    """Return the words of a text that insult, empty where none do."""
    return _first("toxic", text)


_NO_REQUEST = re.compile(
    r"\b(?:never|not|no need|nobody|cannot|\w+n't|without|nicht|nie|niemals|kein\w*|jamais|nunca)\b[^.!?;]*$",
    re.IGNORECASE,
)


def asks_secret(text: str) -> str:
    """Return the words by which a text asks to be told a password, code or card number, empty where it does not."""
    straight = text.replace("\u2019", "'")
    found = (match for match in _pattern("asks_secret").finditer(straight))
    return next((match[0] for match in found if not _NO_REQUEST.search(straight[: match.end()])), "")


def names_person(name: str, text: str) -> bool:
    """Tell whether a name, in small letters, is that of a person or a part of it in a text."""
    people = (text[span.start : span.end].lower() for span in find_names(text) if span.label == "person")
    return any(name in person for person in people)


def without_courtesies(text: str) -> str:
    """Return a text without greetings, apologies, offers of help, leads and what says that something is not known."""
    return _courtesies().sub(" ", text.replace("\u2019", "'"))


@lru_cache(maxsize=1)
def _courtesies() -> re.Pattern[str]:
    joined = "|".join(f"(?:{part})" for part in _rules()["claim_free"])
    # From the beginning of a clause on, not in the middle of one.
    return re.compile(
        rf"(?:(?<=^)|(?<=[.!?,;:\u2014\n-]\s)|(?<=\band\s)|(?<=\bbut\s)|(?<=\bso\s))(?:{joined})", re.IGNORECASE
    )


def _first(kind: str, text: str) -> str:
    found = _pattern(kind).search(text.replace("\u2019", "'"))
    return found[0] if found else ""
