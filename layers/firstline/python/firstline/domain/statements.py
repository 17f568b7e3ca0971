"""A sentence taken apart for comparison: its terms, what is negated, figures, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from firstline.domain.claims import Figure, addresses, code_names, figures, names
from firstline.domain.lexical import terms
from firstline.domain.passages import sentences
from firstline.domain.word_relations import generic_terms, groups_of, words

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*|[.,;:!?|()]")
_LEAD = re.compile(r"^\s*(?:[-*+\u2022>]|\d{1,3}[.)]|#{1,6})\s+")
_MARK = re.compile(r"\s?\[\d{1,2}\]")
_CLAUSE = re.compile(
    r"[,;:.!?|()]+\s|\s(?:but|and|or|so|because|since|although|though|while|which|who|where|when|if|unless|until|then)\s",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"^(?:\W*)(?:yes|no|ja|nein|oui|non|s\u00ed|si)\b[,.!:]\s*", re.IGNORECASE)
# A line that does not end a sentence and is gone on with in small letters.
_WRAPPED = re.compile(r"([^\n.!?:;|])[ \t]*\n[ \t]*(?=[^\W\d_A-Z\u00c0-\u00de])")
_RULE = re.compile(r"[\s|:-]+")
_REACH = 3
"""Content words behind a negating word that it turns round."""
PAIR_REACH = 3


@dataclass(frozen=True)
class Clause:
    """A part of a statement."""

    terms: frozenset[str]
    is_negated: bool


@dataclass(frozen=True)
class Statement:
    """One sentence, list item or table row."""

    text: str
    words: tuple[str, ...]
    """All of them, in small letters."""
    terms: tuple[str, ...]
    """Stemmed content words in order."""
    term_set: frozenset[str]
    negated: frozenset[str]
    """Terms behind a negating word."""
    negations: int
    restrictions: frozenset[str]
    """Words such as "only" and "except"."""
    negative: frozenset[str]
    """Words that say something bad."""
    figures: tuple[Figure, ...]
    names: tuple[str, ...]
    """Names, codes and addresses, in small letters."""
    pairs: frozenset[tuple[str, str]]
    """Content words that stand near each other, each pair in the order of the alphabet."""
    groups: frozenset[int]
    """Groups of like words that its words are in."""
    clauses: tuple[Clause, ...]
    """Those with two content words or more."""


@lru_cache(maxsize=16_384)
def statement(text: str) -> Statement:
    """Take a sentence apart; citation marks, list markers and emphasis count nothing."""
    bare = _YES_OR_NO.sub("", _MARK.sub("", _LEAD.sub("", text)))
    content = tuple(term for term in terms(bare) if term not in generic_terms())
    small = {word.lower().replace("\u2019", "'") for word in _TOKEN.findall(bare)}
    may_negate = not small.isdisjoint(words("negating"))
    negated, count = _negated(bare) if may_negate else (frozenset(), 0)
    return Statement(
        bare,
        tuple(_WORD.findall(bare.lower())),
        content,
        frozenset(content),
        negated,
        count,
        frozenset(small & words("restricting")),
        frozenset(small & words("negative")),
        figures(bare),
        tuple(dict.fromkeys([*addresses(bare), *code_names(bare), *(name.lower() for name in names(bare))])),
        pairs(content, PAIR_REACH),
        frozenset().union(*map(groups_of, content)),
        tuple(_clauses(bare, may_negate=may_negate)),
    )


def statements(text: str) -> list[Statement]:
    """Cut a Markdown text into statements: sentences, list items, table rows (each with the table's first row)."""
    found: list[Statement] = []
    header = ""
    for line in _WRAPPED.sub(r"\1 ", text).splitlines():
        if not line.strip() or _RULE.fullmatch(line):
            continue
        if line.lstrip().startswith("|"):
            found.append(statement(line if not header else f"{line} {header}"))
            header = header or line
            continue
        header = ""
        found += [statement(sentence) for sentence in sentences(_LEAD.sub("", line))]
    return found


def pairs(found: Sequence[str], reach: int) -> frozenset[tuple[str, str]]:
    """Return the pairs of different words at most so many places apart, each in the order of the alphabet."""
    return frozenset(
        (one, other) if one < other else (other, one)
        for place, one in enumerate(found)
        for other in found[place + 1 : place + 1 + reach]
        if one != other
    )


def _clauses(text: str, *, may_negate: bool) -> Iterator[Clause]:
    for part in _CLAUSE.split(text):
        content = frozenset(term for term in terms(part) if term not in generic_terms())
        if len(content) > 1:
            yield Clause(content, may_negate and _negated(part)[1] % 2 == 1)


def _negated(text: str) -> tuple[frozenset[str], int]:
    found: set[str] = set()
    left, count = 0, 0
    for token in _TOKEN.findall(text.lower().replace("\u2019", "'")):
        if not token[0].isalnum():
            left = 0
        elif token in words("negating"):
            left, count = _REACH, count + 1
        elif left:
            behind = terms(token)
            found.update(behind)
            left -= bool(behind)
    return frozenset(found), count
