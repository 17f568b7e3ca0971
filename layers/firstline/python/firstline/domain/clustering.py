"""Texts of one meaning brought together: average linkage over embedding and words."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firstline.domain.lexical import terms

WORD_WEIGHT = 0.15
"""Share of the words in a similarity; the embedding has the rest."""

WORD_DIMENSIONS = 512
_CODE_WEIGHT = 2.0
_BLOCK = 512
_LARGEST_COMPONENT = 4_096
_STEP = 0.02


def combined_vectors(
    texts: Sequence[str], embeddings: NDArray[np.float32], *, word_weight: float = WORD_WEIGHT
) -> NDArray[np.float32]:
    """Return vectors whose dot product is ``(1 - w) * cosine of embeddings + w * cosine of words``.

    Parameters
    ----------
    texts : sequence of str, length n
    embeddings : ndarray, shape (n, dimensions)
        Rows of length 1.
    word_weight : float
        w, in [0, 1].

    Returns
    -------
    ndarray, shape (n, dimensions + 512)
        Rows of length 1; of a text without words only the embedding's part is there.

    Notes
    -----
    Words are Porter stems weighted by their rarity among the given texts, terms with a digit in them twice, so that
    two questions that differ in an error code alone stand apart. They are hashed with signs into 512 dimensions
    (Weinberger et al. 2009, ICML, 1113-1120); by SHA-256, so that every process gets the same.
    """
    words = [Counter(terms(text)).keys() for text in texts]
    frequency = Counter(word for present in words for word in present)
    lexical = np.zeros((len(texts), WORD_DIMENSIONS), np.float32)
    for row, present in zip(lexical, words, strict=True):
        for word in present:
            place, sign = _direction(word)
            rarity = math.log(1.0 + len(texts) / frequency[word])
            row[place] += sign * rarity * (_CODE_WEIGHT if any(letter.isdigit() for letter in word) else 1.0)
    norms = np.linalg.norm(lexical, axis=1, keepdims=True)
    lexical /= np.where(norms > 0, norms, 1.0)
    return np.hstack([embeddings * math.sqrt(1.0 - word_weight), lexical * math.sqrt(word_weight)]).astype(np.float32)


def average_linkage(vectors: NDArray[np.float32], threshold: float) -> NDArray[np.intp]:
    """Cluster by average linkage, merging as long as two clusters are similar enough; their number is found.

    Parameters
    ----------
    vectors : ndarray, shape (n, dimensions)
        Dot products are similarities. The order of the rows decides between equals, so sort them first.
    threshold : float
        Two clusters merge where the mean similarity of their pairs is at least this; in (0, 1].

    Returns
    -------
    ndarray of int, shape (n,)
        Number of each row's cluster, counted from 0 in the order of first members.

    Notes
    -----
    Clusters lie within the connected components of the graph of pairs over the threshold, so only these are compared
    in full. Within one, nearest-neighbour chains (Murtagh 1983, The Computer Journal 26, 354-359) give the exact
    hierarchy, which is cut at the threshold. Memory grows with the square of the largest component; one over 4,096
    rows is first cut apart at a higher threshold, in steps of 0.02.
    """
    labels = np.full(len(vectors), -1, dtype=np.intp)
    for component in _components(vectors, np.arange(len(vectors)), threshold):
        for members in _linked(vectors[component], threshold):
            labels[component[members]] = component[members].min()
    order = {first: number for number, first in enumerate(np.unique(labels).tolist())}
    return np.array([order[label] for label in labels.tolist()], dtype=np.intp)


def most_central(vectors: NDArray[np.float32]) -> int:
    """Return the row that is most similar to the mean of all rows; the first of equals."""
    return int((vectors @ vectors.mean(axis=0)).round(6).argmax())


def _direction(word: str) -> tuple[int, float]:
    digest = hashlib.sha256(word.encode()).digest()
    return int.from_bytes(digest[:4], "little") % WORD_DIMENSIONS, 1.0 if digest[4] & 1 else -1.0


def _components(vectors: NDArray[np.float32], rows: NDArray[np.intp], threshold: float) -> list[NDArray[np.intp]]:
    """Return the connected components of the given rows, the large ones cut apart."""
    given = vectors[rows]
    labels = np.arange(len(rows))
    for start in range(0, len(rows), _BLOCK):
        near = given[start : start + _BLOCK] @ given[start:].T >= threshold
        for present in near:
            met = np.unique(labels[start:][present])
            if len(met) > 1:
                joined = np.zeros(len(rows), dtype=bool)
                joined[met] = True
                labels[joined[labels]] = met[0]
    order = np.argsort(labels, kind="stable")
    found = []
    for members in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        if len(members) > _LARGEST_COMPONENT and threshold < 1.0:
            found += _components(vectors, rows[members], threshold + _STEP)
        elif len(members):
            found.append(rows[members])
    return found


def _linked(vectors: NDArray[np.float32], threshold: float) -> list[list[int]]:
    """Return the clusters of one component, as lists of its rows."""
    n = len(vectors)
    if n == 1:
        return [[0]]
    if len(vectors) > _LARGEST_COMPONENT:
        # Only equal texts are left together at a threshold of 1.
        return [list(range(n))]
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    sizes = np.ones(n)
    clusters: dict[int, list[int]] = {row: [row] for row in range(n)}
    done: list[list[int]] = []
    chain: list[int] = []
    while clusters:
        if not chain:
            chain.append(min(clusters))
        top = chain[-1]
        nearest = int(similarity[top].argmax())
        # The one before on the chain wins among equals, or the chain would run in circles.
        if len(chain) > 1 and similarity[top, chain[-2]] >= similarity[top, nearest]:
            nearest = chain[-2]
        if similarity[top, nearest] < threshold:
            # Average linkage never brings clusters nearer, so nothing will come to this one any more.
            _retire(top, similarity)
            done.append(clusters.pop(top))
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            del chain[-2:]
            _merge(min(top, nearest), max(top, nearest), similarity, sizes, clusters)
        else:
            chain.append(nearest)
    return done


def _merge(
    kept: int,
    gone: int,
    similarity: NDArray[np.float32],
    sizes: NDArray[np.float64],
    clusters: dict[int, list[int]],
) -> None:
    total = sizes[kept] + sizes[gone]
    row = (similarity[kept] * sizes[kept] + similarity[gone] * sizes[gone]) / total
    row[[kept, gone]] = -np.inf
    similarity[kept], similarity[:, kept] = row, row
    _retire(gone, similarity)
    sizes[kept] = total
    clusters[kept] += clusters.pop(gone)


def _retire(row: int, similarity: NDArray[np.float32]) -> None:
    similarity[row] = -np.inf
    similarity[:, row] = -np.inf
