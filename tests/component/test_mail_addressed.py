"""Whom mails of a thread go to: those for whom they were written, whoever writes, refuses or fails meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from firstline.adapters.aws.mailer import SESMailer
from firstline.domain.conversation import Author
from firstline.domain.customer_mails import MailState, Unsent
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.repositories import keys, mail_keys
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.services.read_mail import SentMail, SentState
from firstline.web.mail_models import ThreadEntryResponse, thread_response
from tests.component.mail_out import SETTINGS, answer, arrive, ask, deliver, mails, read, reply_to, words
from tests.component.received import ADA, OURS, mail
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
BOB = "Bob Hill <bob@other.example>"
HUMAN = "I want to talk to a human, please."
PASSED = "mx.shop.example; dmarc=pass header.from=home.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, **SETTINGS, mail_server_id="mx.shop.example")


def in_line(world: World) -> CustomerMailRepository:
    return CustomerMailRepository(world.ports.table, retention_days=30)


def entries(world: World, conversation_id: str) -> list[ThreadEntryResponse]:
    """What people see of what was said to the customer."""
    page = world.container.mail_people.read.thread(conversation_id)
    return [entry for entry in thread_response(page).entries if entry.direction == "out"]


def test_an_answer_goes_to_whom_it_was_written_for_though_another_writes_before_it_is_sent(world: World) -> None:
    conversation_id = ask(world, message_id="a1@home.example", Cc="boss@home.example")
    deliver(world)
    (ours,) = mails(world)
    arrive(world, reply_to(ours, "And how do I export timesheets?", sender=ADA, message_id="a2@home.example"))
    answer(world, conversation_id)
    arrive(world, reply_to(ours, "How do I reset a forgotten password?", sender=BOB, message_id="b1@other.example"))
    assert world.container.mailing.threads.get(conversation_id).customer.address == "bob@other.example"
    assert deliver(world).delivered == 1
    raw, _, recipients = world.post.mails[1]
    assert recipients == ("ada@home.example",)
    assert read(raw)["To"] == "ada@home.example"
    assert read(raw)["In-Reply-To"] == "<a2@home.example>"
    assert str(read(raw)["References"]).split()[-1] == "<a2@home.example>"
    assert "b1@other.example" not in str(read(raw)["References"])
    answer(world, conversation_id)
    assert deliver(world).delivered == 1
    assert (mails(world)[2]["To"], mails(world)[2]["In-Reply-To"]) == ("bob@other.example", "<b1@other.example>")


def test_a_persons_answer_quotes_what_it_answers_without_the_mark_of_the_subject(world: World) -> None:
    conversation_id = ask(world, HUMAN, subject="Refund")
    deliver(world)
    (ours,) = mails(world)
    ticket = world.container.tickets.get(world.container.conversations.get(conversation_id).ticket_id)
    assert ticket.subject == "Refund"
    world.container.people.own_conversation.take(conversation_id, ANNA)
    world.container.people.answer_as_person.say(conversation_id, ANNA, "a1", "I have looked.")
    arrive(world, reply_to(ours, "Me too!", sender=BOB, message_id="b1@other.example"))
    assert deliver(world).delivered == 1
    said = words(mails(world)[1])
    assert mails(world)[1]["To"] == ADA
    assert f"Ada Byron wrote:\n> Refund\n>\n> {HUMAN}" in said
    assert "Me too" not in said
    assert "Subject:" not in said


@pytest.mark.parametrize(
    ("fields", "quoted"),
    [
        ({"Authentication_Results": PASSED}, True),
        ({"Authentication_Results": PASSED, "Cc": "boss@home.example"}, False),
        ({"Authentication_Results": PASSED, "Reply_To": "vic@bank.example"}, False),
        ({"Authentication_Results": "mx.shop.example; dmarc=pass header.from=evil.example"}, False),
        ({"Authentication_Results": "evil.example; dmarc=pass header.from=home.example"}, False),
        ({}, False),
    ],
)
def test_only_who_has_proven_to_write_gets_their_own_words_back(
    world: World, fields: dict[str, str], quoted: bool
) -> None:
    ask(world, sender='"Click www.evil.example now" <ada@home.example>', subject="www.evil.example/login", **fields)
    assert deliver(world).delivered == 1
    raw = world.post.mails[0][0]
    assert ("> How do I reset" in words(read(raw))) == quoted
    if "Cc" not in fields:
        assert (b"evil" in raw) == quoted
    assert "evil" not in words(read(raw))


def refusing_ses(code: str, status: int) -> tuple[SESMailer, list[str]]:
    """Make SES of one answer, and the list of those whose mail it was given."""
    asked = list[str]()

    class Client:
        meta: Any = None

        def send_email(self, **parameters: Any) -> dict[str, Any]:
            asked.append(parameters["Destination"]["ToAddresses"][0])
            answer: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer, "SendEmail")

    return SESMailer(Client()), asked


@pytest.mark.parametrize(
    ("code", "status", "n_tries", "why"),
    [("NotFoundException", 504, 2, Unsent.OUTCOME_UNKNOWN), ("AccessDeniedException", 403, 8, Unsent.FAILED)],
)
def test_whatever_ses_answers_every_mail_has_its_tries_and_ends(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str, status: int, n_tries: int, why: Unsent
) -> None:
    asked_by = [f"c{number}@home.example" for number in range(3)]
    ids = [ask(world, subject=f"P{number}", sender=who) for number, who in enumerate(asked_by)]
    ses, asked = refusing_ses(code, status)
    monkeypatch.setattr(world.post, "send", ses.send)
    for _ in range(n_tries + 2):
        deliver(world, after_s=3_900)
    assert sorted(asked) == sorted(asked_by * n_tries)
    assert [in_line(world).of_conversation(one)[0].unsent for one in ids] == [why] * 3
    assert all(world.container.conversations.get(one).ticket_id for one in ids)


def test_a_mail_that_cannot_be_made_holds_up_no_other_and_ends(world: World) -> None:
    broken = ask(world, subject="One", sender="one@home.example")
    ask(world, subject="Two", sender="two@home.example")
    world.ports.table.update(keys.conversation(broken), mail_keys.THREAD, set={"schema": 99})
    report = deliver(world)
    assert (report.delivered, report.failed) == (1, 1)
    assert world.post.mails[0][2] == ("two@home.example",)
    for number in range(9):
        ask(world, subject=f"P{number}", sender=f"p{number}@home.example")
        assert deliver(world, after_s=3_900).delivered == 1
    (kept,) = in_line(world).of_conversation(broken)
    assert (kept.attempts, kept.unsent) == (8, Unsent.FAILED)


def test_a_customer_whom_no_server_knows_is_sent_no_more_and_people_are_told(world: World) -> None:
    conversation_id = ask(world, Cc="boss@home.example")
    world.post.fails.add("ada@home.example")
    report = deliver(world)
    assert (report.delivered, report.failed, len(report.held_back)) == (0, 0, 1)
    assert world.post.mails == []
    found = world.container.outgoing_mail.suppressions.of("ada@home.example", now=world.clock.now())
    assert found is not None
    assert found.reason is SuppressedBecause.BOUNCED
    (kept,) = in_line(world).of_conversation(conversation_id)
    assert (kept.state, kept.unsent) == (MailState.ENDED, Unsent.SUPPRESSED)
    assert world.container.conversations.get(conversation_id).ticket_id
    (entry,) = entries(world, conversation_id)
    assert (entry.to, entry.cc, entry.sent, entry.unsent) == ([], [], SentState.UNSENT, Unsent.SUPPRESSED)


def test_people_see_whom_each_answer_went_to_and_which_was_never_sent(world: World) -> None:
    conversation_id = ask(world, Cc="boss@home.example")
    (waiting,) = entries(world, conversation_id)
    assert (waiting.to, waiting.cc, waiting.sent) == (["ada@home.example"], ["boss@home.example"], SentState.WAITING)
    deliver(world)
    (ours,) = mails(world)
    arrive(world, reply_to(ours, "How do I export timesheets?", sender=BOB, message_id="b1@other.example"))
    (sent,) = entries(world, conversation_id)
    assert (sent.to, sent.cc, sent.sent) == (["ada@home.example"], ["boss@home.example"], SentState.SENT)
    conversation = world.container.conversations.get(conversation_id)
    last = world.container.conversations.events(conversation_id)[-1]
    event = last.model_copy(update={"seq": conversation.next_seq, "author": Author.BOT})
    assert world.container.conversations.append(conversation, event, changes={}, also=[])
    found = world.container.mail_people.read.thread(conversation_id).entries
    assert [entry.sent for entry in found] == [
        None,
        SentMail(SentState.SENT, ("ada@home.example", "boss@home.example")),
        None,
        SentMail(SentState.UNSENT),
    ]


def test_a_second_copy_of_what_was_handed_over_and_lost_names_the_same_recipients(world: World) -> None:
    conversation_id = ask(world, Cc="boss@home.example")
    world.post.fails.add("mail_answer")
    deliver(world)
    world.post.fails.clear()
    (kept,) = in_line(world).of_conversation(conversation_id)
    assert world.container.outgoing_mail.send.proven_sent(conversation_id, kept.mail_id, ["0100"])
    (entry,) = entries(world, conversation_id)
    assert (entry.to, entry.cc, entry.sent) == (["ada@home.example"], ["boss@home.example"], SentState.SENT)


def test_a_mail_to_nobody_known_answers_in_its_own_subject(world: World) -> None:
    raw = mail(HUMAN, subject="AW: Fragen [#0AD12345]", message_id="f1@home.example")
    answer(world, arrive(world, raw).conversation_id)
    deliver(world)
    assert mails(world)[0]["Subject"] == "Re: Fragen [#0AD12345]"
    assert mails(world)[0]["From"] == f"Shop <{OURS}>"
