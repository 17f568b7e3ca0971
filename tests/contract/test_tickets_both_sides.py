"""Tickets, their lists, the assistant's answer and the outbox of events, on SQLite and on DynamoDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.ticket import (
    IllegalTransitionError,
    TicketChangedError,
    TicketPriority,
    TicketQueue,
    TicketStatus,
)
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket, TicketChanges, TicketFilter
from firstline.services.notify_people import MAX_ATTEMPTS, NoticeReport
from tests.component.world import World

STAFF = TicketParty.person("anna")
QUESTION = "How do I reset a forgotten password?"


@pytest.fixture
def world(table: Table, tmp_path: Path) -> World:
    world = World(tmp_path, table=table)
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    return world


def test_a_ticket_is_opened_changed_commented_and_listed(world: World) -> None:
    manage = world.container.ticketing.manage
    new = NewTicket(subject="Export fails", queue=TicketQueue.PEOPLE, tags=("csv",), priority=TicketPriority.HIGH)
    ids = []
    for _ in range(5):
        ids.append(manage.create(new, by=STAFF).ticket_id)
        world.clock.forward(1)
    changed = manage.change(ids[0], TicketChanges(status=TicketStatus.RESOLVED, tags=("csv", "bug")), 1, by=STAFF)
    assert (changed.version, manage.get(ids[0], by=STAFF)) == (2, changed)
    with pytest.raises(TicketChangedError):
        manage.change(ids[0], TicketChanges(assignee="ben"), 1, by=STAFF)
    with pytest.raises(IllegalTransitionError):
        manage.change(ids[0], TicketChanges(status=TicketStatus.OPEN), by=STAFF)
    ticket, said = manage.comment(ids[0], "Done.", by=STAFF, request_id="r1")
    assert manage.comment(ids[0], "Done.", by=STAFF, request_id="r1")[1] == said
    assert (ticket.version, said.seq) == (3, 3)
    first = manage.search(TicketFilter(), by=STAFF, limit=3)
    rest = manage.search(TicketFilter(), by=STAFF, limit=3, cursor=first.cursor)
    assert [found.ticket_id for found in [*first.tickets, *rest.tickets]] == list(reversed(ids))
    resolved = manage.search(TicketFilter(status=frozenset({TicketStatus.RESOLVED}), tag="bug"), by=STAFF)
    assert [found.ticket_id for found in resolved.tickets] == [ids[0]]
    assert manage.waiting(TicketQueue.PEOPLE) == 4


def test_two_changes_from_one_version_do_not_both_pass(world: World) -> None:
    manage, table = world.container.ticketing.manage, world.ports.table
    ticket_id = manage.create(NewTicket(subject="Export fails", queue=TicketQueue.PEOPLE), by=STAFF).ticket_id
    _, first = manage.changing(ticket_id, TicketChanges(tags=("a",)), by=STAFF)
    _, second = manage.changing(ticket_id, TicketChanges(tags=("b",)), by=STAFF)
    table.transact(second)
    with pytest.raises(ConditionFailedError):
        table.transact(first)
    assert manage.get(ticket_id, by=STAFF).tags == ("b",)


def test_the_assistant_answers_a_ticket_and_its_customer_alone_sees_it(world: World) -> None:
    manage = world.container.ticketing.manage
    customer = world.container.customers.find_or_create("verified", "c1", new_id="CUST1", now=world.clock.now())
    new = NewTicket(description=QUESTION, customer_id=customer.customer_id)
    made = manage.create(new, by=STAFF, request_id="r1")
    assert manage.create(new, by=STAFF, request_id="r1") == made
    ((name, document),) = world.engine.started
    given = dict(document)
    for node in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse"):
        given = world.node(node, given, name)
    answered = manage.get(made.ticket_id, by=TicketParty.customer("CUST1", "", verified=True))
    assert (answered.status, answered.version) == (TicketStatus.WAITING_FOR_CUSTOMER, 2)
    events, _ = manage.events(made.ticket_id, by=STAFF)
    assert (events[-1].note, events[-1].turn_id) == (given["reply"]["text"], given["turn_id"])
    assert [found.ticket_id for found in manage.of_customer("CUST1")] == [made.ticket_id]
    for other in (TicketParty.customer("CUST2", "x", verified=True), TicketParty.customer("", "", verified=False)):
        with pytest.raises(NotFoundError):
            manage.get(made.ticket_id, by=other)


def test_an_event_is_delivered_given_up_and_revived(world: World) -> None:
    ticketing = world.container.ticketing
    webhook = ticketing.webhooks.create("https://hooks.example/x", ["ticket.*"], by="chief")
    assert ticketing.webhooks.all() == [webhook]
    ticketing.manage.create(NewTicket(subject="Export fails", queue=TicketQueue.PEOPLE), by=STAFF)
    world.post.fails.add("webhook")
    reports = []
    for _ in range(MAX_ATTEMPTS + 1):
        reports.append(ticketing.deliver_events.deliver_due())
        world.clock.forward(3601)
    assert [report.failed for report in reports] == [1] * MAX_ATTEMPTS + [0]
    (letter,) = ticketing.webhooks.dead_letters(limit=10, cursor=None).letters
    assert (letter.entry.out_id,) == reports[MAX_ATTEMPTS - 1].dead
    world.post.fails.clear()
    ticketing.webhooks.replay(letter.entry.out_id)
    with pytest.raises(NotFoundError):
        ticketing.webhooks.replay(letter.entry.out_id)
    assert ticketing.deliver_events.deliver_due() == NoticeReport(delivered=1)
    assert ticketing.webhooks.dead_letters(limit=10, cursor=None).letters == []
    ticketing.webhooks.delete(webhook.webhook_id, by="chief")
    assert ticketing.webhooks.all() == []
