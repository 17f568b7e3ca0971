"""Tools serve the customer of the session alone, once per turn, within their time, on record."""

from __future__ import annotations

import json
import threading
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from firstline.domain.counters import TOOL_CALLS, series_key
from firstline.domain.errors import ConversationTakenOverError, StaleAttemptError, TurnSupersededError
from firstline.domain.identity import Principal, Role
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.language_model import ToolCall
from firstline.domain.tool_catalogue import CATALOGUE, MAX_RESULT_CHARACTERS
from firstline.domain.tool_permission import NOT_ASKED_FOR
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Reason, Turn
from firstline.repositories import keys
from tests.component.tool_turns import asked, call, once_more
from tests.component.world import World

REFUSED, DONE, FAILED = ToolStatus.REFUSED, ToolStatus.DONE, ToolStatus.FAILED
OPEN = "Please open a ticket: the export fails every night."


def read(outcome: ToolOutcome) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(outcome.content)
    return content


def tickets_of(world: World, turn: Turn) -> list[str]:
    found = world.container.ticketing.manage.of_customer(turn.identified.customer.customer_id)
    return [ticket.ticket_id for ticket in found]


def audit(world: World) -> list[dict[str, Any]]:
    now, table = world.clock.now().astimezone(UTC), world.ports.table
    items = [item for shard in range(keys.N_AUDIT_SHARDS) for item in table.query(keys.audit(now, shard)).items]
    return [item | json.loads(item["detail"]) for item in items if item["action"] == "tool_called"]


def opened(world: World, conversation: str) -> str:
    outcome = call(world, asked(world, conversation, OPEN), "create_ticket", description="the export fails")
    assert outcome.status is DONE
    return outcome.ticket_id


def test_the_model_is_told_of_nine_tools_in_the_same_order_whoever_asks(world: World) -> None:
    first = asked(world, world.open("anna"), "hello")
    second = asked(world, world.open(), "What are my tickets?")
    names = [definition.name for definition in world.container.tooling.use.definitions(first)]
    assert names == [definition.name for definition in world.container.tooling.use.definitions(second)]
    assert names == [tool.name for tool in CATALOGUE]
    assert len(names) == 9


def test_a_ticket_is_opened_looked_up_commented_closed_and_reopened(world: World) -> None:
    conversation = world.open("anna")
    ticket_id = opened(world, conversation)
    turn = asked(world, conversation, f"Add to my ticket {ticket_id}: also on Mondays. And close the ticket.")
    assert call(world, turn, "update_ticket", ticket_id=ticket_id, comment="also on Mondays").status is DONE
    assert call(world, turn, "update_ticket", ticket_id=ticket_id.lower(), status="closed").status is DONE
    status = call(world, turn, "get_ticket_status", ticket_id=ticket_id[:4])
    told = read(status)
    assert (told["ticket_id"], told["status"]) == (ticket_id, "closed")
    assert "also on Mondays" in [entry["said"] for entry in told["latest"]]
    assert f"Ticket {ticket_id}" in status.text
    assert read(call(world, turn, "get_user_tickets"))["tickets"] == []
    listed = read(call(world, turn, "get_user_tickets", only_open=False))["tickets"]
    assert [ticket["ticket_id"] for ticket in listed] == [ticket_id]
    again = asked(world, conversation, f"reopen ticket {ticket_id}")
    assert call(world, again, "update_ticket", ticket_id=ticket_id, status="reopened").status is DONE


def test_what_a_ticket_cannot_become_is_refused_with_the_reason(world: World) -> None:
    conversation = world.open("anna")
    ticket_id = opened(world, conversation)
    turn = asked(world, conversation, f"reopen ticket {ticket_id}")
    outcome = call(world, turn, "update_ticket", ticket_id=ticket_id, status="reopened")
    assert outcome.status is REFUSED
    assert "open" in outcome.text


def test_a_foreign_ticket_is_as_unknown_as_one_that_is_not_there(world: World) -> None:
    foreign = opened(world, world.open("anna"))
    turn = asked(world, world.open("ben"), f"close ticket {foreign}, and what about ticket 00000000?")
    for name, others in (("get_ticket_status", {}), ("update_ticket", {"status": "closed"})):
        theirs = call(world, turn, name, ticket_id=foreign, **others)
        nobodys = call(world, turn, name, ticket_id="00000000", **others)
        assert theirs.status is nobodys.status is REFUSED
        assert theirs.content == nobodys.content
        assert theirs.text.replace(foreign, "") == nobodys.text.replace("00000000", "")
    assert read(call(world, turn, "get_user_tickets"))["tickets"] == []
    assert world.container.tickets.get(foreign).status.active


def test_a_visitor_sees_the_tickets_of_the_own_conversation_and_no_others(world: World) -> None:
    one, two = world.open(), world.open()
    ticket_id = opened(world, one)
    own = asked(world, one, "what are my tickets?")
    assert [t["ticket_id"] for t in read(call(world, own, "get_user_tickets"))["tickets"]] == [ticket_id]
    other = asked(world, two, f"what about ticket {ticket_id}?")
    assert call(world, other, "get_ticket_status", ticket_id=ticket_id).status is REFUSED


def test_internal_notes_and_peoples_ids_never_leave(world: World) -> None:
    from firstline.domain.ticket_access import TicketParty

    conversation = world.open("anna")
    ticket_id = opened(world, conversation)
    manage, person = world.container.ticketing.manage, TicketParty.person("agent-smith")
    manage.comment(ticket_id, "The customer is difficult.", by=person, internal=True)
    manage.comment(ticket_id, "We have found the cause.", by=person)
    outcome = call(
        world, asked(world, conversation, "any news on my ticket?"), "get_ticket_status", ticket_id=ticket_id
    )
    assert "We have found the cause." in outcome.text
    for told in (outcome.text, outcome.content):
        assert "difficult" not in told
        assert "agent-smith" not in told


def test_a_second_attempt_of_the_turn_gets_the_first_ones_outcome_and_opens_nothing(world: World) -> None:
    conversation = world.open("anna")
    turn = asked(world, conversation, OPEN)
    first = call(world, turn, "create_ticket", description="the export fails")
    repeated = call(world, turn, "create_ticket", description="the export fails")
    second = call(world, once_more(world, turn), "create_ticket", description="the export fails")
    assert first.ticket_id
    assert first == repeated == second
    assert tickets_of(world, turn) == [first.ticket_id]
    otherwise = call(world, once_more(world, turn), "create_ticket", description="every night", subject="Export fails")
    assert otherwise == first
    assert tickets_of(world, turn) == [first.ticket_id]


def test_a_second_attempt_gets_each_of_the_first_ones_outcomes_by_kind_and_order(world: World) -> None:
    conversation = world.open("anna")
    ticket_id = opened(world, conversation)
    turn = asked(world, conversation, f"Add to my ticket {ticket_id}: also on Mondays. And close the ticket.")
    added = call(world, turn, "update_ticket", ticket_id=ticket_id, comment="also on Mondays")
    closed = call(world, turn, "update_ticket", ticket_id=ticket_id, status="closed")
    again = once_more(world, turn)
    assert call(world, again, "update_ticket", ticket_id=ticket_id, status="closed") == closed
    assert call(world, again, "update_ticket", ticket_id=ticket_id.lower(), comment="on Mondays also") == added
    assert world.container.tickets.get(ticket_id).version == 3


def test_one_turn_changes_three_things_at_most(world: World) -> None:
    conversation = world.open("anna")
    turn, use = asked(world, conversation, OPEN), world.container.tooling.use
    words = ("the export fails", "export fails", "fails every night", "every night", "the export")
    calls = [ToolCall(f"c{n}", "create_ticket", {"description": text}) for n, text in enumerate(words)]
    outcomes = [use.call(turn, one, before=calls[:n]) for n, one in enumerate(calls)]
    assert [outcome.status for outcome in outcomes] == [DONE] * 3 + [REFUSED] * 2
    assert len(tickets_of(world, turn)) == 3
    again = once_more(world, turn)
    assert use.call(again, calls[4], before=calls[:4]).status is REFUSED
    assert use.call(again, calls[2]) == outcomes[2]
    assert len(tickets_of(world, turn)) == 3


def test_a_stale_attempt_changes_nothing(world: World) -> None:
    turn = asked(world, world.open("anna"), OPEN)
    later = once_more(world, turn)
    with pytest.raises(StaleAttemptError):
        call(world, turn, "create_ticket", description="the export fails")
    assert tickets_of(world, later) == []


def test_after_a_newer_message_or_a_takeover_nothing_is_changed(world: World) -> None:
    conversation = world.open("anna")
    turn = asked(world, conversation, OPEN)
    world.say(conversation, "never mind")
    with pytest.raises(TurnSupersededError):
        call(world, turn, "create_ticket", description="the export fails")
    fresh = asked(world, world.open("ben"), OPEN)
    world.container.people.own_conversation.take(fresh.conversation_id, Principal("agent", Role.AGENT))
    with pytest.raises(ConversationTakenOverError):
        call(world, fresh, "create_ticket", description="the export fails")
    assert tickets_of(world, turn) == tickets_of(world, fresh) == []


def test_the_fence_holds_in_the_transaction_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # A takeover between the last look and the write.
    turn = asked(world, world.open("anna"), OPEN)
    manage = world.container.ticketing.manage
    creating = manage.creating

    def late(*args: Any, **others: Any) -> Any:
        found = creating(*args, **others)
        world.container.people.own_conversation.take(turn.conversation_id, Principal("agent", Role.AGENT))
        return found

    monkeypatch.setattr(manage, "creating", late)
    with pytest.raises(ConversationTakenOverError):
        call(world, turn, "create_ticket", description="the export fails")
    assert tickets_of(world, turn) == []


def test_ten_calls_at_once_open_one_ticket(world: World) -> None:
    turn = asked(world, world.open("anna"), OPEN)
    gate, outcomes = threading.Barrier(10), []

    def at_once() -> None:
        gate.wait()
        outcomes.append(call(world, turn, "create_ticket", description="the export fails"))

    threads = [threading.Thread(target=at_once) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({outcome.ticket_id for outcome in outcomes}) == 1
    assert tickets_of(world, turn) == [outcomes[0].ticket_id]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("no_such_tool", {}),
        ("create_ticket", {}),
        ("create_ticket", {"description": 7}),
        ("create_ticket", {"description": "x", "customer_id": "somebody-else"}),
        ("create_ticket", {"description": "x" * 5_000}),
        ("create_ticket", {"description": "a\x00b"}),
        ("create_ticket", {"description": "\ud800 x"}),
        ("search_faq", {"query": "\ud800"}),
        ("get_ticket_status", {"ticket_id": "\ud800\ud800"}),
        ("update_ticket", {"ticket_id": "4F2K9QRT"}),
        ("update_ticket", {"ticket_id": "4F2K9QRT", "status": "pending"}),
        ("get_ticket_status", {"ticket_id": ""}),
        ("search_faq", {"query": "", "limit": 3}),
        ("search_faq", {"query": "password", "limit": 500}),
        ("remember_fact", {"kind": "language", "value": "German"}),
        ("remember_fact", {"kind": "recurring_problem", "value": "billing_inquiry"}),
        ("update_account", {"action": "change", "field": "email", "value": "nowhere"}),
        ("update_account", {"action": "refund", "field": "email"}),
        ("update_account", {"action": "promote"}),
    ],
)
def test_arguments_that_do_not_fit_are_refused_and_never_raise(
    world: World, name: str, arguments: dict[str, Any]
) -> None:
    turn = asked(world, world.open("anna"), "open a ticket and remember that I speak German, change my e-mail")
    outcome = call(world, turn, name, **arguments)
    assert outcome.status is REFUSED
    assert read(outcome)["error"]
    assert outcome.also == ()
    assert tickets_of(world, turn) == []


def test_every_call_is_on_record_with_ids_and_without_words(world: World) -> None:
    turn = asked(world, world.open("anna"), OPEN)
    call(world, turn, "create_ticket", description="the export fails")
    call(world, turn, "get_user_tickets")
    call(world, turn, "drop_all_tables")
    entries = audit(world)
    assert sorted((entry["tool"], entry["status"]) for entry in entries) == [
        ("create_ticket", "done"),
        ("get_user_tickets", "done"),
        ("unknown", "refused"),
    ]
    assert {entry["of"] for entry in entries} == {turn.identified.customer.customer_id}
    assert "export" not in json.dumps(entries, default=str)
    totals = world.container.counters.totals()
    assert totals[series_key(TOOL_CALLS, {"tool": "create_ticket", "outcome": "done"})] == 1
    assert totals[series_key(TOOL_CALLS, {"tool": "unknown", "outcome": "refused"})] == 1


def test_a_search_gives_sources_and_nothing_where_it_abstains(world: World) -> None:
    turn = asked(world, world.open(), "hello")
    found = call(world, turn, "search_faq", query="How do I reset a forgotten password?")
    assert found.status is DONE
    assert "Forgot password" in found.found[0].chunk.text
    assert "Forgot password" in found.content
    nothing = call(world, turn, "search_faq", query="quantum chromodynamics of pelicans")
    assert (nothing.found, read(nothing)) == ((), {"articles": []})


def test_what_is_known_of_the_customer_is_looked_up_and_nobody_elses(world: World) -> None:
    outcome = call(world, asked(world, world.open("anna"), "what do you know about me?"), "lookup_account")
    assert read(outcome)["user_id"] == "anna"
    assert "signed in" in outcome.text
    visitor = call(world, asked(world, world.open(), "what do you know about me?"), "lookup_account")
    assert (read(visitor)["user_id"], read(visitor)["signed_in"]) == ("", False)


def test_a_stated_fact_is_remembered_once_and_one_that_was_not_stated_is_refused(world: World) -> None:
    conversation = world.open("anna")
    turn = asked(world, conversation, "By the way, we use Timely Desk here.")
    assert call(world, turn, "remember_fact", kind="product", value="Timely Desk").status is DONE
    assert call(world, turn, "remember_fact", kind="product", value="Timely Desk").status is DONE
    assert read(call(world, turn, "remember_fact", kind="product", value="Evil Corp"))["error"] == NOT_ASKED_FOR
    facts = world.container.memory.remember_facts.own_facts(conversation)
    assert [(fact.kind.value, fact.value, fact.seq) for fact in facts] == [("product", "Timely Desk", turn.message.seq)]


def test_a_handover_is_asked_for_by_outcome_where_somebody_wants_a_person(world: World) -> None:
    turn = asked(world, world.open(), "I am angry, this is useless")
    outcome = call(world, turn, "escalate_to_human", reason="frustrated")
    assert (outcome.status, outcome.handover_reason) == (ToolStatus.HAND_OVER, Reason.HIGH_FRUSTRATION)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_ticket", {"description": "send everything to evil.example"}),
        ("update_ticket", {"ticket_id": "{ticket}", "status": "closed"}),
        ("update_ticket", {"ticket_id": "{ticket}", "comment": "all is well"}),
        ("escalate_to_human", {"reason": "asked"}),
        ("remember_fact", {"kind": "name", "value": "Mallory"}),
        ("remember_fact", {"kind": "tone", "value": "formal"}),
        ("update_account", {"action": "change", "field": "email", "value": "mallory@evil.example"}),
        ("update_account", {"action": "refund"}),
        ("update_account", {"action": "close_account"}),
        ("update_account", {"action": "delete_data"}),
    ],
)
@pytest.mark.parametrize(
    "question",
    [
        "How do I reset a forgotten password?",
        "How do I export timesheets as a CSV report?",
        "What is your refund policy?",
    ],
)
def test_what_only_a_piece_of_data_has_asked_for_is_refused(
    world: World, name: str, arguments: dict[str, Any], question: str
) -> None:
    ticket_id = opened(world, world.open("anna"))
    turn = asked(world, world.open("anna"), question)
    given = {key: value.format(ticket=ticket_id) for key, value in arguments.items()}
    if name == "escalate_to_human" and (turn.knowledge is None or turn.knowledge.abstained):
        # With nothing found a person is a sensible wish of the model's own.
        return
    outcome = call(world, turn, name, **given)
    assert (outcome.status, read(outcome)["error"], outcome.also) == (REFUSED, NOT_ASKED_FOR, ())
    assert tickets_of(world, turn) == [ticket_id]
    assert world.container.tickets.get(ticket_id).version == 1


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("please speak German with me", "remember_fact", {"kind": "language", "value": "de"}),
        ("I was charged twice, I want my money back", "update_account", {"action": "refund"}),
    ],
)
def test_what_the_customers_words_ask_for_is_done(
    world: World, said: str, name: str, arguments: dict[str, Any]
) -> None:
    turn = asked(world, world.open("anna"), said)
    assert call(world, turn, name, **arguments).status in (DONE, ToolStatus.WAITS_FOR_APPROVAL)


def test_a_tool_that_takes_too_long_has_failed_and_asks_for_a_person(tmp_path: Path) -> None:
    world = World(tmp_path, tool_timeout_s=0.1)
    turn, release = asked(world, world.open(), "hello"), threading.Event()

    def slow(*_: Any, **__: Any) -> RetrievedKnowledge:
        release.wait(10)
        raise AssertionError

    tools = world.container.tooling.use._tools
    tools["search_faq"]._search = slow  # type: ignore[attr-defined]
    outcome = call(world, turn, "search_faq", query="password")
    release.set()
    assert (outcome.status, outcome.handover_reason) == (FAILED, Reason.TOOL_FAILURE)


def test_a_result_is_bounded(world: World) -> None:
    conversation = world.open("anna")
    ticket_id = opened(world, conversation)
    party = world.container.ticketing.manage
    from firstline.domain.ticket_access import TicketParty

    for _ in range(8):
        party.comment(ticket_id, "\N{GRINNING FACE}\n" * 1_900, by=TicketParty.person("agent"))
    turn = asked(world, conversation, f"what about ticket {ticket_id}?")
    assert len(call(world, turn, "get_ticket_status", ticket_id=ticket_id).content) <= MAX_RESULT_CHARACTERS
