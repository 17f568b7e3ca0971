"""A Firstline whose mail goes to an opponent, and the time that passes between their mails, moved by hand.

Every part is the product's own (parser, gate, intake, six nodes without a language model, outbox, SQLite); what is sent
is handed to the opponent instead of a mail server.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from firstline import bootstrap
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
from firstline.container import Container, assemble
from firstline.domain.errors import DeliveryError
from firstline.domain.identity import Principal, Role
from firstline.domain.mailer import Envelope
from firstline.domain.ports import Embedder
from firstline.nodes import NodeInput, run_node
from firstline.settings import Settings
from functions.sweep import handler as sweep

TURN_LIMIT_S = 120.0
_SWEPT_EVERY = 6 * 3600.0
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
"""
# Whatever an answer is worth is sent: the most mail that there can be.
SETTINGS: Mapping[str, Any] = {"mail_min_confidence": 0.0, "cache_ttl": 0, "rl_holdout_share": 0.0}


class CapPassedError(Exception):
    """More mails were sent than the stated cap allows, or words of a person were lost."""


class HandClock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 6, 1, 8, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the simulated time."""
        return self.moment


@dataclass(frozen=True)
class Sent:
    """A mail that Firstline has handed over."""

    raw: bytes
    recipients: tuple[str, ...]


@dataclass
class Post:
    """A mailer that keeps what it is given until the storm takes it; some addresses it refuses, for now."""

    waiting: list[Sent] = field(default_factory=list)
    refused: frozenset[str] = frozenset()

    def send(self, message: bytes, envelope: Envelope) -> str:
        """Take a message. Raises ``DeliveryError`` for a refused address."""
        named = (*envelope.recipients, *envelope.copies)
        if self.refused.intersection(named):
            raise DeliveryError("451 4.3.0 try again later")
        self.waiting.append(Sent(message, named))
        return ""


class Installation:
    """A whole Firstline in a folder, with an address of its own."""

    def __init__(
        self, folder: Path, addresses: str, clock: HandClock, embedder: Embedder | None, **settings: Any
    ) -> None:
        articles = folder / "knowledge" / "articles"
        articles.mkdir(parents=True)
        (articles / "accounts.md").write_text(ARTICLE, encoding="utf-8")
        chosen = Settings(
            data_path=str(folder / "data"),
            documents_path=str(folder / "knowledge"),
            support_address=addresses,
            **{**SETTINGS, **settings},
        )
        with _embedding(embedder), patch.object(bootstrap, "SystemClock", lambda: clock):
            ports = bootstrap.local_ports(chosen)
        self.address = addresses.partition(",")[0].strip()
        self.post = Post()
        self.store = FolderObjectStore(folder / "received_mail")
        # What local_ports makes, whatever the ports are declared as.
        self._engine = cast("LocalWorkflowEngine", ports.workflow_engine)
        self.container: Container = assemble(chosen, replace(ports, mailer=self.post, received_mail=self.store))
        self._engine.register(bootstrap.WORKFLOW_FUNCTION, self._node)
        self.container.ingest_knowledge.sync()
        self._keys = itertools.count(1)
        self.received = 0
        self.sent = 0
        self.copies = 0

    def _node(self, payload: Any, _: Any = None) -> Any:
        return run_node(NodeInput.model_validate(payload), self.container).model_dump(mode="json")

    def receive(self, raw: bytes) -> None:
        """Take a mail in, have its turn run, and send what is due."""
        self.received += 1
        key = f"incoming/{next(self._keys):08}.eml"
        self.store.write(key, raw)
        self.container.mailing.receive.receive(key)
        self._engine.wait_idle(TURN_LIMIT_S)
        self.container.visitors.sweep()

    def sweep(self) -> None:
        """Do what the schedule does."""
        with patch.object(bootstrap, "container", lambda: self.container):
            sweep.lambda_handler({}, cast("Any", None))
        self._engine.wait_idle(TURN_LIMIT_S)

    def taken(self) -> list[Sent]:
        """Return what has been handed over since the last call, and count it."""
        sent, self.post.waiting = self.post.waiting, []
        self.sent += len(sent)
        self.copies += sum(len(one.recipients) for one in sent)
        return sent

    def person_takes(self, conversation_id: str, *, says: str = "") -> None:
        """Have one of the team take a conversation, write into it or not, and hand it back to Firstline."""
        people, agent = self.container.people, Principal("ann", Role.AGENT, "Ann")
        people.own_conversation.take(conversation_id, agent)
        if says:
            people.answer_as_person.say(conversation_id, agent, f"said-{next(self._keys)}", says)
        people.own_conversation.hand_back(conversation_id, agent)
        self._engine.wait_idle(TURN_LIMIT_S)
        self.container.visitors.sweep()

    def close(self) -> None:
        """End its threads."""
        self._engine.close(TURN_LIMIT_S)


class Storm:
    """One Firstline, one opponent, and the time that passes between their mails."""

    def __init__(
        self, folder: Path, opponent: Opponent, *, hours: float, embedder: Embedder | None, **settings: Any
    ) -> None:
        self.clock, self.hours, self.folder, self.embedder = HandClock(), hours, folder, embedder
        self.ours = Installation(folder / "ours", opponent.ours, self.clock, embedder, **settings)
        self.installations = [self.ours]
        self._end = self.clock.moment + timedelta(hours=hours)
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._opponent = opponent

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Have something happen then, if the storm lasts so long."""
        moment = self.clock.moment + timedelta(seconds=seconds)
        if moment < self._end:
            heapq.heappush(self._due, (moment, next(self._order), act))

    def write(self, raw: bytes, *, after: float = 60.0) -> None:
        """Have a mail reach Firstline."""
        self.after(after, lambda: self.ours.receive(raw))

    def every(self, seconds: float, act: Callable[[], None]) -> None:
        """Have something happen again and again, for the first time at once."""

        def again() -> None:
            act()
            self.after(seconds, again)

        self.after(0.0, again)

    def run(self) -> None:
        """Let the time pass."""
        self._opponent.begin(self)
        self.every(_SWEPT_EVERY, lambda: [one.sweep() for one in self.installations] and None)
        while self._due:
            self.clock.moment, _, act = heapq.heappop(self._due)
            act()
            for installation in self.installations:
                for sent in installation.taken():
                    self._opponent.takes(installation, sent)


class Opponent:
    """Something that Firstline's mail goes to."""

    name = ""
    cap = ""
    ours = "support@company.example"

    def most(self, hours: float) -> int:
        """Return the cap: most mails that Firstline sends in so many hours, each counted once per recipient."""
        raise NotImplementedError

    def begin(self, storm: Storm) -> None:
        """Write the first mail, and whatever comes by itself."""
        raise NotImplementedError

    def takes(self, sender: Installation, sent: Sent) -> None:
        """Get a mail."""
        raise NotImplementedError

    def check(self, storm: Storm) -> None:
        """Raise ``CapPassedError`` where something else than the number of mails is not as it must be."""


_IDS = itertools.count(1)


def letter(text: str, *, sender: str, to: str, subject: str, message_id: str = "", **headers: str) -> bytes:
    """Return a mail; further headers are named with underscores for hyphens, and its id is new unless given."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = message_id or f"<{next(_IDS)}.x@{sender.rpartition('@')[2].strip('>')}>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def read(raw: bytes) -> EmailMessage:
    """Return a message with its headers decoded."""
    return cast("EmailMessage", email.message_from_bytes(raw, policy=email.policy.default))


def words(message: EmailMessage) -> str:
    """Return a mail's plain text."""
    body = message.get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


@contextlib.contextmanager
def _embedding(embedder: Embedder | None) -> Iterator[None]:
    """Have ``local_ports`` take this embedder, so that its index has the right size."""
    if embedder is None:
        yield
        return
    with patch("firstline.adapters.local.embedder.OnnxEmbedder", lambda *_, **__: embedder):
        yield
