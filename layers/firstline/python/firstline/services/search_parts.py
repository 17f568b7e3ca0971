"""Search for each question of a mail, so that each has passages of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from math import inf

from firstline.domain.knowledge import AskedPart, RankedChunk, RetrievedKnowledge
from firstline.domain.mail.asked import MOST_SEARCHED, Asked
from firstline.domain.mail.strange_words import answers_something_else

_OF_EACH = 2
"""Chunks kept of each question, where there are several."""
_MOST_CHUNKS = 12

Join = Callable[[RetrievedKnowledge, RetrievedKnowledge], RetrievedKnowledge]


def search_parts(
    whole: RetrievedKnowledge,
    asked: Sequence[Asked],
    find: Callable[[str], RetrievedKnowledge],
    *,
    limit: int,
    join: Join,
    language: str = "",
) -> RetrievedKnowledge:
    """Return what was found for a mail's questions, best of each first; ``whole`` where that finds more.

    Parameters
    ----------
    whole : RetrievedKnowledge
        Found for all of its text: what answers a mail that asks in no sentence of its own.
    asked : sequence of Asked
    find : callable
        Searches for one question.
    limit : int
        Most chunks of one search, >= 1.
    join : callable
        Puts two searches for one question together, the surer first.
    language : str
        Of the mail, where it is sure. What was found for a question with words that no passage has leaves it open.

    Raises
    ------
    KnowledgeIndexUnavailableError, EmbedderUnavailableError
    """
    if not asked:
        return whole
    if len(asked) == 1:
        return join(whole, find(asked[0].searched))
    found = [find(one.searched) for one in asked[:MOST_SEARCHED]]
    if all(one.abstained for one in found):
        return whole
    kept = _merged(found, max(limit, min(_MOST_CHUNKS, _OF_EACH * len(found))))
    known = {entry.chunk.chunk_id for entry in kept}
    parts = [_part(one, result, known, language) for one, result in zip(asked, found, strict=False)]
    left = [AskedPart(question=one.question, searched=one.searched, confidence=0.0, found=False) for one in asked]
    return whole.model_copy(
        update={
            "ranked": kept,
            "confidence": max(one.confidence for one in found),
            "abstained": False,
            "reason": "",
            "relaxed": any(one.relaxed for one in found),
            "parts": (*parts, *left[len(parts) :]),
        }
    )


def _part(one: Asked, result: RetrievedKnowledge, known: set[str], language: str) -> AskedPart:
    own = [entry.chunk.chunk_id for entry in result.ranked if entry.chunk.chunk_id in known]
    strange = answers_something_else(one.searched, result.ranked, result.confidence, language=language)
    found = bool(own) and not result.abstained and not strange
    return AskedPart(
        question=one.question,
        searched=result.query,
        confidence=result.confidence,
        found=found,
        chunk_ids=tuple(own) if found else (),
    )


def _merged(found: Sequence[RetrievedKnowledge], limit: int) -> list[RankedChunk]:
    """Return the best chunk of each, then the second of each and so on; each scored at most as the one before."""
    served = [one.ranked for one in found if not one.abstained]
    merged: dict[str, RankedChunk] = {}
    lowest = inf
    for entry in filter(None, chain.from_iterable(zip_longest(*served))):
        if entry.chunk.chunk_id not in merged and len(merged) < limit:
            lowest = min(lowest, entry.score)
            merged[entry.chunk.chunk_id] = entry.model_copy(update={"score": lowest})
    return list(merged.values())
