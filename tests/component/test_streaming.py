"""Answers while they are being written: who sees what, at what cost, and when they stop."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.faulty_table import FaultyTable
from firstline.domain.conversation import Channel
from firstline.domain.errors import (
    ConversationTakenOverError,
    LanguageModelUnavailableError,
    StaleAttemptError,
    StoreUnavailableError,
    TurnAlreadyFinishedError,
    TurnSupersededError,
)
from firstline.local.streamed_answers import StreamedAnswers
from firstline.repositories import keys
from firstline.services.accept_message import turn_document
from tests.component.scripted_model import ScriptedModel, Step
from tests.component.unchecked import Unchecked
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"


class Chat:
    """One conversation whose answer a script writes."""

    def __init__(self, folder: Path, *, sockets: int = 1) -> None:
        self.model = ScriptedModel()
        self.world = World(folder, model=self.model, checks=Unchecked())
        self.container = self.world.container
        self.session = self.container.open_session.open(channel=Channel.CHAT).session
        self.id = self.session.conversation_id
        for number in range(sockets):
            self.connect(f"s{number}")

    def connect(self, connection_id: str) -> None:
        token = self.container.open_session.socket_token(self.session)
        self.container.connect_socket.connect(connection_id, self.session.session_id, token)

    def resume(self, connection_id: str, after_seq: int = 0) -> None:
        self.container.client_actions.resume.resume(connection_id, self.id, after_seq)

    def ready(self, *script: Step) -> dict[str, Any]:
        """Ask, and return the document of a turn that is about to write by this script."""
        self.model.scripts.append(script)
        return self.world.run(self.id, self.world.say(self.id, QUESTION), until="RetrieveKnowledge")

    def answer(self, *script: Step) -> dict[str, Any]:
        return self.world.node("GenerateResponse", self.ready(*script))

    def after(self, seconds: float) -> Callable[[], None]:
        return lambda: self.world.clock.forward(seconds)

    def frames(self, connection_id: str, *kinds: str) -> list[dict[str, Any]]:
        return [frame for frame in self.world.sockets.frames.get(connection_id, []) if frame["type"] in kinds]

    def shown(self, connection_id: str) -> str:
        """What a client shows that takes every frame of this socket."""
        answers, text = StreamedAnswers(), ""
        for frame in self.frames(connection_id, "delta", "superseded", "agent", "resumed"):
            for shown in answers.take(frame):
                text = text + shown["text"] if shown["type"] == "delta" else ""
        return text

    def take_over(self) -> None:
        """Change owner and version as a takeover does."""
        pk = keys.conversation(self.id)
        self.world.ports.table.update(pk, keys.META, set={"owner": "anna"}, add={"version": 1})


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return Chat(tmp_path)


def test_an_answer_of_ten_seconds_costs_one_post_per_80_ms_and_socket(chat: Chat) -> None:
    words = [f"word{number} " for number in range(500)]
    chat.answer(*[step for word in words for step in (word, chat.after(0.02))])
    deltas = chat.frames("s0", "delta")
    assert len(deltas) == 10_000 // 80 + 1
    assert chat.shown("s0") == "".join(words)


def test_an_answer_of_ten_seconds_costs_eighteen_writes_of_its_draft(tmp_path: Path) -> None:
    chat = Chat(tmp_path)
    written: list[str] = []
    put = chat.world.ports.table.put

    def counted(item: dict[str, Any], *, if_absent: bool = False) -> None:
        written.append(item["sk"])
        put(item, if_absent=if_absent)

    chat.world.ports.table.put = counted  # type: ignore[method-assign]
    chat.answer(*[step for _ in range(500) for step in ("w ", chat.after(0.02))])
    assert len([sk for sk in written if sk.startswith("DRAFT#")]) == 18


def test_long_text_is_kept_at_every_kilobyte(chat: Chat) -> None:
    stored: list[int] = []

    def look() -> None:
        chat.world.clock.forward(0.1)
        chat.connect("late")
        chat.resume("late")
        stored.append(len(chat.frames("late", "delta")[-1]["text"]))

    chat.answer("a" * 10, chat.after(0.1), "b" * 500, look, "c" * 600, look, "d")
    assert stored == [10, 1110]


def test_nobody_there_means_no_post_and_no_draft(tmp_path: Path) -> None:
    chat = Chat(tmp_path, sockets=0)
    document = chat.answer("All ", chat.after(0.2), "for ", chat.after(0.6), "the log")
    assert document["reply"]["text"] == "All for the log"
    assert chat.world.sockets.frames == {}
    page = chat.world.ports.table.query(keys.conversation(chat.id), sk_prefix="DRAFT#", consistent=True)
    assert page.items == []


def test_who_resumes_in_the_middle_sees_the_draft_so_far_and_then_the_rest(chat: Chat) -> None:
    def resume() -> None:
        chat.connect("phone")
        chat.resume("phone")

    chat.answer("Open ", chat.after(0.6), "the sign-in page, ", resume, chat.after(0.1), "then choose Forgot password.")
    kinds = [frame["type"] for frame in chat.world.sockets.frames["phone"]]
    assert kinds == ["event", "event", "delta", "resumed", "delta", "reply"]
    first, rest = chat.frames("phone", "delta")
    assert first["text"] == "Open the sign-in page, "
    assert rest["text"] == "Open the sign-in page, then choose Forgot password."
    assert chat.shown("phone") == chat.shown("s0") == rest["text"]


def test_what_the_draft_does_not_hold_yet_comes_with_the_next_delta(chat: Chat) -> None:
    texts = ["One ", "two ", "three ", "four"]

    def resume() -> None:
        chat.connect("phone")
        chat.resume("phone")
        assert [frame["text"] for frame in chat.frames("phone", "delta")] == ["One "]

    chat.answer(texts[0], chat.after(0.1), texts[1], chat.after(0.1), texts[2], resume, chat.after(0.1), texts[3])
    assert chat.shown("phone") == "".join(texts)


def test_a_socket_that_takes_nothing_while_it_connects_gets_everything_afterwards(chat: Chat) -> None:
    def connect_slowly() -> None:
        chat.connect("phone")
        chat.world.sockets.dead.add("phone")

    chat.answer(
        "One ", connect_slowly, chat.after(0.1), "two ", chat.world.sockets.dead.clear, chat.after(0.1), "three"
    )
    (only,) = chat.frames("phone", "delta")
    assert (only["index"], only["next"], only["text"]) == (0, 3, "One two three")


def test_a_takeover_stops_the_next_batch_and_withdraws_the_ones_before(chat: Chat) -> None:
    document = chat.ready("Half ", chat.after(0.1), chat.take_over, "an answer ", chat.after(0.1), "leaks")
    with pytest.raises(ConversationTakenOverError):
        chat.world.node("GenerateResponse", document)
    assert [frame["text"] for frame in chat.frames("s0", "delta")] == ["Half "]
    assert chat.frames("s0", "superseded") == [
        {"type": "superseded", "turn_id": document["turn_id"], "attempt": 1, "before_index": 2**31 - 1}
    ]
    assert chat.shown("s0") == ""
    chat.resume("s0", 2)
    assert len(chat.frames("s0", "delta")) == 1
    assert chat.container.turns.get(chat.id, document["turn_id"]).finished


def test_a_newer_message_stops_the_answer_to_the_older_and_its_draft_is_not_shown_again(chat: Chat) -> None:
    document = chat.ready("Half ", chat.after(0.1), lambda: chat.world.say(chat.id, "And by mail?"), "an answer")
    with pytest.raises(TurnSupersededError):
        chat.world.node("GenerateResponse", document)
    assert [frame["text"] for frame in chat.frames("s0", "delta")] == ["Half "]
    chat.connect("phone")
    chat.resume("phone")
    assert chat.frames("phone", "delta") == []


def test_a_draft_of_an_owner_before_is_not_shown(chat: Chat) -> None:
    def change_hands_twice() -> None:
        chat.take_over()
        chat.world.ports.table.update(keys.conversation(chat.id), keys.META, set={"owner": "bot"}, add={"version": 1})
        chat.connect("phone")
        chat.resume("phone")

    document = chat.ready("Half ", chat.after(0.1), change_hands_twice, "an answer")
    with pytest.raises(ConversationTakenOverError):
        chat.world.node("GenerateResponse", document)
    assert chat.frames("phone", "delta") == []


def test_a_stale_attempt_withdraws_its_own_pieces_and_leaves_those_of_the_next(chat: Chat) -> None:
    def overtaken() -> None:
        chat.world.clock.forward(200)
        for name in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse"):
            other[0] = chat.world.node(name, other[0], "second")

    document = chat.ready("Dead ", overtaken, "words")
    chat.model.scripts.append(["Living words", chat.after(0.1), "."])
    other = [turn_document(chat.container.turns.get(chat.id, document["turn_id"]))]
    with pytest.raises(StaleAttemptError):
        chat.world.node("GenerateResponse", document)
    assert chat.shown("s0") == "Living words."


def test_a_model_that_fails_in_the_middle_is_withdrawn_and_the_articles_answer(chat: Chat) -> None:
    def fail() -> None:
        raise LanguageModelUnavailableError("overloaded")

    def resume() -> None:
        chat.connect("phone")
        chat.resume("phone")

    document = chat.answer("I think that ", chat.after(0.7), "maybe", fail)
    assert "The link in the mail" in document["reply"]["text"]
    resume()
    assert chat.shown("s0") == document["reply"]["text"]


def test_a_resume_after_a_withdrawal_shows_nothing_of_what_was_withdrawn(chat: Chat) -> None:
    def fail() -> None:
        raise LanguageModelUnavailableError("overloaded")

    document = chat.ready("I think that ", chat.after(0.7), "maybe", fail)
    post = chat.world.sockets.post
    seen: list[str] = []

    def resume_when_withdrawn(connection_id: str, frame: str) -> None:
        post(connection_id, frame)
        if '"superseded"' in frame:
            chat.connect("phone")
            chat.resume("phone")
            seen.extend(frame["type"] for frame in chat.world.sockets.frames["phone"])

    chat.world.sockets.post = resume_when_withdrawn  # type: ignore[method-assign]
    document = chat.world.node("GenerateResponse", document)
    assert seen == ["event", "event", "resumed"]
    assert chat.shown("phone") == document["reply"]["text"]


def test_a_state_that_is_run_again_under_the_same_attempt_mixes_no_two_answers(tmp_path: Path) -> None:
    chat = Chat(tmp_path)

    def store_fails() -> None:
        raise StoreUnavailableError("throttled")

    document = chat.ready("First try, ", chat.after(0.6), "which broke", store_fails)
    chat.model.scripts.append(["Second ", chat.after(0.1), "try", chat.after(0.1), "."])
    with pytest.raises(StoreUnavailableError):
        chat.world.node("GenerateResponse", document)
    chat.world.node("GenerateResponse", document)
    assert chat.shown("s0") == "Second try."


def test_a_run_that_is_thought_dead_adds_nothing_to_the_one_that_took_its_place(chat: Chat) -> None:
    def second_run() -> None:
        chat.world.node("GenerateResponse", document)

    document = chat.ready(
        "Zombie ", chat.after(0.1), "says ", chat.after(0.1), second_run, "more", chat.after(0.1), "!"
    )
    chat.model.scripts.append(["Living ", chat.after(0.1), "answer", chat.after(0.1)])
    with pytest.raises(TurnAlreadyFinishedError):
        chat.world.node("GenerateResponse", document)
    assert chat.shown("s0") == "Living answer"
    assert [frame["text"] for frame in chat.frames("s0", "reply")] == ["Living answer"]
    assert "more" not in [frame["text"] for frame in chat.frames("s0", "delta")]


def test_a_dead_store_in_the_middle_leaves_no_half_answer_behind(tmp_path: Path) -> None:
    chat = Chat(tmp_path)
    document = chat.ready("One ", chat.after(0.6), "two ", chat.after(0.6), "three")
    n_puts = 0

    def third_draft(call: Any) -> bool:
        nonlocal n_puts
        n_puts += any(sk.startswith("DRAFT#") for _, sk in call.keys) and call.method == "put"
        return n_puts == 3

    faulty = FaultyTable(chat.world.ports.table, rng=random.Random(1), fail_before=third_draft)
    chat.container.reply_drafts._table = faulty
    with pytest.raises(StoreUnavailableError):
        chat.world.node("GenerateResponse", document)
    chat.container.reply_drafts._table = chat.world.ports.table
    chat.model.scripts.append(["Whole answer"])
    chat.world.node("GenerateResponse", document)
    assert chat.shown("s0") == "Whole answer"


def test_ending_in_mid_stream_withdraws_what_was_shown_and_nothing_is_said_after_it(chat: Chat) -> None:
    def end() -> None:
        chat.container.client_actions.end_conversation.end(chat.id)

    document = chat.ready("Half ", chat.after(0.1), end, "an answer ", chat.after(0.1), "leaks")
    with pytest.raises(StaleAttemptError):
        chat.world.node("GenerateResponse", document)
    kinds = [frame["type"] for frame in chat.frames("s0", "delta", "superseded", "event", "reply")]
    assert kinds[:3] == ["delta", "superseded", "event"]
    assert set(kinds[3:]) <= {"superseded"}
    assert chat.shown("s0") == ""
    assert [event.author.value for event in chat.container.conversations.events(chat.id)] == [
        "bot",
        "customer",
        "system",
    ]
    chat.world.clock.forward(1000)
    assert chat.container.sweep_turns.sweep().restarted == 0
