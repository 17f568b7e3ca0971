"""Frames: what is refused, and that none is ever too long."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.domain import frames
from firstline.domain.conversation import Author, Event
from firstline.domain.errors import InvalidFrameError
from firstline.domain.frame_size import MAX_FRAME_BYTES
from firstline.domain.frames import MessageFrame, PingFrame, ResumeFrame, encode, parse_client_frame


def size(frame: dict[str, Any]) -> int:
    return len(encode(frame).encode())


def citation(quote: str, number: int = 1) -> dict[str, Any]:
    return {"number": number, "quote": quote, "title": "Accounts"}


def test_frames_of_the_protocol_are_read() -> None:
    message = parse_client_frame('{"action": "message", "message_id": "m1", "text": "Hi"}')
    assert message == MessageFrame(action="message", message_id="m1", text="Hi")
    assert parse_client_frame('{"action": "resume", "after_seq": 7}') == ResumeFrame(action="resume", after_seq=7)
    assert parse_client_frame('{"action": "ping"}') == PingFrame(action="ping")


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
        assert json.loads(encode(frames.error("invalid_frame", str(error), retryable=False)))["message"]


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_whatever_object_comes_is_a_frame_or_refused_by_name(document: dict[str, Any]) -> None:
    for action in ("message", "resume", "ping"):
        try:
            parse_client_frame(json.dumps(document | {"action": action}))
        except InvalidFrameError as error:
            assert encode(frames.error("invalid_frame", str(error), retryable=False)).encode()


def test_an_event_of_the_longest_message_fits_as_it_is() -> None:
    text = "\U0001f427" * 8000
    event = Event(seq=999_999, author=Author.CUSTOMER, text=text, at=datetime.now(UTC), message_id="m" * 64)
    assert size(frames.event(event)) <= MAX_FRAME_BYTES
    assert json.loads(encode(frames.event(event)))["text"] == text


def test_too_long_a_reply_loses_quotes_before_words() -> None:
    frame = {"type": "reply", "text": "answer", "citations": [citation("q" * 9000, n) for n in range(1, 6)]}
    sent = json.loads(encode(frame))
    assert size(frame) <= MAX_FRAME_BYTES
    assert (sent["text"], sent["truncated"]) == ("answer", True)
    assert [len(cited["quote"]) for cited in sent["citations"]] == [200] * 5
    assert len(frame["citations"][0]["quote"]) == 9000  # type: ignore[index]


def test_the_quotes_of_a_replayed_event_are_cut_as_well() -> None:
    frame = {"type": "event", "text": "answer", "detail": {"citations": [citation("q" * 40_000)], "handover": None}}
    sent = json.loads(encode(frame))
    assert sent["detail"] == {"citations": [citation("q" * 200)], "handover": None}


@given(st.sampled_from(["a", "\u00e9", "\U0001f427", '"', "\\", "\n", "\u0001"]), st.integers(5_000, 60_000))
def test_no_frame_is_over_the_limit_and_every_one_is_json(character: str, length: int) -> None:
    text = character * length
    encoded = encode({"type": "event", "text": text, "detail": {}})
    sent = json.loads(encoded)
    assert len(encoded.encode()) <= MAX_FRAME_BYTES
    assert text.startswith(sent["text"])
    assert sent.get("truncated", False) == (sent["text"] != text)


def test_half_a_surrogate_pair_is_sent_as_a_question_mark() -> None:
    assert json.loads(encode(frames.error("c", "field \ud800", retryable=False)))["message"] == "field ?"
