"""A Firstline that runs: real store, real state machine, real sockets on a port of its own."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from firstline import bootstrap
from firstline.adapters.documents.limits import ATTACHMENT_LIMITS
from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.asl import load_state_machine
from firstline.adapters.local.attachment_store import FolderAttachmentStore
from firstline.adapters.local.connections import LocalConnections
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.mailer import FolderMailer
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
from firstline.adapters.system import SystemClock, SystemIds
from firstline.adapters.webhooks import public_webhooks
from firstline.container import Container, Ports, assemble
from firstline.domain.attachment_ports import AttachmentPorts
from firstline.domain.frame_size import PartJoiner
from firstline.domain.ports import LanguageModel, Table
from firstline.local.gateway import SocketGateway, SocketLimits
from firstline.local.http_server import LaptopServer
from firstline.nodes import NodeInput, run_node
from firstline.services.answer_ports import Checks
from firstline.settings import Settings
from firstline.web.app import create_app
from functions.websocket import handler as websocket
from tests.component.world import ARTICLE, UNLIMITED, HashingEmbedder, SeededRandom, identity_ports

QUESTION = "How do I reset a forgotten password?"
WAIT_S = 10.0


def build(
    folder: Path,
    *,
    table: Callable[[Table], Table] = lambda real: real,
    model: LanguageModel | None = None,
    checks: Checks | None = None,
    **settings: Any,
) -> tuple[Container, LocalWorkflowEngine]:
    """Build a container over files below ``folder``; its engine runs the six nodes."""
    articles = folder / "knowledge" / "articles"
    articles.mkdir(parents=True, exist_ok=True)
    (articles / "accounts.md").write_text(ARTICLE, encoding="utf-8")
    clock, ids, embedder = SystemClock(), SystemIds(), HashingEmbedder()
    machine = load_state_machine(
        bootstrap.SUPPORT_TURN.read_text(encoding="utf-8"),
        substitutions={"WorkflowFunctionArn": bootstrap.WORKFLOW_FUNCTION},
    )
    engine = LocalWorkflowEngine(machine, ids=ids, max_workers=4)
    ports = Ports(
        table=table(SQLiteTable(folder / "firstline.db", clock=clock)),
        index=SQLiteKnowledgeIndex(folder / "knowledge.db", dimensions=embedder.dimensions),
        reader=FileReader(),
        embedder=embedder,
        objects=FolderObjectStore(folder / "knowledge"),
        connections=LocalConnections(),
        workflow_engine=engine,
        clock=clock,
        ids=ids,
        random=SeededRandom(),
        identity=(identity := identity_ports(folder)),
        attachments=AttachmentPorts(
            FolderAttachmentStore(folder / "attachments", identity.tokens), FileReader(ATTACHMENT_LIMITS)
        ),
        language_model=model,
        received_mail=FolderObjectStore(folder / "received_mail"),
        mailer=FolderMailer(folder / "mail"),
        public_webhooks=public_webhooks("127.0.0.0/8"),
    )
    behind_proxy = {"trusted_proxies": "127.0.0.1"}
    container = assemble(Settings(**{**UNLIMITED, **behind_proxy, **settings}), ports, checks=checks)
    container.ingest_knowledge.sync()

    def workflow(event: dict[str, Any], _: object) -> dict[str, Any]:
        return run_node(NodeInput.model_validate(event), container).model_dump(mode="json")

    engine.register(bootstrap.WORKFLOW_FUNCTION, workflow)
    return container, engine


class Client:
    """One socket of a customer. The ``connected`` frame that comes before the first answer is kept apart."""

    def __init__(self, ws_url: str) -> None:
        self._context = ExitStack()
        self.socket: ClientConnection = self._context.enter_context(
            connect(ws_url, open_timeout=WAIT_S, close_timeout=1, compression=None)
        )

        self.connected: dict[str, Any] | None = None
        self._joiner = PartJoiner()

    def send(self, frame: Mapping[str, Any] | str | bytes) -> None:
        self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def say(self, text: str, message_id: str = "m1") -> None:
        self.send({"action": "message", "message_id": message_id, "text": text})

    def receive(self) -> dict[str, Any]:
        while True:
            frame = self._joiner.take(json.loads(self.socket.recv(timeout=WAIT_S)))
            if frame is not None and frame["type"] == "connected":
                self.connected = frame
            elif frame is not None:
                return frame

    def until(self, kind: str) -> list[dict[str, Any]]:
        """Return the frames up to and with the first of a kind."""
        frames = [self.receive()]
        while frames[-1]["type"] != kind:
            frames.append(self.receive())
        return frames

    def resume(self, after_seq: int = 0) -> list[dict[str, Any]]:
        """Resume part by part to the end, and return what came on the way."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            self.send({"action": "resume", "after_seq": after_seq})
            *part, end = self.until("resumed")
            found += part
            after_seq, more = end["last_seq"], end["more"]
        return found

    def closed_with(self) -> int:
        """Read to the end and return the close code."""
        try:
            while True:
                self.socket.recv(timeout=WAIT_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    def close(self) -> None:
        self._context.close()


@dataclass(frozen=True)
class Session:
    """What ``POST /chat/sessions`` answered."""

    session_id: str
    thread_id: str
    token: str
    ws_url: str


class LiveFirstline:
    """A server in this process; ``restart`` makes a new one on the same port and the same files."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        drain_s: float = 2.0,
        port: int = 0,
        limits: SocketLimits | None = None,
        **settings: Any,
    ) -> None:
        self._limits = limits
        self.folder, self._monkeypatch, self._settings, self._drain_s = folder, monkeypatch, settings, drain_s
        self._clients: list[Client] = []
        self._start(port)

    def _start(self, port: int) -> None:
        self.container, self.engine = build(self.folder, **self._settings)
        self._monkeypatch.setattr(bootstrap, "container", lambda: self.container)
        connections = self.container.ports.connections
        assert isinstance(connections, LocalConnections)
        self._listening = socket.socket(proto=socket.IPPROTO_TCP)
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind(("127.0.0.1", port))
        gateway = SocketGateway(
            websocket.lambda_handler,
            connections,
            clock=self.container.ports.clock,
            ids=self.container.ports.ids,
            workers=4,
            limits=self._limits,
        )
        ready = threading.Event()
        self.server: LaptopServer | None = None

        async def serve() -> None:
            self.server = LaptopServer(
                create_app(self.container), gateway, self.engine, self._listening, drain_s=self._drain_s
            )
            await self.server.serve(on_ready=lambda _: ready.set())

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()))
        self._thread.start()
        assert ready.wait(WAIT_S)
        assert self.server is not None
        self.url = self.server.address

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()
        self.stop_server()

    def stop_server(self) -> None:
        if self.server is not None:
            self.server.stop()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()
        self._listening.close()

    def start_again(self) -> None:
        """Start on the same port and files, and take up what was left unanswered."""
        self._start(int(self.url.rsplit(":", 1)[1]))
        self.container.sweep_turns.recover()

    def restart(self) -> None:
        self.stop_server()
        self.start_again()

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(
            self.url + path, data=json.dumps(body or {}).encode(), headers=headers, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def open(self, user_id: str = "") -> Session:
        opened = self.post("/chat/sessions", {"user_id": user_id} if user_id else {})
        return Session(**{name: opened[name] for name in ("session_id", "thread_id", "token", "ws_url")})

    def connect(self, session: Session) -> Client:
        """Open one more socket of a session."""
        fresh = self.post(f"/chat/sessions/{session.session_id}/socket", token=session.token)
        return self.dial(fresh["ws_url"])

    def dial(self, ws_url: str) -> Client:
        client = Client(ws_url)
        self._clients.append(client)
        return client

    def n_stored(self, session: Session) -> int:
        """Number of events in the session's conversation."""
        return len(self.container.conversations.events(session.thread_id))
