"""A whole Firstline over real local adapters, with a clock, sockets and an engine that the test holds in its hands."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline import bootstrap, identity_adapters
from firstline.adapters.documents.limits import ATTACHMENT_LIMITS
from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.asl import load_state_machine
from firstline.adapters.local.attachment_store import FolderAttachmentStore
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.local.signing_keys import FileSigningKeys
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.passwords import Argon2Passwords
from firstline.adapters.signed_tokens import SignedTokens
from firstline.adapters.system import SystemClock, SystemIds
from firstline.container import Container, Ports, assemble
from firstline.domain.attachment_ports import AttachmentPorts
from firstline.domain.conversation import Channel
from firstline.domain.errors import ConnectionGoneError, DeliveryError, InvalidInputError
from firstline.domain.identity_ports import IdentityPorts, TokenVerifier
from firstline.domain.lexical import terms
from firstline.domain.mailer import DeliveryUnknownError, Envelope, RecipientRefusedError
from firstline.domain.message_vectors import MessageVectors
from firstline.domain.ports import Clock, LanguageModel, Table
from firstline.domain.tool_ports import CustomToolPorts
from firstline.nodes import NodeInput, run_node
from firstline.repositories.conversations import AcceptedMessage
from firstline.services.accept_message import turn_document
from firstline.services.answer_ports import Checks
from firstline.services.receive_mail import Received
from firstline.settings import Settings

NODES = (
    "IdentifyCustomer",
    "ClassifyQuery",
    "RetrieveKnowledge",
    "GenerateResponse",
    "AnalyzeGraph",
    "CollectFeedback",
)
PARTS = ("customer", "classification", "knowledge", "reply", "insights", "feedback")

SUPPORT_TURN = load_state_machine(
    bootstrap.SUPPORT_TURN.read_text(encoding="utf-8"), substitutions={"WorkflowFunctionArn": "workflow"}
)

ARTICLE = """---
title: Accounts
category: account_management
url: https://help.example/accounts
language: en
---
## Reset your password

You can reset a forgotten password yourself. The link in the mail is good for 30 minutes.

1. Open the sign-in page.
2. Choose Forgot password.
3. Follow the link in the mail.

## Export timesheets

Timesheets are exported as CSV from the Reports page. Only managers see the Export button.

## Delete your account

Owners delete an account under Settings. All data is erased after 30 days.
"""


# Tests ask more often than any client may, and in a world whose clock stands still no bucket fills again.
UNLIMITED = {
    # Nor are the same questions answered from what was written before, unless a test is about that.
    "cache_ttl": 0,
    # Conversations have random ids: which of them would be in the holdout would change from run to run.
    "rl_holdout_share": 0.0,
    # A scripted model answers what it is asked, in order: it is not asked what a message is about.
    "classify_with_model": False,
    "max_requests_per_minute": 0,
    "max_requests_per_minute_per_customer": 0,
    "max_messages_per_minute": 0,
    "max_sessions_per_minute": 0,
}


SITES = """
default: {origins: ["https://shop.example", "http://localhost:*"]}
"""


class HandClock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class SeededRandom:
    """The same draws in every run."""

    def __init__(self, seed: int = 13) -> None:
        self._generator = np.random.default_rng(seed)

    def generator(self) -> np.random.Generator:
        return self._generator


class HashingEmbedder:
    """Vectors by hashed words: texts that share words are near; deterministic and instant."""

    dimensions = 512
    model_id = "hashing-test-1"

    def knows(self, word: str) -> bool:
        return True

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), self.dimensions), 1e-3, np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for term in terms(text):
                row[int(hashlib.sha256(term.encode()).hexdigest(), 16) % self.dimensions] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed(texts)

    def embed_message(self, text: str) -> MessageVectors:
        (vector,) = self.embed([text])
        return MessageVectors(vector, vector)


class RecordedSockets:
    """Sockets that keep what was posted; some may be dead."""

    def __init__(self) -> None:
        self.frames: dict[str, list[dict[str, Any]]] = {}
        self.dead: set[str] = set()
        self.closed: list[str] = []
        self._lock = threading.Lock()

    def post(self, connection_id: str, frame: str) -> None:
        if connection_id in self.dead:
            raise ConnectionGoneError(connection_id)
        with self._lock:
            self.frames.setdefault(connection_id, []).append(json.loads(frame))

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)

    def types(self, connection_id: str) -> list[str]:
        return [frame["type"] for frame in self.frames.get(connection_id, [])]

    def of_type(self, connection_id: str, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames.get(connection_id, []) if frame["type"] == kind]


def identity_ports(
    folder: Path,
    *,
    users: TokenVerifier | None = None,
    customers: TokenVerifier | None = None,
    clock: Clock | None = None,
) -> IdentityPorts:
    """Real tokens, and password hashes that cost little."""
    tokens = SignedTokens(FileSigningKeys(folder / "signing-keys.json"))
    return IdentityPorts(
        tokens,
        Argon2Passwords(memory_kib=8, passes=1, lanes=1),
        users,
        customers,
        lambda site: identity_adapters._site_customers(site, clock or SystemClock(), max_age_s=600),
    )


@dataclass
class RecordedPost:
    """Takes mail and webhooks and keeps them, unless it is told to fail."""

    mails: list[tuple[bytes, str, tuple[str, ...]]] = field(default_factory=list)
    webhooks: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)
    tags: list[dict[str, str]] = field(default_factory=list)
    mail_ids: list[str] = field(default_factory=list)
    """What the next mails are called by who sends them."""

    def send(self, message: bytes, envelope: Envelope) -> str:
        if "mail" in self.fails:
            raise DeliveryError("the mail server is down")
        if self.fails.intersection(envelope.recipients):
            raise RecipientRefusedError(envelope.recipients[0], "550 5.1.1 no such user")
        self.mails.append((message, envelope.sender, (*envelope.recipients, *envelope.copies)))
        self.tags.append(dict(envelope.tags))
        if "mail_answer" in self.fails:
            raise DeliveryUnknownError("the connection was lost after the message")
        return self.mail_ids.pop(0) if self.mail_ids else ""

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> None:
        if "webhook" in self.fails:
            raise DeliveryError("the receiver answered 500")
        self.webhooks.append((url, body, dict(headers)))

    def check(self, url: str) -> None:
        if not url.startswith("https://"):
            raise InvalidInputError("an address begins with https://")


@dataclass
class WaitingEngine:
    """Takes executions and runs none: the test runs them, in any order, as often as it likes."""

    started: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def start(self, name: str, document: Mapping[str, Any]) -> None:
        self.started.append((name, document))


class World:
    """The container and the test's hands."""

    def __init__(
        self,
        folder: Path,
        *,
        table: Table | None = None,
        model: LanguageModel | None = None,
        checks: Checks | None = None,
        custom_tools: CustomToolPorts | None = None,
        **settings: Any,
    ) -> None:
        self.clock, self.sockets, self.engine = HandClock(), RecordedSockets(), WaitingEngine()
        self.post = RecordedPost()
        knowledge = folder / "knowledge"
        (knowledge / "articles").mkdir(parents=True, exist_ok=True)
        (knowledge / "articles" / "accounts.md").write_text(ARTICLE, encoding="utf-8")
        embedder = HashingEmbedder()
        self.ports = Ports(
            table=table or SQLiteTable(folder / "firstline.db", clock=self.clock),
            index=SQLiteKnowledgeIndex(folder / "knowledge.db", dimensions=embedder.dimensions),
            reader=FileReader(),
            embedder=embedder,
            objects=FolderObjectStore(knowledge),
            connections=self.sockets,
            workflow_engine=self.engine,
            clock=self.clock,
            ids=SystemIds(),
            random=SeededRandom(),
            identity=(identity := identity_ports(folder, clock=self.clock)),
            attachments=AttachmentPorts(
                FolderAttachmentStore(folder / "attachments", identity.tokens), FileReader(ATTACHMENT_LIMITS)
            ),
            language_model=model,
            received_mail=FolderObjectStore(folder / "received_mail"),
            mailer=self.post,
            webhooks=self.post,
            public_webhooks=self.post,
            custom_tools=custom_tools,
        )
        (folder / "sites.yaml").write_text(SITES, encoding="utf-8")
        sites = {"sites_path": str(folder / "sites.yaml")}
        chosen = Settings(**{**UNLIMITED, **sites, **settings})
        self.container: Container = assemble(chosen, self.ports, checks=checks)
        self.container.ingest_knowledge.sync()

    def open(self, user_id: str = "", *, sockets: int = 1) -> str:
        """Open a conversation with sockets ``s0``, ``s1`` ... and return its id."""
        opened = self.container.open_session.open(channel=Channel.CHAT, user_id=user_id, verified=bool(user_id))
        session = opened.session
        for number in range(sockets):
            token = self.container.open_session.socket_token(session)
            self.container.connect_socket.connect(f"s{number}", session.session_id, token)
        return session.conversation_id

    def say(self, conversation_id: str, text: str, message_id: str | None = None) -> AcceptedMessage:
        """Accept a message; its turn waits for ``run``."""
        self.clock.forward(1)
        return self.container.accept_message.accept(
            conversation_id, message_id or SystemIds().new(), text, channel="chat", correlation_id="test"
        )

    def receive(self, raw: bytes | str, name: str = "") -> Received:
        """Have a mail come in, as the intake function does; its turn, if there is one, waits for ``run_started``."""
        content = raw.encode() if isinstance(raw, str) else raw
        key = f"incoming/{name or SystemIds().new()}.eml"
        assert self.ports.received_mail is not None
        self.ports.received_mail.write(key, content)
        return self.container.mailing.receive.receive(key)

    def run_started(self) -> list[dict[str, Any]]:
        """Run the turns that wait, in the order in which they were started, and return their documents."""
        waiting, self.engine.started = self.engine.started, []
        documents = []
        for name, started in waiting:
            document = dict(started)
            for node in NODES:
                document = self.node(node, document, f"e-{name}")
            documents.append(document)
        return documents

    def document(self, conversation_id: str, accepted: AcceptedMessage) -> dict[str, Any]:
        return turn_document(self.container.turns.get(conversation_id, accepted.turn_id))

    def node(self, name: str, document: dict[str, Any], execution_id: str = "e1") -> dict[str, Any]:
        """Run one node on a document as the state machine does, and return the document with its part."""
        parameters = SUPPORT_TURN.states[name].parameters
        assert parameters is not None
        payload = parameters.render(document, {"Execution": {"Id": execution_id}})
        given = NodeInput.model_validate(payload)
        part = run_node(given, self.container).model_dump(mode="json")
        return {**document, PARTS[NODES.index(name)]: part}

    def run(
        self, conversation_id: str, accepted: AcceptedMessage, *, until: str = "CollectFeedback", execution_id: str = ""
    ) -> dict[str, Any]:
        """Run the nodes of a turn in order, up to and with ``until``."""
        document = self.document(conversation_id, accepted)
        for name in NODES[: NODES.index(until) + 1]:
            document = self.node(name, document, execution_id or f"e-{accepted.turn_id}")
        return document

    def ask(self, conversation_id: str, text: str) -> dict[str, Any]:
        """Say something and have it answered."""
        return self.run(conversation_id, self.say(conversation_id, text))
