"""Answers as clients see them grow, by pieces in any order and any number."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firstline.domain import frames
from firstline.local.streamed_answers import StreamedAnswers

PIECES = ("Open ", "the ", "page, ", "choose ", "Export", ".")
Shown = list[dict[str, Any]]


def text_of(shown: Shown) -> str:
    text = ""
    for frame in shown:
        text = text + frame["text"] if frame["type"] == "delta" else ""
    return text


def take_all(answers: StreamedAnswers, *taken: dict[str, Any]) -> Shown:
    return [shown for frame in taken for shown in answers.take(frame)]


def part(first: int, last: int, attempt: int = 1, version: int = 1) -> dict[str, Any]:
    return frames.delta("t", attempt, first, "".join(PIECES[first:last]), next_index=last, version=version)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)).filter(lambda ends: ends[0] < ends[1]), max_size=8),
    st.permutations(range(len(PIECES))),
)
def test_pieces_that_overlap_come_twice_or_late_make_the_same_text(
    whole: list[tuple[int, int]], single: list[int]
) -> None:
    answers = StreamedAnswers()
    # What a server sends anew always starts at the beginning of the answer.
    again = [part(0, last) for _, last in whole]
    shown = take_all(answers, part(0, 1), *again, *(part(place, place + 1) for place in single), *again)
    assert text_of(shown) == "".join(PIECES)
    assert [frame["type"] for frame in shown] == ["delta"] * len(shown)


def test_what_was_withdrawn_does_not_come_back_with_a_late_piece() -> None:
    answers = StreamedAnswers()
    shown = take_all(
        answers,
        part(0, 2),
        frames.superseded("t", attempt=1, before_index=2),
        part(0, 2),
        part(1, 2),
        frames.delta("t", 1, 2, "Another", version=1),
    )
    assert [frame["type"] for frame in shown] == ["delta", "superseded", "delta"]
    assert text_of(shown) == "Another"


def test_a_later_attempt_takes_the_place_of_an_earlier_and_is_not_withdrawn_with_it() -> None:
    answers = StreamedAnswers()
    shown = take_all(
        answers,
        part(0, 2),
        frames.delta("t", 2, 0, "Second try", version=1),
        part(2, 3),
        frames.superseded("t", attempt=1, before_index=3),
    )
    assert text_of(shown) == "Second try"
    assert take_all(answers, frames.superseded("t"), part(0, 1, attempt=3)) == [{"type": "superseded", "turn_id": "t"}]


def test_what_was_written_before_the_conversation_changed_hands_is_dropped() -> None:
    answers = StreamedAnswers()
    shown = take_all(answers, part(0, 1), frames.agent(3, "anna", 1, name="Anna"))
    assert text_of(shown) == "Open "
    shown = take_all(answers, frames.agent(4, "anna", 2, name="Anna"), part(1, 2), part(0, 3))
    assert shown == [{"type": "superseded", "turn_id": "t"}]


def test_after_a_reconnection_only_what_is_new_is_shown_and_what_is_no_more_is_withdrawn() -> None:
    answers = StreamedAnswers()
    take_all(answers, part(0, 2))
    answers.reconnected()
    assert [frame["text"] for frame in take_all(answers, part(0, 4), frames.resumed(2, more=False))] == [
        "page, choose "
    ]
    answers.reconnected()
    assert take_all(answers, frames.resumed(2, more=True)) == []
    assert take_all(answers, frames.resumed(2, more=False)) == [{"type": "superseded", "turn_id": "t"}]


def test_nothing_of_an_answer_in_the_log_is_shown_again() -> None:
    answers = StreamedAnswers()
    take_all(answers, part(0, 2))
    answers.settle("t")
    assert take_all(answers, part(2, 3), part(0, 6), frames.superseded("t", attempt=1, before_index=9)) == []


def test_an_event_that_says_a_newer_version_withdraws_what_was_shown_and_an_older_one_nothing() -> None:
    answers = StreamedAnswers()
    take_all(answers, {"type": "connected", "version": 2}, part(0, 2, version=2))
    assert answers.take({"type": "event", "detail": {"action": "taken", "version": 2}}) == []
    assert answers.take({"type": "event", "detail": {}}) == []
    closed = {"type": "event", "detail": {"action": "closed", "version": 3}}
    assert answers.take(closed) == [{"type": "superseded", "turn_id": "t"}]
    assert answers.take(part(2, 3, version=2)) == []
