"""Documents, chunks, candidates and what retrieval found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.treatment import Treatment


class Chunk(BaseModel):
    """A piece of a document that is found and cited as one."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    chunk_id: str
    """``<source>#<anchor>@<12 hex digits of the content's hash>``, with ``~<n>`` before the hash where one section
    has several: unchanged content keeps its id."""
    source: str
    """Path of the document below the knowledge folder, with forward slashes."""
    title: str
    heading_path: tuple[str, ...] = ()
    anchor: str = ""
    """Fragment of the heading within the document's page; empty for the top."""
    text: str
    """Markdown of the section, without its heading."""
    position: int = Field(ge=0)
    """Order within the document, from 0."""
    category: str = "general_inquiry"
    language: str = "en"
    url: str = ""
    question: str = ""
    """The question, where the chunk is an FAQ."""
    audience: str = ""
    """Whom the document is written for; empty for everybody."""
    version: str = ""
    """``DocumentVersion.version`` of the document that this chunk was last written with."""
    content_hash: str
    """SHA-256 of all that is embedded (headings, question and text), hex."""

    @property
    def heading(self) -> str:
        """What the vector of titles is made from: the question, else title and headings."""
        return self.question or " > ".join((self.title, *self.heading_path))


@dataclass(frozen=True)
class EmbeddedChunk:
    """A chunk with the vectors it is found by."""

    chunk: Chunk
    text_vector: NDArray[np.float32]
    """Of headings and text; shape (dimensions,), length 1."""
    heading_vector: NDArray[np.float32]
    """Of ``chunk.heading``; shape (dimensions,), length 1."""


class DocumentVersion(BaseModel):
    """A document as it was indexed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    source: str
    object_key: str
    """Key of the object that holds the document; equal to ``source`` unless one object holds many."""
    version: str
    """SHA-256 of the parsed document and of what it was cut and embedded with, hex."""
    title: str
    n_chunks: int = Field(ge=0)
    embedding_model: str
    categories: dict[str, int] = Field(default_factory=dict)
    """Its chunks by category."""


@dataclass(frozen=True)
class SearchFilter:
    """Restricts a search; empty means no restriction."""

    categories: frozenset[str] = field(default_factory=frozenset)
    languages: frozenset[str] = field(default_factory=frozenset)


class Candidate(NamedTuple):
    """A chunk that may answer, with the raw scores that fusion works on."""

    chunk: Chunk
    bm25: float
    """Okapi BM25 of the query's words over headings and text, >= 0; 0 where no word matches."""
    text_cosine: float
    """In [-1, 1]."""
    heading_cosine: float
    """In [-1, 1]."""


class RankedChunk(BaseModel):
    """A chunk with its place."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    chunk: Chunk
    score: float
    """Fused score; comparable within one query only."""
    distance: float = Field(ge=0.0, le=2.0)
    """1 - cosine of query and chunk."""
    injection_risk: float = Field(default=0.0, ge=0.0, le=1.0)
    """How likely the chunk's text holds an order to the assistant."""


class AskedPart(BaseModel):
    """One of the questions of a mail, and what was found for it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    question: str
    """In the customer's words, on one line."""
    searched: str
    """What was searched for: the question as rewritten, with what it leans on."""
    confidence: float = Field(ge=0.0, le=1.0)
    """That the first of its chunks answers."""
    found: bool
    """What was found is good enough to answer from."""
    chunk_ids: tuple[str, ...] = ()
    """Its chunks, best first; they are among ``RetrievedKnowledge.ranked``."""
    topic: bool = False
    """No question, but one of the topics that the mail may mean; ``question`` is its name."""


class RetrievedKnowledge(BaseModel):
    """What ``RetrieveKnowledge`` found."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    query: str
    """What was searched for, after rewriting and correction of spelling."""
    ranked: list[RankedChunk]
    """Best first."""
    confidence: float = Field(ge=0.0, le=1.0)
    """That the best chunk answers."""
    abstained: bool
    """True where nothing found is good enough to answer from."""
    reason: str = ""
    """Why nothing is served, where nothing is: ``no_match``, ``low_confidence``, ``nothing_asked``."""
    relaxed: bool = False
    """The filter left nothing good, so it was dropped."""
    parts: tuple[AskedPart, ...] = ()
    """The questions of a mail that asks several, in order; none in a chat, or where it asks one thing."""
    cache: str = ""
    """Whether the search was made or had been made before: ``miss``, ``memory``, ``store``; empty where not cached."""
    treatment: Treatment = Field(default_factory=Treatment)
    """What experiments change for this customer; in force from this state on."""
    elapsed_ms: float = Field(default=0.0, ge=0.0)
    """Time of the state."""
