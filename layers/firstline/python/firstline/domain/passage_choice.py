"""Which passages of a chunk make up an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from firstline.domain.lexical import codes, terms
from firstline.domain.passage_relevance import Candidate
from firstline.domain.passages import Passage

STEPS_BONUS = 0.8
"""For steps, where the strategy prefers them."""
FOCUSED = 0.8
"""Share of the question's words that one passage must hold for those that hold none to be left out."""
SHORT_CHUNK = 55
"""Words up to which a chunk is quoted whole: answers to frequent questions are."""
FACT_PASSAGES, FACT_WORDS, FACT_QUESTION = 3, 60, 16
"""What a question for one fact gets at most, and the words above which a question is none."""
LONG_TABLE = 4
"""Rows above which only those whose first cell shares a word with the question are shown, if any does."""

_LEANS_BACK = re.compile(
    r"\W*(?:it|they|this|that|these|those|then|otherwise|after(?:wards| that| it)|until then|there|he|she|him|both|such"
    r"|the others?|in (?:that|this) case|for that|before that|the latter|the former|instead|meanwhile|also)\b",
    re.IGNORECASE,
)
_ASKS_FOR_A_FACT = re.compile(
    r"\W*(?:(?:hi|hello|hey|ok|and|so)\W+)*(?:when|which|who|what time"
    r"|how (?:many|long|often|much|far|early|late|soon|fast|big|old)"
    r"|what(?:'s| is| are) the (?:max|min|small|larg|limit|long|short)\w*)\b",
    re.IGNORECASE,
)


def chosen_passages(
    question: str, found: Sequence[Candidate], *, n_passages: int, n_words: int, prefers_steps: bool = False
) -> list[Passage]:
    """Return the passages to quote, in the chunk's order.

    Parameters
    ----------
    found : sequence of Candidate
        All passages of one chunk, in order; at least one.
    n_passages : int
        Most passages, >= 1; one more where a passage leans on the one before it.
    n_words : int
        Most words of sentences, the first chosen not counted; >= 1. Lists, tables and code are not counted.

    Notes
    -----
    The most relevant are taken, as long as they fit; a sentence that leans on the one before ("It ...", "Otherwise
    ...") brings that along or is left out. Of blocks (list, table, code) only the best is taken.
    """
    if sum(_length(item.passage) for item in found) <= min(SHORT_CHUNK, n_words):
        return [_shown(item.passage, question) for item in found]
    if _ASKS_FOR_A_FACT.match(question) and len(question.split()) <= FACT_QUESTION:
        n_passages, n_words = min(n_passages, FACT_PASSAGES), min(n_words, FACT_WORDS)
    at = {item.passage.order: item for item in found}
    scored = [replace(item, relevance=item.relevance + _bonus(item, prefers_steps=prefers_steps)) for item in found]
    best_first = sorted(scored, key=lambda item: -item.relevance)
    n_prose = sum(_length(item.passage) for item in found if item.passage.kind == "sentence")
    if n_prose > SHORT_CHUNK and max(item.coverage for item in found) >= FOCUSED:
        best_first = [item for item in best_first if item.held]
    chosen = {best_first[0].passage.order}
    if _leans_back(best_first[0]) and best_first[0].passage.order:
        chosen.add(best_first[0].passage.order - 1)
    for item in best_first[1:]:
        order = item.passage.order
        if len(chosen) >= n_passages:
            break
        added = {order} | ({order - 1} if _leans_back(item) and order else set())
        if _fits([at[place] for place in chosen | added if place in at], n_words):
            chosen |= added
    return [_shown(at[order].passage, question) for order in sorted(chosen) if order in at]


def _fits(items: Sequence[Candidate], n_words: int) -> bool:
    n_blocks = sum(item.passage.kind != "sentence" for item in items)
    return n_blocks <= 1 and sum(_length(item.passage) for item in items if item.passage.kind == "sentence") <= n_words


def _bonus(item: Candidate, *, prefers_steps: bool) -> float:
    return STEPS_BONUS if prefers_steps and item.passage.kind == "steps" else 0.0


def _leans_back(item: Candidate) -> bool:
    return item.passage.kind == "sentence" and bool(_LEANS_BACK.match(item.passage.text))


def _length(passage: Passage) -> int:
    return len(passage.text.split())


def _shown(passage: Passage, question: str) -> Passage:
    """Return the passage with only the rows that matter, where it is a long table."""
    if passage.kind != "table":
        return passage
    lines = passage.text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.lstrip().startswith("|"))
    head, rows = lines[: start + 2], lines[start + 2 :]
    asked = set(terms(question))
    first_cells = [row.strip().strip("|").partition("|")[0] for row in rows]
    matching = [row for row, cell in zip(rows, first_cells, strict=True) if codes(question) & codes(cell)]
    matching = matching or [row for row, cell in zip(rows, first_cells, strict=True) if asked & set(terms(cell))]
    if len(rows) <= LONG_TABLE or not matching:
        return passage
    return replace(passage, text="\n".join([*head, *matching]))
