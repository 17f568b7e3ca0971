"""Functions that die at one of their writes, and callers who send again what got no answer: what is in the log then."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from firstline.adapters.faulty_table import Call, FaultyTable
from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
from firstline.domain.conversation import Author, Channel, Event
from firstline.domain.errors import StoreUnavailableError
from firstline.domain.identity import Principal, Role
from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.domain.ports import Table
from firstline.local.streamed_answers import StreamedAnswers
from firstline.nodes import NodeInput, run_node
from firstline.repositories import keys
from tests.component.world import SUPPORT_TURN, World

QUESTION = "How do I reset a forgotten password?"
WORDS = "You can reset a forgotten password yourself. Open the sign-in page and choose Forgot password [1]."
FILE = b"The reset link does not come.\n"
ANNA = Principal("anna", Role.AGENT, name="Anna")
MOST_ROUNDS = 12
MOST_WRITES = 100

Death = Literal["execution lost", "function lost", "refused", "answer lost"]
"""What a death is: of all that runs the turn, of the one function, of a call before the store did it, or after."""


class KilledError(BaseException):
    """Stands for the end of the process."""


class FunctionExitedError(Exception):
    """What the state machine is told of a function that died."""


@dataclass
class Killer:
    """Ends whatever makes the chosen write, counted from 1, and again as many writes later, ``n_kills`` times."""

    death: Death
    chosen: int = 0
    n_kills: int = 0
    passed: int = 0
    n_killed: int = 0

    def arm(self, chosen: int, n_kills: int) -> None:
        self.chosen, self.n_kills, self.passed, self.n_killed = chosen, n_kills, 0, 0

    def before(self, call: Call) -> bool:
        self.passed += bool(call.write_number)
        return self.death == "refused" and self._strikes(call)

    def after(self, call: Call) -> bool:
        return self.death != "refused" and self._strikes(call)

    def failure(self) -> BaseException:
        return KilledError() if self.death in ("execution lost", "function lost") else StoreUnavailableError("injected")

    def _strikes(self, call: Call) -> bool:
        strikes = bool(call.write_number) and self.passed == self.chosen and self.n_killed < self.n_kills
        if strikes:
            self.passed = 0
            self.n_killed += 1
        return strikes


class SlowModel:
    """Says one word after the other, a fifth of a second apart, so that drafts are kept on the way."""

    world: World

    def stream(self, _: ModelRequest) -> Iterator[ModelEvent]:
        for word in WORDS.split(" "):
            self.world.clock.forward(0.2)
            yield TextDelta(f"{word} ")
        yield ModelFinished("m", 1, 1, "end_turn", 0.0)


class Mortal:
    """A world whose functions die, run by the state machine that is deployed."""

    def __init__(self, folder: Path, death: Death, table: Table | None = None) -> None:
        self.killer = Killer(death)
        plain = World(folder, table=table)
        faulty = FaultyTable(
            plain.ports.table,
            rng=random.Random(0),
            fail_before=self.killer.before,
            fail_after=self.killer.after,
            failure=self.killer.failure,
        )
        model = SlowModel()
        self.world = model.world = World(folder, table=faulty, model=model, notify_email="team@shop.example")
        self.container = self.world.container
        self._n_opened = 0
        self._engine = LocalWorkflowEngine(
            SUPPORT_TURN, ids=self.world.ports.ids, max_workers=1, uniform=lambda *_: 0.0
        )
        self._engine.register("workflow", self._function)
        self._is_lost = False

    def open(self) -> str:
        self._n_opened += 1
        session = self.container.open_session.open(channel=Channel.CHAT).session
        token = self.container.open_session.socket_token(session)
        self.container.connect_socket.connect(f"c{self._n_opened}", session.session_id, token)
        return session.conversation_id

    def live(self, steps: list[Callable[[], object]]) -> None:
        """Take the steps, each as often as it gets no answer, and sweep until nothing is left to do."""
        for step in steps:
            while not self._answers(step):
                pass
        for _ in range(MOST_ROUNDS):
            self.run_executions()
            self.world.clock.forward(130)
            if self._answers(self.container.sweep_turns.sweep) and not self.world.engine.started:
                return
        raise AssertionError(f"not settled: {self.killer}")

    def on_screen(self) -> dict[str, str]:
        """What the latest client still shows of answers that are not in its log, by turn."""
        answers, shown = StreamedAnswers(), dict[str, str]()
        for frame in self.world.sockets.frames.get(f"c{self._n_opened}", []):
            if frame["type"] in {"event", "reply"} and frame["turn_id"]:
                answers.settle(frame["turn_id"])
                shown.pop(frame["turn_id"], None)
            news = answers.take(frame) if frame["type"] in {"delta", "superseded", "agent", "event"} else []
            for piece in news:
                before = shown.pop(piece["turn_id"], "")
                if piece["type"] == "delta":
                    shown[piece["turn_id"]] = before + piece["text"]
        return shown

    def close(self) -> None:
        assert self._engine.close(10)

    def _answers(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except (KilledError, StoreUnavailableError):
            return False
        return True

    def run_executions(self) -> None:
        while self.world.engine.started:
            name, document = self.world.engine.started.pop(0)
            self._is_lost = False
            self._engine.start(name, document)
            assert self._engine.wait_idle(20)

    def _function(self, event: dict[str, Any], _: object) -> dict[str, Any]:
        if self._is_lost:
            raise FunctionExitedError
        try:
            return run_node(NodeInput.model_validate(event), self.container).model_dump(mode="json")
        except KilledError as killed:
            self._is_lost = self.killer.death == "execution lost"
            raise FunctionExitedError from killed


@dataclass(frozen=True)
class Story:
    """What callers want done in a new conversation, and what its log must say afterwards, by author."""

    steps: Callable[[Mortal, str], list[Callable[[], object]]]
    log: tuple[str, ...]
    or_after_a_death: tuple[str, ...] = ()
    """Another log that is as right, where a death has changed what was answered when."""


def post(mortal: Mortal, conversation: str, text: str, *, message_id: str = "m1", **more: Any) -> Callable[[], object]:
    def accept_and_start() -> None:
        accept = mortal.container.accept_message
        accepted = accept.accept(conversation, message_id, text, channel=Channel.CHAT, correlation_id="test", **more)
        accept.start(conversation, accepted)

    return accept_and_start


def _taken_and_handed_back(mortal: Mortal, conversation: str) -> list[Callable[[], object]]:
    own = mortal.container.people.own_conversation
    return [
        post(mortal, conversation, QUESTION),
        lambda: own.take(conversation, ANNA),
        lambda: own.hand_back(conversation, ANNA),
    ]


def _answered_by_a_person(mortal: Mortal, conversation: str) -> list[Callable[[], object]]:
    say = mortal.container.people.answer_as_person.say
    first, take, hand_back = _taken_and_handed_back(mortal, conversation)
    return [first, take, lambda: say(conversation, ANNA, "a1", "Hello"), hand_back]


def _with_a_file(mortal: Mortal, conversation: str) -> list[Callable[[], object]]:
    def send() -> None:
        store = mortal.container.attached_files.receive.store
        file = store(conversation, "notes.txt", FILE, of_message="m1 0")
        post(mortal, conversation, QUESTION, attachments=[file.file_id])()

    return [send]


def _written_to_again(mortal: Mortal, conversation: str) -> list[Callable[[], object]]:
    again = post(mortal, conversation, QUESTION, message_id="m2")
    return [post(mortal, conversation, QUESTION), mortal.run_executions, again]


STORIES = {
    "a question": Story(lambda m, c: [post(m, c, QUESTION)], ("bot", "customer", "bot")),
    "a wish for a person": Story(lambda m, c: [post(m, c, "let me talk to a human")], ("bot", "customer", "bot")),
    "a file": Story(_with_a_file, ("bot", "customer", "bot")),
    "a takeover": Story(_taken_and_handed_back, ("bot", "customer", "system", "system", "bot")),
    "a person's answer": Story(_answered_by_a_person, ("bot", "customer", "system", "agent", "system")),
    "a new message after the death": Story(
        _written_to_again, ("bot", "customer", "bot", "customer", "bot"), ("bot", "customer", "customer", "bot")
    ),
}


def walk(mortal: Mortal, story: Story, *, n_kills: int = 1, stride: int = 1) -> int:
    """Live through the story with a death at its first write, at every ``stride``-th further on; judge each time.

    Returns
    -------
    int
        How many writes the story has without deaths, rounded up to the ``stride``.
    """
    for chosen in range(1, MOST_WRITES, stride):
        conversation = mortal.open()
        mortal.killer.arm(chosen, n_kills)
        mortal.live(story.steps(mortal, conversation))
        died, mortal.killer.n_kills = mortal.killer.n_killed, 0
        judge(mortal, conversation, story, f"died {died} times, at every write number {chosen}")
        if not died:
            return chosen - 1
    raise AssertionError("the story does not end")


def judge(mortal: Mortal, conversation: str, story: Story, where: str) -> None:
    """Check that nothing is lost, doubled or left open."""
    container = mortal.container
    events = container.conversations.events(conversation)
    authors = tuple(event.author.value for event in events)
    assert authors in ((story.log, story.or_after_a_death) if mortal.killer.n_killed else (story.log,)), where
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), where
    replies = [event for event in events[1:] if event.author is Author.BOT]
    asked = [event.seq for event in events if event.author is Author.CUSTOMER]
    up_to = [max(seq for seq in asked if seq < reply.seq) for reply in replies]
    assert [event.detail["answers_up_to"] for event in replies] == up_to, where
    assert mortal.on_screen() == {}, where
    stored = container.conversations.get(conversation)
    assert container.turns.get(conversation, stored.last_turn).finished, where
    assert stored.version == 1 + story.log.count("system"), where
    tickets = mortal.world.ports.table.query(keys.conversation(conversation), index="by_conversation").items
    promised = [_ticket_of(event) for event in replies if event.detail["handover"]]
    assert [keys.ticket(ticket) for ticket in promised] == [item["pk"] for item in tickets], where
    mortal.world.post.mails.clear()
    container.people.notify_people.deliver_due()
    told = [mail for mail, _, _ in mortal.world.post.mails if conversation.encode() in mail]
    assert len(told) == len(promised), where


def _ticket_of(reply: Event) -> str:
    return str(reply.detail["handover"]["ticket_id"])
