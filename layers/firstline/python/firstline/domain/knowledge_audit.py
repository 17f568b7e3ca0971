"""What is wrong with the knowledge as a whole: texts that are there twice, and answers that contradict each other."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.documents import CATEGORIES
from firstline.domain.knowledge import Chunk, EmbeddedChunk

NEAR_DUPLICATE_COSINE = 0.97
SAME_QUESTION_COSINE = 0.95
MOST_FINDINGS = 100
_MOST_COMPARED = 30_000
"""Chunks up to which every one is compared with every other."""
_MOST_PAIRS = 20_000
"""Counting stops there: a thousand copies of one page make half a million pairs."""
_BLOCK = 1024

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATION = re.compile(r"\b(?:no|not|never|cannot|none|without|unable|\w+n['\u2019]t)\b", re.I)
_WORD = re.compile(r"\w+")


class SimilarChunks(BaseModel):
    """Two chunks of different documents."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    first: str
    """Id of a chunk."""
    second: str
    cosine: float
    """Of their texts' vectors; of the questions' where the questions are alike."""
    reason: str


class CategoryCoverage(BaseModel):
    """What there is on one category."""

    model_config = ConfigDict(hide_input_in_errors=True)

    documents: int = Field(ge=0)
    """Documents with at least one chunk of it."""
    chunks: int = Field(ge=0)


class KnowledgeAudit(BaseModel):
    """Findings over all that is served; the lists are cut at ``MOST_FINDINGS``."""

    model_config = ConfigDict(hide_input_in_errors=True)

    near_duplicates: list[SimilarChunks] = Field(default_factory=list)
    n_near_duplicates: int = 0
    contradictions: list[SimilarChunks] = Field(default_factory=list)
    n_contradictions: int = 0
    coverage: dict[str, CategoryCoverage] = Field(default_factory=dict)
    """By category; those without a chunk are there with zeros."""
    languages: dict[str, int] = Field(default_factory=dict)
    """Chunks by language."""


def audit(served: Sequence[EmbeddedChunk], changed: frozenset[str] = frozenset()) -> KnowledgeAudit:
    """Compare all chunks with each other.

    Near-duplicates are texts of two documents with a cosine of .97 or more. Contradictions are questions of which the
    words are the same and the answers are not, questions with a cosine of .95 or more whose answers differ in figures
    or in being denied, and near-duplicates that differ so.

    Parameters
    ----------
    served : sequence of EmbeddedChunk
    changed : frozenset of str
        Sources that are new or changed. Beyond 30,000 chunks, only theirs are compared with all others, and what is
        found is about them.
    """
    chunks = [entry.chunk for entry in served]
    looked_at = [at for at, chunk in enumerate(chunks) if len(chunks) <= _MOST_COMPARED or chunk.source in changed]
    duplicates: list[SimilarChunks] = []
    contradictions: dict[tuple[str, str], SimilarChunks] = {}
    texts = np.array([entry.text_vector for entry in served], np.float32)
    alike = _alike(texts, chunks, looked_at, list(range(len(chunks))), NEAR_DUPLICATE_COSINE)
    for one, other, cosine in islice(alike, _MOST_PAIRS):
        duplicates.append(_found(chunks[one], chunks[other], cosine, "nearly the same text"))
        difference = _difference(chunks[one].text, chunks[other].text)
        if difference:
            _add(
                contradictions, _found(chunks[one], chunks[other], cosine, f"nearly the same text, other {difference}")
            )
    for pair in _contradicting_answers(served, chunks, looked_at):
        _add(contradictions, pair)
    found = sorted(contradictions.values(), key=lambda pair: (-pair.cosine, pair.first, pair.second))
    duplicates.sort(key=lambda pair: (-pair.cosine, pair.first, pair.second))
    return KnowledgeAudit(
        near_duplicates=duplicates[:MOST_FINDINGS],
        n_near_duplicates=len(duplicates),
        contradictions=found[:MOST_FINDINGS],
        n_contradictions=len(found),
        coverage=coverage(_categories_by_document(chunks).values()),
        languages=dict(sorted(Counter(chunk.language for chunk in chunks).items())),
    )


def coverage(documents: Iterable[Mapping[str, int]]) -> dict[str, CategoryCoverage]:
    """Count documents and chunks by category.

    Parameters
    ----------
    documents : iterable of mapping
        Each document's chunks by category.
    """
    n_documents: Counter[str] = Counter()
    n_chunks: Counter[str] = Counter()
    for categories in documents:
        n_documents.update(categories.keys())
        n_chunks.update(categories)
    return {
        name: CategoryCoverage(documents=n_documents[name], chunks=n_chunks[name])
        for name in sorted({*CATEGORIES, *n_chunks})
    }


def _categories_by_document(chunks: Sequence[Chunk]) -> dict[str, Counter[str]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for chunk in chunks:
        found[chunk.source][chunk.category] += 1
    return found


def _contradicting_answers(
    served: Sequence[EmbeddedChunk], chunks: Sequence[Chunk], looked_at: Sequence[int]
) -> Iterator[SimilarChunks]:
    asked = [at for at, chunk in enumerate(chunks) if chunk.question]
    same: defaultdict[str, list[int]] = defaultdict(list)
    for at in asked:
        same[_normal(chunks[at].question)].append(at)
    for places in same.values():
        first = places[0]
        for other in places[1:]:
            if _normal(chunks[first].text) != _normal(chunks[other].text):
                yield _found(chunks[first], chunks[other], 1.0, "the same question, another answer")
    headings = np.array([entry.heading_vector for entry in served], np.float32)
    among = sorted(set(asked).intersection(looked_at))
    alike = _alike(headings, chunks, among, asked, SAME_QUESTION_COSINE, across_documents=False)
    for one, other, cosine in islice(alike, _MOST_PAIRS):
        difference = _difference(chunks[one].text, chunks[other].text)
        if difference:
            yield _found(chunks[one], chunks[other], cosine, f"nearly the same question, other {difference}")


def _alike(
    vectors: NDArray[np.float32],
    chunks: Sequence[Chunk],
    rows: Sequence[int],
    columns: Sequence[int],
    least: float,
    *,
    across_documents: bool = True,
) -> Iterator[tuple[int, int, float]]:
    """Yield each pair of a row and a column with at least that cosine once, the smaller position first."""
    is_row = np.zeros(len(chunks), np.bool_)
    is_row[list(rows)] = True
    others = np.array(columns, np.int64)
    numbers = {source: number for number, source in enumerate(dict.fromkeys(chunk.source for chunk in chunks))}
    document = np.array([numbers[chunk.source] for chunk in chunks], np.int64)
    for start in range(0, len(rows), _BLOCK):
        block = list(rows[start : start + _BLOCK])
        cosines = vectors[block] @ vectors[others].T
        for one, row in zip(block, cosines, strict=True):
            # Row by row, because who asks stops early: copies of one page give a block millions of pairs.
            near = np.flatnonzero(row >= least)
            found = others[near]
            wanted = (found != one) & (~is_row[found] | (found > one))
            if across_documents:
                wanted &= document[found] != document[one]
            for other, cosine in zip(found[wanted].tolist(), row[near[wanted]].tolist(), strict=True):
                yield min(one, other), max(one, other), cosine


def _difference(text: str, other: str) -> str:
    """Name how two texts contradict each other: in figures, or in that one of them denies; empty where neither."""
    if Counter(_NUMBER.findall(text)) != Counter(_NUMBER.findall(other)):
        return "figures"
    if bool(_NEGATION.search(text)) != bool(_NEGATION.search(other)):
        return "polarity"
    return ""


def _found(one: Chunk, other: Chunk, cosine: float, reason: str) -> SimilarChunks:
    return SimilarChunks(first=one.chunk_id, second=other.chunk_id, cosine=round(min(cosine, 1.0), 4), reason=reason)


def _add(found: dict[tuple[str, str], SimilarChunks], pair: SimilarChunks) -> None:
    found.setdefault((pair.first, pair.second), pair)


def _normal(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
