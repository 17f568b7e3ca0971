"""The tickets of threads that people merge, and what undoing it gives back."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firstline.domain.identity import Principal, Role
from firstline.domain.ticket import TicketPriority, TicketStatus
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket, TicketChanges
from firstline.domain.ticket_events import TicketEventKind
from firstline.repositories import keys
from tests.component.mail_threads import MailThreads
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
PERSON = TicketParty.person("anna")
ADA = "ada@customers.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, ticket_resolution_hours="normal=24, high=8")


class Merged:
    """Two threads with an open ticket each, the first of them merged into the second."""

    def __init__(self, world: World, status: TicketStatus = TicketStatus.OPEN) -> None:
        self.container, self.clock = world.container, world.clock
        self.join = self.container.mail_people.join
        mails = MailThreads(world.container)
        self.source, self.target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
        self.mine, self.other = self._ticket(world, self.source), self._ticket(world, self.target)
        if status is not TicketStatus.OPEN:
            self.change(status=status)
        self.before = self.container.tickets.get(self.mine)
        world.clock.forward(60)
        self.join.merge(self.source, self.target, ANNA)
        assert self.status is TicketStatus.CLOSED
        world.clock.forward(3_600)

    @property
    def status(self) -> TicketStatus:
        return self.container.tickets.get(self.mine).status

    def change(self, **changes: Any) -> None:
        self.container.ticketing.manage.change(self.mine, TicketChanges(**changes), by=PERSON)

    def comment(self, text: str, *, internal: bool) -> None:
        self.container.ticketing.manage.comment(self.mine, text, by=PERSON, internal=internal)

    def undo(self) -> None:
        self.join.unmerge(self.source, ANNA)

    def told(self) -> str:
        return self.container.conversations.events(self.source)[-1].text

    def notes(self, ticket_id: str) -> list[str]:
        return [event.note for event in self.container.tickets.events(ticket_id) if event.internal]

    def _ticket(self, world: World, conversation_id: str) -> str:
        new = NewTicket(subject="A lamp", conversation_id=conversation_id, priority=TicketPriority.NORMAL)
        ticket, operations = world.container.ticketing.manage.creating(new, by=PERSON)
        world.ports.table.transact(operations)
        pk = keys.conversation(conversation_id)
        world.ports.table.update(pk, keys.META, set={"ticket_id": ticket.ticket_id})
        return ticket.ticket_id


@pytest.mark.parametrize(
    "status", [TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.WAITING_FOR_CUSTOMER, TicketStatus.REOPENED]
)
def test_undoing_a_merging_gives_the_ticket_that_it_closed_its_state_and_its_times_back(
    world: World, status: TicketStatus
) -> None:
    if status is TicketStatus.REOPENED:
        merged = Merged(world)
        merged.undo()
        merged.change(status=TicketStatus.CLOSED)
        merged.change(status=TicketStatus.REOPENED)
        merged.before = merged.container.tickets.get(merged.mine)
        merged.join.merge(merged.source, merged.target, ANNA)
        world.clock.forward(3_600)
    else:
        merged = Merged(world, status)
    merged.undo()
    after = merged.container.tickets.get(merged.mine)
    assert merged.before.status is status
    assert after.resolution_due_at is not None
    assert after.model_copy(update={"version": 0, "updated_at": None}) == merged.before.model_copy(
        update={"version": 0, "updated_at": None}
    )
    assert merged.told().endswith(f"Ticket {merged.mine} is {status.value.replace('_', ' ')} again.")
    last = [event for event in merged.container.tickets.events(merged.mine) if event.changes][-1]
    assert (last.kind, last.by, last.changes) == (TicketEventKind.UPDATED, "anna", {"status": status.value})
    assert f"Conversation {merged.source} is no longer merged into {merged.target}." in merged.notes(merged.mine)
    assert any(merged.mine in note and "no longer" in note for note in merged.notes(merged.other))
    assert merged.container.tickets.get(merged.other).status is TicketStatus.OPEN


@pytest.mark.parametrize("ends", [TicketStatus.REOPENED, TicketStatus.CLOSED, TicketStatus.PENDING])
def test_a_ticket_whose_state_somebody_has_changed_since_stays_in_that_state(world: World, ends: TicketStatus) -> None:
    merged = Merged(world)
    merged.change(status=TicketStatus.REOPENED)
    if ends is not TicketStatus.REOPENED:
        merged.change(status=ends)
    merged.undo()
    assert merged.status is ends
    assert merged.told().endswith(f"Ticket {merged.mine} has been changed since and stays {ends.value}.")
    assert "stays as it is" in merged.notes(merged.mine)[-1]


def test_what_else_was_done_to_the_closed_ticket_stays_and_keeps_it_from_nothing(world: World) -> None:
    merged = Merged(world, TicketStatus.WAITING_FOR_CUSTOMER)
    merged.comment("See the other one", internal=True)
    merged.change(tags=("lamp",), priority=TicketPriority.HIGH)
    promised = merged.container.tickets.get(merged.mine).resolution_due_at
    merged.undo()
    after = merged.container.tickets.get(merged.mine)
    assert (after.status, after.tags, after.priority) == (merged.before.status, ("lamp",), TicketPriority.HIGH)
    assert (after.waiting_since, after.resolved_at) == (merged.before.waiting_since, None)
    assert after.resolution_due_at == promised == after.created_at + timedelta(hours=8)


def test_a_ticket_that_was_closed_before_the_merging_is_not_opened_by_undoing_it(world: World) -> None:
    merged = Merged(world)
    merged.undo()
    merged.change(status=TicketStatus.RESOLVED)
    merged.join.merge(merged.source, merged.target, ANNA)
    merged.undo()
    assert merged.status is TicketStatus.RESOLVED


def test_a_merging_that_is_undone_twice_at_once_is_undone_once(world: World) -> None:
    for _ in range(5):
        merged = Merged(world)
        start = threading.Barrier(2)

        def undo(merged: Merged = merged, start: threading.Barrier = start) -> None:
            start.wait()
            merged.undo()

        both = [threading.Thread(target=undo) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        events = merged.container.tickets.events(merged.mine)
        assert [event.changes for event in events if event.kind is TicketEventKind.UPDATED] == [{"status": "open"}]
        assert merged.status is TicketStatus.OPEN


def test_a_ticket_that_is_changed_while_its_merging_is_undone_stays_as_it_was_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged = Merged(world)
    reading = type(merged.container.tickets).read
    waiting = [True]

    def read_and_then_changed(self: Any, ticket_id: str) -> Any:
        seen = reading(self, ticket_id)
        if ticket_id == merged.mine and waiting and waiting.pop():
            merged.change(status=TicketStatus.REOPENED)
        return seen

    monkeypatch.setattr(type(merged.container.tickets), "read", read_and_then_changed)
    merged.undo()
    assert not waiting
    assert merged.status is TicketStatus.REOPENED
    assert merged.container.mail_people.routes.get(merged.source).into == ""


def test_the_ticket_is_given_back_though_the_other_thread_is_gone(world: World) -> None:
    merged = Merged(world)
    world.ports.table.delete(keys.conversation(merged.target), keys.META)
    merged.undo()
    assert merged.status is TicketStatus.OPEN


def test_a_merging_of_the_release_before_this_one_is_undone_without_its_ticket(world: World) -> None:
    merged = Merged(world)
    world.ports.table.update(keys.conversation(merged.source), "MAILROUTE", remove=["closed"])
    merged.undo()
    assert merged.status is TicketStatus.CLOSED
    assert merged.told() == f"No longer merged into conversation {merged.target}."


def test_a_ticket_that_is_gone_keeps_no_merging_from_being_undone(world: World) -> None:
    merged = Merged(world)
    world.ports.table.delete(keys.ticket(merged.mine), keys.META)
    merged.undo()
    assert merged.told().endswith(f"Ticket {merged.mine} is gone.")
