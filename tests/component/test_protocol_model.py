"""The protocol against a reference of a few lines: whatever happens in whatever order, the log is the reference's."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from firstline import bootstrap
from firstline.domain.conversation import Channel
from firstline.domain.errors import ConflictError
from firstline.domain.identity import Principal, Role
from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.local.event_log import EventLog
from firstline.local.streamed_answers import StreamedAnswers
from firstline.repositories.agents import AgentRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.ownership import OwnershipRepository
from firstline.services.accept_message import turn_document
from firstline.services.own_conversation import OwnConversation
from functions.websocket.handler import lambda_handler
from tests.component.world import World

TEXTS = ("How do I reset a forgotten password?", "How do I export timesheets?", "hello")
ANNA = Principal("anna", Role.AGENT, "Anna")
LEASE_S = 120.0
PIECES = ("Open the sign-in page, ", "choose Forgot password ", "and follow the link [1].")
MEANWHILE = ("nothing", "take", "take and hand back", "say", "run again", "reconnect", "catch up")


@dataclass
class Turn:
    """A turn as the reference sees it."""

    seq: int
    attempt: int = 0
    holder: str = ""
    leased_until: float = 0.0
    state: str = "pending"


@dataclass
class Run:
    """An execution that has read what it needs and is about to write."""

    turn_id: str
    document: dict[str, Any]
    attempt: int
    version: int


@dataclass
class Client:
    """A device: what it has seen, by the code that real clients use."""

    log: EventLog = field(default_factory=EventLog)
    answers: StreamedAnswers = field(default_factory=StreamedAnswers)
    seen: list[int] = field(default_factory=list)
    drafts: dict[str, str] = field(default_factory=dict)
    n_taken: int = 0
    connection_id: str = ""
    version: int = 0


class InterruptedModel:
    """Says the same in three pieces, and lets something happen after the first."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], object] = int

    def stream(self, _: ModelRequest) -> Iterator[ModelEvent]:
        yield TextDelta(PIECES[0])
        self.meanwhile()
        yield TextDelta(PIECES[1])
        yield TextDelta(PIECES[2])
        yield ModelFinished(model="scripted", input_tokens=1, output_tokens=1, stop_reason="end_turn", cost_usd=0.0)


class Protocol(RuleBasedStateMachine):
    """Customers, people and executions in any order, also in the middle of an answer."""

    model: ClassVar[InterruptedModel]
    world: ClassVar[World]
    own: ClassVar[OwnConversation]
    n_connections: ClassVar[int] = 0
    runs = Bundle("runs")

    @initialize()
    def open(self) -> None:
        self.session = self.world.container.open_session.open(channel=Channel.CHAT).session
        self.id = self.session.conversation_id
        self.log: list[tuple[str, str]] = [("bot", "greeting")]
        self.messages: dict[str, tuple[str, int]] = {}
        self.turns: dict[str, Turn] = {}
        self.owner, self.version, self.now = "bot", 1, 0.0
        self.clients = [Client(), Client()]
        for client in self.clients:
            self.connect(client)

    def connect(self, client: Client) -> None:
        Protocol.n_connections += 1
        client.connection_id, client.n_taken = f"c{self.n_connections}", 0
        token = self.world.container.open_session.socket_token(self.session)
        self.world.container.connect_socket.connect(client.connection_id, self.session.session_id, token)
        client.answers.reconnected()

    def send(self, client: Client, frame: dict[str, Any]) -> list[dict[str, Any]]:
        before = len(self.world.sockets.frames.get(client.connection_id, []))
        context = {"connectionId": client.connection_id, "requestId": "r", "eventType": "MESSAGE"}
        lambda_handler({"requestContext": context, "body": json.dumps(frame)}, None)  # type: ignore[arg-type]
        return self.world.sockets.frames.get(client.connection_id, [])[before:]

    @property
    def last_customer_seq(self) -> int:
        return max((turn.seq for turn in self.turns.values()), default=0)

    @rule(who=st.integers(0, 1), message_id=st.sampled_from("abcdefghijkl"), text=st.sampled_from(TEXTS))
    def say(self, who: int, message_id: str, text: str) -> None:
        answer = self.send(self.clients[who], {"action": "message", "message_id": message_id, "text": text})
        known = self.messages.get(message_id)
        if known is None:
            (accepted,) = [frame for frame in answer if frame["type"] == "accepted"]
            self.log.append(("customer", text))
            self.messages[message_id] = text, len(self.log)
            self.turns[accepted["turn_id"]] = Turn(len(self.log))
            assert accepted["seq"] == len(self.log)
        elif known[0] == text:
            (accepted,) = [frame for frame in answer if frame["type"] == "accepted"]
            assert accepted["seq"] == known[1]
        else:
            assert [frame["code"] for frame in answer if frame["type"] == "error"] == ["message_id_conflict"]

    @precondition(lambda self: self.turns)
    @rule(target=runs, which=st.sampled_from([0, 0, 0, 1, 2]), execution_id=st.sampled_from(["e1", "e2"]))
    def begin(self, which: int, execution_id: str) -> Any:
        """Start an execution of one of the turns, the newest first, up to where it writes."""
        turn_id = list(self.turns)[-1 - which % len(self.turns)]
        turn = self.turns[turn_id]
        document = turn_document(self.world.container.turns.get(self.id, turn_id))
        execution_id = f"{execution_id}-{turn_id}"
        may_claim = turn.state in {"pending", "replied"} and (
            turn.leased_until <= self.now or turn.holder == execution_id
        )
        if may_claim:
            turn.attempt += 1
            turn.holder, turn.leased_until = execution_id, self.now + LEASE_S
            if turn.state == "pending" and (turn.seq != self.last_customer_seq or self.owner != "bot"):
                turn.state, may_claim = "superseded", False
        try:
            for node in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge"):
                document = self.world.node(node, document, execution_id)
        except ConflictError:
            assert not may_claim
            return None
        assert may_claim
        return Run(turn_id, document, turn.attempt, self.version)

    @rule(target=runs, text=st.sampled_from(TEXTS[:2]), first_dies=st.booleans(), first_writes=st.booleans())
    def ask_two_executions(self, text: str, first_dies: bool, first_writes: bool) -> Any:
        """Have two executions of one turn side by side, the second after the first seemed dead, or refused."""
        self.say(1, f"q{len(self.log)}", text)
        first = self.begin(0, "first")
        self.wait(LEASE_S + 10 if first_dies else 1)
        second = self.begin(0, "second")
        if first_writes:
            self.write(first, "nothing")
            return second
        return multiple(first, second)

    @rule(meanwhile=st.sampled_from(MEANWHILE), text=st.sampled_from(TEXTS[:2]))
    def ask(self, meanwhile: str, text: str) -> None:
        """Say something new and have it answered, should the bot be in charge."""
        self.say(1, f"q{len(self.log)}", text)
        self.write(self.begin(0, "asked"), meanwhile)

    def run_again(self) -> None:
        """Have another execution take the turn over when the first seems dead, and answer."""
        self.wait(LEASE_S + 10)
        self.model.meanwhile = int
        self.write(self.begin(0, "again"), "nothing")

    @rule(run=consumes(runs), meanwhile=st.sampled_from(MEANWHILE))
    def write(self, run: Run | None, meanwhile: str) -> None:
        if run is None:
            return
        happens: dict[str, Callable[[], object]] = {
            "nothing": int,
            "take": self.take,
            "take and hand back": lambda: (self.take(), self.hand_back()),
            "say": lambda: self.say(0, f"m{len(self.log)}", TEXTS[0]),
            "run again": self.run_again,
            "reconnect": lambda: self.lose_the_connection(0),
            "catch up": lambda: (self.lose_the_connection(1), self.catch_up(1)),
        }
        self.model.meanwhile = happens[meanwhile]
        turn = self.turns[run.turn_id]
        try:
            self.world.node("GenerateResponse", run.document, "any")
            refused = False
        except ConflictError:
            refused = True
        is_latest = turn.attempt == run.attempt
        stands = is_latest and turn.state == "pending"
        answers = stands and (self.owner, self.version) == ("bot", run.version) and turn.seq == self.last_customer_seq
        assert refused == (not answers and not (is_latest and turn.state == "replied"))
        if answers:
            self.log.append(("bot", run.turn_id))
            turn.state = "replied"
        elif stands:
            turn.state = "superseded"

    @precondition(lambda self: self.owner == "bot" or len(self.log) % 3 == 0)
    @rule()
    def take(self) -> None:
        self.own.take(self.id, ANNA)
        if self.owner == "bot":
            self.owner, self.version = "anna", self.version + 1
            self.log.append(("system", "taken"))

    @precondition(lambda self: self.owner != "bot" or len(self.log) % 3 == 0)
    @rule()
    def hand_back(self) -> None:
        last = self.last_turn()
        self.own.hand_back(self.id, ANNA)
        if self.owner == "anna":
            self.owner, self.version = "bot", self.version + 1
            self.log.append(("system", "handed back"))
            if last is not None and last.state != "replied" and not self.answered_since(last.seq):
                last.state, last.attempt, last.holder, last.leased_until = "pending", last.attempt + 1, "", 0.0

    def last_turn(self) -> Turn | None:
        return max(self.turns.values(), key=lambda turn: turn.seq, default=None)

    def answered_since(self, seq: int) -> bool:
        return any(author == "bot" for author, _ in self.log[seq:])

    @rule(seconds=st.sampled_from([1.0, 60.0, 130.0]))
    def wait(self, seconds: float) -> None:
        self.world.clock.moment += timedelta(seconds=seconds)
        self.now += seconds

    @rule(who=st.integers(0, 1))
    def lose_the_connection(self, who: int) -> None:
        client = self.clients[who]
        self.world.container.connect_socket.disconnect(client.connection_id)
        self.connect(client)

    @rule(who=st.integers(0, 1), action=st.sampled_from(["ping", "typing"]))
    def chatter(self, who: int, action: str) -> None:
        self.send(self.clients[who], {"action": action})

    @rule(who=st.integers(0, 1))
    def catch_up(self, who: int) -> None:
        """Resume; afterwards the client has seen the whole log, each entry once and in order."""
        client = self.clients[who]
        self.take_frames(client)
        self.send(client, {"action": "resume", "after_seq": client.log.last_seq})
        self.take_frames(client)
        assert client.log.last_seq == len(self.log)
        assert not client.log.has_gap

    def take_frames(self, client: Client) -> None:
        frames = self.world.sockets.frames.get(client.connection_id, [])
        for frame in frames[client.n_taken :]:
            self.take_frame(client, frame)
        client.n_taken = len(frames)

    def take_frame(self, client: Client, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind in {"connected", "agent"}:
            client.version = frame["version"]
        if kind == "delta":
            assert frame["version"] >= client.version, "streamed after the conversation had changed hands"
        if kind in {"accepted", "event", "reply", "agent"}:
            client.seen += [shown["seq"] for shown in client.log.add(frame["seq"], frame)]
        if kind == "resumed":
            client.seen += [shown["seq"] for shown in client.log.settle(frame["last_seq"])]
        if kind in {"reply", "event"} and frame["turn_id"]:
            client.answers.settle(frame["turn_id"])
            client.drafts.pop(frame["turn_id"], None)
        if kind in {"delta", "superseded", "connected", "agent", "resumed"}:
            for shown in client.answers.take(frame):
                before = client.drafts.pop(shown["turn_id"], "")
                if shown["type"] == "delta":
                    client.drafts[shown["turn_id"]] = before + shown["text"]
                    assert "".join(PIECES).startswith(before + shown["text"])

    @invariant()
    def the_log_is_that_of_the_reference(self) -> None:
        if not hasattr(self, "id"):
            return
        events = self.world.container.conversations.events(self.id)
        assert [event.seq for event in events] == list(range(1, len(self.log) + 1))
        assert [event.author.value for event in events] == [author for author, _ in self.log]
        conversation = self.world.container.conversations.get(self.id)
        assert (conversation.owner, conversation.version) == (self.owner, self.version)

    @invariant()
    def no_client_shows_anything_twice_or_out_of_order_or_of_a_bot_that_was_sent_away(self) -> None:
        for client in getattr(self, "clients", []):
            self.take_frames(client)
            assert client.seen == sorted(set(client.seen))
            connected = any(
                frame["type"] in {"agent", "connected"}
                for frame in self.world.sockets.frames.get(client.connection_id, [])
            )
            if self.owner != "bot" and connected:
                assert client.drafts == {}


def own_conversation(world: World) -> OwnConversation:
    c, table, days = world.container, world.ports.table, world.container.settings.retention_days
    return OwnConversation(
        OwnershipRepository(table, c.conversations, c.turns, retention_days=days),
        c.conversations,
        c.turns,
        c.tickets,
        AgentRepository(table),
        AuditRepository(),
        c.broadcast,
        world.engine,
        clock=world.clock,
        ids=world.ports.ids,
    )


def test_the_protocol_does_what_its_reference_does_in_any_order(tmp_path_factory: Any, monkeypatch: Any) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path_factory.getbasetemp()) as folder:
        Protocol.model = InterruptedModel()
        Protocol.world = World(Path(folder), model=Protocol.model)
        Protocol.own = own_conversation(Protocol.world)
        monkeypatch.setattr(bootstrap, "container", lambda: Protocol.world.container)
        Protocol.TestCase.settings = settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        Protocol.TestCase("runTest").runTest()
