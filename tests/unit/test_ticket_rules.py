"""The rules of tickets: states, priorities, ids, routing, due times."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from firstline.adapters.system import SystemIds
from firstline.domain.business_hours import BusinessHours
from firstline.domain.classification import classify
from firstline.domain.conversation import Tier
from firstline.domain.errors import InvalidInputError
from firstline.domain.service_levels import ServiceLevels, in_state
from firstline.domain.ticket import (
    TRANSITIONS,
    IllegalTransitionError,
    Ticket,
    TicketPriority,
    TicketQueue,
    TicketStatus,
    canonical_ticket_id,
    check_transition,
    priority_of,
    wished_priority,
)
from firstline.domain.ticket_changes import TicketChanges, apply_changes, checked_email, checked_tags, commented
from firstline.domain.ticket_routing import RoutingLimits, RoutingReason, should_auto_handle
from firstline.domain.turn import Category, Classification, Intent, Level, Reason

MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)
OFFICE = BusinessHours.parse("Mon-Fri 09:00-12:00, 13:00-17:00", "UTC", "2026-06-03")
LEVELS = ServiceLevels.parse("urgent=1, high=4, normal=8, low=24", "urgent=8, high=24, normal=40, low=80")
LOW, NORMAL, HIGH, URGENT = TicketPriority
H = timedelta(hours=1)


def ticket(**fields: object) -> Ticket:
    given = {
        "ticket_id": "4F2K7P9A",
        "conversation_id": "",
        "subject": "Export fails",
        "category": Category.BUG_REPORT,
        "priority": NORMAL,
        "reason": Reason.EXPLICIT_REQUEST,
        "created_at": MONDAY,
        **fields,
    }
    return Ticket.model_validate(given)


def classified(text: str = "How do I export?", **changes: object) -> Classification:
    return classify(text).model_copy(update=changes)


def test_every_state_can_be_reached_and_left_and_those_that_end_lead_back_by_reopening_only() -> None:
    reachable = {after for states in TRANSITIONS.values() for after in states}
    assert reachable == set(TicketStatus)
    for before, after in itertools.product(TicketStatus, TicketStatus):
        if not before.active and after.active:
            assert (after in TRANSITIONS[before]) == (after is TicketStatus.REOPENED)
        if before is after or after in TRANSITIONS[before]:
            check_transition(before, after)
        else:
            with pytest.raises(IllegalTransitionError, match=f"cannot become {after}"):
                check_transition(before, after)


@pytest.mark.parametrize(
    ("level", "tier", "legal", "priority"),
    [
        (Level.LOW, Tier.FREE, False, LOW),
        (Level.MEDIUM, Tier.STANDARD, False, NORMAL),
        (Level.LOW, Tier.PREMIUM, False, NORMAL),
        (Level.MEDIUM, Tier.PREMIUM, False, HIGH),
        (Level.HIGH, Tier.PREMIUM, False, HIGH),
        (Level.HIGH, Tier.ENTERPRISE, False, URGENT),
        (Level.CRITICAL, Tier.ENTERPRISE, False, URGENT),
        (Level.LOW, Tier.FREE, True, HIGH),
        (Level.CRITICAL, Tier.FREE, True, URGENT),
    ],
)
def test_the_priority_is_the_urgencys_raised_by_law_and_tier(
    level: Level, tier: Tier, legal: bool, priority: TicketPriority
) -> None:
    reason = Reason.LEGAL if legal else Reason.EXPLICIT_REQUEST
    assert priority_of(classified(urgency_level=level), reason, tier) is priority


def test_a_customer_can_ask_for_less_and_for_more_but_not_for_what_is_urgent() -> None:
    assert wished_priority(None, NORMAL) is NORMAL
    assert wished_priority(LOW, HIGH) is LOW
    assert wished_priority(HIGH, LOW) is HIGH
    assert wished_priority(URGENT, LOW) is HIGH
    assert wished_priority(URGENT, URGENT) is URGENT


@pytest.mark.parametrize("text", ["4F2K7P9A", "4f2k7p9a", " #4F2K-7P9A ", "4F2K 7P9A"])
def test_an_id_is_read_however_it_is_written(text: str) -> None:
    assert canonical_ticket_id(text) == "4F2K7P9A"


def test_letters_that_look_like_digits_are_digits_and_what_is_no_id_is_none() -> None:
    assert canonical_ticket_id("oOiIlL0x") == "0011110X"
    for text in ("", "4F2K", "4F2K7P9A0", "4F2K7P9U", "4F2K7P9\u0410", "../../x"):
        assert canonical_ticket_id(text) == ""


def test_new_ids_are_of_that_form_and_use_all_of_its_32_characters() -> None:
    ids = [SystemIds().short() for _ in range(2_000)]
    assert len(set(ids)) == len(ids)
    assert all(canonical_ticket_id(one) == one for one in ids)
    assert len({character for one in ids for character in one}) == 32
    # Eight of them are 40 bits; in every place every character occurs, so none is fixed by time or order.
    assert all(len({one[place] for one in ids}) == 32 for place in range(8))


@pytest.mark.parametrize(
    ("changes", "limits", "named", "reasons"),
    [
        ({}, {}, {}, ["routine"]),
        ({"legal": True}, {}, {}, ["legal"]),
        ({"legal": True}, {}, {"wanted": TicketQueue.ASSISTANT}, ["queue_named"]),
        ({"intent": Intent.HUMAN_REQUEST}, {}, {}, ["explicit_request"]),
        ({"frustration": 0.9}, {}, {}, ["high_frustration"]),
        ({"sentiment": -0.9, "sentiment_confidence": 0.9}, {}, {}, ["negative_sentiment"]),
        ({"sentiment": -0.9, "sentiment_confidence": 0.1}, {}, {}, ["routine"]),
        ({}, {"on": False}, {}, ["switched_off"]),
        ({}, {"bot_paused": True}, {"wanted": TicketQueue.ASSISTANT}, ["bot_paused"]),
        ({}, {"max_characters": 5}, {"wanted": TicketQueue.ASSISTANT}, ["too_long"]),
        ({}, {}, {"assignee": "anna"}, ["assigned"]),
        ({}, {}, {"wanted": TicketQueue.PEOPLE}, ["queue_named"]),
        ({"legal": True, "frustration": 0.9}, {"bot_paused": True}, {}, ["bot_paused", "legal", "high_frustration"]),
    ],
)
def test_who_looks_at_a_ticket_first_and_why(
    changes: dict[str, object], limits: dict[str, bool], named: dict[str, object], reasons: list[str]
) -> None:
    base = {
        "legal": False,
        "intent": Intent.QUESTION,
        "frustration": 0.0,
        "sentiment": 0.0,
        "sentiment_confidence": 0.9,
    }
    given = classified().model_copy(update={**base, **changes})
    routing = should_auto_handle("How do I export?", given, NORMAL, RoutingLimits(**limits), **named)  # type: ignore[arg-type]
    assert [reason.value for reason in routing.reasons] == reasons
    alone = set(routing.reasons) <= {RoutingReason.ROUTINE} or named.get("wanted") is TicketQueue.ASSISTANT
    assert (routing.queue is TicketQueue.ASSISTANT) == (alone and reasons[0] in ("routine", "queue_named"))


def test_what_is_urgent_goes_to_people() -> None:
    routing = should_auto_handle("Help", classified(), URGENT, RoutingLimits())
    assert (routing.queue, routing.reasons) == (TicketQueue.PEOPLE, (RoutingReason.URGENT,))


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        (MONDAY, 1, datetime(2026, 6, 1, 14, tzinfo=UTC)),
        (MONDAY, 4, datetime(2026, 6, 1, 17, tzinfo=UTC)),
        (MONDAY, 5, datetime(2026, 6, 2, 10, tzinfo=UTC)),
        # Wednesday is a holiday.
        (datetime(2026, 6, 2, 16, tzinfo=UTC), 2, datetime(2026, 6, 4, 10, tzinfo=UTC)),
        (datetime(2026, 6, 6, 3, tzinfo=UTC), 0.5, datetime(2026, 6, 8, 9, 30, tzinfo=UTC)),
    ],
)
def test_only_the_hours_in_which_people_are_there_count(start: datetime, hours: float, due: datetime) -> None:
    assert OFFICE.after(start, hours * H) == due
    assert OFFICE.between(start, due) == hours * H


def test_overlapping_and_overnight_openings_count_once() -> None:
    hours = BusinessHours.parse("Mon 09:00-15:00, 12:00-18:00; Mon 22:00-02:00")
    assert hours.after(datetime(2026, 6, 1, 9, tzinfo=UTC), 12 * H) == datetime(2026, 6, 2, 1, tzinfo=UTC)
    assert hours.between(datetime(2026, 6, 1, 0, tzinfo=UTC), datetime(2026, 6, 3, 0, tzinfo=UTC)) == 13 * H


def test_without_hours_people_are_always_there_and_without_any_openings_in_a_year_nothing_is_due() -> None:
    assert BusinessHours().after(MONDAY, 8 * H) == MONDAY + 8 * H
    assert BusinessHours().between(MONDAY, MONDAY - H) == timedelta(0)
    assert OFFICE.after(MONDAY, 10_000 * H) is None


def test_a_clock_change_in_the_night_takes_no_hour_from_the_day() -> None:
    berlin = BusinessHours.parse("Mon-Sun 00:00-24:00", "Europe/Berlin")
    saturday = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert berlin.after(saturday, 24 * H) == saturday + 24 * H


def test_the_clock_of_a_resolution_stands_still_while_the_customer_is_asked() -> None:
    promised = LEVELS.promised(ticket(), BusinessHours())
    assert promised.resolution_due_at == MONDAY + 40 * H
    waiting = in_state(promised, TicketStatus.WAITING_FOR_CUSTOMER, now=MONDAY + 10 * H, hours=BusinessHours())
    assert not waiting.resolution_overdue(MONDAY + 100 * H)
    back = in_state(waiting, TicketStatus.OPEN, now=MONDAY + 100 * H, hours=BusinessHours())
    assert (back.resolution_due_at, back.waiting_since) == (MONDAY + 130 * H, None)
    assert back.resolution_overdue(MONDAY + 131 * H)
    done = in_state(back, TicketStatus.RESOLVED, now=MONDAY + 120 * H, hours=BusinessHours())
    assert not done.resolution_overdue(MONDAY + 500 * H)
    again = in_state(done, TicketStatus.REOPENED, now=MONDAY + 200 * H, hours=BusinessHours())
    assert (again.resolved_at, again.resolution_overdue(MONDAY + 200 * H)) == (None, True)


@pytest.mark.parametrize("text", ["urgent", "urgent=soon", "now=1", "high=0", "high=-1", "high=nan", "low=99999"])
def test_hours_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        ServiceLevels.parse(text, "")


def test_a_priority_without_hours_is_never_due() -> None:
    promised = ServiceLevels.parse("high=1", "").promised(ticket(), BusinessHours())
    assert (promised.first_response_due_at, promised.resolution_due_at) == (None, None)
    assert not promised.resolution_overdue(MONDAY + 9999 * H)


def changed(before: Ticket, **changes: object) -> Ticket | None:
    asked = TicketChanges(**changes)  # type: ignore[arg-type]
    done = apply_changes(before, asked, by="anna", now=MONDAY + H, hours=BusinessHours(), levels=LEVELS)
    return done[0] if done else None


def test_what_is_as_it_was_asked_to_be_is_no_change() -> None:
    before = ticket(tags=("a",), assignee="anna")
    assert changed(before) is None
    assert changed(before, tags=("A", "a"), assignee="anna", priority=NORMAL, status=TicketStatus.OPEN) is None


def test_a_customers_word_reopens_what_was_done_and_a_persons_is_the_first_answer() -> None:
    for status, after in (
        (TicketStatus.WAITING_FOR_CUSTOMER, TicketStatus.OPEN),
        (TicketStatus.RESOLVED, TicketStatus.REOPENED),
        (TicketStatus.CLOSED, TicketStatus.REOPENED),
        (TicketStatus.PENDING, TicketStatus.PENDING),
    ):
        said, event = commented(
            ticket(status=status), "hello", by="customer", internal=False, now=MONDAY, hours=BusinessHours()
        )
        assert said.status is after
        assert event.changes == ({} if status is after else {"status": after.value})
    answered, _ = commented(ticket(), "hello", by="anna", internal=False, now=MONDAY + H, hours=BusinessHours())
    assert answered.first_responded_at == MONDAY + H
    noted, _ = commented(ticket(), "hello", by="anna", internal=True, now=MONDAY + H, hours=BusinessHours())
    assert noted.first_responded_at is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b.c",
        "a@b@c",
        "a@b.c, d@e.f",
        "A <a@b.c>",
        "a@b.c\r\nBcc: d@e.f",
        "a b@c.d",
        "a@b..c",
        "a@-b.c",
        "\u00e4@b.c",
    ],
)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInputError):
        checked_email(address)


def test_tags_are_small_and_each_is_there_once() -> None:
    assert checked_tags(["VIP", " vip ", "a  b"]) == ("vip", "a b")
    for bad in ([""], ["x" * 41], ["a\x07"], [str(number) for number in range(21)]):
        with pytest.raises(InvalidInputError):
            checked_tags(bad)
