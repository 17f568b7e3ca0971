"""How well the passages of what was found answer a question, by words and form alone."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from firstline.domain.answer_forms import answer_form
from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.lexical import codes, mentions, terms
from firstline.domain.passages import Passage, passages

_ASKS_FOR_A_WAY = re.compile(
    r"\b(?:how (?:do|can|to|could|should|would)|where|set ?up|what (?:can|should|do) (?:i|we)|change|add|stop|get|fix"
    r"|help|need to|want to)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"(?:yes|no)(?:[.!]$|, (?!(?:and|but|or|because|so)\b))", re.IGNORECASE)
_EMPHASISED = re.compile(r"\*\*[^*]+\*\*|`[^`]+`")
_DIGIT = re.compile(r"\d")
_WHOLE_LENGTH = 40
"""Words from which a passage's length counts in full."""

WORDS, PLACE, STEPS, BLOCK, WAY, EMPHASIS, FIGURE, LENGTH, CODE = 1.3, -0.8, 0.5, 0.55, 0.35, 0.45, 0.35, 0.8, 0.4
"""Weights, rounded, of a logistic regression on which passages of an answering section hold the facts asked for or
belong to them, fitted on every second question of ``knowledge/evaluation``; steps and codes are set by hand."""

FORM = 1.5
"""For a passage of the form that the question asks for: more than any of those, of which it may have none."""
SAME_QUESTION = 0.75
"""Share of a frequent question's words from which its yes or no is an answer to the question asked."""
RANK = 0.05
"""How much more of a question's words a chunk must hold than the one ranked before it, of several questions."""
ENOUGH = 0.65
"""Share of a question's words that a chunk must hold to answer it alone, of several questions."""


@dataclass(frozen=True)
class Candidate:
    """A passage with what speaks for it."""

    rank: int
    """Of its chunk, from 0."""
    passage: Passage
    relevance: float
    """Comparable within one chunk and question; 1 is about one word of the question's weight."""
    coverage: float
    """Share of the question's words that it holds, by idf; in [0, 1]."""
    held: frozenset[str]
    """Terms of the question that it holds."""


def candidates(question: str, ranked: Sequence[RankedChunk]) -> list[list[Candidate]]:
    """Return the passages of each chunk, in their order.

    Parameters
    ----------
    ranked : sequence of RankedChunk
        Best first.

    Notes
    -----
    Inverse document frequency is taken over all the passages at hand: a word that stands in each of them tells none
    from the others.
    """
    cut = [_quotable(item.chunk, question) for item in ranked]
    words = [[frozenset(terms(passage.text)) for passage in of_chunk] for of_chunk in cut]
    n_passages = sum(len(of_chunk) for of_chunk in cut)
    frequency = Counter(word for of_chunk in words for held in of_chunk for word in held)
    idf = {word: math.log(1 + n_passages / (1 + frequency[word])) for word in set(terms(question))}
    total = sum(idf.values()) or 1.0
    asked_codes, wants_way = codes(question), bool(_ASKS_FOR_A_WAY.search(question))
    form = answer_form(question)
    found: list[list[Candidate]] = []
    for rank, (of_chunk, held_words) in enumerate(zip(cut, words, strict=True)):
        last = max(1, len(of_chunk) - 1)
        scored = []
        for passage, in_passage in zip(of_chunk, held_words, strict=True):
            held = frozenset(idf.keys() & in_passage)
            coverage = sum(idf[word] for word in held) / total
            names_code = any(mentions(passage.text.lower(), code) for code in asked_codes)
            relevance = WORDS * coverage + _form(passage, wants_way=wants_way) + PLACE * passage.order / last
            relevance += CODE * names_code + FORM * (form is not None and form.search(passage.text) is not None)
            scored.append(Candidate(rank, passage, relevance, coverage, held))
        found.append(scored)
    return found


def _quotable(chunk: Chunk, question: str) -> list[Passage]:
    """Return a chunk's passages; of a frequent question's answer without its yes or no, unless the same is asked.

    "Do I have to go on paying?" is not answered by the yes to "Can I stop paying?".
    """
    cut = passages(chunk.text)
    frequent = set(terms(chunk.question))
    word = _YES_OR_NO.match(cut[0].text) if cut and frequent else None
    if word is None or len(frequent & set(terms(question))) >= SAME_QUESTION * len(frequent):
        return cut
    rest = cut[0].text[word.end() :]
    return [replace(cut[0], text=rest[:1].upper() + rest[1:]), *cut[1:]] if rest else cut[1:] or cut


def _form(passage: Passage, *, wants_way: bool) -> float:
    """Return what speaks for a passage whatever its words are."""
    emphasised = bool(_EMPHASISED.search(passage.text))
    score = STEPS if passage.kind == "steps" else BLOCK if passage.kind != "sentence" else 0.0
    score += EMPHASIS * emphasised + WAY * (emphasised and wants_way)
    score += FIGURE * bool(_DIGIT.search(passage.text))
    return score + LENGTH * min(1.0, len(passage.text.split()) / _WHOLE_LENGTH)


def best_chunk(question: str, ranked: Sequence[RankedChunk]) -> int | None:
    """Return the place of the chunk that holds most of the words of one question of several.

    None where no chunk holds ``ENOUGH`` of them. Words of headings count double, as they name what a chunk is about;
    a later chunk must hold clearly more than an earlier one.
    """
    asked = set(terms(question))
    headings = [set(terms(item.chunk.heading)) for item in ranked]
    bodies = [[set(terms(passage.text)) for passage in passages(item.chunk.text)] for item in ranked]
    frequency = Counter(word for body in bodies for held in body for word in held)
    n_passages = sum(len(body) for body in bodies)
    idf = {word: math.log(1 + n_passages / (1 + frequency[word])) for word in asked}
    total = sum(idf.values()) or 1.0
    named = [sum(idf[word] for word in asked & heading) / total for heading in headings]
    shares = [
        sum(idf[word] for word in asked & heading.union(*body)) / total
        for heading, body in zip(headings, bodies, strict=True)
    ]
    scores = [share + name - RANK * place for place, (share, name) in enumerate(zip(shares, named, strict=True))]
    best = scores.index(max(scores)) if scores else None
    return best if best is not None and shares[best] >= ENOUGH else None
