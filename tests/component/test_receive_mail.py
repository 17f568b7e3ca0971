"""Mail comes in: each verdict, threads, files, languages, resends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firstline.domain.contact import MailUnavailableError
from firstline.domain.conversation import BOT, Author, Channel, ConversationStatus
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.domain.sites import SiteContent
from firstline.domain.ticket import TicketQueue
from firstline.services.receive_mail import Outcome
from tests.component.received import ADA, OURS, PROVEN, QUESTION, SERVER, answered, mail, words
from tests.component.world import World

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20_000)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        tmp_path,
        support_address=OURS,
        mail_from="Shop <hello@shop.example>",
        notify_email="team@shop.example",
        mail_server_id=SERVER,
    )


def n_conversations(world: World) -> int:
    return len({key.split("/")[2] for key in kept(world)} - {"none"})


def kept(world: World) -> list[str]:
    assert world.ports.received_mail is not None
    return list(world.ports.received_mail.list("kept/"))


def test_a_mail_becomes_a_message_that_is_answered(world: World) -> None:
    received = world.receive(mail())
    assert (received.outcome, received.verdict, received.reason) == (
        Outcome.ANSWERING,
        Verdict.ANSWER,
        GateReason.ORDINARY,
    )
    conversation = world.container.conversations.get(received.conversation_id)
    assert (conversation.channel, conversation.contact.email, conversation.contact.name, conversation.language) == (
        Channel.EMAIL,
        "ada@home.example",
        "Ada Byron",
        "en",
    )
    assert not conversation.verified
    (document,) = world.run_started()
    assert "reset a forgotten password" in document["reply"]["text"]
    assert words(world, received.conversation_id)[0] == f"customer: {QUESTION}"


def test_the_raw_mail_is_kept_with_its_conversation_and_nothing_stays_where_it_came(world: World) -> None:
    raw = mail()
    received = world.receive(raw)
    store = world.ports.received_mail
    assert store is not None
    (key,) = store.list()
    assert key == f"kept/2026-06-01/{received.conversation_id}/{received.mail_id}.eml"
    assert store.read(key) == raw
    (record,) = world.container.mailing.received.of_conversation(received.conversation_id)
    assert (record.object_key, record.seq, record.sender, record.subject) == (key, 1, "ada@home.example", "Password")


def test_the_same_mail_by_another_way_and_the_same_notification_twice_are_received_once(world: World) -> None:
    first = world.receive(mail(), name="one")
    again = world.receive(mail(), name="one")
    other_way = world.receive(b"Received: from relay.example\r\n" + mail(), name="two")
    gone = [world.container.mailing.receive.receive(f"incoming/{name}.eml") for name in ("one", "two")]
    assert [one.duplicate for one in (first, again, other_way, *gone)] == [False, True, True, True, True]
    assert {one.mail_id for one in (first, again, other_way, *gone)} == {first.mail_id}
    assert words(world, first.conversation_id) == [f"customer: {QUESTION}"]
    assert len(world.engine.started) == 1
    assert len(kept(world)) == 1


def test_a_program_that_gives_every_mail_the_same_id_loses_none(world: World) -> None:
    one = world.receive(mail("How do I export timesheets?", sender="a@home.example"))
    other = world.receive(mail("How do I delete my account?", sender="b@home.example"))
    third = world.receive(mail("And where is the sign-in page of the application, please?", sender="b@home.example"))
    assert len({one.mail_id, other.mail_id, third.mail_id}) == 3
    assert not (other.duplicate or third.duplicate)


def test_a_mail_without_a_message_id_is_recognised_by_its_bytes(world: World) -> None:
    raw = mail(message_id="")
    first, again = world.receive(raw), world.receive(raw)
    assert (again.duplicate, again.mail_id) == (True, first.mail_id)
    assert not world.receive(mail("How do I export timesheets?", message_id="")).duplicate


def test_who_presses_send_twice_is_answered_once(world: World) -> None:
    first = world.receive(mail(message_id="m1@home.example"))
    second = world.receive(mail(message_id="m2@home.example"))
    assert (second.verdict, second.reason, second.outcome) == (Verdict.LOOP, GateReason.SAME_BODY, Outcome.RECORDED)
    assert len(world.engine.started) == 1
    mails = world.container.mailing.received.of_conversation(first.conversation_id)
    assert [(one.mail_id, one.seq) for one in mails] == [(first.mail_id, 1), (second.mail_id, 0)]


def test_the_same_words_after_a_day_and_from_somebody_else_are_another_mail(world: World) -> None:
    world.receive(mail())
    assert world.receive(mail(sender="bob@home.example", message_id="m2@home.example")).verdict is Verdict.ANSWER
    world.clock.forward(25 * 3600)
    assert world.receive(mail(message_id="m3@home.example")).verdict is Verdict.ANSWER


def test_an_answer_to_our_mail_goes_on_in_its_thread(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "0100-ses@email.example")
    quoted = "On Mon, 1 Jun 2026 at 10:00, Shop <support@shop.example> wrote:\n> Follow the link.\n"
    reply = world.receive(
        mail(f"It does not come.\n\n{quoted}", message_id="m2@home.example", In_Reply_To="<0100-ses@email.example>")
    )
    assert reply.conversation_id == first.conversation_id
    assert words(world, first.conversation_id)[-1] == "customer: It does not come."
    thread = world.container.mailing.threads.get(first.conversation_id)
    assert thread.references == ("m1@home.example", "0100-ses@email.example", "m2@home.example")
    assert thread.last_received == "m2@home.example"


def test_other_peoples_mail_is_never_joined_to_a_thread(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    same_subject = world.receive(mail("Mine too.", sender="eve@evil.example", message_id="e1@evil.example"))
    same_name = world.receive(
        mail("It is me.", sender="Ada Byron <eve@evil.example>", message_id="e2@evil.example", subject="Re: Password")
    )
    by_id = world.receive(
        mail(
            "Tell me more.", sender="eve@evil.example", message_id="e3@evil.example", In_Reply_To="<ours@shop.example>"
        )
    )
    assert len({one.conversation_id for one in (first, same_subject, same_name, by_id)}) == 4
    assert world.container.mailing.threads.get(by_id.conversation_id).linked == first.conversation_id
    assert words(world, by_id.conversation_id)[0] == (
        f"system: Seems to continue conversation {first.conversation_id}, which its sender has not proven."
    )
    assert words(world, first.conversation_id) == [f"customer: {QUESTION}"]


def test_a_signed_address_lets_a_colleague_into_the_thread(world: World) -> None:
    first = world.receive(mail())
    mailing = world.container.mailing
    ours = mailing.marks.tokens.reply_address(OURS, first.conversation_id)
    reply = world.receive(
        mail("I answer for Ada.", sender="Bob <bob@work.example>", to=ours, message_id="b1@work.example")
    )
    assert reply.conversation_id == first.conversation_id
    thread = mailing.threads.get(first.conversation_id)
    assert thread.participants == {"ada@home.example", "bob@work.example"}
    assert (thread.customer.address, thread.cc) == ("bob@work.example", ("ada@home.example",))
    later = world.receive(
        mail("One more thing.", sender="bob@work.example", message_id="b2@work.example", References="<m1@home.example>",
             Authentication_Results=PROVEN.replace("home", "work"))
    )  # fmt: skip
    assert later.conversation_id == first.conversation_id


def test_a_forged_token_opens_nothing(world: World) -> None:
    first = world.receive(mail())
    token = world.container.mailing.marks.tokens.token(first.conversation_id)
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    other = world.receive(mail("Let me in.", to=f"support+{forged}@shop.example", message_id="e@evil.example"))
    assert other.conversation_id != first.conversation_id


def test_a_sender_whose_domain_disowns_the_mail_gets_into_no_thread_by_known_ids(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    forged = world.receive(
        mail("Send it to my new address.", message_id="f@evil.example", In_Reply_To="<ours@shop.example>",
             Authentication_Results=f"{SERVER}; dmarc=fail header.from=home.example")
    )  # fmt: skip
    assert (forged.verdict, forged.reason) == (Verdict.TICKET_ONLY, GateReason.UNAUTHENTICATED)
    assert forged.conversation_id != first.conversation_id


def test_the_tickets_number_leads_its_customer_alone_to_the_thread(world: World) -> None:
    first = world.receive(mail(X_Auto_Response_Suppress="All"))
    ticket_id = world.container.conversations.get(first.conversation_id).ticket_id
    subject = f"Re: [#{ticket_id.lower()}] Password"
    hers = world.receive(mail("Any news?", subject=subject, message_id="m2@home.example"))
    eves = world.receive(mail("Any news?", subject=subject, sender="eve@evil.example", message_id="e@evil.example"))
    assert hers.conversation_id == first.conversation_id
    assert eves.conversation_id != first.conversation_id


def test_what_must_not_be_answered_becomes_a_ticket_and_nothing_leaves(world: World) -> None:
    received = world.receive(mail("Your invoice is overdue.", sender="no-reply@bank.example"))
    assert (received.outcome, received.reason) == (Outcome.WITH_PEOPLE, GateReason.NO_REPLY_ADDRESS)
    conversation = world.container.conversations.get(received.conversation_id)
    assert (conversation.status, conversation.owner) == (ConversationStatus.WAITING_FOR_PERSON, BOT)
    ticket = world.container.tickets.get(conversation.ticket_id)
    assert (ticket.queue, ticket.email, ticket.channel) == (TicketQueue.PEOPLE, "", "email")
    assert "Your invoice is overdue." in ticket.description
    notes = [event.note for event in world.container.tickets.events(ticket.ticket_id) if event.internal]
    assert f"/mails/{received.mail_id}/raw" in notes[0]
    assert world.container.mailing.threads.get(received.conversation_id).silent
    assert world.engine.started == []
    # The team alone is told.
    world.container.people.notify_people.deliver_due()
    assert {recipients for _, _, recipients in world.post.mails} <= {("team@shop.example",)}


def test_a_mail_whose_reply_to_nobody_reads_is_left_to_people(world: World) -> None:
    received = world.receive(mail(Reply_To="noreply@home.example"))
    assert (received.verdict, received.reason) == (Verdict.TICKET_ONLY, GateReason.NO_REPLY_ADDRESS)


def test_an_answer_goes_where_reply_to_says_and_copies_are_kept_without_us(world: World) -> None:
    received = world.receive(
        mail(
            to=f"{OURS}, carl@home.example",
            Cc="dora@home.example, HELLO@shop.example",
            Reply_To="Ada <ada@work.example>",
        )
    )
    thread = world.container.mailing.threads.get(received.conversation_id)
    assert thread.customer.address == "ada@work.example"
    assert thread.cc == ("carl@home.example", "dora@home.example")


def test_a_mail_to_a_crowd_is_answered_to_its_sender_alone(world: World) -> None:
    crowd = ", ".join(f"p{number}@home.example" for number in range(30))
    received = world.receive(mail(Cc=crowd))
    assert world.container.mailing.threads.get(received.conversation_id).cc == ()


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({"Auto_Submitted": "auto-replied"}, Verdict.AUTO_REPLY),
        ({"X_SES_Spam_Verdict": "FAIL"}, Verdict.SPAM),
        ({"X_SES_Virus_Verdict": "FAIL"}, Verdict.SPAM),
        ({"sender": OURS}, Verdict.LOOP),
        ({"subject": "unsubscribe", "text": "unsubscribe"}, Verdict.IGNORE),
        (
            {
                "sender": "mailer-daemon@home.example",
                "subject": "Undelivered Mail Returned to Sender",
                "text": "550 5.1.1 no such user",
            },
            Verdict.BOUNCE_PERMANENT,
        ),
        (
            {
                "sender": "mailer-daemon@home.example",
                "subject": "Delayed Mail (still being retried)",
                "text": "451 4.4.1 try again later",
            },
            Verdict.BOUNCE_TEMPORARY,
        ),
    ],
)
def test_what_no_person_wrote_is_recorded_by_day_and_nothing_follows(
    world: World, headers: dict[str, str], verdict: Verdict
) -> None:
    received = world.receive(mail(**headers))
    assert (received.verdict, received.outcome, received.conversation_id) == (verdict, Outcome.RECORDED, "")
    (record,), cursor = world.container.mailing.received.of_day(world.clock.now().date(), limit=10)
    assert (record.mail_id, record.verdict, record.reason, cursor) == (
        received.mail_id,
        verdict,
        received.reason,
        None,
    )
    assert world.ports.received_mail is not None
    assert world.ports.received_mail.read(record.object_key) == mail(**headers)
    assert world.engine.started == []


def test_our_own_mail_come_back_is_a_loop_by_its_id_its_signature_or_its_mark(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "sent@shop.example")
    marks = world.container.mailing.marks
    signed = marks.tokens.message_id(first.conversation_id, "part", "shop.example")
    for number, raw in enumerate(
        [
            mail("Back.", message_id="sent@shop.example", sender="x@home.example"),
            mail("Back.", message_id=signed, sender="x@home.example"),
            mail("Back.", message_id="x3@home.example", sender="x@home.example", X_Loop=marks.loop_mark),
        ]
    ):
        assert world.receive(raw).verdict is Verdict.LOOP, number


def test_an_out_of_office_reply_is_kept_in_its_thread_and_not_answered(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    world.engine.started.clear()
    away = world.receive(
        mail(
            "I am away.", message_id="o@home.example", Auto_Submitted="auto-replied", In_Reply_To="<ours@shop.example>"
        )
    )
    assert (away.verdict, away.conversation_id) == (Verdict.AUTO_REPLY, first.conversation_id)
    assert words(world, first.conversation_id) == [f"customer: {QUESTION}"]
    mails = world.container.mailing.received.of_conversation(first.conversation_id)
    assert [one.verdict for one in mails] == [Verdict.ANSWER, Verdict.AUTO_REPLY]
    assert world.engine.started == []


def test_a_thread_has_so_many_automatic_replies_a_day_and_then_people(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS, mail_replies_per_thread=2)
    first = world.receive(mail())
    verdicts = []
    for number in range(3):
        answered(world, first.conversation_id, f"ours{number}@shop.example")
        world.clock.forward(2 * 3600)
        verdicts.append(
            world.receive(
                mail(f"Thanks, but this is question {number} of mine.", message_id=f"r{number}@home.example",
                     In_Reply_To=f"<ours{number}@shop.example>")
            ).reason
        )  # fmt: skip
    assert verdicts == [GateReason.ORDINARY, GateReason.THREAD_LIMIT, GateReason.THREAD_LIMIT]
    conversation = world.container.conversations.get(first.conversation_id)
    assert conversation.ticket_id
    assert len([line for line in words(world, first.conversation_id) if line.startswith("customer")]) == 4
    world.clock.forward(86_400)
    later = mail("A new day, a new question.", message_id="n@home.example", In_Reply_To="<ours2@shop.example>")
    assert world.receive(later).verdict is Verdict.ANSWER


def test_a_burst_in_one_thread_is_limited_before_the_first_answer_is_sent(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS)
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    outcomes = [
        world.receive(
            mail(f"Question number {number} in a row of many.", message_id=f"b{number}@home.example",
                 In_Reply_To="<ours@shop.example>")
        ).verdict
        for number in range(5)
    ]  # fmt: skip
    assert outcomes == [Verdict.ANSWER] * 3 + [Verdict.TICKET_ONLY] * 2


def test_a_sender_is_answered_so_many_times_an_hour(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS, mails_per_sender=2)
    reasons = [
        world.receive(mail(f"Question {number}?", message_id=f"s{number}@home.example", subject=f"S{number}")).reason
        for number in range(3)
    ]
    assert reasons == [GateReason.ORDINARY, GateReason.ORDINARY, GateReason.SENDER_LIMIT]
    world.clock.forward(timedelta(hours=1, minutes=1).total_seconds())
    assert world.receive(mail("Question 4?", message_id="s4@home.example", subject="S4")).reason is GateReason.ORDINARY


def test_files_come_with_the_message_and_a_refused_one_is_named(world: World) -> None:
    files = {"error.txt": b"Error 17 at line 3", "screen.png": PNG, "tool.exe": b"MZ"}
    received = world.receive(mail("See the files.", files=files))
    events = world.container.conversations.events(received.conversation_id)
    assert [file["name"] for file in events[-1].detail["attachments"]] == ["error.txt", "screen.png"]
    assert events[0].author is Author.SYSTEM
    assert "tool.exe" in events[0].text
    (record,) = world.container.mailing.received.of_conversation(received.conversation_id)
    assert len(record.file_ids) == 2
    assert "tool.exe" in " ".join(record.problems)


def test_a_mail_with_files_alone_is_a_message_and_one_with_nothing_readable_a_ticket(world: World) -> None:
    files_alone = world.receive(mail("", subject="", files={"error.txt": b"Error 17"}))
    assert files_alone.outcome is Outcome.ANSWERING
    nothing = world.receive(mail("", subject="", files={"tool.exe": b"MZ"}, message_id="m2@home.example"))
    assert nothing.outcome is Outcome.WITH_PEOPLE
    empty = world.receive(mail("", subject="", message_id="m3@home.example"))
    assert (empty.verdict, empty.reason) == (Verdict.TICKET_ONLY, GateReason.UNREADABLE)
    assert "cannot be read" in words(world, empty.conversation_id)[-1]


@pytest.mark.parametrize(
    "raw", [b"", b"\0\xff\xfe", b"From: x\r\n\r\n\xff\xfe\xfa", b"\n\n\n", b"=?utf-8?b?//8=?=" * 500]
)
def test_bytes_that_are_no_mail_become_a_ticket_for_people(world: World, raw: bytes) -> None:
    received = world.receive(raw)
    assert received.outcome is Outcome.WITH_PEOPLE
    assert world.container.conversations.get(received.conversation_id).ticket_id


def test_a_mail_larger_than_is_read_becomes_a_ticket_with_the_raw_file(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS, max_mail_bytes=65_536)
    raw = mail("Long.", files={"big.txt": b"x" * 80_000})
    received = world.receive(raw)
    assert (received.verdict, received.reason) == (Verdict.TICKET_ONLY, GateReason.TOO_LARGE)
    assert words(world, received.conversation_id) == ["customer: Password"]
    (key,) = kept(world)
    assert world.ports.received_mail is not None
    assert world.ports.received_mail.read(key) == raw


def test_a_long_text_is_cut_with_a_mark_and_a_subject_that_says_more_stands_in_front(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS, max_message_characters=200)
    received = world.receive(mail("word " * 100, subject="Invoice 4711"))
    (line,) = words(world, received.conversation_id)
    text = line.removeprefix("customer: ")
    assert len(text) <= 200
    assert text.startswith("Subject: Invoice 4711\n\nword")
    assert text.endswith("[...]")


def test_a_mail_in_another_language_is_known_for_it(world: World) -> None:
    received = world.receive(mail("Guten Tag, wie kann ich mein Passwort zurücksetzen? Vielen Dank im Voraus."))
    assert world.container.conversations.get(received.conversation_id).language == "de"


def test_a_mail_to_a_persons_conversation_goes_into_its_log_and_starts_no_new_ticket(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    conversations = world.container.conversations
    table, pk = world.ports.table, f"CONV#{first.conversation_id}"
    table.update(pk, "META", set={"owner": "agent-1"})
    world.engine.started.clear()
    reply = world.receive(mail("Are you there?", message_id="m2@home.example", In_Reply_To="<ours@shop.example>"))
    assert words(world, reply.conversation_id)[-1] == "customer: Are you there?"
    listed = world.receive(
        mail("From a list.", message_id="m3@home.example", In_Reply_To="<ours@shop.example>", List_Id="<l.example>")
    )
    assert listed.outcome is Outcome.WITH_PEOPLE
    assert words(world, reply.conversation_id)[-1] == "customer: From a list."
    assert conversations.get(reply.conversation_id).ticket_id == ""


def test_a_mail_to_a_closed_conversation_opens_it_again(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    world.ports.table.update(f"CONV#{first.conversation_id}", "META", set={"status": "closed"})
    world.receive(mail("Still broken.", message_id="m2@home.example", In_Reply_To="<ours@shop.example>"))
    assert world.container.conversations.get(first.conversation_id).status is ConversationStatus.OPEN


def test_a_mail_to_a_forgotten_conversation_begins_a_new_one(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    world.container.visitors.forget_conversation.forget(first.conversation_id)
    assert kept(world) == []
    again = world.receive(mail("Hello again.", message_id="m2@home.example", In_Reply_To="<ours@shop.example>"))
    assert again.conversation_id != first.conversation_id
    assert words(world, again.conversation_id) == ["customer: Subject: Password\n\nHello again."]


@pytest.mark.parametrize(("to", "site"), [("help@other.example", "other"), (OURS, "default")])
def test_the_site_is_the_one_with_pages_at_the_domain_that_was_written_to(tmp_path: Path, to: str, site: str) -> None:
    world = World(tmp_path, support_address=f"{OURS}, help@other.example")
    world.container.sites.create("other", SiteContent(origins=("https://www.other.example",)))
    received = world.receive(mail(to=to))
    assert world.container.mailing.threads.get(received.conversation_id).ours == to
    assert world.container.conversations.get(received.conversation_id).site_id == site


def test_a_missing_object_and_an_installation_without_mail_are_named(tmp_path: Path, world: World) -> None:
    with pytest.raises(NotFoundError):
        world.container.mailing.receive.receive("incoming/never.eml")
    with pytest.raises(MailUnavailableError, match="SUPPORT_ADDRESS"):
        World(tmp_path / "none").receive(mail())


def test_senders_that_differ_only_in_case_are_one(world: World) -> None:
    world.receive(mail(sender=ADA))
    again = world.receive(mail(sender="ADA@HOME.example", message_id="m2@home.example"))
    assert again.reason is GateReason.SAME_BODY


def test_who_sends_under_another_mails_id_takes_nothing_from_its_thread(world: World) -> None:
    first = world.receive(mail())
    world.clock.forward(60)
    world.receive(mail("Something else altogether, and long enough.", sender="eve@evil.example"))
    assert world.container.mailing.threads.conversation_of("m1@home.example") == first.conversation_id
    own = world.receive(
        mail("A word more.", message_id="m2@home.example", In_Reply_To="<m1@home.example>",
             Authentication_Results=PROVEN)
    )  # fmt: skip
    assert own.conversation_id == first.conversation_id


BOUNCE = """Return-Path: <>
From: MAILER-DAEMON@home.example
To: support@shop.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce@home.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; home.example

Final-Recipient: rfc822; ada@home.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: <{message_id}>
Subject: Re: Password

--b--
"""


def test_a_bounce_of_our_mail_is_kept_with_its_thread_and_stops_mail_to_the_address(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    bounce = world.receive(BOUNCE.format(message_id="ours@shop.example"))
    assert (bounce.verdict, bounce.outcome) == (Verdict.BOUNCE_PERMANENT, Outcome.RECORDED)
    assert bounce.conversation_id == first.conversation_id
    suppressions = world.container.outgoing_mail.suppressions
    assert suppressions.of("ada@home.example", now=world.clock.now()) is not None


def test_a_forged_bounce_of_mail_that_we_never_sent_stops_nothing(world: World) -> None:
    world.receive(mail())
    forged = world.receive(BOUNCE.format(message_id="never@shop.example"))
    assert (forged.verdict, forged.conversation_id) == (Verdict.BOUNCE_PERMANENT, "")
    assert world.container.outgoing_mail.suppressions.of("ada@home.example", now=world.clock.now()) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Return-Path: <>", "Return-Path: <eve@evil.example>"),
        (
            "Return-Path: <>",
            "Return-Path: <>\nAuthentication-Results: amazonses.com; dmarc=fail header.from=home.example",
        ),
        ("\nMessage-ID: <ours@shop.example>\nSubject", "\nSubject"),
    ],
    ids=["it has a return path", "its domain disowns it", "it only refers to our mail"],
)
def test_a_bounce_that_nothing_proves_stops_no_mail(world: World, old: str, new: str) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    raw = BOUNCE.format(message_id="ours@shop.example").replace("To:", "References: <ours@shop.example>\nTo:", 1)
    assert old in raw
    assert world.receive(raw.replace(old, new)).verdict is Verdict.BOUNCE_PERMANENT
    suppressions = world.container.outgoing_mail.suppressions
    assert suppressions.of("ada@home.example", now=world.clock.now()) is None


def test_people_see_on_the_ticket_that_somebody_says_a_mail_did_not_arrive(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    raw = BOUNCE.format(message_id="ours@shop.example").replace("<>", "<eve@evil.example>", 1)
    world.receive(raw)
    ticket_id = world.container.conversations.get(first.conversation_id).ticket_id
    notes = [event.note for event in world.container.tickets.events(ticket_id)]
    assert any("unproven report" in note for note in notes)


COMPLAINT = """\
Return-Path: <fbl@provider.example>
Authentication-Results: mx.shop.example; spf={spf} smtp.mailfrom=provider.example
From: Feedback <fbl@provider.example>
To: support@shop.example
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A user has marked this mail as spam.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
User-Agent: provider/1

--b
Content-Type: message/rfc822

Message-ID: <ours@shop.example>
Subject: Re: Password

Answer
--b--
"""


@pytest.mark.parametrize(("spf", "suppressed"), [("pass", True), ("fail", False), ("none", False)])
def test_a_complaint_stops_mail_only_where_its_sender_is_proven(world: World, spf: str, suppressed: bool) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    world.receive(COMPLAINT.format(spf=spf))
    found = world.container.outgoing_mail.suppressions.of("ada@home.example", now=world.clock.now())
    assert (found is not None) == suppressed


def test_a_person_who_sends_our_mail_back_under_a_reports_subject_goes_on_getting_mail(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "ours@shop.example")
    raw = BOUNCE.format(message_id="ours@shop.example").replace(
        "multipart/report; report-type=delivery-status", "multipart/mixed"
    )
    for old, new in (
        ("Return-Path: <>", "Return-Path: <ada@home.example>"),
        ("MAILER-DAEMON@", "ada@"),
        ("Undelivered Mail Returned to Sender", "Fwd: Your spam report"),
    ):
        raw = raw.replace(old, new, 1)
    assert world.receive(raw).verdict is Verdict.TICKET_ONLY
    assert world.container.outgoing_mail.suppressions.of("ada@home.example", now=world.clock.now()) is None


def test_raw_mails_go_the_day_after_their_records(world: World) -> None:
    world.receive(mail())
    world.clock.forward(50 * 86_400)
    world.receive(mail("A later question, to stay.", message_id="m2@home.example", subject="Later"))
    world.clock.forward(42 * 86_400)
    assert world.container.mailing.purge.purge() == 1
    (left,) = kept(world)
    assert left.startswith("kept/2026-07-21/")
    assert world.container.mailing.purge.purge() == 0


def test_mails_that_could_not_be_processed_go_after_the_same_time(world: World) -> None:
    store = world.ports.received_mail
    assert store is not None
    for key in ("failed/2026-06-01/1.eml", "failed/2026-08-30/2.eml", "incoming/2026-01-01-3.eml", "failed/odd.eml"):
        store.write(key, b"poison")
    world.clock.forward(92 * 86_400)
    assert world.container.mailing.purge.purge() == 1
    assert sorted(store.list()) == ["failed/2026-08-30/2.eml", "failed/odd.eml", "incoming/2026-01-01-3.eml"]


def test_a_mail_for_a_thread_that_people_have_merged_goes_where_they_say(world: World) -> None:
    one, other = (
        world.receive(mail()),
        world.receive(mail("And timesheets?", message_id="m2@home.example", subject="T")),
    )
    routes, now = world.container.mail_people.routes, world.clock.now()
    seen = routes.get(one.conversation_id)
    world.ports.table.transact(
        routes.stored(one.conversation_id, seen, replace(seen, into=other.conversation_id), at=now)
    )
    later = world.receive(
        mail("Any news of it?", message_id="m3@home.example", In_Reply_To="<m1@home.example>",
             Authentication_Results=PROVEN)
    )  # fmt: skip
    assert later.conversation_id == other.conversation_id


def test_a_mail_that_is_judged_before_people_move_its_thread_is_written_where_it_belongs_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (
        world.receive(mail()),
        world.receive(mail("And timesheets?", message_id="m2@home.example", subject="T")),
    )
    routes = world.container.mail_people.routes
    accept = world.container.accept_message.accept

    def accept_late(conversation_id: str, *args: Any, **kwargs: Any) -> Any:
        seen = routes.get(one.conversation_id)
        if not seen.into:
            moved = replace(seen, into=other.conversation_id)
            world.ports.table.transact(routes.stored(one.conversation_id, seen, moved, at=world.clock.now()))
        return accept(conversation_id, *args, **kwargs)

    monkeypatch.setattr(world.container.accept_message, "accept", accept_late)
    later = world.receive(
        mail("Any news of it?", message_id="m3@home.example", In_Reply_To="<m1@home.example>",
             Authentication_Results=PROVEN)
    )  # fmt: skip
    assert later.conversation_id == other.conversation_id
    assert words(world, one.conversation_id) == [f"customer: {QUESTION}"]
    assert words(world, other.conversation_id)[-1] == "customer: Any news of it?"
    assert [key for key in kept(world) if later.mail_id in key] == [
        f"kept/2026-06-01/{other.conversation_id}/{later.mail_id}.eml"
    ]
