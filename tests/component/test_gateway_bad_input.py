"""Real sockets and what should not be sent to them: an error to that client, and nothing else is harmed."""

from __future__ import annotations

import json

from tests.component.live import QUESTION, Client, LiveFirstline

VALID = {"action": "message", "message_id": "m1", "text": QUESTION}


def authors(client: Client) -> list[str]:
    return [frame["author"] for frame in client.resume()]


BAD_FRAMES: list[tuple[str, str, str]] = [
    ("empty", "", "invalid_frame"),
    ("white space", "  \n\t ", "invalid_frame"),
    ("not JSON", "{action: message}", "invalid_frame"),
    ("not an object", '["message"]', "invalid_frame"),
    ("nested too deeply", "[" * 30_000, "invalid_frame"),
    ("a number of 10,000 digits", "1" * 10_000, "invalid_frame"),
    ("no action", "{}", "invalid_frame"),
    ("unknown action", '{"action": "drop_table"}', "invalid_frame"),
    ("action of a wrong type", '{"action": {"message": 1}}', "invalid_frame"),
    ("text of a wrong type", json.dumps(VALID | {"text": 5}), "invalid_frame"),
    ("text missing", json.dumps({"action": "message", "message_id": "m1"}), "invalid_frame"),
    ("a field too many", json.dumps(VALID | {"admin": True}), "invalid_frame"),
    ("half a surrogate pair in a field's name", '{"action": "ping", "\\ud800": 1}', "invalid_frame"),
    ("after_seq negative", '{"action": "resume", "after_seq": -1}', "invalid_frame"),
    ("after_seq a text", '{"action": "resume", "after_seq": "1"}', "invalid_frame"),
    ("after_seq not a number", '{"action": "resume", "after_seq": NaN}', "invalid_frame"),
    ("after_seq huge", '{"action": "resume", "after_seq": 1' + "0" * 4000 + "}", "invalid_frame"),
    ("empty text", json.dumps(VALID | {"text": ""}), "invalid_message"),
    ("white space only", json.dumps(VALID | {"text": " \u2003\n\u200b"}), "invalid_message"),
    ("a control character", json.dumps(VALID | {"text": "a\u0000b"}), "invalid_message"),
    ("half a surrogate pair", '{"action": "message", "message_id": "m1", "text": "a \\udc00 b"}', "invalid"),
    ("text too long", json.dumps(VALID | {"text": "a" * 4001}), "invalid_message"),
    ("message id with a separator", json.dumps(VALID | {"message_id": "a#b"}), "invalid_message"),
    ("message id empty", json.dumps(VALID | {"message_id": ""}), "invalid_message"),
    ("message id too long", json.dumps(VALID | {"message_id": "a" * 65}), "invalid_message"),
]


def test_every_bad_frame_gets_a_typed_error_and_nothing_else_is_harmed(live: LiveFirstline) -> None:
    session = live.open()
    client, other = live.dial(session.ws_url), live.connect(session)
    for name, frame, code in BAD_FRAMES:
        client.send(frame)
        error = client.receive()
        assert error["type"] == "error", name
        assert error["code"].startswith(code), name
        assert error["retryable"] is False, name
        assert error["message"], name
    assert live.n_stored(session) == 1
    assert [frame["type"] for frame in other.resume()] == ["event"]
    client.say(QUESTION)
    assert client.until("reply")[-1]["citations"]


def test_an_error_names_the_message_that_it_is_about(live: LiveFirstline) -> None:
    client = live.dial(live.open().ws_url)
    client.say("  ", "m7")
    assert client.receive()["message_id"] == "m7"
    client.send(json.dumps(VALID | {"message_id": "a#b"}))
    assert "message_id" not in client.receive()


def test_a_frame_over_32_kb_closes_that_socket_with_1009_and_the_client_comes_back(live: LiveFirstline) -> None:
    session = live.open()
    client, other = live.dial(session.ws_url), live.connect(session)
    client.say("a" * 32 * 1024)
    assert client.closed_with() == 1009
    other.say(QUESTION)
    assert other.until("reply")
    assert authors(live.connect(session)) == ["bot", "customer", "bot"]


def test_a_frame_of_exactly_32_kb_is_read(live: LiveFirstline) -> None:
    client = live.dial(live.open().ws_url)
    frame = json.dumps({"action": "ping", "pad": ""})
    client.send(frame.replace('""', f'"{"a" * (32 * 1024 - len(frame))}"'))
    assert client.receive()["code"] == "invalid_frame"


def test_a_binary_frame_closes_that_socket_with_1003_and_the_client_comes_back(live: LiveFirstline) -> None:
    session = live.open()
    client = live.dial(session.ws_url)
    client.send(json.dumps(VALID).encode())
    assert client.closed_with() == 1003
    assert live.n_stored(session) == 1
    assert authors(live.connect(session)) == ["bot"]
