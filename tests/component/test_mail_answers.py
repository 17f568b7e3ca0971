"""What leaves in a thread of mails: answers, people's words, news of tickets; each once, to whom it may go."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from firstline.domain.conversation import Author
from firstline.domain.customer_mails import MailState, Unsent
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.domain.ticket import TicketStatus
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import TicketChanges
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.services.send_mails import MailReport
from tests.component.mail_out import SETTINGS, arrive, ask, deliver, mails, read, reply_to, say_again, words
from tests.component.received import ADA, OURS, mail
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, name="Anna")
COMPANY = TicketParty.person("anna")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, **SETTINGS)


def in_line(world: World) -> CustomerMailRepository:
    return CustomerMailRepository(world.ports.table, retention_days=90)


def with_person(world: World) -> str:
    """Have a customer ask for a person by mail, who takes the conversation; nothing waits to be sent."""
    conversation_id = ask(world, "I want to talk to a human, please.")
    deliver(world)
    world.container.people.own_conversation.take(conversation_id, ANNA)
    world.post.mails.clear()
    return conversation_id


def test_a_mail_is_answered_once_and_in_its_thread(world: World) -> None:
    conversation_id = ask(world, message_id="first@home.example", Cc="boss@home.example")
    assert deliver(world) == MailReport(delivered=1)
    assert deliver(world, after_s=3600) == MailReport()
    (message,) = mails(world)
    assert (message["From"], message["To"], message["Cc"]) == (
        f"Shop <{OURS}>",
        "ada@home.example",
        "boss@home.example",
    )
    assert message["In-Reply-To"] == "<first@home.example>"
    assert "reset a forgotten password" in words(message)
    assert words(message).startswith("Hello Ada Byron,\n")
    (_, sender, recipients) = world.post.mails[0]
    assert (sender, recipients) == (OURS, ("ada@home.example", "boss@home.example"))
    assert world.post.tags[0]["conversation"] == conversation_id
    assert in_line(world).of_conversation(conversation_id) == []
    assert world.container.mailing.threads.automatic_replies(conversation_id, since=world.clock.now()) == 0


def test_a_customers_reply_to_our_mail_joins_the_thread_with_its_new_words_alone(world: World) -> None:
    conversation_id = ask(world)
    world.post.mail_ids.append("0100@email.amazonses.com")
    deliver(world)
    (ours,) = mails(world)
    again = arrive(world, reply_to(ours, "And how do I export timesheets?", sender=ADA, message_id="m2@home.example"))
    assert again.conversation_id == conversation_id
    last = world.container.conversations.events(conversation_id)[-1]
    assert (last.author, last.text) == (Author.CUSTOMER, "And how do I export timesheets?")
    # Both ids of what was sent lead to the thread: ours, and that of SES, with and without its domain.
    threads = world.container.mailing.threads
    ids = (str(ours["Message-ID"]).strip("<>"), "0100@email.amazonses.com", "0100")
    assert [threads.conversation_of(one) for one in ids] == [conversation_id] * 3


def test_a_handover_names_its_ticket_and_no_second_mail_tells_of_it(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_from="bot@shop.example")
    conversation_id = ask(world, "I want to talk to a human, please.")
    assert deliver(world) == MailReport(delivered=1)
    world.container.ticketing.deliver_events.deliver_due()
    assert deliver(world, after_s=60) == MailReport()
    (message,) = mails(world)
    ticket_id = world.container.conversations.get(conversation_id).ticket_id
    assert message["Subject"] == "Re: Password"
    assert ticket_id in words(message)
    assert "simply reply with" not in words(message)


def test_a_persons_answer_leaves_at_once_in_the_same_form_and_once(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_from="bot@shop.example")
    conversation_id = with_person(world)
    world.container.people.answer_as_person.say(conversation_id, ANNA, "a1", "Hello Ada, I have looked.")
    world.container.people.answer_as_person.say(conversation_id, ANNA, "a1", "Hello Ada, I have looked.")
    assert deliver(world) == MailReport(delivered=1)
    world.container.ticketing.deliver_events.deliver_due()
    assert deliver(world, after_s=60) == MailReport()
    (message,) = mails(world)
    assert message["Auto-Submitted"] is None
    assert "automated" not in words(message)
    assert "Anna\nShop" in words(message)
    assert "> I want to talk to a human, please." in words(message)


def test_a_comment_on_the_ticket_and_its_end_are_told_in_the_thread_and_nothing_else(world: World) -> None:
    conversation_id = with_person(world)
    ticket_id = world.container.conversations.get(conversation_id).ticket_id
    manage = world.container.ticketing.manage
    manage.comment(ticket_id, "We have sent you a new link.", by=COMPANY)
    manage.comment(ticket_id, "Careful with this one.", by=COMPANY, internal=True)
    manage.change(ticket_id, TicketChanges(subject="Another"), by=COMPANY)
    manage.change(ticket_id, TicketChanges(status=TicketStatus.RESOLVED), by=COMPANY)
    world.container.ticketing.deliver_events.deliver_due()
    world.container.ticketing.deliver_events.deliver_due()
    assert deliver(world, after_s=1).delivered == len(mails(world))
    told = mails(world)
    assert "We have sent you a new link." in words(told[0])
    assert (told[0]["Auto-Submitted"], told[0]["List-Unsubscribe"]) == (None, None)
    assert [str(message["Auto-Submitted"]) for message in told[1:]] == ["auto-generated"]
    assert "mailto:support+" in str(told[1]["List-Unsubscribe"])
    assert "Careful" not in "".join(words(message) for message in told)


def test_who_wants_no_news_of_tickets_still_gets_answers(world: World) -> None:
    conversation_id = with_person(world)
    ticket_id = world.container.conversations.get(conversation_id).ticket_id
    world.container.ticketing.manage.change(ticket_id, TicketChanges(status=TicketStatus.RESOLVED), by=COMPANY)
    world.container.ticketing.deliver_events.deliver_due()
    deliver(world)
    (news,) = mails(world)
    address = str(news["List-Unsubscribe"]).removeprefix("<mailto:").partition("?")[0]
    arrive(world, mail("", to=address, subject="unsubscribe", message_id="u1@home.example"))
    found = world.container.outgoing_mail.suppressions.of("ada@home.example", now=world.clock.now())
    assert found is not None
    assert found.reason is SuppressedBecause.UNSUBSCRIBED
    world.post.mails.clear()
    world.container.ticketing.manage.change(ticket_id, TicketChanges(status=TicketStatus.REOPENED), by=COMPANY)
    world.container.ticketing.manage.change(ticket_id, TicketChanges(status=TicketStatus.RESOLVED), by=COMPANY)
    world.container.ticketing.deliver_events.deliver_due()
    assert len(deliver(world).held_back) == 1
    world.container.people.answer_as_person.say(conversation_id, ANNA, "a1", "Here is your answer.")
    assert deliver(world).delivered == 1


def test_the_wish_of_a_stranger_unsubscribes_nobody(world: World) -> None:
    conversation_id = ask(world)
    outcomes, now = world.container.outgoing_mail.outcomes, world.clock.now()
    for address, where in (("eve@evil.example", conversation_id), ("ada@home.example", "nowhere"), ("", "")):
        assert outcomes.unsubscribed(address, conversation_id=where) == "not_ours"
        assert world.container.outgoing_mail.suppressions.of(address or "x", now=now) is None


def test_a_silent_thread_gets_a_persons_words_alone(world: World) -> None:
    conversation_id = with_person(world)
    threads = world.container.mailing.threads
    thread = threads.get(conversation_id)
    silent = type(thread)(**{**vars(thread), "silent": True})
    world.ports.table.transact([threads.stored(silent, at=world.clock.now())])
    ticket_id = world.container.conversations.get(conversation_id).ticket_id
    world.container.ticketing.manage.change(ticket_id, TicketChanges(status=TicketStatus.RESOLVED), by=COMPANY)
    world.container.ticketing.deliver_events.deliver_due()
    assert deliver(world) == MailReport()
    world.container.people.answer_as_person.say(conversation_id, ANNA, "a1", "A person writes.")
    assert deliver(world).delivered == 1


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("no-reply@home.example", Unsent.NO_REPLY_ADDRESS),
        ("mailer-daemon@home.example", Unsent.NO_REPLY_ADDRESS),
        ("support+abc@shop.example", Unsent.OUR_ADDRESS),
        ("sales@shop.example", Unsent.OUR_ADDRESS),
        ("no address", Unsent.NO_ADDRESS),
    ],
)
def test_nothing_automatic_goes_to_whom_no_answer_helps(world: World, address: str, why: Unsent) -> None:
    conversation_id = ask(world)
    deliver(world)
    world.post.mails.clear()
    threads = world.container.mailing.threads
    thread = threads.get(conversation_id)
    changed = type(thread)(**{**vars(thread), "customer": Mailbox(address)})
    world.ports.table.transact([threads.stored(changed, at=world.clock.now())])
    say_again(world, conversation_id)
    (held,) = deliver(world).held_back
    assert mails(world) == []
    (kept,) = in_line(world).of_conversation(conversation_id)
    assert (kept.mail_id, kept.state, kept.unsent) == (held, MailState.ENDED, why)
    assert deliver(world, after_s=86_400) == MailReport()


def test_in_test_mode_only_the_list_is_sent_mail(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_allow_list="tester@out.example, @home.example")
    ask(world, Cc="boss@other.example, tester@out.example")
    assert deliver(world).delivered == 1
    assert world.post.mails[0][2] == ("ada@home.example", "tester@out.example")
    assert read(world.post.mails[0][0])["Cc"] == "tester@out.example"
    conversation_id = ask(world, sender="Eve <eve@other.example>", subject="Other")
    report = deliver(world)
    assert (report.delivered, len(report.held_back), report.dead) == (0, 1, ())
    assert in_line(world).of_conversation(conversation_id)[0].unsent is Unsent.NOT_ALLOWED
    assert world.container.conversations.get(conversation_id).ticket_id == ""
    series = world.container.counters.totals()
    assert series["mails_unsent_total|kind=reply,outcome=not_allowed"] == 1


def test_a_thread_gets_no_more_automatic_mails_in_a_day_than_it_may(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_replies_per_thread=2)
    conversation_id = ask(world)
    for _ in range(4):
        # As many replies at once as no gate has let through one by one.
        say_again(world, conversation_id)
    sweeps = [threading.Thread(target=world.container.visitors.mail_customer.deliver_due) for _ in range(4)]
    for sweep in sweeps:
        sweep.start()
    for sweep in sweeps:
        sweep.join()
    deliver(world, after_s=200)
    assert len(world.post.mails) == 2
    held = in_line(world).of_conversation(conversation_id)
    assert [one.unsent for one in held] == [Unsent.THREAD_LIMIT] * 3
    assert world.container.conversations.get(conversation_id).ticket_id
    world.clock.forward(86_400)
    say_again(world, conversation_id)
    assert deliver(world).delivered == 1


def test_sweeps_at_the_same_time_send_each_mail_once(world: World) -> None:
    for number in range(6):
        ask(world, subject=f"Subject {number}", sender=f"c{number}@home.example")
    sweeps = [threading.Thread(target=world.container.visitors.mail_customer.deliver_due) for _ in range(4)]
    for sweep in sweeps:
        sweep.start()
    for sweep in sweeps:
        sweep.join()
    assert sorted(recipients[0] for _, _, recipients in world.post.mails) == [f"c{n}@home.example" for n in range(6)]


def test_what_is_forgotten_is_not_sent(world: World) -> None:
    conversation_id = ask(world)
    world.container.visitors.forget_conversation.forget(conversation_id)
    assert deliver(world) == MailReport()
    assert mails(world) == []
