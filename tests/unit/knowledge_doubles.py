"""An embedder without a model and an object store in memory, for tests of knowledge services."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import EmbedderUnavailableError, NotFoundError
from firstline.domain.lexical import terms
from firstline.domain.message_vectors import MessageVectors
from firstline.domain.objects import ObjectStat

DIMENSIONS = 1024


class WordEmbedder:
    """Each term points into a direction of its own, so texts that share terms are near each other."""

    def __init__(self, model_id: str = "words/1") -> None:
        self.model_id = model_id
        self.embedded: list[str] = []
        self.broken = False
        self.common: set[str] = set()
        """Words it knows."""

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def knows(self, word: str) -> bool:
        return word in self.common

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.broken:
            raise EmbedderUnavailableError("broken by the test")
        self.embedded.extend(texts)
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            for term in terms(text) or [text]:
                vectors[row] += _direction(term)
            vectors[row] /= np.linalg.norm(vectors[row])
        return vectors

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed(texts)

    def embed_message(self, text: str) -> MessageVectors:
        (vector,) = self.embed([text])
        return MessageVectors(vector, vector)


class ObjectsInMemory:
    """Objects by key in a dictionary."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})

    def read(self, key: str) -> bytes:
        if key not in self.objects:
            raise NotFoundError(key)
        return self.objects[key]

    def stat(self, key: str) -> ObjectStat:
        content = self.read(key)
        return ObjectStat(len(content), hashlib.sha256(content).hexdigest())

    def write(self, key: str, content: bytes) -> None:
        self.objects[key] = content

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def list(self, prefix: str = "") -> Iterator[str]:
        yield from sorted(key for key in self.objects if key.startswith(prefix))


def _direction(term: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
