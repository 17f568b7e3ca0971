"""Mails that are nothing but a notice: somebody is away, a program has got the mail, nobody reads here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

from firstline.domain.mail.question_patterns import ASKS_WITHIN, OPENS
from firstline.domain.mail.request_patterns import requests

_MAX_LETTERS, _MAX_CLAUSES = 900, 24
_MAX_CLAUSE, _MAX_WIDE = 200, 60
"""Letters of a clause, of any script and of those written without spaces; what is longer is no phrase."""
_ELSE_WORDS, _ELSE_WIDE = 6, 9
"""So much of a clause may be no notice's own phrase: names, dates, telephone numbers."""
_ELSE_FREE = 2
_KINDS = ("automatic", "absent", "beside")
_PHRASE = " \0 "
AND = re.compile(r"\s(?:and|but|und|aber|et|mais|y|pero|e|ma|mas|en|maar|i|ale|och|men|ve|ama)\s")
_SENTENCE = re.compile(r"(?<!\d)[.](?=\s|$)|[!?\u2026\u3002\uff01\uff1f\n]+")
_CLAUSE = re.compile(r"[,;\uff0c\u3001\uff1b()\u2013\u2014]|[:\uff1a](?=\s)|\s-\s")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|[+(]?\d[\d\s()/.:+-]*")
_NAME = re.compile(r"(?:[A-Z\u00c0-\u00de\u0130\u015e\u0141\u015a\u017b][\w'.-]*[ ]?){1,4}")
_LATIN = "a-z\u00df-\u024f"
"""Phrases begin with words."""
_ABBREVIATED = re.compile(r"(?i)\b(dr|mr|mrs|ms|dott|hr|fr|sr|sra|dra|mme|nr|tel|prof|ing|mgr|bzw|evtl)\.(?=\s)")
_ASKS = re.compile("[?\uff1f]")


class Notice(IntEnum):
    """How much of a mail is one."""

    NONE = 0
    PARTLY = 1
    """It says so and something else besides."""
    WHOLE = 2
    """It says nothing else."""


@lru_cache(maxsize=1)
def _patterns() -> Mapping[str, re.Pattern[str]]:
    loaded = json.loads(Path(__file__).with_name("notice_words.json").read_text(encoding="utf-8"))
    return {name: re.compile(f"(?<![{_LATIN}])(?:{'|'.join(phrases)})") for name, phrases in loaded.items()}


def folded(text: str) -> str:
    """Return a text in lower case, Turkish capitals (I and dotted I) as Latin ones."""
    return text.lower().replace("\u0307", "").replace("\u0131", "i").replace("\u2019", "'")


def notice_of(text: str, *, announced: bool = False) -> Notice:
    """Return how much of a text is a notice, in the twelve languages.

    It is read clause by clause: each must be a phrase that only such notices are made of, but for a few words such as
    names and dates. A question or a wish of the writer's own makes it a letter. What is long is no notice.

    Parameters
    ----------
    text : str
        What the mail itself says, without what it quotes.
    announced : bool
        Its subject names it as one: the text need not.
    """
    patterns = _patterns()
    said, phrased, other = int(announced and bool(text.strip())), 0.0, 0.0
    by_program = False
    clauses = clauses_of(text)
    for clause in clauses[:_MAX_CLAUSES]:
        low = folded(clause)
        weight = size_of(low)
        if not is_short(low):
            other += weight
            continue
        said += any(patterns[kind].search(low) for kind in _KINDS[:2])
        if _is_phrased(low, patterns):
            by_program |= bool(patterns["automatic"].search(low))
            phrased += weight
        elif weight and not (said and is_name(clause)):
            other += weight
    if not said or asks(text):
        return Notice.NONE
    if other or len(text) > _MAX_LETTERS or len(clauses) > _MAX_CLAUSES:
        return Notice.PARTLY if by_program or other <= phrased else Notice.NONE
    return Notice.WHOLE


def clauses_of(text: str) -> list[str]:
    """Return the clauses of a text's beginning."""
    sentences = _SENTENCE.split(_ABBREVIATED.sub(r"\1", text.strip()[: _MAX_LETTERS * 2]))
    return [clause for sentence in sentences for part in _CLAUSE.split(sentence) if (clause := part.strip())]


def is_short(clause: str) -> bool:
    """Return whether a clause is no longer than phrases are, in scripts with and without spaces."""
    return len(clause) <= _MAX_CLAUSE and len(_WIDE.findall(clause)) <= _MAX_WIDE


def is_name(clause: str) -> bool:
    """Return whether a clause is written as a name is."""
    return bool(_NAME.fullmatch(clause))


def _is_phrased(clause: str, patterns: Mapping[str, re.Pattern[str]]) -> bool:
    """Return whether a clause says what notices say, and all that is joined to it by an "and" does."""
    if patterns["asks"].search(clause):
        return False
    rest = clause
    for kind in _KINDS:
        rest = patterns[kind].sub(_PHRASE, rest)
    size = size_of(rest)
    if _PHRASE not in rest or size > min(_ELSE_WORDS, size_of(clause) - size + _ELSE_FREE):
        return False
    return all(_PHRASE in part or size_of(part) <= _ELSE_FREE for part in AND.split(rest))


def is_button_pressed(subject: str, text: str) -> bool:
    """Return whether a mail only says that another was read or an invitation answered, as mail programs write it."""
    patterns, opened = _patterns(), folded(subject).strip()
    if not text.strip():
        return bool(patterns["invited"].match(opened))
    return bool(patterns["receipts"].match(opened) and patterns["read_on"].search(folded(text)) and not asks(text))


def asks(text: str) -> bool:
    """Return whether a text holds a mark of a question."""
    return bool(_ASKS.search(text))


def wants(text: str) -> bool:
    """Return whether a text asks or wants something in words that are no notice's own."""
    patterns = _patterns()
    return asks(text) or any(
        patterns["asks"].search(folded(clause)) or requests(clause) or OPENS.match(clause) or ASKS_WITHIN.search(clause)
        for clause in clauses_of(text)
        if not _is_phrased(folded(clause), patterns)
    )


def size_of(text: str) -> float:
    """Return how many words a text has, without addresses and numbers; letters of wide scripts as parts of words."""
    plain = _ADDRESS.sub(" ", text)
    wide = len(_WIDE.findall(plain))
    return len(_WORD.findall(_WIDE.sub(" ", plain))) + wide * _ELSE_WORDS / _ELSE_WIDE
