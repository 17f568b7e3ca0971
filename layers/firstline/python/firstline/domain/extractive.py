"""Writes an answer from the retrieved chunks' own sentences, steps and tables, each with its citation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.lexical import terms
from firstline.domain.locales import plural, text
from firstline.domain.passage_choice import chosen_passages
from firstline.domain.passage_relevance import Candidate, best_chunk, candidates
from firstline.domain.passages import Passage, list_items
from firstline.domain.questions import split_questions
from firstline.domain.tone import Tone, closing, opening
from firstline.domain.turn import Citation, Strategy

MAX_WORDS = 120
"""Of sentences; steps, tables and code are never cut for it."""
LEAD_WORDS = 6
"""Of them, kept for what leads to each answer."""

_FEWEST_TERMS = 2
_ADDS = re.compile(
    r"\W*(?:or|and|nor)\W+(?!(?:also\W+|then\W+)?(?:how|what|when|where|which|who|why|can|could|do|does|did|is|are|will"
    r"|should|would|may)\b)",
    re.IGNORECASE,
)
_LEANS = re.compile(r"\b(?:its?|that|this|they|them|those|these|others?|then|else|same|there)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Shape:
    """What a strategy asks of an answer."""

    passages: int
    words: int
    """Of sentences, at most ``MAX_WORDS`` less what the phrases around them need."""
    prefers_steps: bool = False


SHAPES = {
    Strategy.CONCISE: Shape(passages=4, words=80),
    Strategy.STEP_BY_STEP: Shape(passages=5, words=85, prefers_steps=True),
    Strategy.EMPATHETIC: Shape(passages=5, words=85),
    Strategy.DETAILED: Shape(passages=6, words=90),
    Strategy.GUIDED: Shape(passages=5, words=85),
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


def write_extractive(
    question: str, ranked: Sequence[RankedChunk], strategy: Strategy, *, tone: Tone | None = None
) -> WrittenAnswer:
    """Answer with the sentences, steps, tables or code of the chunks that fit the question best.

    Parameters
    ----------
    question : str
        What was searched for: completed from what was said before, spelling mended.
    ranked : sequence of RankedChunk
        Best first, at least one.
    tone : Tone, optional
        Without it, as to a calm customer, in English.

    Notes
    -----
    The first chunk answers; each of several questions in one message is answered by the chunk that holds most of its
    words. A chunk is quoted in its own order and cited where its words end; of a table only the rows that matter are
    shown, a list is always whole.
    """
    tone = tone or Tone()
    shape = SHAPES[strategy]
    answered = _answered(question, ranked)
    if not answered:
        return WrittenAnswer(parts=[text("nothing_found", tone.language)], citations=[])
    begins, ends = opening(tone, strategy), closing(tone, strategy, has_steps=True)
    left = MAX_WORDS - len(f"{begins} {ends}".split())
    n_words = min(shape.words, left // len(answered) - LEAD_WORDS)
    parts: list[str] = []
    citations: list[Citation] = []
    has_steps = False
    for place, (asked, found) in enumerate(answered):
        follows = "answer_mail_next" if tone.by_mail else f"answer_next_{strategy.value}"
        lead = [text(follows, tone.language)] if place else []
        chosen = chosen_passages(
            asked, found, n_passages=shape.passages, n_words=n_words, prefers_steps=shape.prefers_steps
        )
        steps = next((list_items(passage.text) for passage in chosen if passage.kind == "steps"), [])
        has_steps = has_steps or bool(steps)
        if strategy is Strategy.STEP_BY_STEP and steps and chosen[0].text.startswith(steps[0]):
            lead.append(plural("answer_steps", len(steps), tone.language))
        quote = quoted(chosen)
        number = _cite(citations, ranked[found[0].rank], quote)
        mark = f"\n\n[{number}]" if chosen[-1].kind != "sentence" else f" [{number}]"
        parts.append("\n\n".join([*lead, quote + mark]))
    said = [begins, *parts, ends if has_steps else closing(tone, strategy, has_steps=False)]
    return WrittenAnswer(parts=[part for part in said if part], citations=citations)


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


def _answered(question: str, ranked: Sequence[RankedChunk]) -> list[tuple[str, list[Candidate]]]:
    """Return each question with the passages of the chunk that answers it; questions that one chunk answers are one.

    The search puts the best chunk for each of several questions first, so one whose words none of them holds is
    answered by the first that answers no other; where that holds none either and the question leans on the one before
    ("... and why are the others stuck"), by the chunk that answers that.
    """
    asked = _whole_questions(question)
    first = ranked[: len(asked) + 1]
    places = [best_chunk(one, first) for one in asked]
    if all(place is None for place in places):
        return [(question, found) for found in candidates(question, ranked) if found][:1]
    together: dict[int, list[str]] = {}
    unused = next((rank for rank in range(len(first)) if rank not in places), 0)
    unused_words = set(terms(f"{first[unused].chunk.heading}\n{first[unused].chunk.text}"))
    before = unused
    for one, place in zip(asked, places, strict=True):
        leans = _LEANS.search(one) and unused_words.isdisjoint(terms(one))
        before = place if place is not None else before if leans else unused
        together.setdefault(before, []).append(one)
    joined = {place: "\n".join(parts) for place, parts in together.items()}
    return [(one, found) for place, one in joined.items() if (found := candidates(one, ranked)[place])]


def _whole_questions(text: str) -> list[str]:
    """Return the questions of a message; what has one word of its own ("or my manager?") goes with the one before."""
    whole: list[str] = []
    for one in split_questions(text):
        if whole and _ADDS.match(one) and len(set(terms(one))) < _FEWEST_TERMS:
            whole[-1] += f"\n{one}"
        else:
            whole.append(one)
    return whole


def _cite(citations: list[Citation], source: RankedChunk, quote: str) -> int:
    number = len(citations) + 1
    citations.append(citation(number, source, quote))
    return number


def quoted(chosen: Sequence[Passage]) -> str:
    """Return passages of one chunk as an answer quotes them."""
    joined = ""
    for passage in chosen:
        block = passage.kind != "sentence"
        separator = "" if not joined else "\n\n" if block or "\n" in joined.rsplit("\n\n", 1)[-1] else " "
        joined += separator + passage.text
    return joined
