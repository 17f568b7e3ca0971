"""What is at stake in a customer's words: law, safety, security, money; rules with context, in twelve languages."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from firstline.domain.judged import Evidence
from firstline.domain.lexicon import normalised
from firstline.domain.phrase_lists import PhraseList
from firstline.domain.stake_patterns import danger_in, legal_threats_in, self_harm_in

_DATA = Path(__file__).with_name("stakes.json")
_MOST_CHARACTERS = 4_000
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+|(?<=[\u3002\uff01\uff1f])")
_QUOTED = re.compile(
    r"\"[^\"]{4,400}\"|\u201c[^\u201d]{4,400}\u201d|\u201e[^\u201c\u201d]{4,400}[\u201c\u201d]|\u00ab[^\u00bb]{4,400}\u00bb"
    r"|\u300c[^\u300d]{2,400}\u300d|(?<!\w)'[^'\n]{4,400}'(?!\w)"
)
_AMOUNT = re.compile(
    r"[$\u20ac\u00a3\u00a5]\s?\d|\d[\d.,]*\s?(?:[$\u20ac\u00a3\u00a5]|usd|eur|gbp|euros?|dollars?|pounds?)"
)
_OPENING_WORDS = 3
"""A word that asks stands within so many words of a sentence's beginning."""
_SHOWN = 2


@dataclass(frozen=True)
class Stakes:
    """What is at stake, with the phrases that say so."""

    legal: bool = False
    """Legal action, or a regulator, is threatened or under way."""
    safety: bool = False
    """Somebody's life, health or safety is in danger."""
    at_stake: str = ""
    """``law``, ``security`` or ``money``, the first of them that is; empty where none is."""
    because: tuple[Evidence, ...] = ()


def judge_stakes(text: str) -> Stakes:
    """Judge what is at stake.

    Parameters
    ----------
    text : str
        One or more messages, any length: the first 4,000 characters are read.

    Returns
    -------
    Stakes
        What stands in quotation marks is left out: it is somebody else's word. A threat of legal action counts
        wherever it stands. Lawyers and regulators that are only named, and danger to others, count in sentences that
        tell, not in such as ask: "How do I add our attorney?" is a question about users. Who wants to die is heard
        wherever that stands.
    """
    plain = unquoted(text)
    told = "\n".join(part for part in _SENTENCE.split(plain) if part.strip() and not _asks(part))
    stated = "\n".join(part for part in told.splitlines() if not _asks_at_its_end(part) and not _in_passing(part))
    legal = _found("legal_threat", plain) + legal_threats_in(plain) + _found("legal_noun", stated)
    danger = _found("danger", told) + danger_in(told) + _found("danger_always", plain) + self_harm_in(plain)
    law = legal or _found("legal_noun", plain) + _found("law", plain)
    security, trouble = _found("security", plain), _found("money_trouble", plain)
    money = (_found("money", plain) or _AMOUNT.findall(plain)) if trouble else []
    grave = {"law": law, "security": security, "money": [*money[:1], *trouble[:1]] if money else []}
    at_stake = next((name for name, phrases in grave.items() if phrases), "")
    said = {"legal": legal, "safety": danger} | ({at_stake: grave[at_stake]} if at_stake and not legal else {})
    because = tuple(
        Evidence("phrase", f"{name}: {phrase}", 1.0)
        for name, phrases in said.items()
        for phrase in list(dict.fromkeys(phrases))[:_SHOWN]
    )
    return Stakes(bool(legal), bool(danger), at_stake, because)


def unquoted(text: str) -> str:
    """Return text as phrases are looked for in it, line by line, without what stands in quotation marks."""
    lines = (normalised(line) for line in without_quotations(text[:_MOST_CHARACTERS]).splitlines())
    return "\n".join(line for line in lines if line)


def without_quotations(text: str) -> str:
    """Return composed text without what stands in quotation marks: it is somebody else's word."""
    return _QUOTED.sub(" ", unicodedata.normalize("NFC", text))


def _asks(sentence: str) -> bool:
    if any(part in sentence for part in _lists()["question_parts"]):
        return True
    start = sentence.lstrip('\u00bf "(')
    openers = _phrases("question_verbs").matches(start) + _phrases("question_openers").matches(start)
    if "?" in sentence:
        openers += _phrases("question_verbs_with_mark").matches(start)
    if any(match.start() == 0 for match in openers):
        return True
    opening = " ".join(sentence.split(maxsplit=_OPENING_WORDS + 2)[: _OPENING_WORDS + 2])
    matches = _phrases("question_words").matches(opening)
    return any(opening[: match.start()].count(" ") < _OPENING_WORDS for match in matches)


def _asks_at_its_end(sentence: str) -> bool:
    return sentence.rstrip().endswith("?") and bool(_found("question_words", sentence))


def _in_passing(sentence: str) -> bool:
    return bool(_found("named_in_passing", sentence))


def _found(name: str, text: str) -> list[str]:
    return _phrases(name).found(text)


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=16)
def _phrases(name: str) -> PhraseList:
    listed = _lists()[name]
    return (
        PhraseList(phrase for part in listed.values() for phrase in part)
        if isinstance(listed, dict)
        else PhraseList(listed)
    )
