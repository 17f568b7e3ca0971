"""Finds what a customer states of themselves, in their own words; by rules, and rather too little than too much."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from firstline.domain.errors import InvalidInputError
from firstline.domain.memory import FactKind, Tone, checked_value
from firstline.domain.turn import Category

_DATA = Path(__file__).with_name("stated_facts.json")
_MOST_CHARACTERS = 5_000
_LONGEST_SENTENCE = 400
_MOST_SENTENCES = 200

_QUOTE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|\u201c[^\u201d\n]*\u201d|\u201e[^\u201c\u201d\n]*[\u201c\u201d]"
    r"|\u00ab[^\u00bb\n]*\u00bb|\u2018[^\u2019\n]*\u2019(?!\w)|(?<!\w)'[^'\n]*'(?!\w)"
    # Placeholders of a form letter are nobody's words either.
    r"|\[[^\[\]\n]*\]|\{[^{}\n]*\}",
    re.DOTALL,
)
_QUOTED_TAIL = re.compile(
    r"(?im)^\s*(?:-{2,}\s*$|-{3,}.*(?:original|forwarded|weitergeleitet|transf|reenvia).*$|"
    r"(?:on|am|le|el|il)\b.{4,200}(?:wrote|schrieb.*|a \u00e9crit|escribi\u00f3|ha scritto)\s*:\s*$|"
    r"(?:from|von|de|da)\s*:.*@.*$|(?:subject|betreff|objet|asunto|oggetto)\s*:.*$)"
)
_QUOTED_LINE = re.compile(r"\s*[>|]")
_SPEAKER = re.compile(r"\s*(?:\d{1,2}:\d{2}\S*\s+)?[^\W\d_][\w .'()-]{0,30}:\s+\S")
_SALUTATION = re.compile(r"(?i)\s*(?:hola|buen[oa]s|estimad|hi|hello|dear)\b.{0,40}:\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])(?<!\s[A-Z]\.)\s+")
_MARKUP = re.compile(r"<[^>\n]*>|[*_~#<>{}\\\[\]]")
_OPEN_QUOTE = re.compile(r"[\"\u2018\u201c\u201d\u201e\u00ab\u00bb\u2026]")
_PLEASE = re.compile(r"(?i)\b(?:please|kindly|bitte|svp|stp|s'il|merci|por favor)\b")
_CLAUSE_END = re.compile(
    r"(?i)[,;.!?:(\u2013\u2014]|\s-\s|\b(?:and|but|because|so|und|aber|weil|et|mais|car|y|pero|porque)\b"
)
_WORD = r"(?=[^\W\d_a-z])(?:[A-Z]\.(?= )|[^\W\d_])(?:[^\W\d_]|['.-](?=[^\W\d_]))*"
_PARTICLES = {"van", "von", "der", "den", "di", "la", "le", "bin", "al"}


@dataclass(frozen=True)
class StatedFact:
    """What one message states."""

    kind: FactKind
    value: str


def stated_facts(text: str, *, topic: Category, said_by_others: Sequence[str] = ()) -> list[StatedFact]:
    """Return what a customer's message states of the customer, at most one fact of each kind, the last that it says.

    Parameters
    ----------
    text : str
        The customer's own message. Quotations, code, cited mail and signatures in it are left out; so are questions,
        conditions, reported speech, and whole messages that ask to imagine something.
    topic : Category
        What the message is about: the value of a problem that is said to come back.
    said_by_others : sequence of str
        What the bot and people have said in the conversation: a sentence of theirs is no statement of the customer's.

    Notes
    -----
    Languages: English, German, French and Spanish; names also in Italian, Portuguese and Dutch. A person's name must
    be written with a capital letter.
    """
    rules = _rules()
    own = own_words(text)
    if rules.made_up.search(own):
        return []
    others = [" ".join(_MARKUP.sub(" ", other.replace("\u2019", "'")).split()) for other in said_by_others]
    found: dict[FactKind, StatedFact] = {}
    for sentence in sentences_of(own):
        if any(sentence in other for other in others):
            continue
        for rule in rules.rules:
            for match in rule.pattern.finditer(sentence):
                value = rules.value(rule, match, sentence, topic)
                if value:
                    found[rule.kind] = StatedFact(rule.kind, value)
    return list(found.values())


def named_languages(text: str) -> list[str]:
    """Return the ISO 639-1 codes of the languages that a text names."""
    return [code for code, names in _rules().languages.items() if names.search(text)]


def own_words(text: str) -> str:
    """Return a message without what its author did not say in it: quotations, code, cited mail, signatures."""
    tail = _QUOTED_TAIL.search(text)
    text = _QUOTE.sub(" \u2026 ", (text[: tail.start()] if tail else text)[:_MOST_CHARACTERS])
    kept: list[str] = []
    pasted = begun = False
    for line in text.replace("\u2019", "'").splitlines():
        # What a speaker's name or a colon at a line's end announces is pasted, up to the next empty line.
        if not line.strip():
            pasted, begun = pasted and not begun, False
            continue
        pasted = pasted or _SPEAKER.match(line) is not None
        begun = pasted
        if not pasted and not _QUOTED_LINE.match(line):
            kept.append(_MARKUP.sub(" ", line))
        if line.rstrip().endswith(":") and not _SALUTATION.match(line):
            pasted, begun = True, False
    return "\n".join(kept)


def typed_words(text: str) -> str:
    """Return a message without the mail that it cites."""
    tail = _QUOTED_TAIL.search(text)
    lines = (text[: tail.start()] if tail else text)[:_MOST_CHARACTERS].splitlines()
    return "\n".join(line for line in lines if not _QUOTED_LINE.match(line))


def sentences_of(own: str) -> list[str]:
    """Return the sentences of one's own words, single-spaced; overlong ones are nobody's plain statement."""
    lines = (" ".join(line.split()) for line in own.splitlines())
    split = [s for line in lines for s in _SENTENCE_END.split(line) if 0 < len(s) <= _LONGEST_SENTENCE]
    return split[:_MOST_SENTENCES]


@dataclass(frozen=True)
class _Rule:
    kind: FactKind
    pattern: re.Pattern[str]
    tone: str = ""
    anywhere: bool = False


@dataclass(frozen=True)
class _Rules:
    rules: list[_Rule]
    made_up: re.Pattern[str]
    not_own: re.Pattern[str]
    boundary: re.Pattern[str]
    takes_back: re.Pattern[str]
    asks: re.Pattern[str]
    languages: dict[str, re.Pattern[str]]
    refused: dict[FactKind, re.Pattern[str]]

    def value(self, rule: _Rule, match: re.Match[str], sentence: str, topic: Category) -> str:
        """Return the value that a match states, empty where it states none."""
        before, rest = sentence[: match.start()], sentence[match.end() :]
        if self.not_own.search(before) or _OPEN_QUOTE.search(before) or sentence.isupper():
            return ""
        if not rule.anywhere and not self.boundary.search(before):
            return ""
        if not rule.anywhere and self.takes_back.search(_CLAUSE_END.split(rest, maxsplit=1)[0]):
            return ""
        polite = rule.kind in (FactKind.LANGUAGE, FactKind.TONE) and _PLEASE.search(match[0])
        if self.asks.match(rest) and not polite:
            return ""
        return self._checked(rule, match, sentence, topic)

    def _checked(self, rule: _Rule, match: re.Match[str], sentence: str, topic: Category) -> str:
        if rule.kind is FactKind.TONE:
            return rule.tone
        if rule.kind is FactKind.RECURRING_PROBLEM:
            return topic.value
        if rule.kind is FactKind.LANGUAGE:
            named = [code for code, names in self.languages.items() if names.search(sentence)]
            return named[0] if len(named) == 1 else ""
        parts = match.groupdict()
        value = parts.get("value") or f"{parts.get('product')} on {parts.get('platform')}"
        if rule.kind is FactKind.PRODUCT and "value" not in parts and "platform" not in parts:
            value = str(parts["product"])
        if rule.kind in self.refused and self.refused[rule.kind].search(value):
            return ""
        if rule.kind is FactKind.NAME and not all(w[0].isupper() or w in _PARTICLES for w in value.split()):
            return ""
        try:
            return checked_value(rule.kind, value.rstrip(" .,-"))
        except InvalidInputError:
            return ""


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    data: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    slots = _slots(data)

    def compiled(kind: FactKind, pattern: str, tone: str = "", *, anywhere: bool = False) -> _Rule:
        for name, slot in slots.items():
            pattern = pattern.replace(f"<{name}>", slot)
        return _Rule(kind, re.compile(rf"(?<![\w-])(?i:{pattern})(?![\w-])"), tone, anywhere)

    rules = [compiled(FactKind(kind), p) for kind, listed in data["patterns"].items() for p in listed]
    rules += [compiled(FactKind.TONE, p, Tone(tone).value) for tone, listed in data["tones"].items() for p in listed]
    recurring = data["recurring"]
    rules += [compiled(FactKind.RECURRING_PROBLEM, p) for p in recurring["clauses"]]
    rules += [compiled(FactKind.RECURRING_PROBLEM, p, anywhere=True) for p in recurring["within"]]
    return _Rules(
        rules=rules,
        made_up=_words(data["made_up"]),
        not_own=_words(data["not_own_words"]),
        boundary=re.compile(rf"(?i)(?:^|[,;(!\u2013\u2014]|\s-|(?<!\w)(?:{data['leads']}))\s*$"),
        takes_back=_words(data["takes_back"]),
        asks=re.compile(rf"(?i)^\W*(?:{data['tags']})?\s*\?"),
        languages={code: _words(names) for code, names in data["languages"].items()},
        refused={
            FactKind.NAME: _words(data["not_names"]),
            FactKind.PLAN: re.compile(rf"(?i)^(?:{data['not_plans']}|\w{{3,}}(?-i:ed|ing))(?!\w)"),
        },
    )


def _words(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<!\w)(?:{alternatives})(?!\w)")


def _slots(data: dict[str, Any]) -> dict[str, str]:
    end = rf"(?=\s*(?:$|[,;.!?()\u2013\u2014])|\s-\s|\s+(?:{data['follow']})(?!\w))"
    particles = "|".join(sorted(_PARTICLES))
    platform = rf"(?:{data['platforms']})(?![\w-])(?! (?-i:[A-Z]))"
    kinds_of_app = (
        r"(?:(?:mobile|desktop|web|android|ios|iphone|ipad|windows|mac) )(?:app|client|version)(?! (?:on|under|for) )"
    )
    return {
        "name": rf"(?P<value>(?-i:{_WORD}(?: (?:(?:{particles}) ){{0,2}}{_WORD}){{0,2}})){end}",
        "plan": r"(?P<value>[^\W_][\w.+]*(?:[ -](?-i:[A-Z0-9])[\w.+]*){0,2})",
        "proper": r"(?P<value>(?-i:[A-Z])[\w.+]*(?:[ -](?-i:[A-Z0-9])[\w.+]*)?)",
        "tier": rf"(?P<value>(?:{data['tiers']})(?: (?:plus|annual|monthly|\d{{1,4}}))?)",
        "product": r"(?P<product>(?-i:[A-Z])[\w.+-]*(?: (?-i:[A-Z0-9])[\w.+-]*){0,2}|(?:(?:mobile|desktop|web) )?app)",
        "platform": rf"(?P<platform>{platform})",
        "only_platform": rf"(?P<value>{kinds_of_app}|{platform})",
        "language": f"(?:{'|'.join(data['languages'].values())})",
        "end": end,
    }
