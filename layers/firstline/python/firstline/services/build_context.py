"""The passages that an answer is written from."""

from __future__ import annotations

from collections.abc import Sequence

from firstline.domain.context import DEFAULT_BUDGET, Passage, build_passages
from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.ports import KnowledgeIndex


def build_context(
    ranked: Sequence[RankedChunk], index: KnowledgeIndex, *, budget: int = DEFAULT_BUDGET
) -> list[Passage]:
    """Complete what was found by the rest of each section that was cut, one chunk to each side, and join it.

    Parameters
    ----------
    ranked : sequence of RankedChunk
        Best first.
    budget : int
        Estimated tokens of all passages together, >= 1.

    Returns
    -------
    list of Passage
        Best first.

    Raises
    ------
    KnowledgeIndexUnavailableError
    ValueError
        ``budget`` is below 1.
    """
    beside = [chunk for entry in ranked if _is_part(entry.chunk) for chunk in _section_beside(entry.chunk, index)]
    return build_passages(ranked, beside, budget=budget)


def _is_part(chunk: Chunk) -> bool:
    """A chunk's id names its number where its section has several."""
    return not chunk.question and "~" in chunk.chunk_id.rpartition("#")[2]


def _section_beside(chunk: Chunk, index: KnowledgeIndex) -> list[Chunk]:
    found = index.neighbours(chunk.source, max(0, chunk.position - 1), chunk.position + 1)
    return [other for other in found if (other.anchor, other.heading_path) == (chunk.anchor, chunk.heading_path)]
