"""What a conversation's log says of an answer after it: reopened, used, or put in other words by a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from firstline.domain.conversation import Author, Event
from firstline.domain.rewards import Part
from firstline.services.read_evidence import of_events

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANSWER = "Open the sign-in page, choose Forgot password and follow the link in the mail."


def log(*said: tuple[Author, str] | tuple[Author, str, dict[str, Any]], minutes: int = 10) -> list[Event]:
    events = [Event(seq=1, author=Author.BOT, text=ANSWER, at=NOW, turn_id="T1")]
    for seq, (author, text, *detail) in enumerate(said, start=2):
        at = NOW + timedelta(minutes=minutes * seq)
        turn_id = f"T{seq}" if author is Author.BOT else ""
        found: dict[str, Any] = detail[0] if detail else {}
        events.append(Event(seq=seq, author=author, text=text, at=at, turn_id=turn_id, detail=found))
    return events


def seen(events: list[Event], hours: float = 72) -> dict[Part, float]:
    found = of_events(events, "T1", until=NOW + timedelta(hours=hours))
    return {observed.part: observed.value for observed in found}


CLOSED = (Author.SYSTEM, "Closed.", {"status": "closed"})


def test_a_closed_conversation_that_the_customer_goes_on_with_was_reopened() -> None:
    assert seen(log(CLOSED, (Author.CUSTOMER, "Still there?"))) == {Part.REOPENED: 0.0}
    assert seen(log(CLOSED)) == {}
    assert seen(log((Author.CUSTOMER, "And then?"), CLOSED)) == {}
    # After the window it is another matter.
    assert seen(log(CLOSED, (Author.CUSTOMER, "Hello again"), minutes=3_000)) == {}


def test_what_a_person_sends_tells_how_much_of_the_answer_was_right() -> None:
    assert seen(log((Author.AGENT, ANSWER))) == {Part.ANSWER_USED: 1.0}
    edited = seen(log((Author.AGENT, ANSWER.replace("follow", "then follow") + " It is good for 30 minutes.")))
    assert list(edited) == [Part.DRAFT_EDIT]
    assert 0.6 < edited[Part.DRAFT_EDIT] < 0.97
    assert seen(log((Author.AGENT, "No."))) == {}


def test_what_follows_the_next_answer_is_about_that_one() -> None:
    assert seen(log((Author.BOT, "Another answer."), CLOSED, (Author.CUSTOMER, "Hello?"))) == {}
    assert of_events(log(), "unknown", until=NOW) == []
