"""Writes an answer from the retrieved chunks' own sentences, each with its citation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.lexical import terms
from firstline.domain.passages import Passage, passages
from firstline.domain.turn import Citation, Strategy

MAX_WORDS = 120
"""Of sentences; steps, tables and code are never cut."""
MAX_SOURCES = 3


@dataclass(frozen=True)
class Shape:
    """What a strategy asks of an answer."""

    sentences: int
    opening: str = ""
    closing: str = ""
    prefers_steps: bool = False


SHAPES = {
    Strategy.CONCISE: Shape(sentences=2),
    Strategy.STEP_BY_STEP: Shape(sentences=3, prefers_steps=True),
    Strategy.EMPATHETIC: Shape(sentences=3, opening="I understand, let us get this sorted."),
    Strategy.DETAILED: Shape(sentences=5),
    Strategy.GUIDED: Shape(sentences=3, closing="Does this fit your case? If not, tell me what you see instead."),
}


@dataclass(frozen=True)
class WrittenAnswer:
    """An answer's parts in order, to be streamed one by one, and its sources."""

    parts: list[str]
    citations: list[Citation]

    @property
    def text(self) -> str:
        """The whole answer."""
        return "\n\n".join(self.parts)


@dataclass(frozen=True)
class _Scored:
    score: float
    rank: int
    passage: Passage


def write_extractive(question: str, ranked: Sequence[RankedChunk], strategy: Strategy) -> WrittenAnswer:
    """Answer with the sentences, steps, tables or code of the chunks that fit the question best.

    Parameters
    ----------
    ranked : sequence of RankedChunk
        Best first, at least one.

    Notes
    -----
    A passage's score is the idf-weighted share of the question's words that it holds, idf taken over the passages at
    hand, plus a bonus for its chunk's rank and for standing first in its chunk. After the first, a passage joins only
    with question words that the chosen ones lack, or right behind a chosen one. A chunk is quoted in its own order.
    """
    shape = SHAPES[strategy]
    chosen = _choose(question, ranked[:MAX_SOURCES], shape)
    parts = [shape.opening] if shape.opening else []
    citations: list[Citation] = []
    for rank in dict.fromkeys(scored.rank for scored in chosen):
        quoted = sorted((s.passage for s in chosen if s.rank == rank), key=lambda passage: passage.order)
        citations.append(citation(len(citations) + 1, ranked[rank], " ".join(p.text for p in quoted)))
        parts.append(_joined(quoted, len(citations)))
    if shape.closing:
        parts.append(shape.closing)
    return WrittenAnswer(parts=parts, citations=citations)


def citation(number: int, ranked: RankedChunk, quote: str) -> Citation:
    """Return the citation of a chunk."""
    chunk = ranked.chunk
    return Citation(
        number=number,
        chunk_id=chunk.chunk_id,
        source=chunk.source,
        title=chunk.title,
        heading=chunk.question or (chunk.heading_path[-1] if chunk.heading_path else ""),
        url=_address(chunk),
        quote=quote,
        distance=ranked.distance,
    )


def _address(chunk: Chunk) -> str:
    """Return the page's address at the chunk's section, unless the address already names a section."""
    if not chunk.url or not chunk.anchor or "#" in chunk.url:
        return chunk.url
    return f"{chunk.url}#{chunk.anchor}"


def _choose(question: str, ranked: Sequence[RankedChunk], shape: Shape) -> list[_Scored]:
    candidates = [(rank, passage) for rank, item in enumerate(ranked) for passage in passages(item.chunk.text)]
    wanted = set(terms(question))
    held = [wanted.intersection(terms(passage.text)) for _, passage in candidates]
    frequency = Counter(word for words in held for word in words)
    idf = {word: math.log(1 + len(candidates) / (1 + count)) for word, count in frequency.items()}
    total = sum(idf.values()) or 1.0
    scored = []
    for (rank, passage), words in zip(candidates, held, strict=True):
        score = sum(idf[word] for word in words) / total + (0.6, 0.2, 0.0)[rank]
        score += 0.15 if passage.order == 0 else 0.0
        score += 0.4 if shape.prefers_steps and passage.kind == "steps" else 0.0
        score += 0.25 if passage.kind == "steps" and "how" in question.lower() else 0.0
        scored.append(_Scored(score, rank, passage))
    return _within_limits(scored, held, shape)


def _within_limits(scored: list[_Scored], held: list[set[str]], shape: Shape) -> list[_Scored]:
    covered: set[str] = set()
    chosen: list[_Scored] = []
    n_words = 0
    for place in sorted(range(len(scored)), key=lambda place: -scored[place].score):
        candidate, words = scored[place], held[place]
        if len(chosen) >= shape.sentences:
            break
        if chosen and not _adds(candidate, words - covered, chosen):
            continue
        length = len(candidate.passage.text.split())
        if chosen and candidate.passage.kind == "sentence" and n_words + length > MAX_WORDS:
            continue
        if candidate.passage.kind != "sentence" and any(item.passage.kind != "sentence" for item in chosen):
            continue
        chosen.append(candidate)
        covered |= words
        n_words += length
    # The source of the best passage comes first.
    first_seen = {rank: place for place, rank in enumerate(dict.fromkeys(item.rank for item in chosen))}
    return sorted(chosen, key=lambda item: (first_seen[item.rank], item.passage.order))


def _adds(candidate: _Scored, fresh: set[str], chosen: list[_Scored]) -> bool:
    """Tell whether a passage brings words that are still missing, or goes on where a chosen one ends."""
    follows = any(item.rank == candidate.rank and item.passage.order == candidate.passage.order - 1 for item in chosen)
    return bool(fresh) or follows


def _joined(quoted: Sequence[Passage], number: int) -> str:
    text = ""
    for passage in quoted:
        block = passage.kind != "sentence"
        separator = "" if not text else "\n\n" if block or "\n" in text.rsplit("\n\n", 1)[-1] else " "
        text += separator + passage.text
    own_line = quoted[-1].kind != "sentence"
    return f"{text}\n\n[{number}]" if own_line else f"{text} [{number}]"
