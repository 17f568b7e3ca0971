"""What is one mail that came twice, and what are two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firstline.domain.conversation import ConversationStatus
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.services.receive_mail import Outcome, Received
from tests.component.received import OURS, QUESTION, answered, mail, words
from tests.component.world import World

SIGNED = f"{QUESTION}\n\n-- \nAda"
LIST: dict[str, Any] = {
    "List_Id": "<help.lists.example>",
    "Reply_To": "help@lists.example",
    "subject": "[Help] Password",
}
FOOTER = f"{'_' * 47}\nHelp mailing list\nhelp@lists.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, support_address=OURS, mail_lists="help.lists.example")


def followed(world: World, first: Received, text: str, answers: str, number: int) -> Received:
    headers: dict[str, Any] = {"In_Reply_To": f"<{answers}>", "References": f"<m1@home.example> <{answers}>"}
    received = world.receive(mail(text, message_id=f"r{number}@home.example", **headers))
    assert received.conversation_id == first.conversation_id
    return received


def test_a_mail_delivered_again_with_other_headers_of_transport_is_one(world: World) -> None:
    first = world.receive(b"Received: from a.example\r\nX-SES-Spam-Verdict: PASS\r\n" + mail())
    again = world.receive(b"Received: from b.example\r\nX-Relay: 2\r\n" + mail())
    assert (again.duplicate, again.mail_id) == (True, first.mail_id)


@pytest.mark.parametrize("first", ["direct", "listed"])
def test_a_copy_by_a_list_that_adds_its_lines_is_one_whichever_comes_first(world: World, first: str) -> None:
    ways = {"direct": mail(SIGNED), "listed": mail(f"{SIGNED}\n{FOOTER}", **LIST)}
    one = world.receive(ways.pop(first))
    (second,) = ways.values()
    other = world.receive(second, name="second")
    assert (one.duplicate, other.duplicate, other.mail_id) == (False, True, one.mail_id)
    # The same notification of the second once more.
    assert world.container.mailing.receive.receive("incoming/second.eml").mail_id == one.mail_id
    assert len(world.engine.started) == 1


def test_other_words_or_files_under_one_id_are_other_mails(world: World) -> None:
    form: dict[str, Any] = {
        "sender": "form@shop-pages.example",
        "subject": "Contact form",
        "message_id": "form@shop-pages.example",
    }
    begin = "A visitor has filled in the contact form of the website. They write:\n\n"
    taken = [
        world.receive(mail(f"{begin}How do I reset my password?", Reply_To="ada@home.example", **form)),
        world.receive(mail(f"{begin}How do I delete my account?", Reply_To="bob@home.example", **form)),
        world.receive(mail(f"{begin}How do I reset my password?", Reply_To="eve@home.example", **form)),
        world.receive(mail(f"{begin}See the file.", Reply_To="eve@home.example", files={"a.txt": b"Error 17"}, **form)),
        world.receive(mail(f"{begin}See the file.", Reply_To="eve@home.example", files={"a.txt": b"Error 18"}, **form)),
    ]
    assert len({one.conversation_id for one in taken}) == 5
    assert {(one.verdict, one.duplicate) for one in taken} == {(Verdict.ANSWER, False)}


def test_a_short_answer_to_another_mail_of_ours_is_another_and_sent_twice_it_is_one(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "a1@shop.example")
    answered(world, first.conversation_id, "a2@shop.example")
    text = "Yes, please do that for me."
    verdicts = [
        followed(world, first, text, answers, number).verdict
        for number, answers in enumerate(("a1@shop.example", "a1@shop.example", "a2@shop.example", "a2@shop.example"))
    ]
    assert verdicts == [Verdict.ANSWER, Verdict.LOOP, Verdict.ANSWER, Verdict.LOOP]
    assert words(world, first.conversation_id).count(f"customer: {text}") == 2


def test_long_words_again_in_answer_to_another_mail_go_to_people_and_are_not_answered(world: World) -> None:
    first = world.receive(mail())
    answered(world, first.conversation_id, "a1@shop.example")
    answered(world, first.conversation_id, "a2@shop.example")
    text = "Please go on and send the new invoice to the address of my company in Porto."
    one = followed(world, first, text, "a1@shop.example", 1)
    other = followed(world, first, text, "a2@shop.example", 2)
    assert (one.outcome, other.outcome, other.reason) == (Outcome.ANSWERING, Outcome.WITH_PEOPLE, GateReason.SAME_BODY)
    assert words(world, first.conversation_id).count(f"customer: {text}") == 2
    conversation = world.container.conversations.get(first.conversation_id)
    assert conversation.status is ConversationStatus.WAITING_FOR_PERSON


def test_the_same_long_words_in_answer_to_unknown_mails_gather_in_one_ticket(world: World) -> None:
    text = "The lift in the east wing is out of order again, and the caretaker knows of it."
    taken = [
        world.receive(mail(text, message_id=f"n{number}@home.example", In_Reply_To=f"<news{number}@shop.example>"))
        for number in range(5)
    ]
    assert len({one.conversation_id for one in taken}) == 1
    assert [one.verdict for one in taken] == [Verdict.ANSWER] + [Verdict.TICKET_ONLY] * 4
