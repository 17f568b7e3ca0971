"""Mails of people that a program could have written: none is lost where a person waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.identity import Principal, Role
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.services.receive_mail import Outcome
from tests.component.mail_out import SETTINGS, arrive, ask, deliver, mails, reply_to
from tests.component.received import OURS, mail, words
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")


@pytest.mark.parametrize(
    "text",
    [
        "I am away until Monday. I will read your mail when I am back.",
        "I no longer work at Acme. This mailbox is not read any more.",
        "Ich bin bis Montag im Urlaub und habe keinen Zugriff auf meine E-Mails.",
        "Je suis absent jusqu'à lundi. Je répondrai à votre message à mon retour.",
    ],
)
def test_a_short_reply_like_a_notice_reaches_the_person_who_has_the_conversation(tmp_path: Path, text: str) -> None:
    world = World(tmp_path, **SETTINGS)
    conversation_id = ask(world)
    deliver(world)
    sent = mails(world)[-1]
    to_bot = arrive(world, reply_to(sent, text, sender="ada@home.example", message_id="a@home.example"))
    assert (to_bot.verdict, to_bot.outcome) == (Verdict.AUTO_REPLY, Outcome.RECORDED)
    world.container.people.own_conversation.take(conversation_id, ANNA)
    to_anna = arrive(world, reply_to(sent, text, sender="ada@home.example", message_id="b@home.example"))
    assert (to_anna.verdict, to_anna.reason) == (Verdict.TICKET_ONLY, GateReason.AUTO_WORDING)
    assert (to_anna.outcome, to_anna.conversation_id) == (Outcome.WITH_PEOPLE, conversation_id)
    assert f"customer: {text}" in words(world, conversation_id)


def test_a_single_statement_without_a_mark_is_read_by_people(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS)
    ask(world)
    deliver(world)
    raw = reply_to(mails(world)[-1], "I am away until Monday.", sender="ada@home.example", message_id="a@home.example")
    arrived = arrive(world, raw)
    assert (arrived.verdict, arrived.outcome) == (Verdict.TICKET_ONLY, Outcome.WITH_PEOPLE)


def test_a_reply_that_its_program_marks_is_let_lie_in_a_persons_conversation_too(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS)
    conversation_id = ask(world)
    deliver(world)
    world.container.people.own_conversation.take(conversation_id, ANNA)
    marked = b"Auto-Submitted: auto-replied\n"
    raw = reply_to(mails(world)[-1], "I am away.", sender="ada@home.example", message_id="c@home.example")
    assert arrive(world, marked + raw).outcome is Outcome.RECORDED


def test_a_mail_that_one_of_the_team_sends_on_is_given_to_people_and_answered_to_nobody(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, notify_email="team@shop.example", mail_from="desk@shop.example")
    for number, sender in enumerate(["Tom <team@shop.example>", "desk+x@shop.example"]):
        text = f"Please see to this, number {number}.\n\n---------- Forwarded message ---------\n"
        text += "From: Eva <eva@home.example>\nSubject: Order\n\nWhere is my order?\n"
        raw = mail(text, sender=sender, subject="Fwd: Order", message_id=f"f{number}@shop.example")
        received = arrive(world, raw)
        assert (received.verdict, received.outcome) == (Verdict.TICKET_ONLY, Outcome.WITH_PEOPLE)
        assert words(world, received.conversation_id)[0].endswith(f"Please see to this, number {number}.")
    deliver(world)
    assert [sent["To"] for sent in mails(world) if "team@" not in str(sent["To"])] == []
    ours = mail(sender=OURS, message_id="o@shop.example")
    assert arrive(world, ours).verdict is Verdict.LOOP


def test_a_mail_of_the_team_that_refers_to_one_of_ours_opens_no_ticket(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, notify_email="team@shop.example")
    ask(world)
    deliver(world)
    raw = reply_to(mails(world)[-1], "Sent on.", sender="team@shop.example", message_id="g@shop.example")
    assert arrive(world, raw).verdict is Verdict.LOOP
