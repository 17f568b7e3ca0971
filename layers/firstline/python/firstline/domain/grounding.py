"""How far sources bear out what an answer states: features of words, figures, names and negation under a small head."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.claims import Figure
from firstline.domain.lexical import terms
from firstline.domain.statements import Clause, Statement, pairs, statements
from firstline.domain.word_relations import groups_of, opposites_of

FEATURES = (
    "words",
    "covered",
    "covered_by_evidence",
    "pairs",
    "unknown_words",
    "unknown_figures",
    "unknown_names",
    "negations",
    "restrictions",
    "negative_words",
    "turned_clauses",
    "opposite_clauses",
    "loose_figures",
)
"""What is measured of a statement; the first four speak for it, the others against it."""
N_FOR = 4

_HEAD = Path(__file__).with_name("grounding.json")
_EVIDENCE = 3
"""Statements of the sources that may bear out one of the answer together."""
_LIKE = 0.8
"""What a word of like meaning or the same beginning counts beside the word itself."""
_BEGINNING = 5
_LIKE_CLAUSE = 0.5
_MOST_AGAINST = 3.0


class Sources:
    """Texts that an answer is held against, taken apart once.

    Parameters
    ----------
    texts : iterable of str
        Markdown, headings first.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        taken_apart = [statements(text) for text in texts]
        self.statements = [found for of_text in taken_apart for found in of_text]
        self.headed = [(found, of_text[0].text.lower()) for of_text in taken_apart for found in of_text]
        """Each statement with the heading that it stands under."""
        self.words = frozenset(word for found in self.statements for word in found.words)
        self.figures = [(figure, found) for found in self.statements for figure in found.figures]
        self.pairs = frozenset().union(*(found.pairs for found in self.statements))
        self.clauses = list(dict.fromkeys(clause for found in self.statements for clause in found.clauses))
        self.negative = frozenset(word for found in self.statements for word in found.negative)
        self._frequency = Counter(term for found in self.statements for term in found.term_set)
        self._groups = frozenset().union(*(found.groups for found in self.statements))
        self._beginnings = {term[:_BEGINNING] for term in self._frequency if len(term) > _BEGINNING}
        self._row = f" {' '.join(word for found in self.statements for word in found.words)} "
        self._text = "\n".join(found.text for found in self.statements).lower()

    def weight(self, term: str) -> float:
        """Return the inverse frequency of a term among the statements, > 0."""
        return math.log(1 + (len(self.statements) + 1) / (self._frequency[term] + 0.5))

    def has(self, term: str) -> bool:
        """Tell whether a stemmed term stands in the sources."""
        return term in self._frequency

    def knows(self, term: str) -> float:
        """Return 1 where a term stands in the sources, less where only a like one does, else 0."""
        if term in self._frequency:
            return 1.0
        alike = not self._groups.isdisjoint(groups_of(term))
        alike = alike or (len(term) > _BEGINNING and term[:_BEGINNING] in self._beginnings)
        return _LIKE if alike else 0.0

    def has_words(self, words: Sequence[str]) -> bool:
        """Tell whether words stand in a row in the sources."""
        return f" {' '.join(words)} " in self._row

    def states(self, figure: Figure) -> bool:
        """Tell whether a figure stands in the sources, with its unit or without one."""
        return any(figure.is_stated_by(other) for other, _ in self.figures)

    def mentions(self, name: str) -> bool:
        """Tell whether a name, code or address in small letters stands in the sources."""
        return name in self._text

    def unknown_figures(self, claim: Statement) -> list[Figure]:
        """Return the figures of a statement that no source states."""
        return [figure for figure in claim.figures if not self.states(figure)]

    def unknown_names(self, claim: Statement) -> list[str]:
        """Return the names, codes and addresses of a statement that no source has."""
        return [name for name in claim.names if not self.mentions(name)]

    def reworded(self, claim: Statement) -> frozenset[str]:
        """Return terms of figures that the sources state in other words, as two weeks for 14 days."""
        stated = (figure for figure in claim.figures if self.states(figure))
        return frozenset(term for figure in stated for term in terms(figure.written) if term not in self._frequency)

    def weights(self, claim: Statement) -> dict[str, float]:
        """Return the weights of a statement's terms, without those of reworded figures."""
        return {term: self.weight(term) for term in claim.term_set - self.reworded(claim)}

    def covered(self, claim: Statement) -> float:
        """Return the weighted share of a statement's words that the sources have, in [0, 1]; 1 where it has none."""
        weights = self.weights(claim)
        return sum(weights[term] * self.knows(term) for term in weights) / sum(weights.values()) if weights else 1.0


@dataclass(frozen=True)
class Support:
    """What speaks for and against one statement."""

    features: NDArray[np.float64]
    """By ``FEATURES``; shape (n_features,)."""


def support(claim: Statement, sources: Sources) -> Support:
    """Measure what speaks for and against a statement."""
    weights = sources.weights(claim)
    total = sum(weights.values()) or 1.0
    reworded = {word for figure in claim.figures if sources.states(figure) for word in _words_of(figure)}
    words = [word for word in claim.words if word in sources.words or word not in reworded]
    evidence, covered = _evidence(weights, sources)
    held = [sources.statements[place] for place in evidence]
    unknown_figures = sources.unknown_figures(claim)
    turned, opposite = _turned(claim, sources)
    features = np.array(
        [
            sum(word in sources.words for word in words) / max(1, len(words)),
            sources.covered(claim),
            covered / total if weights else 1.0,
            _pair_share(claim, sources),
            sum(not sources.knows(term) for term in weights) / max(1, len(claim.terms)),
            len(unknown_figures),
            len(sources.unknown_names(claim)),
            _negations(claim, held),
            len(claim.restrictions.difference(*(found.restrictions for found in held))),
            len(claim.negative - sources.negative),
            turned,
            opposite,
            sum(1 - _binding(figure, claim, sources) for figure in claim.figures if figure not in unknown_figures),
        ],
        dtype=np.float64,
    )
    return Support(features)


def answer_features(supports: Sequence[Support]) -> NDArray[np.float64]:
    """Join what was measured of an answer's statements, one or more; shape (n_features,).

    What speaks for it is the mean of the average and the worst statement, what speaks against it the worst's.
    """
    rows = np.stack([found.features for found in supports])
    speaks_for = (rows[:, :N_FOR].mean(axis=0) + rows[:, :N_FOR].min(axis=0)) / 2
    return np.concatenate([speaks_for, np.minimum(rows[:, N_FOR:].max(axis=0), _MOST_AGAINST)])


def grounded(supports: Sequence[Support], head: dict[str, Any] | None = None) -> float:
    """Return how far sources bear out an answer, in (0, 1); 1 where it states nothing.

    Parameters
    ----------
    supports : sequence of Support
        One per statement.
    head : dict, optional
        ``weights`` by feature and ``intercept``; without it, the shipped ones.
    """
    if not supports:
        return 1.0
    chosen = head or shipped_head()
    weights = np.array([chosen["weights"][name] for name in FEATURES])
    return float(1 / (1 + np.exp(-(answer_features(supports) @ weights + chosen["intercept"]))))


@lru_cache(maxsize=1)
def shipped_head() -> dict[str, Any]:
    """Return the weights with their card: what they were trained on, when, and what they score."""
    loaded: dict[str, Any] = json.loads(_HEAD.read_text(encoding="utf-8"))
    return loaded


def _words_of(figure: Figure) -> list[str]:
    return re.findall(r"\w+", figure.written.lower())


def _evidence(weights: dict[str, float], sources: Sources) -> tuple[list[int], float]:
    """Choose statements that together have most of the weighted terms; return them and the weight that they have."""
    missing = dict(weights)
    groups = {term: groups_of(term) for term in weights}
    shares = [
        {
            term: 1.0 if term in found.term_set else _LIKE
            for term in weights
            if term in found.term_set or not found.groups.isdisjoint(groups[term])
        }
        for found in sources.statements
    ]
    chosen: list[int] = []
    covered = 0.0
    for _ in range(min(_EVIDENCE, len(shares))):
        gained = [sum(missing[term] * part for term, part in share.items()) for share in shares]
        best = max(range(len(gained)), key=gained.__getitem__)
        if gained[best] <= 0:
            break
        chosen.append(best)
        covered += gained[best]
        for term, part in shares[best].items():
            missing[term] *= 1 - part
    return chosen, covered


def _pair_share(claim: Statement, sources: Sources) -> float:
    """Share of neighbouring words, both in the sources, that stand near each other there."""
    found = {pair for pair in pairs(claim.terms, 1) if all(map(sources.has, pair))}
    return len(found & sources.pairs) / len(found) if found else 1.0


def _negations(claim: Statement, held: Sequence[Statement]) -> float:
    """Count terms that are negated here and not there, or the other way round, and negations too many."""
    if not held:
        return float(claim.negations > 0)
    said = {term for found in held for term in found.term_set}
    negated = {term for found in held for term in found.negated}
    plain = {term for found in held for term in found.term_set - found.negated}
    turned = len((claim.negated & said) - negated)
    back = len((claim.term_set - claim.negated) & (negated - plain))
    extra = max(0, claim.negations - sum(found.negations for found in held))
    return float(min(2, turned) + min(1, back) + min(2, extra))


def _turned(claim: Statement, sources: Sources) -> tuple[int, int]:
    """Count clauses whose likest one in the sources is negated where they are not, and those that say the opposite."""
    turned = opposite = 0
    for clause in claim.clauses:
        weights = {term: sources.weight(term) for term in clause.terms}
        total = sum(weights.values())
        best, likeness = None, _LIKE_CLAUSE
        for other in sources.clauses:
            shared = sum(weights[term] for term in clause.terms & other.terms)
            found = shared / (total + 0.2 * len(other.terms - clause.terms))
            if found > likeness or (best is None and found >= likeness):
                best, likeness = other, found
        if best is not None:
            turned += best.is_negated != clause.is_negated
            opposite += _says_the_opposite(clause, best)
    return turned, opposite


def _says_the_opposite(clause: Clause, other: Clause) -> bool:
    return any(opposites_of(term) & (other.terms - clause.terms) for term in clause.terms - other.terms)


def _binding(figure: Figure, claim: Statement, sources: Sources) -> float:
    """Return the largest share of the words around a figure that stand around it in one statement of the sources."""
    around = _around(figure, claim, 2)
    if not around:
        return 1.0
    there = (_around(other, found, 5) for other, found in sources.figures if figure.is_stated_by(other))
    return max((len(around & words) / len(around) for words in there), default=0.0)


@lru_cache(maxsize=8192)
def _around(figure: Figure, found: Statement, reach: int) -> frozenset[str]:
    first = terms(figure.text)[:1]
    places = [place for place, term in enumerate(found.terms) if [term] == first]
    near = (found.terms[max(0, place - reach) : place + reach + 1] for place in places)
    return frozenset(term for stretch in near for term in stretch if not term[0].isdigit())
