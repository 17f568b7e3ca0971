"""A six-node turn on the real local stack, with the time of each part."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self, cast
from unittest.mock import patch

from benchmarks.stopwatch import Stopwatch, timed_calls
from firstline import bootstrap
from firstline.adapters.local.connections import LocalConnections
from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
from firstline.container import Container, assemble
from firstline.domain.conversation import Channel
from firstline.domain.knowledge import EmbeddedChunk
from firstline.domain.ports import Embedder
from firstline.nodes import NodeInput, run_node
from firstline.services.accept_message import start_turn
from firstline.services.ingest_knowledge import Progress
from firstline.settings import Settings
from functions.workflow import handler as workflow

NODES = (
    "IdentifyCustomer",
    "ClassifyQuery",
    "RetrieveKnowledge",
    "GenerateResponse",
    "AnalyzeGraph",
    "CollectFeedback",
)
TURN_LIMIT_S = 60.0


class TurnNotFinishedError(Exception):
    """A turn did not run to its end through all six nodes; its figures would mean nothing."""


@dataclass(frozen=True)
class TurnTimes:
    """Milliseconds of one turn, from its message to the end of its last node."""

    whole: float
    nodes: dict[str, float]
    """By state, everything that happens within it."""
    engine: float
    """Outside the nodes: the state machine, copies of the document, the handler's parsing, its log and metrics."""
    store: float
    """All calls of the table, those that accept the message included."""
    retrieval: float
    """The search with its fusion and ranking, but without the embedding."""
    embedding: float
    action: str
    """What the turn did, such as ``answer``."""

    @property
    def machinery(self) -> float:
        """Engine, store and retrieval together: what a turn costs before any node computes anything."""
        return self.engine + self.store + self.retrieval


class FirstlineSide:
    """Firstline in a folder of its own, all local adapters real, every port timed.

    Parameters
    ----------
    folder : Path
        Gets the database and the index.
    knowledge : Path
        Folder that is ingested.
    embedder : Embedder, optional
        Instead of the real one.
    """

    def __init__(self, folder: Path, knowledge: Path, *, embedder: Embedder | None = None, model: Path) -> None:
        self._stopwatch = Stopwatch()
        settings = Settings(
            data_path=str(folder),
            documents_path=str(knowledge),
            embedding_model_path=str(model),
            log_level="INFO",
            # Each turn is to do all its work, whatever was asked before.
            cache_ttl=0,
        )
        ports = bootstrap.local_ports(settings)
        # What local_ports makes, whatever the ports are declared as.
        self._engine = cast("LocalWorkflowEngine", ports.workflow_engine)
        self._connections = cast("LocalConnections", ports.connections)
        ports = replace(
            ports,
            table=timed_calls(ports.table, "store", self._stopwatch),
            embedder=timed_calls(embedder or ports.embedder, "embedding", self._stopwatch),
        )
        container = assemble(settings, ports)
        # Made late, and once: put there before anybody asks for it.
        timed = timed_calls(container.search_knowledge, "search", self._stopwatch)
        vars(container)["caches"] = replace(container.caches, search=timed)
        self.container: Container = container
        self._engine.register(bootstrap.WORKFLOW_FUNCTION, workflow.lambda_handler)
        self._opened = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._opened.enter_context(silent_logs())
        self._opened.enter_context(patch.object(bootstrap, "container", lambda: self.container))
        self._opened.enter_context(patch.object(workflow, "run_node", self._run_node))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.close(TURN_LIMIT_S)
        self._opened.close()

    def ingest(self, progress: Progress | None = None) -> list[EmbeddedChunk]:
        """Index the knowledge and return its chunks."""
        self.container.ingest_knowledge.sync(progress)
        index = self.container.ports.index
        return [chunk for source in index.documents() for chunk in index.embedded_chunks(source)]

    def open_conversation(self) -> str:
        """Open a conversation with one socket on it, as a widget does, and return its id."""
        opened = self.container.open_session.open(channel=Channel.CHAT)
        connection_id = self.container.ports.ids.new()
        self._connections.register(connection_id, _Socket())
        return self.container.connect_socket.connect(connection_id, opened.session.session_id, opened.socket_token)

    def ask(self, conversation_id: str, question: str) -> TurnTimes:
        """Run one turn and return where its time went. Raises ``TurnNotFinishedError``."""
        self._stopwatch.take()
        begun = perf_counter()
        turn_id = self._accept(conversation_id, question)
        stored = self.container.turns.get(conversation_id, turn_id)
        started = perf_counter()
        start_turn(self.container.ports.workflow_engine, stored)
        self._engine.wait_idle(TURN_LIMIT_S)
        ended = perf_counter()
        spent = {name: 1000 * seconds for name, seconds in self._stopwatch.take().items()}
        nodes = {name: spent.get(name, 0.0) for name in NODES}
        of_message = "embedding.embed_message"
        if not all(nodes.values()):
            raise TurnNotFinishedError(f"turn {turn_id} left out a node: {nodes}")
        return TurnTimes(
            whole=1000 * (ended - begun),
            nodes=nodes,
            engine=1000 * (ended - started) - sum(nodes.values()),
            store=spent["store"],
            # The message itself is embedded by the state before.
            retrieval=spent.get("search", 0.0) - (spent.get("embedding", 0.0) - spent.get(of_message, 0.0)),
            embedding=spent.get("embedding", 0.0),
            action=self._action(conversation_id, turn_id),
        )

    def turns_per_second(self, questions: Sequence[str]) -> float:
        """Put all questions at once, each in a conversation of its own, and return how many turns end in a second."""
        conversations = [self.open_conversation() for _ in questions]
        asked = [(where, self._accept(where, text)) for where, text in zip(conversations, questions, strict=True)]
        stored = [self.container.turns.get(conversation, turn_id) for conversation, turn_id in asked]
        started = perf_counter()
        for turn in stored:
            start_turn(self.container.ports.workflow_engine, turn)
        self._engine.wait_idle(TURN_LIMIT_S + len(stored))
        spent = perf_counter() - started
        for conversation, turn_id in asked:
            self._action(conversation, turn_id)
        return len(asked) / spent

    def _accept(self, conversation_id: str, question: str) -> str:
        container = self.container
        text = question[: container.settings.max_message_characters]
        return container.accept_message.accept(
            conversation_id, container.ports.ids.new(), text, channel="chat", correlation_id="bench"
        ).turn_id

    def _run_node(self, given: NodeInput, container: Container) -> Any:
        with self._stopwatch.timed(given.node):
            return run_node(given, container)

    def _action(self, conversation_id: str, turn_id: str) -> str:
        turn = self.container.turns.get(conversation_id, turn_id)
        if turn.reply is None or not turn.finished:
            raise TurnNotFinishedError(f"turn {turn_id} ended as {turn.state}")
        return turn.reply.action.value


class _Socket:
    """A client that reads all it is sent, at once."""

    def send(self, frame: str) -> None:
        """Take a frame."""

    def close(self) -> None:
        """Nothing is open."""


@contextlib.contextmanager
def silent_logs() -> Iterator[None]:
    """Write log lines, as in the product, but not to the terminal that shows the result."""
    handlers = [h for h in logging.getLogger("firstline").handlers if isinstance(h, logging.StreamHandler)]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        before = [handler.setStream(nowhere) for handler in handlers]
        try:
            yield
        finally:
            for handler, stream in zip(handlers, before, strict=True):
                handler.setStream(stream or io.StringIO())
