"""The rolling summary: what leaves the window, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.domain.conversation import Author, Event
from firstline.domain.summary import MAX_CHARACTERS, MAX_LINE_CHARACTERS, extend_extractive, leaving, transcript

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def event(seq: int, author: Author, text: str, **detail: Any) -> Event:
    return Event(seq=seq, author=author, text=text, at=NOW, detail=detail)


def talk(n: int) -> list[Event]:
    greeting = event(1, Author.BOT, "Hello!", greeting=True)
    authors = (Author.CUSTOMER, Author.BOT)
    return [greeting, *(event(seq, authors[seq % 2], f"sentence {seq}") for seq in range(2, n + 2))]


@pytest.mark.parametrize("n", [0, 1, 19, 20])
def test_nothing_leaves_a_window_that_holds_all(n: int) -> None:
    assert leaving(talk(n), window=20) == []


def test_what_leaves_is_the_oldest_and_half_a_window_more_than_must() -> None:
    assert [left.seq for left in leaving(talk(22), window=20)] == list(range(2, 14))
    assert [left.seq for left in leaving(talk(3), window=0)] == [2, 3, 4]


def test_the_greeting_and_notes_of_the_system_are_not_counted() -> None:
    notes = [event(seq, Author.SYSTEM, "closed") for seq in range(30, 60)]
    assert leaving([*talk(20), *notes], window=20) == []


def test_a_line_keeps_the_sentence_that_says_most() -> None:
    said = "Hi there. My export fails with SYNC-409 since 3 June. Thanks!"
    assert extend_extractive("", [event(2, Author.CUSTOMER, said)]) == (
        "Customer: My export fails with SYNC-409 since 3 June."
    )


def test_an_answer_is_kept_by_what_it_rested_on_and_small_talk_not_at_all() -> None:
    answered = event(
        3, Author.BOT, "Long text", citations=[{"heading": "Exports", "title": "T"}, {"heading": "", "title": "Sync"}]
    )
    handed = event(5, Author.BOT, "A person will help", handover={"ticket_id": "AB12CD34", "reason": "legal"})
    talk = [
        event(2, Author.CUSTOMER, "thanks"),
        answered,
        event(4, Author.BOT, "You are welcome."),
        handed,
        event(6, Author.AGENT, "I have reset the export."),
    ]
    assert extend_extractive("", talk).splitlines() == [
        "Answered from: Exports; Sync",
        "A person was asked to take over, ticket AB12CD34.",
        "Agent: I have reset the export.",
    ]


def test_a_summary_stays_within_its_limit_and_keeps_the_first_concern_and_the_facts() -> None:
    summary = ""
    for seq in range(2, 200):
        text = "My licence key L-4711 is refused" if seq == 90 else f"well this is odd again number{seq} " * 3
        summary = extend_extractive(summary, [event(seq, Author.CUSTOMER, text)])
        assert len(summary) <= MAX_CHARACTERS
    lines = summary.splitlines()
    assert "number2 " in lines[0]
    assert "Customer: My licence key L-4711 is refused" in lines
    assert all(len(line) <= MAX_LINE_CHARACTERS for line in lines)


def test_the_same_message_twice_is_one_line_and_a_long_one_is_cut() -> None:
    twice = [event(seq, Author.CUSTOMER, "word " * 500) for seq in (2, 3)]
    summary = extend_extractive("", twice)
    assert len(summary) <= MAX_LINE_CHARACTERS
    assert summary.endswith("\u2026")
    assert "\n" not in summary


def test_a_model_gets_summary_and_messages_as_data() -> None:
    given = transcript("Customer: A", [event(4, Author.CUSTOMER, "And B?"), event(5, Author.BOT, "B.")])
    assert given == ("<summary>\nCustomer: A\n</summary>\n\n<messages>\ncustomer: And B?\nbot: B.\n</messages>")
