"""What the domain needs from outside, as protocols; each has an AWS and a local implementation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from firstline.domain.document_ports import DocumentReader as DocumentReader
from firstline.domain.document_ports import ObjectStore as ObjectStore
from firstline.domain.knowledge import Candidate, Chunk, DocumentVersion, EmbeddedChunk, SearchFilter
from firstline.domain.language_model import ModelEvent, ModelRequest
from firstline.domain.mailer import Mailer as Mailer
from firstline.domain.message_vectors import MessageVectors
from firstline.domain.table import Condition, Item, Operation, Page


class Table(Protocol):
    """The single-table store.

    Every method may raise ``StoreUnavailableError``. Numbers: integral ones come back as int, others as Decimal;
    float is refused with ``InvalidItemError``. An expired item (``expires_at`` <= now) is never returned and counts
    as absent in conditions.
    """

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """Return the item, or None where there is none."""
        ...

    def put(self, item: Item, *, if_absent: bool = False) -> None:
        """Write a whole item.

        Raises
        ------
        ConditionFailedError
            ``if_absent`` and the item is there.
        ItemTooLargeError, InvalidItemError
        """
        ...

    def update(
        self,
        pk: str,
        sk: str,
        *,
        set: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        remove: Sequence[str] = (),
        condition: Condition | None = None,
    ) -> Item:
        """Change attributes of one item atomically and return the item as it is afterwards.

        A missing item is created unless the condition forbids it. ``add`` takes integers (positive or negative) and
        starts from 0; adding to a non-number is an ``InvalidItemError``.

        Raises
        ------
        ConditionFailedError, ItemTooLargeError, InvalidItemError, TransactionConflictError
        """
        ...

    def delete(self, pk: str, sk: str, *, condition: Condition | None = None) -> None:
        """Remove an item; a missing one is no error unless the condition says so."""
        ...

    def query(
        self,
        pk: str,
        *,
        sk_prefix: str | None = None,
        sk_from: str | None = None,
        sk_to: str | None = None,
        index: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page:
        """Return items of one partition in the order of their sort key (bytewise UTF-8).

        Parameters
        ----------
        sk_prefix : str, optional
            Only sort keys that start so; not together with the range.
        sk_from, sk_to : str, optional
            Inclusive range.
        index : str, optional
            One of ``INDEXES``; ``pk`` and the range then mean ``<index>_pk`` and ``<index>_sk``. May be stale.
        limit : int, optional
            Most items of this page, >= 1; without it, all items (pages are followed).
        cursor : str, optional
            Opaque, from the page before of the same query.

        Raises
        ------
        InvalidCursorError
            The cursor is broken or of another query.
        """
        ...

    def count(self, pk: str, *, index: str | None = None) -> int:
        """Return how many items one partition has, of the table or of an index, which may be stale.

        No item is sent; a store may still have to go through all of them.
        """
        ...

    def transact(self, operations: Sequence[Operation]) -> None:
        """Carry out all operations or none. Conflicts are retried with full jitter.

        Raises
        ------
        ConditionFailedError
            ``failed`` holds the positions of the operations whose condition did not hold.
        TransactionConflictError
            Still in conflict after the retries.
        TransactionTooLargeError, DuplicateItemError, ItemTooLargeError, InvalidItemError
        """
        ...


class KnowledgeIndex(Protocol):
    """Chunks of the company's documents, searchable by words and by vector.

    Every method may raise ``KnowledgeIndexUnavailableError``.
    """

    def replace_document(self, document: DocumentVersion, chunks: Sequence[EmbeddedChunk]) -> None:
        """Make this version of the document the one that is found: whole, at once, in place of any other.

        Chunks of the version before that this one lacks are retired: never found, still returned by ``chunks``.
        """
        ...

    def delete_document(self, source: str) -> None:
        """Retire a document's chunks and forget it; an unknown one is no error."""
        ...

    def embedded_chunks(self, source: str) -> list[EmbeddedChunk]:
        """Return a document's chunks with their vectors, in order; none for an unknown document."""
        ...

    def documents(self) -> Mapping[str, DocumentVersion]:
        """Return every indexed document by its source."""
        ...

    def document(self, source: str) -> DocumentVersion | None:
        """Return one indexed document, None where there is none of this source."""
        ...

    def candidates(
        self, text: str, vector: NDArray[np.float32], *, limit: int, only: SearchFilter | None = None
    ) -> list[Candidate]:
        """Return the union of the best chunks by words and by vector, each with both scores.

        Parameters
        ----------
        vector : ndarray, shape (dimensions,)
            The query's embedding, length 1.
        limit : int
            Chunks per side, >= 1; up to twice as many come back, in no stated order.
        """
        ...

    def corrections(self, words: Sequence[str]) -> Mapping[str, str]:
        """Return the nearest word of the chunks for each word that they lack, by the rule of ``domain.spelling``.

        Words without a near one are left out. Words of chunks that are gone may linger for a while.
        """
        ...

    def served_chunks(self) -> Iterator[EmbeddedChunk]:
        """Yield all chunks that can be found, by source and position."""
        ...

    def embedded_with(self, model_id: str, content_hashes: Sequence[str]) -> Mapping[str, EmbeddedChunk]:
        """Return one chunk with vectors of this model for each hash of content that any document has."""
        ...

    def purge_retired(self, before: datetime) -> int:
        """Forget the chunks that were replaced or deleted before that moment, and return how many."""
        ...

    def neighbours(self, source: str, first: int, last: int) -> list[Chunk]:
        """Return a document's chunks from one position to another, both included, in order."""
        ...

    def chunks(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """Return the chunks that exist or have existed and are not purged yet, in the order asked."""
        ...


class Embedder(Protocol):
    """Texts to vectors of length 1."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    @property
    def model_id(self) -> str:
        """Name and version of the model; vectors of different ids are never compared."""
        ...

    def knows(self, word: str) -> bool:
        """Tell whether a word in small letters is common, so no misspelling; yes where the model cannot tell."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors, shape (n_texts, dimensions). Raises ``EmbedderUnavailableError``."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of questions to be compared with those of ``embed``, shape (n_texts, dimensions).

        A model that makes no difference returns what ``embed`` does. Raises ``EmbedderUnavailableError``.
        """
        ...

    def embed_message(self, text: str) -> MessageVectors:
        """Return what ``embed`` and ``embed_queries`` make of one text, in one pass; raises as they do."""
        ...


class LanguageModel(Protocol):
    """A model that writes."""

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield text as it is written, then exactly one ``ModelFinished``.

        Raises
        ------
        LanguageModelUnavailableError, LanguageModelRefusedError
        """
        ...


class Connections(Protocol):
    """Open sockets of customers."""

    def post(self, connection_id: str, frame: str) -> None:
        """Send one text frame. Raises ``ConnectionGoneError``."""
        ...

    def close(self, connection_id: str) -> None:
        """Close the socket; one already gone is no error."""
        ...


class WorkflowEngine(Protocol):
    """Runs the state machine."""

    def start(self, name: str, document: Mapping[str, Any]) -> None:
        """Start an execution and return at once. Raises ``WorkflowUnavailableError``."""
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        ...


class Ids(Protocol):
    """New identifiers."""

    def new(self) -> str:
        """Return a unique id of 26 characters that sorts by time of making (ULID)."""
        ...

    def short(self) -> str:
        """Return an id that people can read out: 8 characters of 0-9 and A-Z without I, L, O, U; 40 random bits."""
        ...

    def secret(self) -> str:
        """Return an unguessable token of at least 256 bits, URL-safe."""
        ...


class Random(Protocol):
    """Randomness for the learner and for jitter."""

    def generator(self) -> np.random.Generator:
        """Return a generator for one decision; fixed in tests."""
        ...
