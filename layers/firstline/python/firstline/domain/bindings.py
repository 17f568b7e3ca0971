"""What sources say of the same thing: another figure, another name, or the same turned round."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from firstline.domain.claims import Figure
from firstline.domain.grounding import Sources
from firstline.domain.lexical import terms
from firstline.domain.statements import Statement, statement
from firstline.domain.word_relations import generic_terms, groups_of, words

MARGIN = 0.2
"""How much nearer another figure's words have to be than those of the figure itself."""
LEAST = 0.5
"""What share of a figure's words another one of the same unit must have to be taken for the right one."""
TURNED_LEAST, TURNED_MARGIN = 0.85, 0.45
"""How like a part of a sentence is to the sources' with the other sign, and by how much more than with its own."""
NAMED_LEAST, NAMED_MARGIN = 0.65, 0.5
"""What share of a sentence has to be said of another name, and how much more than of its own."""
_FEWEST = 2
_WIDER = {
    word: group
    for group in (
        ("always", "anytime", "whenever", "ever"),
        ("everyone", "everybody", "all", "every", "each", "any", "anyone", "anybody"),
        ("free", "gratis", "0"),
    )
    for word in group
}
_EACH_MORE = 0.02
"""What each word that the other part has more takes from the likeness."""
_LIKE = 0.8
_PART = re.compile(r"[,;:|()!?]+\s?|\s(?:and|or|but|while|und|oder|aber|et|ou|mais|y|o|pero)\s", re.IGNORECASE)

_TOTAL = re.compile(
    r"\b(?:times|total|altogether|in all|comes? to|adds? up|sum|insgesamt|zusammen|au total|en total)\b"
    r"|[\u00d7=]|\d\s?x\s?\W?\d",
    re.IGNORECASE,
)
# Figures in a row are not parted.
_LAST_DIGIT = re.compile(r"\d%?\s*$")
_FIRST_DIGIT = re.compile(r"\s*[$\u20ac\u00a3]?\d")


@dataclass(frozen=True)
class Bound:
    """A figure with the content words that it stands among."""

    figure: Figure
    near: frozenset[str]
    """Of its part of the sentence, without numbers and units."""
    far: frozenset[str]
    """Of the whole sentence."""
    names: frozenset[str]
    """Those of them that are names, which count twice."""


@lru_cache(maxsize=8192)
def bound(found: Statement) -> tuple[Bound, ...]:
    """Return the figures of a statement, each with the words that it stands among."""
    everywhere = _words(found.text)
    named = _words(" ".join(found.names))
    made = []
    place = 0
    for figure in sorted(found.figures, key=lambda one: found.text.find(one.text)):
        place = max(found.text.find(figure.text, place), 0)
        near = frozenset() if "|" in found.text else _words(_part(found.text, place))
        made.append(Bound(figure, near or everywhere, everywhere, named))
        place += len(figure.text)
    return tuple(made)


def misbound(claim: Statement, sources: Sources) -> Figure | None:
    """Return a figure of which the sources say another one of the same unit among the same words, None where none."""
    there = [one for found in sources.statements if found.figures for one in bound(found)]
    for one in bound(claim):
        if not one.near:
            continue
        unit = one.figure.unit
        same = [o for o in there if one.figure.is_stated_by(o.figure)]
        others = [o for o in there if o.figure.unit == unit and not one.figure.is_stated_by(o.figure)]
        if not same or not others:
            continue
        best = max(_likeness(one, o, sources) for o in same)
        other = max(_likeness(one, o, sources) for o in others)
        if other >= LEAST and other - best >= MARGIN:
            return one.figure
    return None


def is_product(figure: Figure, text: str, said: Sources, sources: Sources) -> bool:
    """Tell whether a figure is a number of the customer's times one of the sources' in the same unit, and says so.

    As in eighteen seats at $6: the sentence names the customer's number, or that it is a total.
    """
    theirs = {value for other, _ in said.figures if not other.unit for value in other.bare}
    ours = {value for other, _ in sources.figures if other.unit == figure.unit != "" for value in other.bare}
    named = {value for other in statement(text).figures for value in other.bare}
    factors = theirs if _TOTAL.search(text) else theirs & named
    products = {round(one * other, 2) for one in factors for other in ours}
    return any(round(value, 2) in products for value in figure.bare)


def misnamed(claim: Statement, sources: Sources) -> str | None:
    """Return a name of which the sources say nothing like the sentence, while they say it of another name.

    Names are single capitalised words, such as plans and roles; what stands in a path such as ``A > B`` is none.
    """
    for name in claim.names:
        own = re.search(rf"(?<![\w>])(?<!> ){re.escape(name)}s?\b(?! ?>)", claim.text, re.IGNORECASE)
        if own is None or not name.isalpha() or own[0].isupper() or ">" in claim.text[: own.start()]:
            continue
        alone = frozenset(terms(name))
        rest = claim.term_set - alone - _sign_terms()
        if len(rest) < _FEWEST:
            continue
        mine = others = 0.0
        for found, heading in sources.headed:
            if "|" in found.text or rest.isdisjoint(found.term_set):
                continue
            share = _share(rest, found.term_set, sources)
            if alone <= found.term_set or name in heading:
                mine = max(mine, share)
            elif any(other.isalpha() and other not in claim.text.lower() for other in found.names):
                others = max(others, share)
        if others >= NAMED_LEAST and others - mine >= NAMED_MARGIN:
            return name
    return None


def overstates(claim: Statement, sources: Sources) -> bool:
    """Tell whether a sentence says always, everybody or free where no source has that word."""
    said = words("widening").intersection(claim.words)
    return any(sources.words.isdisjoint(_WIDER.get(word, (word,))) for word in said)


def contradicts(claim: Statement, sources: Sources) -> bool:
    """Tell whether the sources say the same of another figure or name, or with the other sign."""
    if sources.has_words(claim.words):
        return False
    return misbound(claim, sources) is not None or misnamed(claim, sources) is not None or turned(claim, sources)


def turned(claim: Statement, sources: Sources) -> bool:
    """Tell whether a part of a sentence is negated where the sources say the same without, or the other way round.

    Somewhere in the sources nearly all of its words stand with the other sign, and nowhere nearly as many with its own.
    """
    parts = [(part.terms - _sign_terms(), part.is_negated) for part in claim.clauses]
    if not parts and claim.term_set:
        parts = [(claim.term_set - _sign_terms(), claim.negations % 2 == 1)]
    there = _signed(sources) if parts else ()
    for part, is_negated in parts:
        best = {True: 0.0, False: 0.0}
        for other, sign in there:
            if not part.isdisjoint(other):
                likeness = _share(part, other, sources) - _EACH_MORE * len(other - part)
                best[sign] = max(best[sign], likeness)
        if best[not is_negated] >= TURNED_LEAST and best[not is_negated] - best[is_negated] >= TURNED_MARGIN:
            return True
    return False


def _signed(sources: Sources) -> list[tuple[frozenset[str], bool]]:
    """Return the parts of the sources, and their sentences whole, each with whether it is negated; tables are left."""
    plain = [found for found in sources.statements if "|" not in found.text and found.term_set]
    parts = [(part.terms, part.is_negated) for found in plain for part in found.clauses]
    return list(dict.fromkeys([*parts, *((found.term_set, found.negations % 2 == 1) for found in plain)]))


def _likeness(one: Bound, other: Bound, sources: Sources) -> float:
    """Return how far the words around one figure are those around another, in [0, 1], its own part counting twice."""
    near = _share(one.near, other.near, sources, one.names)
    return (2 * near + _share(one.far, other.far, sources, one.names)) / 3


def _share(one: frozenset[str], other: frozenset[str], sources: Sources, names: frozenset[str] = frozenset()) -> float:
    weights = {term: sources.weight(term) * (1 + (term in names)) for term in one}
    groups = frozenset().union(*map(groups_of, other))
    had = (weights[t] * (1.0 if t in other else _LIKE * (not groups.isdisjoint(groups_of(t)))) for t in weights)
    return sum(had) / (sum(weights.values()) or 1.0)


def _part(text: str, place: int) -> str:
    begin, end = 0, len(text)
    for cut in _PART.finditer(text):
        if _LAST_DIGIT.search(text[: cut.start()]) and _FIRST_DIGIT.match(text[cut.end() :]):
            continue
        if cut.end() <= place:
            begin = cut.end()
        elif cut.start() > place:
            end = cut.start()
            break
    return text[begin:end]


def _words(text: str) -> frozenset[str]:
    left_out = generic_terms() | _unit_terms()
    return frozenset(term for term in terms(text) if not term[0].isdigit() and term not in left_out)


@lru_cache(maxsize=1)
def _sign_terms() -> frozenset[str]:
    return frozenset(term for word in words("negating") for term in terms(word)) | frozenset(terms("under over all"))


@lru_cache(maxsize=1)
def _unit_terms() -> frozenset[str]:
    return frozenset(terms("minute hour day week month year percent dollar euro working business calendar"))
