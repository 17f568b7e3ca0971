"""Misspelt words of a question replaced by the nearest words that the knowledge has."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from firstline.domain.knowledge import Chunk

SHORTEST = 4
"""Letters below which a word is left alone: too many others are near it."""
TWO_EDITS_FROM = 8
"""Letters from which two edits are allowed, in words written in small letters."""
LONGEST = 32

_VOCABULARY_WORD = re.compile(r"[^\W\d_]{3,}")
# Parts of contractions, addresses, paths, flags and codes are no words of their own.
_QUESTION_WORD = re.compile(r"(?<![\w'\u2019./@:-])[^\W\d_]+(?![\w'\u2019/@:-]|\.\w)")
_LETTERS = 64


def vocabulary_words(text: str) -> set[str]:
    """Return the different words of a text that a misspelling can be corrected to, in small letters."""
    return {word for word in _VOCABULARY_WORD.findall(_composed(text.lower())) if len(word) <= LONGEST}


def count_words(chunks: Iterable[Chunk]) -> Counter[str]:
    """Return how many of the chunks have each word."""
    return Counter(word for chunk in chunks for word in vocabulary_words(f"{chunk.heading}\n{chunk.text}"))


def doubtful_words(text: str, is_known: Callable[[str], bool]) -> list[str]:
    """Return the words of a question, as they are written but for accents composed, that may be misspelt.

    Parameters
    ----------
    is_known : callable
        Tells of a word in small letters that it is a common word of the language.
    """
    shouted = text.isupper()
    return [
        word
        for word in dict.fromkeys(_QUESTION_WORD.findall(_composed(text)))
        if SHORTEST <= len(word) <= LONGEST
        and (shouted or word.islower() or word.istitle())
        and not is_known(word.lower())
    ]


def most_edits(word: str) -> int:
    """Return how many edits may part a word, as it is written, from its correction: 1 or 2."""
    return 2 if len(word) >= TWO_EDITS_FROM and word.islower() else 1


def replace_words(text: str, corrections: Mapping[str, str]) -> str:
    """Return the text with the words that have a correction replaced."""
    if not corrections:
        return text
    return _QUESTION_WORD.sub(lambda found: corrections.get(found.group(), found.group()), _composed(text))


def nearest_word(word: str, counts: Mapping[str, int]) -> str | None:
    """Return the nearest of some words, None where none is near enough.

    Parameters
    ----------
    word : str
        As the customer wrote it.
    counts : mapping
        How many chunks have each word, > 0; of equally near ones the most frequent is taken.
    """
    small = word.lower()
    limit = most_edits(word)
    near = [
        (edits, -count, other)
        for other, count in counts.items()
        if other[:1] == small[:1] and (edits := edit_distance(small, other, limit)) <= limit
    ]
    return min(near)[2] if near else None


def edit_distance(first: str, second: str, limit: int) -> int:
    """Return the least number of insertions, deletions, replacements and swaps of neighbours that turns one into the
    other, or ``limit + 1`` where it is more than ``limit``.

    Notes
    -----
    Damerau (1964), Communications of the ACM 7, 171-176, in the restricted form: no letter is edited twice.
    """
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: Sequence[int] = ()
    row: Sequence[int] = range(len(second) + 1)
    for i, letter in enumerate(first, start=1):
        current = [i]
        for j, other in enumerate(second, start=1):
            edits = min(row[j] + 1, current[-1] + 1, row[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                edits = min(edits, before[j - 2] + 1)
            current.append(edits)
        if min(current) > limit:
            return limit + 1
        before, row = row, current
    return min(row[-1], limit + 1)


class Vocabulary:
    """All words of the chunks, searchable by nearness.

    Parameters
    ----------
    counts : mapping
        How many chunks have each word, > 0.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts
        self._letters: dict[str, tuple[list[str], NDArray[np.int8]]] = {}

    def corrections(self, words: Iterable[str]) -> dict[str, str]:
        """Return the nearest word of the vocabulary for each word that it lacks, where one is near enough."""
        found = {word: self._nearest(word) for word in words if word.lower() not in self._counts}
        return {word: other for word, other in found.items() if other}

    def _nearest(self, word: str) -> str | None:
        words, letters = self._group(word[:1].lower())
        # An edit changes the letters' counts by 2 at most, so that few words are left to compare letter by letter.
        apart = np.abs(letters - _letter_counts(word.lower())).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(apart <= 2 * most_edits(word)).tolist()
        return nearest_word(word, {words[at]: self._counts[words[at]] for at in near})

    def _group(self, first: str) -> tuple[list[str], NDArray[np.int8]]:
        """Return the words that begin with a letter, and their letters' counts, shape (n_words, 64)."""
        if first not in self._letters:
            words = self._words.get(first, [])
            counts = np.array([_letter_counts(word) for word in words], np.int8).reshape(len(words), _LETTERS)
            self._letters[first] = (words, counts)
        return self._letters[first]

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for word in self._counts:
            groups.setdefault(word[0], []).append(word)
        return groups


def _composed(text: str) -> str:
    """A Mac writes file names, and some editors text, with accents apart from their letters."""
    return unicodedata.normalize("NFC", text)


def _letter_counts(word: str) -> NDArray[np.int8]:
    at = np.frombuffer(word.encode("utf-32-le"), np.uint32) % _LETTERS
    return np.bincount(at, minlength=_LETTERS).astype(np.int8)
