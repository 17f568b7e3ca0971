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


DENIED = re.compile(
    r"\b(?:not|never|nicht|kein\w*|pas|jamais|no|nunca|non|mai|n\u00e3o|niet|geen|nie|inte|ingen|inget|ej)\b|n't\b"
    "|\u307e\u305b\u3093|\u306a\u3044|\u6ca1|\u672a|\u4e0d"
)
"""In such a clause nothing has come in."""
_REPLY = re.compile(
    r"(?:\b(?P<whose>the|your|ihre[rn]?|eure|deine|die|votre|ta|vos|la|su|tu|vuestra|sua|vossa|tua|vostra|uw|je|jullie"
    r"|het|det|din|ert|er|wasza|twoja|pa\u0144stwa|sizin)\s+|\b(?P<this>this|diese|cette|esta|questa|dit|denna|bu|ta)\s+)?"
    r"(?:automat(?:ic|ed) (?:\S+ )?(?:reply|response|answer|message|mail|e-?mail)|auto[- ]?(?:reply|response|answer)"
    r"|automatische[rn]? (?:antwort|antwoord|nachricht|e-?mail|mail)|automatisch antwoord|r\u00e9ponse automatique"
    r"|respuesta autom\u00e1tica|risposta automatica|resposta autom\u00e1tica|auto-?svar\w*|automatisk\w* svar\w*"
    r"|automatyczn\w+ odpowied\w+|odpowied\w+ automatyczn\w+|otomatik (?:yanit|cevap)\w*)"
    r"|(?P<wide>(?:\u4f60\u4eec|\u60a8|\u8cb4\u793e|\u5fa1\u793e)\S{0,3})?"
    r"(?:\u81ea\u52d5(?:\u8fd4\u4fe1|\u5fdc\u7b54|\u56de\u8986)|\u81ea\u52a8(?:\u56de\u590d|\u7b54\u590d))"
)
_REPLY_SUFFIX = re.compile(r"otomatik (?:yanit|cevab)\w*niz|autosvaret|automatiska svaret")
"""Endings that say whose it is, or which."""
_ITSELF = re.compile(
    r"\b(?:this|dies\w*|hier|ceci|cet|cette|esto|est[ae]|quest[ao]|isto|dit|deze|detta|denna|to|niniejsz\w+|bu)\b"
    "|\u3053\u308c|\u3053\u306e|\u672c|\u8fd9|\u9019|\u6b64|\u3067\u3059|\u7cfb\u7edf"
)
"""So a program calls its own reply."""
_FIELD = re.compile(r"(?m)^[ \t]*[^\s:\uff1a]{1,14}(?: [^\s:\uff1a]{1,12})?[ \t]?[:\uff1a].*$")
"""What a receipt repeats of the head of the mail that was read."""
_MAX_DATE = 10
"""Words of a date with its zone, and of whose mail was read."""
_MAY = re.compile(r"\d\.?\s*mai\b")
"""A month in some languages, "never" in another."""


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
    if patterns["asks"].search(clause) or is_of_reply(clause):
        return False
    rest = clause
    for kind in _KINDS:
        rest = patterns[kind].sub(_PHRASE, rest)
    size = size_of(rest)
    if _PHRASE not in rest or size > min(_ELSE_WORDS, size_of(clause) - size + _ELSE_FREE):
        return False
    return all(_PHRASE in part or size_of(part) <= _ELSE_FREE for part in AND.split(rest))


def is_of_reply(clause: str) -> bool:
    """Return whether a folded clause speaks of an automatic reply that its writer has got, and is none itself."""
    named = _REPLY.search(clause)
    if named is None:
        return False
    if named["whose"] or named["wide"] or _REPLY_SUFFIX.search(clause):
        return True
    if _ITSELF.search(clause):
        return named.start() == 0 and bool(named["this"]) and bool(DENIED.search(clause))
    return bool(DENIED.search(clause)) or size_of(_REPLY.sub(" ", clause)) > _ELSE_FREE


def is_button_pressed(subject: str, text: str) -> bool:
    """Return whether a mail only says that another was read or an invitation answered, as mail programs write it."""
    patterns, opened = _patterns(), folded(subject).strip()
    if not text.strip():
        return bool(patterns["invited"].match(opened))
    said = _FIELD.sub(" ", text).strip()
    read = patterns["read_on"].search(folded(said))
    if not patterns["receipts"].match(opened) or read is None or asks(text):
        return False
    # Nothing stands beside it but a date, and whose mail it was.
    before, after = folded(said)[: read.start()], folded(said)[read.end() :].strip()
    first, *more = _SENTENCE.split(f"{after} ")
    if any(size_of(one) for one in more) or size_of(before) > _MAX_DATE or size_of(first) > _MAX_DATE:
        return False
    return not AND.search(_CLAUSE.sub(" ", f" {first} ")) and not DENIED.search(_MAY.sub(" ", first))


def asks(text: str) -> bool:
    """Return whether a text holds a mark of a question."""
    return bool(_ASKS.search(text))


def wants(text: str) -> bool:
    """Return whether a text asks or wants something in words that are no notice's own."""
    patterns = _patterns()
    return asks(text) or any(
        patterns["asks"].search(folded(clause))
        or is_of_reply(folded(clause))
        or requests(clause)
        or OPENS.match(clause)
        or ASKS_WITHIN.search(clause)
        for clause in clauses_of(text)
        if not _is_phrased(folded(clause), patterns)
    )


def size_of(text: str) -> float:
    """Return how many words a text has, without addresses and numbers; letters of wide scripts as parts of words."""
    plain = _ADDRESS.sub(" ", text)
    wide = len(_WIDE.findall(plain))
    return len(_WORD.findall(_WIDE.sub(" ", plain))) + wide * _ELSE_WORDS / _ELSE_WIDE
