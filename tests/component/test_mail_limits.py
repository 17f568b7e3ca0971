"""Two machines that answer each other fall silent, and a person's word ends the silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.adapters.system import SystemIds
from firstline.domain.customer_mails import Unsent
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.verdict import GateReason
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.services.receive_mail import Outcome, Received
from tests.component.mail_out import QUESTION, SETTINGS, answer, arrive, ask, deliver, mails, reply_to, say_again
from tests.component.received import mail
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
DAY = 86_400


def write_as_person(world: World, conversation_id: str) -> None:
    people = world.container.people
    people.own_conversation.take(conversation_id, ANNA)
    people.answer_as_person.say(conversation_id, ANNA, SystemIds().new(), "I look into it myself.")
    people.own_conversation.hand_back(conversation_id, ANNA)
    deliver(world)
    world.engine.started.clear()


def new_thread(world: World, number: int) -> Received:
    """Have a mail come from one machine, which changes its address and its words each time."""
    address = f"Case-{number}+{number}@Robot.example" if number % 2 else f"case-{number}@robot.example"
    text = f"Case {number} is open. {QUESTION}"
    return arrive(world, mail(text, sender=address, subject=f"Case {number}", message_id=f"c{number}@robot.example"))


def test_a_machine_with_ever_new_threads_falls_silent_until_a_person_writes_to_it(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_replies_per_sender=2)
    reasons, first = [], ""
    for number in range(12):
        received = new_thread(world, number)
        first = first or received.conversation_id
        reasons.append(received.reason)
        world.clock.forward(DAY / 3)
    answered = [GateReason.ORDINARY, GateReason.ORDINARY]
    silent = [GateReason.UNATTENDED_SENDER] * 4
    assert reasons == [*answered, GateReason.SENDER_LIMIT, *answered, GateReason.SENDER_LIMIT, *answered, *silent]
    write_as_person(world, first)
    assert new_thread(world, 20).reason is GateReason.ORDINARY


def test_somebody_else_is_answered_while_a_machine_is_not(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_replies_per_sender=1)
    assert [new_thread(world, number).outcome for number in (1, 2)] == [Outcome.ANSWERING, Outcome.WITH_PEOPLE]
    assert arrive(world, mail(sender="ada@robot.example", message_id="a@robot.example")).outcome is Outcome.ANSWERING


def test_it_is_the_address_answers_go_to_that_is_counted(tmp_path: Path) -> None:
    # A form of the company's website, which writes for many customers.
    world = World(tmp_path, **SETTINGS, mail_replies_per_sender=1)
    outcomes = [
        arrive(
            world,
            mail(
                f"{QUESTION} This is form {number}.",
                sender="form@shop.example",
                subject=f"Form {number}",
                message_id=f"f{number}@shop.example",
                Reply_To=f"{name}@home.example",
            ),
        ).outcome
        for number, name in enumerate(["ada", "bob", "ada"])
    ]
    assert outcomes == [Outcome.ANSWERING, Outcome.ANSWERING, Outcome.WITH_PEOPLE]


def test_a_thread_falls_silent_after_three_days_of_replies_until_a_person_writes_there(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_replies_per_thread=1)
    conversation_id = ask(world)
    assert deliver(world).delivered == 1
    for _ in range(2):
        say_again(world, conversation_id)
        assert deliver(world, after_s=DAY).delivered == 1
    say_again(world, conversation_id)
    assert len(deliver(world, after_s=2 * DAY).held_back) == 1
    (held,) = CustomerMailRepository(world.ports.table, retention_days=90).of_conversation(conversation_id)
    assert held.unsent is Unsent.THREAD_LIMIT
    again = reply_to(mails(world)[-1], "And now?", sender="ada@home.example", message_id="again@home.example")
    assert arrive(world, again).reason is GateReason.UNATTENDED_THREAD
    write_as_person(world, conversation_id)
    n_sent = len(mails(world))
    more = reply_to(mails(world)[-1], QUESTION, sender="ada@home.example", message_id="more@home.example")
    assert arrive(world, more).reason is GateReason.ORDINARY
    answer(world, conversation_id)
    deliver(world, after_s=60)
    assert len(mails(world)) == n_sent + 1


def test_what_is_written_in_a_thread_that_a_person_has_uses_nothing_up(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, mail_replies_per_sender=2)
    conversation_id = ask(world)
    deliver(world)
    world.container.people.own_conversation.take(conversation_id, ANNA)
    for number in range(4):
        text = f"One more thing, number {number}: it is urgent."
        more = reply_to(mails(world)[-1], text, sender="ada@home.example", message_id=f"p{number}@home.example")
        assert arrive(world, more).outcome is Outcome.ANSWERING
        world.clock.forward(3_600)
    assert arrive(world, mail(subject="Another matter", message_id="n@home.example")).outcome is Outcome.ANSWERING
    more = mail("And a third matter?", subject="Third", message_id="o@home.example")
    assert arrive(world, more).reason is GateReason.SENDER_LIMIT


@pytest.mark.parametrize("limit", [0, 1])
def test_no_more_than_the_limit_of_a_day_is_answered(tmp_path: Path, limit: int) -> None:
    world = World(tmp_path, **SETTINGS, mail_replies_per_sender=limit)
    outcomes = [new_thread(world, number).outcome for number in range(3)]
    assert outcomes.count(Outcome.ANSWERING) == limit
