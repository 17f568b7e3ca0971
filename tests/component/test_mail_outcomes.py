"""Mail of unknown fate, processes that are killed, bounces and complaints: what is sent again, and what never is."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.faulty_table import FaultyTable, never, nth_call
from firstline.adapters.local.table import SQLiteTable
from firstline.domain.conversation import ConversationStatus
from firstline.domain.customer_mails import MailState, Unsent
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.domain.ticket import TicketQueue
from firstline.repositories.customer_mails import LEASE, CustomerMailRepository
from firstline.services.mail_outcomes import OutcomeTaken
from firstline.services.send_mails import MailReport
from tests.component.mail_out import SETTINGS, arrive, ask, deliver, mails, reply_to, say_again
from tests.component.world import HandClock, World

ADDRESS = "ada@home.example"
RESEND_S = 15 * 60


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, **SETTINGS, notify_email="team@shop.example")


def in_line(world: World) -> CustomerMailRepository:
    return CustomerMailRepository(world.ports.table, retention_days=90)


def take(world: World, event: dict[str, Any]) -> OutcomeTaken:
    return world.container.outgoing_mail.outcomes.take(event)


def event_of(kind: str, ses_id: str = "0100", *, tags: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Return an event as SES publishes it."""
    return {
        "eventType": kind,
        "mail": {
            "messageId": ses_id,
            "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/shop.example",
            "tags": {name: [value] for name, value in (tags or {}).items()},
        },
        **more,
    }


def bounce(address: str = ADDRESS, kind: str = "Permanent", ses_id: str = "0100", **more: Any) -> dict[str, Any]:
    return event_of(
        "Bounce", ses_id, bounce={"bounceType": kind, "bouncedRecipients": [{"emailAddress": address}]}, **more
    )


def sent_by_ses(world: World, ses_id: str = "0100", **fields: Any) -> str:
    """Have a mail answered and sent by SES, under this id."""
    conversation_id = ask(world, **fields)
    world.post.mail_ids.append(f"{ses_id}@eu-west-1.amazonses.com")
    assert deliver(world).delivered == 1
    return conversation_id


def suppressed(world: World, address: str = ADDRESS) -> SuppressedBecause | None:
    found = world.container.outgoing_mail.suppressions.of(address, now=world.clock.now())
    return found.reason if found else None


def test_a_mail_of_unknown_fate_waits_and_is_sent_once_more_under_the_same_id(world: World) -> None:
    conversation_id = ask(world)
    world.post.fails.add("mail_answer")
    assert deliver(world) == MailReport(unknown=1)
    world.post.fails.clear()
    assert deliver(world, after_s=RESEND_S - 1) == MailReport()
    assert in_line(world).of_conversation(conversation_id)[0].state is MailState.UNKNOWN
    assert deliver(world, after_s=1) == MailReport(delivered=1)
    first, second = mails(world)
    assert first["Message-ID"] == second["Message-ID"]
    assert deliver(world, after_s=86_400) == MailReport()


def test_a_mail_whose_fate_stays_unknown_is_never_sent_a_third_time_and_people_are_told(world: World) -> None:
    conversation_id = ask(world)
    world.post.fails.add("mail_answer")
    deliver(world)
    last = deliver(world, after_s=RESEND_S)
    assert (last.unknown, len(last.dead)) == (1, 1)
    world.post.fails.clear()
    assert deliver(world, after_s=7 * 86_400) == MailReport()
    assert len(mails(world)) == 2
    assert in_line(world).of_conversation(conversation_id)[0].unsent is Unsent.OUTCOME_UNKNOWN
    conversation = world.container.conversations.get(conversation_id)
    ticket = world.container.tickets.get(conversation.ticket_id)
    assert (conversation.status, ticket.queue) == (ConversationStatus.WAITING_FOR_PERSON, TicketQueue.PEOPLE)


@pytest.mark.parametrize("kind", ["Send", "Delivery"])
def test_word_from_ses_settles_what_nobody_knew_to_be_sent(world: World, kind: str) -> None:
    conversation_id = ask(world)
    world.post.fails.add("mail_answer")
    deliver(world)
    world.post.fails.clear()
    event = event_of(kind, tags=world.post.tags[0])
    assert [take(world, event), take(world, event)] == [OutcomeTaken.SETTLED, OutcomeTaken.NOTHING]
    assert deliver(world, after_s=RESEND_S) == MailReport()
    assert len(mails(world)) == 1
    threads = world.container.mailing.threads
    ids = ("0100", "0100@eu-west-1.amazonses.com", str(mails(world)[0]["Message-ID"]).strip("<>"))
    assert [threads.conversation_of(one) for one in ids] == [conversation_id] * 3
    since = world.clock.now().replace(hour=0)
    assert threads.automatic_replies(conversation_id, since=since) == 1


def test_a_refusal_is_known_and_tried_again_soon_and_at_last_people_are_told(world: World) -> None:
    conversation_id = ask(world)
    world.post.fails.add("mail")
    assert deliver(world) == MailReport(failed=1)
    for _ in range(12):
        deliver(world, after_s=3600)
    assert in_line(world).of_conversation(conversation_id)[0].unsent is Unsent.FAILED
    assert world.container.conversations.get(conversation_id).ticket_id
    assert mails(world) == []


class KilledError(BaseException):
    """A process that ends on the spot."""


def killed_world(folder: Path, **settings: Any) -> World:
    """Return a world whose table ends the process where the test says so."""
    clock = HandClock()
    table = FaultyTable(SQLiteTable(folder / "firstline.db", clock=clock), rng=random.Random(1), failure=KilledError)
    return World(folder, table=table, **SETTINGS, **settings)


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_of_the_store_a_sweep_sends_the_mail_and_at_most_once_more(
    tmp_path: Path, after: bool
) -> None:
    world = killed_world(tmp_path, mail_replies_per_thread=100)
    table = world.ports.table
    assert isinstance(table, FaultyTable)
    conversation_id = ask(world)
    deliver(world)
    twice: list[str] = []
    for number in range(1, 100):
        say_again(world, conversation_id)
        world.post.mails.clear()
        chosen = nth_call(len(table.calls) + number)
        table.fail_after, table.fail_before = (chosen, never) if after else (never, chosen)
        try:
            deliver(world)
        except KilledError:
            pass
        else:
            break
        finally:
            table.fail_after = table.fail_before = never
        killed = table.calls[-1]
        deliver(world, after_s=LEASE.total_seconds())
        deliver(world, after_s=RESEND_S)
        ids = [message["Message-ID"] for message in mails(world)]
        assert len(set(ids)) == 1
        assert 1 <= len(ids) <= 2
        twice += [killed.method] * (len(ids) == 2)
        assert in_line(world).of_conversation(conversation_id) == []
    assert number > 10
    # Only where the kill came before the note of what was handed over, which is the next call.
    assert twice == ([] if after else ["transact"])


def test_a_permanent_bounce_suppresses_the_address_and_marks_the_ticket_once(world: World) -> None:
    conversation_id = sent_by_ses(world)
    assert take(world, bounce()) is OutcomeTaken.SUPPRESSED
    assert take(world, bounce()) is OutcomeTaken.NOTHING
    assert suppressed(world) is SuppressedBecause.BOUNCED
    conversation = world.container.conversations.get(conversation_id)
    assert conversation.status is ConversationStatus.WAITING_FOR_PERSON
    ticket = world.container.tickets.get(conversation.ticket_id)
    assert ticket.queue is TicketQueue.PEOPLE
    notes = [event.note for event in world.container.tickets.events(ticket.ticket_id)]
    assert notes == ["A mail to the customer did not reach them: bounced."]
    # Nor is anything sent to it in a thread that begins later.
    ask(world, subject="Another")
    world.post.mails.clear()
    assert len(deliver(world).held_back) == 1
    assert mails(world) == []
    page = world.container.outgoing_mail.suppressions.page()
    (kept,) = page.suppressions
    assert (kept.hint, kept.conversation_id) == ("a***@home.example", conversation_id)
    assert ADDRESS not in str(kept)
    assert world.container.outgoing_mail.suppressions.remove(kept.address_id)
    assert suppressed(world) is None
    ask(world, subject="A third")
    assert deliver(world).delivered == 1


def test_bounces_that_may_pass_leave_an_address_alone_for_a_day_from_the_third_in_a_week(world: World) -> None:
    for number in range(2):
        event = bounce(kind="Transient", ses_id=f"a{number}")
        assert [take(world, event), take(world, event)] == [OutcomeTaken.COUNTED] * 2
    world.clock.forward(8 * 86_400)
    for number in range(2):
        assert take(world, bounce(kind="Transient", ses_id=f"b{number}")) is OutcomeTaken.COUNTED
    assert suppressed(world) is None
    assert take(world, bounce(kind="Undetermined", ses_id="b2")) is OutcomeTaken.SUPPRESSED
    assert suppressed(world) is SuppressedBecause.TEMPORARY_BOUNCES
    assert take(world, bounce(ses_id="b3")) is OutcomeTaken.SUPPRESSED
    assert suppressed(world) is SuppressedBecause.BOUNCED
    world.clock.forward(86_400)
    assert suppressed(world) is SuppressedBecause.BOUNCED


def test_a_day_after_bounces_that_may_pass_the_address_is_sent_mail_again(world: World) -> None:
    for number in range(3):
        take(world, bounce(kind="Transient", ses_id=f"a{number}"))
    assert suppressed(world) is SuppressedBecause.TEMPORARY_BOUNCES
    world.clock.forward(86_401)
    assert suppressed(world) is None
    ask(world)
    assert deliver(world).delivered == 1


def test_a_complaint_suppresses_for_good_unless_it_takes_one_back(world: World) -> None:
    sent_by_ses(world)
    who = {"complainedRecipients": [{"emailAddress": f"Ada <{ADDRESS}>"}]}
    assert take(world, event_of("Complaint", complaint={**who, "complaintFeedbackType": "not-spam"})) == "unknown"
    assert suppressed(world) is None
    notification = {**event_of("", complaint=who), "notificationType": "Complaint"}
    assert take(world, notification) is OutcomeTaken.SUPPRESSED
    assert suppressed(world) is SuppressedBecause.COMPLAINED


def test_a_mail_that_ses_rejects_is_told_to_people_and_not_sent_again(world: World) -> None:
    conversation_id = ask(world)
    world.post.fails.add("mail_answer")
    deliver(world)
    world.post.fails.clear()
    event = event_of("Reject", tags=world.post.tags[0], reject={"reason": "Bad content"})
    assert [take(world, event), take(world, event)] == [OutcomeTaken.ENDED] * 2
    assert deliver(world, after_s=RESEND_S) == MailReport()
    ticket_id = world.container.conversations.get(conversation_id).ticket_id
    assert len(world.container.tickets.events(ticket_id)) == 1


def test_a_bounce_that_comes_by_mail_counts_for_mails_of_ours_and_their_recipients_alone(world: World) -> None:
    conversation_id = sent_by_ses(world)
    outcomes = world.container.outgoing_mail.outcomes
    ours = str(mails(world)[0]["Message-ID"]).strip("<>")
    forged = [
        ((ADDRESS,), ("made-up@evil.example",)),
        ((ADDRESS,), ()),
        (("ceo@shop.example",), (ours,)),
        # A mail of the customer's own is none of ours.
        ((ADDRESS,), (world.container.mailing.threads.get(conversation_id).last_received,)),
    ]
    for addresses, ids in forged:
        assert outcomes.bounced(addresses, permanent=True, message_ids=ids) is OutcomeTaken.NOT_OURS
        assert outcomes.complained(addresses, message_ids=ids) is OutcomeTaken.NOT_OURS
    assert suppressed(world) is None
    assert outcomes.bounced((), permanent=False, message_ids=(ours,)) is OutcomeTaken.COUNTED
    assert outcomes.bounced((ADDRESS.upper(),), permanent=True, message_ids=("x@y", ours)) is OutcomeTaken.SUPPRESSED
    assert suppressed(world) is SuppressedBecause.BOUNCED


def test_a_bounce_by_mail_counts_for_whom_our_mail_went_to_though_another_has_written_since(world: World) -> None:
    sent_by_ses(world)
    (ours,) = mails(world)
    arrive(world, reply_to(ours, "And me?", sender="bob@other.example", message_id="b1@other.example"))
    bounced = world.container.outgoing_mail.outcomes.bounced
    ids = (str(ours["Message-ID"]).strip("<>"),)
    assert bounced(("eve@evil.example",), permanent=True, message_ids=ids) is OutcomeTaken.NOT_OURS
    assert bounced((ADDRESS,), permanent=True, message_ids=ids) is OutcomeTaken.SUPPRESSED


def test_a_complaint_by_mail_is_taken_for_whom_the_mail_went_to(world: World) -> None:
    sent_by_ses(world)
    outcomes = world.container.outgoing_mail.outcomes
    assert outcomes.complained((), message_ids=("0100@eu-west-1.amazonses.com",)) is OutcomeTaken.SUPPRESSED
    assert suppressed(world) is SuppressedBecause.COMPLAINED


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"eventType": "Open", "mail": {"messageId": "1"}},
        {"eventType": "Bounce"},
        {"eventType": "Bounce", "mail": "text"},
        {"eventType": None, "mail": {"messageId": 7}},
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "x"},
    ],
)
def test_an_event_that_is_not_understood_changes_nothing(world: World, event: dict[str, Any]) -> None:
    assert take(world, event) is OutcomeTaken.UNKNOWN


@pytest.mark.parametrize(
    "recipients", [None, "x", [7], [{}], [{"emailAddress": "no address"}], [{"emailAddress": None}]]
)
def test_a_bounce_of_nobody_suppresses_nobody(world: World, recipients: object) -> None:
    event = event_of("Bounce", bounce={"bounceType": "Permanent", "bouncedRecipients": recipients})
    assert take(world, event) is OutcomeTaken.NOTHING
    assert world.container.outgoing_mail.suppressions.page().suppressions == []


def test_a_bounce_that_comes_before_the_note_of_the_sending_finds_its_conversation(world: World) -> None:
    conversation_id = ask(world)
    world.post.fails.add("mail_answer")
    deliver(world)
    world.post.fails.clear()
    assert take(world, bounce(tags=world.post.tags[0])) is OutcomeTaken.SUPPRESSED
    assert world.container.conversations.get(conversation_id).ticket_id
    assert deliver(world, after_s=RESEND_S) == MailReport()
    assert len(mails(world)) == 1
