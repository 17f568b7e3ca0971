"""An answer to several questions of one mail, from the articles' own sentences: each with its own passage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from firstline.domain.clarification import topic_name
from firstline.domain.extractive import SHAPES, citation, quoted
from firstline.domain.knowledge import AskedPart, RankedChunk, RetrievedKnowledge
from firstline.domain.locales import DEFAULT, text
from firstline.domain.mail.asked import named
from firstline.domain.passage_choice import chosen_passages
from firstline.domain.passage_relevance import candidates
from firstline.domain.turn import Citation, Strategy

FEW = 2
WORDS_OF_EACH = 60
"""Of sentences, in the answer to each of more than ``FEW`` questions; steps and tables are never cut."""


@dataclass(frozen=True)
class AnswerPart:
    """The answer to one question."""

    lead: str
    """Names the question, in the customer's words."""
    body: str
    """What the articles say, with its citation's mark; empty where they do not."""

    def shown(self, body: str, language: str = DEFAULT) -> str:
        """Return the part as a mail has it, with ``body`` as it has been checked."""
        return f"{self.lead}\n\n{body or text('mail.open_question', language)}"


def write_parts(
    parts: Sequence[AskedPart], ranked: Sequence[RankedChunk], strategy: Strategy, *, language: str = DEFAULT
) -> tuple[list[AnswerPart], list[Citation]]:
    """Answer each question from the chunk that was found for it, in the order asked.

    Parameters
    ----------
    ranked : sequence of RankedChunk
        Those that the parts name.

    Returns
    -------
    list of AnswerPart
        One for each question; those that the very same sentences answer are one, under both questions.
    list of Citation
        Numbered as in the bodies.
    """
    shape, chunks = SHAPES[strategy], {entry.chunk.chunk_id: entry for entry in ranked}
    n_words = shape.words if len(parts) <= FEW else min(shape.words, WORDS_OF_EACH)
    written: list[AnswerPart] = []
    citations: list[Citation] = []
    by_quote: dict[tuple[str, str], int] = {}
    for part in parts:
        lead = part_lead(part, language)
        own = [chunks[chunk_id] for chunk_id in part.chunk_ids if chunk_id in chunks] if part.found else []
        found = next(
            ((entry, items) for entry, items in zip(own, candidates(part.searched, own), strict=True) if items), None
        )
        if found is None:
            written.append(AnswerPart(lead, ""))
            continue
        entry, items = found
        chosen = chosen_passages(
            part.searched, items, n_passages=shape.passages, n_words=n_words, prefers_steps=shape.prefers_steps
        )
        quote = quoted(chosen)
        same = by_quote.get((entry.chunk.chunk_id, quote))
        if same is not None:
            written[same] = replace(written[same], lead=f"{written[same].lead}\n{lead}")
            continue
        citations.append(citation(len(citations) + 1, entry, quote))
        mark = f"\n\n[{len(citations)}]" if chosen[-1].kind != "sentence" else f" [{len(citations)}]"
        by_quote[entry.chunk.chunk_id, quote] = len(written)
        written.append(AnswerPart(lead, quote + mark))
    return written, citations


def part_lead(part: AskedPart, language: str = DEFAULT) -> str:
    """Return the line above the answer to one question."""
    if part.topic:
        return text("mail.to_topic", language, topic=part.question)
    return text("mail.to_question", language, question=named(_alone(part.question, language)))


def _alone(question: str, language: str) -> str:
    """Return a question without the word that joins it to the one before: "And how ...?" is no beginning."""
    inverted = "\u00bf" if question.startswith("\u00bf") else ""
    joined = re.match(
        rf"(?i)(?:{text('mail.joiners', language)})\s*[,\u3001\uff0c]?\s*(?=\S)", question.removeprefix("\u00bf")
    )
    if joined is None:
        return question
    rest = question.removeprefix("\u00bf")[joined.end() :]
    return inverted + rest[:1].upper() + rest[1:]


def open_parts(parts: Sequence[AskedPart], language: str = DEFAULT) -> list[str]:
    """Return what a mail says of the questions that nothing was found for, by name."""
    return [AnswerPart(part_lead(part, language), "").shown("", language) for part in parts if not part.found]


def with_topics(found: RetrievedKnowledge, names: Sequence[str]) -> RetrievedKnowledge:
    """Return what was found with the topics of those names as its parts: a mail that may mean any has all answered."""
    first = {name: next((e.chunk.chunk_id for e in found.ranked if topic_name(e.chunk) == name), "") for name in names}
    parts = tuple(
        AskedPart(
            question=name,
            searched=found.query,
            confidence=found.confidence,
            found=True,
            chunk_ids=(chunk_id,),
            topic=True,
        )
        for name, chunk_id in first.items()
        if chunk_id
    )
    return found.model_copy(update={"parts": parts}) if len(parts) > 1 else found
