"""What a model is given to answer from: passages joined, without duplicates, in order, within a budget."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firstline.domain.chunking import estimate_tokens
from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.lexical import terms

DEFAULT_BUDGET = 1500
NEAR_DUPLICATE = 0.95
"""Share of common terms among all of two chunks, from which the second says nothing new if no number differs."""

_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True)
class Passage:
    """Consecutive chunks of one document, as one text."""

    chunks: tuple[Chunk, ...]
    """In the document's order; at least one."""
    best: RankedChunk
    """The one that was ranked highest; what is cited."""
    text: str
    """Without headings."""
    tokens: int
    """Estimated, of heading and text."""

    @property
    def heading(self) -> str:
        """Question, or title and headings, of the best chunk."""
        return self.best.chunk.heading


def build_passages(
    ranked: Sequence[RankedChunk], neighbours: Iterable[Chunk] = (), *, budget: int = DEFAULT_BUDGET
) -> list[Passage]:
    """Join, order and cut what was found.

    Chunks of one document that follow each other become one passage, except questions with their answers, which stay
    apart. A passage stands where its best chunk was ranked. One that does not fit into what is left of the budget
    is tried again as its best chunk alone, and else left out; the first is cut after a sentence if it must be.

    Parameters
    ----------
    ranked : sequence of RankedChunk
        Best first.
    neighbours : iterable of Chunk
        Chunks beside the ranked ones that complete their sections.
    budget : int
        Estimated tokens of all passages together, headings included; >= 1.

    Returns
    -------
    list of Passage
        Best first; empty where nothing was found.

    Raises
    ------
    ValueError
        ``budget`` is below 1.
    """
    if budget < 1:
        raise ValueError(f"the budget is {budget}, and must be at least 1")
    kept = _without_duplicates(ranked)
    passages: list[Passage] = []
    left = budget
    for run in _runs(kept, neighbours):
        best = next(entry for entry in kept if entry.chunk in run)
        passage = _passage(run, best)
        if passage.tokens > left:
            passage = _passage((best.chunk,), best)
        if passage.tokens > left and not passages:
            passage = _cut(passage, left)
        if passage.tokens <= left and passage.text:
            passages.append(passage)
            left -= passage.tokens
    return passages


def _runs(kept: Sequence[RankedChunk], neighbours: Iterable[Chunk]) -> list[tuple[Chunk, ...]]:
    """Group chunks that follow each other, in the order of each group's best."""
    place = {entry.chunk.chunk_id: number for number, entry in enumerate(kept)}
    chunks = {chunk.chunk_id: chunk for chunk in (*(entry.chunk for entry in kept), *neighbours)}
    runs: list[list[Chunk]] = []
    for chunk in sorted(chunks.values(), key=lambda chunk: (chunk.source, chunk.position)):
        if runs and _follows(runs[-1][-1], chunk):
            runs[-1].append(chunk)
        else:
            runs.append([chunk])
    ranked_runs = [run for run in runs if any(chunk.chunk_id in place for chunk in run)]
    ranked_runs.sort(key=lambda run: min(place.get(chunk.chunk_id, len(place)) for chunk in run))
    return [tuple(run) for run in ranked_runs]


def _follows(before: Chunk, after: Chunk) -> bool:
    return (
        before.source == after.source
        and after.position == before.position + 1
        and not before.question
        and not after.question
    )


def _passage(chunks: tuple[Chunk, ...], best: RankedChunk) -> Passage:
    sections: list[str] = []
    heading = best.chunk.heading_path
    for chunk in chunks:
        if chunk.heading_path != heading and chunk.heading_path:
            sections.append(chunk.heading_path[-1])
        heading = chunk.heading_path
        sections.append(chunk.text)
    text = "\n\n".join(sections)
    return Passage(chunks, best, text, estimate_tokens(best.chunk.heading) + estimate_tokens(text))


def _cut(passage: Passage, left: int) -> Passage:
    room = left - estimate_tokens(passage.heading)
    end = 0
    for stop in [*(found.start() for found in _BREAK.finditer(passage.text)), len(passage.text)]:
        if estimate_tokens(passage.text[:stop]) > room:
            break
        end = stop
    text = passage.text[:end]
    return Passage(passage.chunks, passage.best, text, estimate_tokens(passage.heading) + estimate_tokens(text))


def _without_duplicates(ranked: Sequence[RankedChunk]) -> list[RankedChunk]:
    kept: list[tuple[RankedChunk, frozenset[str]]] = []
    for entry in ranked:
        said = frozenset(terms(f"{entry.chunk.question} {entry.chunk.text}"))
        if not any(_says_the_same(said, other) for _, other in kept):
            kept.append((entry, said))
    return [entry for entry, _ in kept]


def _says_the_same(first: frozenset[str], second: frozenset[str]) -> bool:
    if any(letter.isdigit() for term in first ^ second for letter in term):
        return False
    return len(first & second) >= NEAR_DUPLICATE * len(first | second)
