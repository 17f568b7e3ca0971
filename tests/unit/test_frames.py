"""Frames: what is refused, and that none is ever too long nor loses a word."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.domain import frames
from firstline.domain.attachments import MAX_FILES
from firstline.domain.client_frames import (
    ACTIONS,
    EndFrame,
    MessageFrame,
    PingFrame,
    RateFrame,
    RequestHumanFrame,
    ResumeFrame,
    SimpleMessageFrame,
    TypingFrame,
    parse_client_frame,
)
from firstline.domain.conversation import Author, Event
from firstline.domain.errors import InvalidFrameError
from firstline.domain.frame_size import MAX_FRAME_BYTES, PartJoiner, encoded, fits
from firstline.settings import InvalidSettingError, Settings


def citation(quote: str, number: int = 1) -> dict[str, Any]:
    return {"number": number, "quote": quote, "title": "Accounts"}


def sent(frame: dict[str, Any]) -> dict[str, Any]:
    (text,) = encoded(frame)
    received: dict[str, Any] = json.loads(text)
    return received


def joined(texts: list[str]) -> list[dict[str, Any]]:
    joiner = PartJoiner()
    taken = [joiner.take(json.loads(text)) for text in texts]
    return [frame for frame in taken if frame is not None]


def test_frames_of_the_protocol_are_read() -> None:
    message = parse_client_frame('{"action": "message", "message_id": "m1", "text": "Hi"}')
    assert message == MessageFrame(action="message", message_id="m1", text="Hi")
    assert parse_client_frame('{"action": "resume", "after_seq": 7}') == ResumeFrame(action="resume", after_seq=7)
    assert parse_client_frame('{"action": "ping"}') == PingFrame(action="ping")
    assert parse_client_frame('{"action": "typing"}') == TypingFrame(action="typing")
    assert parse_client_frame('{"action": "end"}') == EndFrame(action="end")
    assert parse_client_frame('{"action": "request_human"}') == RequestHumanFrame(action="request_human")
    rated = parse_client_frame('{"action": "rate", "seq": 3, "thumb": "down", "reason": "wrong page"}')
    assert rated == RateFrame(action="rate", seq=3, thumb="down", reason="wrong page")


def test_a_simple_client_may_say_type_and_content_and_whatever_else_it_likes() -> None:
    simple = parse_client_frame('{"type": "message", "content": "Hi", "session_id": "s", "timestamp": 5}')
    assert simple == SimpleMessageFrame(type="message", content="Hi")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not valid JSON"),
        ("null", "must be a JSON object"),
        ('{"action": "fly"}', "action must be one of"),
        ('{"action": "resume"}', "after_seq"),
        ('{"action": "resume", "after_seq": true}', "after_seq"),
        ('{"action": "resume", "after_seq": 1000000000000}', "after_seq"),
        ('{"action": "message", "message_id": 1, "text": "a"}', "message_id"),
        ('{"type": "message"}', "content"),
        ('{"type": "message", "content": ["a"]}', "content"),
        ('{"type": "ping"}', "action must be one of"),
        ('{"action": "rate", "seq": 3}', "either score or thumb"),
        ('{"action": "rate", "seq": 3, "score": 5, "thumb": "up"}', "either score or thumb"),
        ('{"action": "rate", "seq": 3, "score": 6}', "score"),
        ('{"action": "rate", "seq": 3, "score": 4.5}', "score"),
        ('{"action": "rate", "seq": 3, "score": true}', "score"),
        ('{"action": "rate", "seq": 3, "thumb": "sideways"}', "thumb"),
        ('{"action": "end", "really": true}', "really"),
    ],
)
def test_a_refusal_says_what_is_wrong(body: str, reason: str) -> None:
    with pytest.raises(InvalidFrameError, match=reason):
        parse_client_frame(body)


@given(st.text() | st.binary().map(lambda content: content.decode("latin-1")))
def test_whatever_comes_is_a_frame_or_refused_by_name(body: str) -> None:
    try:
        parse_client_frame(body)
    except InvalidFrameError as error:
        assert sent(frames.error("invalid_frame", str(error), retryable=False))["message"]


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_whatever_object_comes_is_a_frame_or_refused_by_name(document: dict[str, Any]) -> None:
    for action in ACTIONS:
        try:
            parse_client_frame(json.dumps(document | {"action": action}))
        except InvalidFrameError as error:
            assert sent(frames.error("invalid_frame", str(error), retryable=False))["message"]


def test_an_event_of_the_longest_message_fits_as_it_is() -> None:
    text = "\U0001f427" * 8000
    event = Event(seq=999_999, author=Author.CUSTOMER, text=text, at=datetime.now(UTC), message_id="m" * 64)
    assert sent(frames.event(event))["text"] == text


def test_a_reply_with_long_quotes_comes_in_parts_and_whole() -> None:
    frame = {"type": "reply", "text": "answer", "citations": [citation("q\u00e9" * 9000, n) for n in range(1, 6)]}
    texts = encoded(frame)
    assert [json.loads(text)["part"] for text in texts] == list(range(1, len(texts) + 1))
    assert {json.loads(text)["parts"] for text in texts} == {len(texts)}
    assert joined(texts) == [frame]


def test_parts_that_come_twice_out_of_order_or_between_those_of_another_frame_are_joined_all_the_same() -> None:
    first, second = ({"type": "event", "text": letter * 50_000} for letter in "ab")
    ours, theirs = encoded(first), encoded(second)
    mixed = [ours[-1], theirs[0], ours[-1], *ours[:-1], {"type": "pong"}, *theirs[1:]]
    assert joined([text if isinstance(text, str) else json.dumps(text) for text in mixed]) == [
        first,
        {"type": "pong"},
        second,
    ]


@given(st.sampled_from(["a", "\u00e9", "\U0001f427", '"', "\\", "\n", "\u0001", "\u2028"]), st.integers(5_000, 90_000))
def test_no_frame_is_over_the_limit_and_nothing_is_cut(character: str, length: int) -> None:
    frame = {"type": "event", "text": character * length, "detail": {}}
    texts = encoded(frame)
    assert max(len(text.encode()) for text in texts) <= MAX_FRAME_BYTES
    assert joined(texts) == [frame]


def test_half_a_surrogate_pair_is_sent_as_a_question_mark() -> None:
    assert sent(frames.error("c", "field \ud800", retryable=False))["message"] == "field ?"


def test_the_longest_message_that_a_setting_permits_fits_a_frame_with_its_files() -> None:
    longest = 8000
    with pytest.raises(InvalidSettingError):
        Settings.from_env({"MAX_MESSAGE_CHARACTERS": str(longest + 1)})
    frame = {
        "action": "message",
        "message_id": "m" * 64,
        "text": "\N{GRINNING FACE}" * longest,
        "attachments": ["f" * 64] * MAX_FILES,
    }
    assert fits(frame)
