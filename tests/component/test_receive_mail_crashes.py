"""Mail comes in while processes die, stores fail, and several take the same mail at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.faulty_table import Call, FaultyTable
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.local.table import SQLiteTable
from firstline.container import Container, assemble
from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.domain.mail.verdict import Verdict
from firstline.domain.objects import ObjectStat
from firstline.services.receive_mail import Outcome, Received
from tests.component.received import OURS, answered, mail, words
from tests.component.world import HandClock, World

MOST_CHANGES = 40
HEADERS: dict[str, dict[str, str]] = {
    "answered": {},
    "for people": {"Precedence": "bulk"},
    "recorded": {"Auto_Submitted": "auto-replied"},
}


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Killer:
    """Ends the process at one change of anything that is stored, counted from 1: before it, or right after."""

    chosen: int = 0
    after: bool = False
    n_changes: int = 0

    def arm(self, chosen: int, *, after: bool) -> None:
        self.chosen, self.after, self.n_changes = chosen, after, 0

    def before_write(self, call: Call) -> bool:
        self.n_changes += bool(call.write_number)
        return not self.after and bool(call.write_number) and self.n_changes == self.chosen

    def after_write(self, call: Call) -> bool:
        return self.after and bool(call.write_number) and self.n_changes == self.chosen

    def change(self, work: Callable[[], None]) -> None:
        self.n_changes += 1
        if self.n_changes == self.chosen and not self.after:
            raise KilledError
        work()
        if self.n_changes == self.chosen:
            raise KilledError


class KillingStore:
    """Objects of a folder, each of whose changes may be the last thing that a process does."""

    def __init__(self, inner: FolderObjectStore, killer: Killer) -> None:
        self._inner = inner
        self._killer = killer

    def read(self, key: str) -> bytes:
        return self._inner.read(key)

    def stat(self, key: str) -> ObjectStat:
        return self._inner.stat(key)

    def list(self, prefix: str = "") -> Iterator[str]:
        return self._inner.list(prefix)

    def write(self, key: str, content: bytes) -> None:
        self._killer.change(lambda: self._inner.write(key, content))

    def delete(self, key: str) -> None:
        self._killer.change(lambda: self._inner.delete(key))


class KilledIntake:
    """A world, and beside it a container over the same data whose stores end it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder, support_address=OURS)
        self.killer = Killer()
        ports = self.world.ports
        assert isinstance(ports.received_mail, FolderObjectStore)
        self.mails = ports.received_mail
        table = FaultyTable(
            ports.table,
            rng=random.Random(1),
            fail_before=self.killer.before_write,
            fail_after=self.killer.after_write,
            failure=KilledError,
        )
        killed = replace(ports, table=table, received_mail=KillingStore(self.mails, self.killer))
        self.mortal: Container = assemble(self.world.container.settings, killed)

    def killed_at(self, chosen: int, key: str, raw: bytes, *, after: bool) -> bool:
        """Deliver a mail to a process that ends at a change, then again; False where it did not come so far."""
        self.mails.write(key, raw)
        self.killer.arm(chosen, after=after)
        try:
            self.mortal.mailing.receive.receive(key)
        except KilledError:
            self.killer.arm(0, after=False)
            return True
        self.killer.arm(0, after=False)
        return False

    def again(self, key: str) -> Received:
        return self.world.container.mailing.receive.receive(key)


@pytest.fixture
def intake(tmp_path: Path) -> KilledIntake:
    return KilledIntake(tmp_path)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", HEADERS)
def test_wherever_it_is_killed_a_new_mail_is_taken_once(intake: KilledIntake, kind: str, after: bool) -> None:
    world, container = intake.world, intake.world.container
    for chosen in range(1, MOST_CHANGES):
        raw = mail(
            "See the files.",
            sender=f"c{chosen}@home.example",
            message_id=f"m{chosen}@home.example",
            files={"log.txt": b"Error 17", "tool.exe": b"MZ"},
            **HEADERS[kind],
        )
        key = f"incoming/{chosen}.eml"
        if not intake.killed_at(chosen, key, raw, after=after):
            break
        received = intake.again(key)
        assert intake.again(key).mail_id == received.mail_id
        of_this = [key for key in intake.mails.list("kept/") if received.mail_id in key]
        assert [intake.mails.read(key) for key in of_this] == [raw]
        if kind == "recorded":
            continue
        lines = words(world, received.conversation_id)
        assert [line.partition(":")[0] for line in lines] == ["system", "customer"], chosen
        assert [one.seq for one in container.mailing.received.of_conversation(received.conversation_id)] == [2]
        (event,) = container.conversations.events(received.conversation_id, after_seq=1)
        assert len(event.detail["attachments"]) == 1
    assert 3 < chosen < MOST_CHANGES - 1
    assert list(intake.mails.list("incoming/")) == []
    # Each mail has one conversation, and each conversation one answer, also where the turn had not been started.
    n_mails = chosen if kind == "answered" else 0
    world.clock.forward(600)
    container.sweep_turns.sweep()
    answers: dict[str, int] = {}
    for document in {str(started["turn_id"]): started for _, started in world.engine.started}.values():
        world.engine.started = [("e", document)]
        world.run_started()
        conversation_id = str(document["conversation_id"])
        answers[conversation_id] = sum(line.startswith("bot:") for line in words(world, conversation_id))
    assert list(answers.values()) == [1] * n_mails


@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_is_killed_a_reply_is_in_its_thread_once(intake: KilledIntake, after: bool) -> None:
    world = intake.world
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    expected = list(words(world, first.conversation_id))
    for chosen in range(1, MOST_CHANGES):
        world.clock.forward(86_401)
        text = f"Reply number {chosen} of a long row."
        raw = mail(text, message_id=f"r{chosen}@home.example", In_Reply_To="<ours@shop.example>")
        was_killed = intake.killed_at(chosen, f"incoming/{chosen}.eml", raw, after=after)
        intake.again(f"incoming/{chosen}.eml")
        expected.append(f"customer: {text}")
        assert words(world, first.conversation_id) == expected
        thread = world.container.mailing.threads.get(first.conversation_id)
        assert thread.references[-1] == f"r{chosen}@home.example"
        assert len(set(thread.references)) == chosen + 2
        if not was_killed:
            break
    assert 3 < chosen < MOST_CHANGES - 1


def test_several_processes_with_one_mail_take_it_once(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS)
    store = world.ports.received_mail
    assert store is not None
    together = threading.Barrier(4)
    for number in range(5):
        raw = mail(f"Question {number}?", sender=f"c{number}@home.example", message_id=f"m{number}@home.example")
        keys = [f"incoming/{number}-{copy}.eml" for copy in range(2)]
        for key in keys:
            store.write(key, raw)

        def receive(key: str) -> Received | None:
            # Each process has services of its own over the same data.
            mine = assemble(world.container.settings, world.ports)
            together.wait()
            try:
                return mine.mailing.receive.receive(key)
            except (StoreUnavailableError, NotFoundError):
                # Delivered again later; or another process was done with it before this one looked.
                return None

        with ThreadPoolExecutor(4) as pool:
            results = [one for one in pool.map(receive, keys * 2) if one is not None]
        assert len({one.mail_id for one in results}) == 1
        (conversation_id,) = {one.conversation_id for one in results}
        assert len(words(world, conversation_id)) == 1
        assert sum(not one.duplicate for one in results) <= 1
    assert len(list(store.list("kept/"))) == 5
    assert len({str(document["turn_id"]) for _, document in world.engine.started}) == 5


def test_mails_of_one_thread_at_once_are_all_in_its_log(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS)
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    store = world.ports.received_mail
    assert store is not None
    for number in range(6):
        text = f"This is question number {number} of mine."
        raw = mail(text, message_id=f"t{number}@home.example", In_Reply_To="<ours@shop.example>")
        store.write(f"incoming/{number}.eml", raw)
    with ThreadPoolExecutor(6) as pool:
        receive = world.container.mailing.receive.receive
        results = list(pool.map(receive, [f"incoming/{number}.eml" for number in range(6)]))
    assert {one.conversation_id for one in results} == {first.conversation_id}
    lines = [line for line in words(world, first.conversation_id) if line.startswith("customer: This")]
    assert len(set(lines)) == 6
    mails = world.container.mailing.received.of_conversation(first.conversation_id)
    seqs = {event.message_id: event.seq for event in world.container.conversations.events(first.conversation_id)}
    assert {one.seq for one in mails} == {seqs[f"mail-{one.mail_id}"] for one in mails}


def test_the_same_words_sent_twice_at_once_are_answered_once(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS)
    store = world.ports.received_mail
    assert store is not None
    for number in range(4):
        store.write(f"incoming/{number}.eml", mail(message_id=f"p{number}@home.example"))
    with ThreadPoolExecutor(4) as pool:
        receive = world.container.mailing.receive.receive
        results = list(pool.map(receive, [f"incoming/{number}.eml" for number in range(4)]))
    assert sorted(one.verdict for one in results) == [Verdict.ANSWER] + [Verdict.LOOP] * 3
    assert len(world.engine.started) == 1


def test_while_the_store_is_down_a_mail_waits_where_it_came(tmp_path: Path) -> None:
    clock = HandClock()
    table = FaultyTable(SQLiteTable(tmp_path / "t.db", clock=clock), rng=random.Random(1))
    world = World(tmp_path, table=table, support_address=OURS)
    store = world.ports.received_mail
    assert store is not None
    store.write("incoming/1.eml", mail())
    table.fail_before = lambda call: True
    with pytest.raises(StoreUnavailableError):
        world.container.mailing.receive.receive("incoming/1.eml")
    assert list(store.list()) == ["incoming/1.eml"]
    table.fail_before = lambda call: False
    assert world.container.mailing.receive.receive("incoming/1.eml").outcome is Outcome.ANSWERING


def test_a_mail_whose_conversation_is_forgotten_while_it_comes_begins_another_and_leaves_nothing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, support_address=OURS)
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    accept = world.container.accept_message.accept

    def accept_late(conversation_id: str, *args: Any, **kwargs: Any) -> Any:
        world.container.visitors.forget_conversation.forget(first.conversation_id)
        return accept(conversation_id, *args, **kwargs)

    monkeypatch.setattr(world.container.accept_message, "accept", accept_late)
    reply = world.receive(mail("It broke again.", message_id="m2@home.example", In_Reply_To="<ours@shop.example>"))
    assert reply.conversation_id != first.conversation_id
    assert words(world, reply.conversation_id)[-1].endswith("It broke again.")
    store = world.ports.received_mail
    assert store is not None
    assert list(store.list()) == [f"kept/2026-06-01/{reply.conversation_id}/{reply.mail_id}.eml"]
    assert world.ports.table.query(f"CONV#{first.conversation_id}", consistent=True).items == []
