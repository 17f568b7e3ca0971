"""Takeovers at any moment of a turn: before or after any call of the store, any post to a socket, any word."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firstline.adapters.faulty_table import Call, FaultyTable
from firstline.domain.conversation import Channel
from firstline.domain.errors import ConversationTakenOverError
from firstline.domain.identity import Principal, Role
from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.local.streamed_answers import StreamedAnswers
from tests.component.world import RecordedSockets, World

QUESTION = "How do I reset a forgotten password?"
WORDS = "You can reset a forgotten password yourself. Open the sign-in page and choose Forgot password [1]."
ANNA = Principal("anna", Role.AGENT, name="Anna")


@dataclass
class Moments:
    """Counts what happens in a turn, and takes the conversation over at one moment of it."""

    chosen: int = 0
    passed: int = 0
    take_over: Any = None

    def pass_by(self) -> None:
        self.passed += 1
        if self.passed == self.chosen:
            # What the takeover itself does is no moment of the turn.
            before = self.passed
            self.take_over()
            self.passed = before


@dataclass
class WatchedSockets(RecordedSockets):
    """Sockets before and after each of whose posts something may happen."""

    moments: Moments = field(default_factory=Moments)

    def __post_init__(self) -> None:
        super().__init__()

    def post(self, connection_id: str, frame: str) -> None:
        self.moments.pass_by()
        super().post(connection_id, frame)
        self.moments.pass_by()


@dataclass
class SlowModel:
    """Says one word after the other, a tenth of a second apart."""

    moments: Moments
    world: World | None = None

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        assert self.world is not None
        for word in WORDS.split(" "):
            self.moments.pass_by()
            self.world.clock.forward(0.1)
            yield TextDelta(f"{word} ")
        yield ModelFinished("m", 1, 1, "end_turn", 0.0)


@dataclass
class Tally:
    """What the takeovers met."""

    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


def take_over_at_random_moments(folder: Path, *, n: int, seed: int) -> Tally:
    """Have ``n`` turns taken over, each at a random moment, and judge the log and what two clients show.

    ``outcomes`` counts takeovers after which the turn stopped (``stopped``), had shown something (``mid_stream``),
    was answered first (``answered_before``), and deltas that arrived after the takeover (``late_delta``).
    """
    moments = Moments()
    model = SlowModel(moments)
    world = _watched_world(folder, moments, model)
    rng, tally = random.Random(seed), Tally()
    n_moments = _run_one(world, moments, chosen=0, number=0, tally=Tally())
    for number in range(1, n + 1):
        _run_one(world, moments, chosen=rng.randint(1, n_moments), number=number, tally=tally)
    return tally


def _watched_world(folder: Path, moments: Moments, model: SlowModel) -> World:
    def passed(_: Call) -> bool:
        moments.pass_by()
        return False

    plain = World(folder)
    table = FaultyTable(plain.ports.table, rng=random.Random(0), fail_before=passed, fail_after=passed)
    world = World(folder, table=table, model=model, max_anonymous_session_cost_usd=1_000.0)
    world.clock.moment = plain.clock.moment
    watched = WatchedSockets(moments=moments)
    world.sockets.post = watched.post  # type: ignore[method-assign]
    world.sockets.frames = watched.frames
    model.world = world
    return world


def _run_one(world: World, moments: Moments, *, chosen: int, number: int, tally: Tally) -> int:
    container = world.container
    session = container.open_session.open(channel=Channel.CHAT).session
    conversation = session.conversation_id
    sockets = [f"n{number}-{which}" for which in ("a", "b")]
    for connection_id in sockets:
        token = container.open_session.socket_token(session)
        container.connect_socket.connect(connection_id, session.session_id, token)
    accepted = world.say(conversation, QUESTION)
    moments.chosen, moments.passed = chosen, 0
    moments.take_over = lambda: container.people.own_conversation.take(conversation, ANNA)
    try:
        world.run(conversation, accepted)
    except ConversationTakenOverError:
        tally.outcomes["stopped"] += 1
    n_moments, moments.chosen = moments.passed, 0
    if n_moments < chosen:
        # Turns differ by a few moments; the takeover then follows the turn.
        moments.take_over()
    if chosen:
        _judge(world, conversation, sockets, f"takeover {number} at moment {chosen} of {n_moments}", tally)
    return n_moments


def _judge(world: World, conversation: str, sockets: list[str], where: str, tally: Tally) -> None:
    events = world.container.conversations.events(conversation)
    (taken,) = [event.seq for event in events if event.detail.get("action") == "taken"]
    if any(event.author.value == "bot" and event.seq > taken for event in events):
        tally.violations.append(f"{where}: the bot spoke after the takeover")
    tally.outcomes["answered_before"] += any(event.author.value == "bot" and 2 < event.seq < taken for event in events)
    for connection_id in sockets:
        shown, after_takeover, frames = _as_shown(world.sockets.frames[connection_id])
        if shown:
            tally.violations.append(f"{where}: {connection_id} still shows what was never said")
        if after_takeover:
            tally.violations.append(f"{where}: {connection_id} shows a delta that came after the takeover")
        kinds = [frame["type"] for frame in frames]
        tally.outcomes["late_delta"] += "delta" in kinds[kinds.index("agent") :]
    tally.outcomes["mid_stream"] += "delta" in kinds[: kinds.index("agent")] and "reply" not in kinds


def _as_shown(frames: list[dict[str, Any]]) -> tuple[str, bool, list[dict[str, Any]]]:
    """What a client shows of unfinished answers in the end, and whether any of it came after the takeover."""
    client, shown, taken, after = StreamedAnswers(), "", False, False
    client.take({"type": "connected", "version": 1})
    for frame in frames:
        if frame["type"] == "reply":
            client.settle(frame["turn_id"])
            shown = ""
        if frame["type"] not in {"delta", "superseded", "agent"}:
            continue
        for out in client.take(frame):
            shown = shown + out["text"] if out["type"] == "delta" else ""
            after |= taken and out["type"] == "delta"
        taken |= frame["type"] == "agent"
    return shown, after, frames
