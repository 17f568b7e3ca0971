"""By what name a mail of ours greets, and whether a text has a greeting and a closing of its own."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.locales import DEFAULT, text
from firstline.domain.mail.mail_body import plain
from firstline.domain.turn import Intent

_LONGEST_NAME = 60
_MOST_WORDS = 5
_NO_NAME = re.compile(r"[^\w .'\u2019\u30fb-]|[\d_]|\w{2}\.\w{2}")
_AFTER_NAME = re.compile(r"\s*(?:\(.*|\[.*|\s[-\u2013\u2014|/@]\s.*|\|.*|\b(?:via|über|par|por|tramite|przez)\s.*)$")
_RESPECT = re.compile(r"(?:様|さん|先生|女士|小姐)$")
_NO_PERSON_CJK = re.compile(r"会社|公司|集团|有限|部$|课$|課$|係$|窓口|事務|客服|中心|センター|サポート|大学|银行|銀行")
_CALLED = re.compile(r"^[^\n]{1,30}(?:様|さん)[、,]?\s*$|^[^\n]{1,20}[，,]\s*(?:您好|你好)")
_WITHOUT_SPACES = ("ja", "zh")
_LAST_LINES = 5
_CLOSING_WORDS = 6


def greeting_name(name: str, language: str = DEFAULT) -> str:
    """Return a display name as a customer is greeted by it; empty where it is no person's name for sure.

    ``Doe, Jane`` is Jane Doe, ``MARIA LOPEZ`` Maria Lopez; titles and what programs add (``via Google Groups``,
    ``(Sales)``) are left out. Companies, departments and addresses are no names, nor is what holds digits or signs:
    strangers write it, and it is sent.
    """
    shown = " ".join(plain(name).split()).strip(" \"'")
    shown = _RESPECT.sub("", _AFTER_NAME.sub("", shown).strip(" \"'")).strip()
    parts = [part for part in shown.split(", ") if not _is_title(part)]
    if len(parts) > 2 or len(shown) > _LONGEST_NAME:
        return ""
    words = [word for word in " ".join(reversed(parts)).split() if not _is_title(word)]
    shown = " ".join(words)
    if not shown or len(words) > _MOST_WORDS or _NO_NAME.search(shown) or _NO_PERSON_CJK.search(shown):
        return ""
    if any(word.casefold().replace(".", "") in _words()["no_person"] for word in words):
        return ""
    if shown.upper() == shown.lower():
        return shown
    if shown in (shown.upper(), shown.lower()):
        # One word in such letters may as well be a company or an account.
        return " ".join(_capital(word, language) for word in words) if len(words) > 1 else ""
    return shown


def greeting(name: str, language: str = DEFAULT) -> str:
    """Return the line that greets the bearer of a display name, by it where that is one."""
    known = greeting_name(name, language)
    if known and language == "pl":
        known = _words()["polish_vocatives"].get(known.split()[0].casefold(), "")
    if known:
        return text("mail.answer_greeting_named", language, name=known)
    return text("mail.answer_greeting", language)


def greets(said: str) -> bool:
    """Tell whether a text begins with a greeting."""
    first = next((line for line in said.splitlines() if line.strip()), "")
    if _frame("opens").match(first) or _CALLED.match(first):
        return True
    words = " ".join(normalised(first).split()[:3])
    return bool(phrases_in(words, lexicon()["intents"][Intent.GREETING.value]))


def closes(said: str) -> bool:
    """Tell whether a text ends with a closing, with or without a name below it."""
    lines = [line for line in said.splitlines() if line.strip()][-_LAST_LINES:]
    short = [
        line for line in lines[1:] if len(line.split()) <= _CLOSING_WORDS and not line.rstrip().endswith((".", "?"))
    ]
    return any(_frame("closes").match(line) for line in short)


def _is_title(word: str) -> bool:
    return word.casefold().replace(".", "") in _words()["titles"]


def _capital(word: str, language: str) -> str:
    dotted = language == "tr"
    lowered = word.replace("I", "ı").replace("İ", "i").lower() if dotted else word.lower()
    if lowered in _words()["particles"]:
        return lowered
    pieces = re.split(r"([-'\u2019])", lowered)
    return "".join(("İ" if dotted and one[:1] == "i" else one[:1].upper()) + one[1:] for one in pieces)


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    """Return what is no name, what stands around names, and Polish first names in the vocative, all in lower case."""
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("greeting_words.json").read_text(encoding="utf-8"))
    return {key: frozenset(value) if isinstance(value, list) else value for key, value in loaded.items()}


@lru_cache(maxsize=2)
def _frame(kind: str) -> re.Pattern[str]:
    """Return what matches a greeting's or a closing's beginning, in all twelve languages."""
    spaced, unspaced = list[str](), list[str]()
    for language, wordings in _words()[kind].items():
        (unspaced if language in _WITHOUT_SPACES else spaced).append(wordings)
    return re.compile(rf"(?i)^\s*(?:(?:{'|'.join(spaced)})\b|{'|'.join(unspaced)})")
