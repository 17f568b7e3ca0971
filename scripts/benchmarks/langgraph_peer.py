"""The peer: six LangGraph steps that do nothing, checkpointed to SQLite, and a Chroma query."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self, TypedDict

import numpy as np
from numpy.typing import NDArray

from firstline.domain.chunking import embedded_text
from firstline.domain.knowledge import EmbeddedChunk

N_STEPS = 6
_ADDED_AT_ONCE = 1000


class State(TypedDict, total=False):
    """The document that the steps hand on."""

    message: str
    step: int


@dataclass(frozen=True)
class PeerTimes:
    """Milliseconds of one turn."""

    graph: float
    query: float

    @property
    def machinery(self) -> float:
        """Engine, store and retrieval together."""
        return self.graph + self.query


class LangGraphPeer:
    """The same chunks and vectors as ours in a folder of its own.

    Notes
    -----
    Every step is checkpointed before the next begins (``durability="sync"``), as our turns are. The checkpointer's
    connection writes through as seldom as our store's does (``synchronous = NORMAL``; by default it would be slower).
    """

    def __init__(self, folder: Path, chunks: Sequence[EmbeddedChunk], *, k: int) -> None:
        self._opened = ExitStack()
        self._graph = self._compile(folder / "checkpoints.db")
        self._collection = chroma_collection(folder / "chroma", chunks)
        self._k = k

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def turn(self, conversation_id: str, question: str, vector: NDArray[np.float32]) -> PeerTimes:
        """Run the graph for a message and query for its vector, shape (dimensions,)."""
        started = perf_counter()
        config = {"configurable": {"thread_id": conversation_id}}
        state = self._graph.invoke({"message": question, "step": 0}, config, durability="sync")
        middle = perf_counter()
        found = self._collection.query(
            query_embeddings=[vector], n_results=self._k, include=["documents", "metadatas", "distances"]
        )
        ended = perf_counter()
        if state["step"] != N_STEPS or len(found["ids"][0]) != self._k:
            raise RuntimeError(f"the peer did {state['step']} steps and found {len(found['ids'][0])} chunks")
        return PeerTimes(graph=1000 * (middle - started), query=1000 * (ended - middle))

    def _compile(self, path: Path) -> Any:
        from langgraph.checkpoint.sqlite import SqliteSaver
        from langgraph.graph import END, START, StateGraph

        connection = self._opened.enter_context(closing(sqlite3.connect(path, check_same_thread=False)))
        connection.execute("PRAGMA synchronous = NORMAL")
        graph = StateGraph(State)
        names = [f"step_{number}" for number in range(1, N_STEPS + 1)]
        for number, name in enumerate(names, start=1):
            graph.add_node(name, _step(number))
        for before, after in zip([START, *names], [*names, END], strict=True):
            graph.add_edge(before, after)
        return graph.compile(checkpointer=SqliteSaver(connection))


def versions() -> dict[str, str]:
    """Return the peer's package versions."""
    return {name: version(name) for name in ("langgraph", "langgraph-checkpoint-sqlite", "chromadb")}


def _step(number: int) -> Callable[[State], State]:
    def step(state: State) -> State:
        return {"step": number}

    return step


def chroma_collection(folder: Path, chunks: Sequence[EmbeddedChunk]) -> Any:
    """Return a persistent Chroma collection of the chunks, made as its documentation says."""
    import chromadb

    client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
    collection = client.create_collection("knowledge", metadata={"hnsw:space": "cosine"}, embedding_function=None)
    for start in range(0, len(chunks), _ADDED_AT_ONCE):
        part = chunks[start : start + _ADDED_AT_ONCE]
        collection.add(
            ids=[entry.chunk.chunk_id for entry in part],
            embeddings=np.stack([entry.text_vector for entry in part]),
            documents=[embedded_text(entry.chunk) for entry in part],
            metadatas=[{"source": entry.chunk.source, "category": entry.chunk.category} for entry in part],
        )
    return collection
