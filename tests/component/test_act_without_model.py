"""What customers ask for is done without a model, by rules, and told in the tools' own words."""

from __future__ import annotations

import pytest

from firstline.domain.tool_texts import NO_TICKETS, TICKET_TEXT_MISSING
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Reason, Turn
from tests.component.tool_turns import asked, once_more
from tests.component.world import World

DONE = ToolStatus.DONE


def act(world: World, turn: Turn) -> ToolOutcome:
    outcome = world.container.tooling.act_without_model.act(turn)
    assert outcome is not None
    assert outcome.text or outcome.status is ToolStatus.HAND_OVER
    return outcome


def done(world: World, user: str, *texts: str) -> ToolOutcome:
    """Have requests done in one conversation, each answered, and return the last outcome."""
    conversation = world.open(user)
    for text in texts[:-1]:
        world.ask(conversation, text)
    return act(world, asked(world, conversation, texts[-1]))


@pytest.fixture(autouse=True)
def fixed_ticket_ids(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(["4F2K01RT", "7HMX3A0B", "Q9WZ5B1C"])
    monkeypatch.setattr(world.ports.ids, "short", lambda: next(ids))


def ticket(world: World, user: str, text: str = "open a ticket: the export fails") -> str:
    outcome = done(world, user, text)
    assert outcome.status is DONE
    return outcome.ticket_id


def test_a_ticket_is_opened_with_the_customers_words(world: World) -> None:
    ticket_id = ticket(world, "anna")
    found = world.container.tickets.get(ticket_id)
    assert (found.subject, found.channel, found.user_id) == ("the export fails", "chat", "anna")
    assert found.queue.value == "people"


def test_a_second_attempt_opens_no_second_ticket_and_says_the_same(world: World) -> None:
    turn = asked(world, world.open("anna"), "open a ticket: the export fails")
    assert act(world, turn) == act(world, once_more(world, turn))
    assert len(world.container.ticketing.manage.of_customer(turn.identified.customer.customer_id)) == 1


@pytest.mark.parametrize(
    "written",
    [
        "what about ticket {id}?",
        "ticket {lower}",
        "Any news on #{half}?",
        "status of ticket {dashed} please",
        "{id}: how is my ticket?",
    ],
)
def test_a_ticket_is_found_however_its_id_is_written(world: World, written: str) -> None:
    ticket_id = ticket(world, "anna")
    ticket(world, "anna", "open a ticket: another thing entirely")
    forms = {"lower": ticket_id.lower(), "half": ticket_id[:5], "dashed": f"{ticket_id[:4]}-{ticket_id[4:]}"}
    text = written.format(id=ticket_id.replace("0", "O").replace("1", "I"), **forms)
    outcome = done(world, "anna", text)
    assert (outcome.status, outcome.ticket_id) == (DONE, ticket_id)
    assert "the export fails" in outcome.text


def test_without_an_id_the_only_ticket_is_meant_and_of_several_one_is_asked_for(world: World) -> None:
    assert done(world, "anna", "what about my ticket?").text == NO_TICKETS
    one = ticket(world, "anna")
    assert done(world, "anna", "what about my ticket?").ticket_id == one
    two = ticket(world, "anna", "open a ticket: the import hangs")
    asks = done(world, "anna", "what about my ticket?").text
    assert asks.startswith("Which ticket")
    assert one in asks
    assert two in asks


def test_a_foreign_id_is_not_found_and_nothing_of_it_is_told(world: World) -> None:
    foreign = ticket(world, "anna", "open a ticket: the secret export fails")
    outcome = done(world, "ben", f"what about ticket {foreign}?")
    assert outcome.status is ToolStatus.REFUSED
    assert "secret" not in outcome.text
    assert done(world, "ben", f"close ticket {foreign}").status is ToolStatus.REFUSED
    assert world.container.tickets.get(foreign).status.active


def test_tickets_are_listed_closed_and_reopened(world: World) -> None:
    ticket_id = ticket(world, "anna")
    assert ticket_id in done(world, "anna", "what are my open tickets?").text
    assert "closed" in done(world, "anna", f"close my ticket {ticket_id[:4]}").text
    assert done(world, "anna", "what are my open tickets?").text == NO_TICKETS
    assert done(world, "anna", f"please reopen ticket {ticket_id}").status is DONE
    added = done(world, "anna", f"add to ticket {ticket_id}: only on Mondays")
    assert added.status is DONE
    assert "only on Mondays" in [event.note for event in world.container.tickets.events(ticket_id)]


def test_a_ticket_without_words_has_them_asked_for(world: World) -> None:
    assert done(world, "anna", "open a ticket").text == TICKET_TEXT_MISSING


def test_a_wish_for_a_person_ends_in_a_handover(world: World) -> None:
    outcome = done(world, "", "can I talk to a human please")
    assert (outcome.status, outcome.handover_reason) == (ToolStatus.HAND_OVER, Reason.EXPLICIT_REQUEST)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("change my e-mail to kim@shop.example", "change your e-mail address to kim@shop.example"),
        ("I want a refund", "get a refund"),
        ("delete my account please", "close your account"),
        ("delete all my personal data", "delete your data"),
    ],
)
def test_what_is_at_stake_waits_for_a_person(world: World, text: str, told: str) -> None:
    outcome = done(world, "kim", text)
    assert outcome.status is ToolStatus.WAITS_FOR_APPROVAL
    assert told in outcome.text
    assert len(outcome.also) == 2


@pytest.mark.parametrize(
    "text", ["How do I reset a forgotten password?", "hello", "the export fails", "Can I get a refund?"]
)
def test_a_question_is_left_to_the_articles(world: World, text: str) -> None:
    turn = asked(world, world.open(), text)
    assert world.container.tooling.act_without_model.act(turn) is None
    assert not world.container.tooling.act_without_model.can_act(turn)
