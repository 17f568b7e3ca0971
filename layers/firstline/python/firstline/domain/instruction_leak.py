"""Whether an answer gives away the assistant's own instructions, in one piece or in many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

_WORD = re.compile(r"\w+")
RUN = 8
"""Words in a row that are taken for a quotation of the instructions."""
PIECE = 4
"""Words in a row of which a quotation is pieced together."""
FEWEST_PIECES = 5
"""Different pieces near each other that are a quotation: as many as eight words in a row have."""
WINDOW = 60
"""Words of the answer that are looked at together."""


def word_runs(texts: Iterable[str]) -> frozenset[tuple[str, ...]]:
    """Return all runs of ``RUN`` words in a row."""
    return frozenset(run for text in texts for run in _runs(_words(text), RUN))


def quotes(text: str, before: str, instructions: frozenset[tuple[str, ...]], sources: Iterable[str]) -> bool:
    """Tell whether a sentence completes a quotation of the instructions that the sources do not have.

    Marks between the words count nothing, so that a quotation in pieces is one; nor does a single word put between.

    Parameters
    ----------
    before : str
        The answer up to the sentence.
    instructions : frozenset
        ``word_runs`` of the instructions.
    """
    if not instructions:
        return False
    said = [*_words(before)[-WINDOW:], *_words(text)]
    known = _pieces(instructions)
    for end in range(min(len(said), WINDOW), len(said) + 1):
        found = _found(said[max(0, end - WINDOW) : end], known)
        if len(found) >= FEWEST_PIECES:
            found -= {run for source in sources for run in _runs(_words(source), PIECE)}
            if len(found) >= FEWEST_PIECES:
                return True
    return False


def _found(said: Sequence[str], known: frozenset[tuple[str, ...]]) -> set[tuple[str, ...]]:
    found = {run for run in _runs(said, PIECE) if run in known}
    for run in _runs(said, PIECE + 1):
        found.update(left for left in (run[:k] + run[k + 1 :] for k in range(1, PIECE)) if left in known)
    return found


@lru_cache(maxsize=4)
def _pieces(instructions: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    return frozenset(piece for run in instructions for piece in _runs(run, PIECE))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(words: Sequence[str], length: int) -> Iterable[tuple[str, ...]]:
    return (tuple(words[place : place + length]) for place in range(len(words) - length + 1))
