"""The REST API and what should not be sent to it: a problem, and nothing stored."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from urllib.parse import urlencode

import httpx
import pytest

from tests.component.live import QUESTION, LiveFirstline
from tests.component.rest import bearer, open_session, problem_of


def n_items(live: LiveFirstline) -> int:
    """Number of items in the store, with all turns at their end."""
    assert live.engine.wait_idle(10)
    with closing(sqlite3.connect(live.folder / "firstline.db")) as database:
        count: int = database.execute("SELECT count(*) FROM item").fetchone()[0]
        return count


BAD_BODIES: list[tuple[str, str, bytes, int]] = [
    ("/chat", "empty body", b"", 422),
    ("/chat", "not JSON", b"{message}", 400),
    ("/chat", "cut off", b'{"message": "a', 400),
    ("/chat", "not UTF-8", b'{"message": "\xff"}', 400),
    ("/chat", "nested too deeply", b'{"message": ' + b"[" * 100_000, 400),
    ("/chat", "an array", b"[]", 422),
    ("/chat", "no text", b"{}", 422),
    ("/chat", "two texts", b'{"message": "a", "content": "b"}', 422),
    ("/chat", "a number", b'{"message": 5}', 422),
    ("/chat", "null", b'{"message": null}', 422),
    ("/chat", "empty text", b'{"message": ""}', 422),
    ("/chat", "white space", b'{"message": " \\n\\t "}', 422),
    ("/chat", "control character", b'{"message": "a\\u0000b"}', 422),
    ("/chat", "half a surrogate pair", b'{"message": "\\ud83d"}', 422),
    ("/chat", "too long", json.dumps({"message": "a" * 4001}).encode(), 422),
    ("/chat", "message id", b'{"message": "a", "message_id": "a#b"}', 422),
    ("/chat", "user id empty", b'{"message": "a", "user_id": ""}', 422),
    ("/chat", "user id control character", b'{"message": "a", "user_id": "a\\u0000"}', 422),
    ("/chat", "user id half a surrogate pair", b'{"message": "a", "user_id": "\\udc00"}', 422),
    ("/chat", "session id unknown", b'{"message": "a", "session_id": "nobody"}', 401),
    ("/chat", "session id too long", json.dumps({"message": "a", "session_id": "a" * 3000}).encode(), 401),
    ("/chat/sessions", "unknown field", b'{"admin": true}', 422),
    ("/chat/sessions", "unknown field, half a surrogate pair", b'{"\\ud800": true}', 422),
    ("/chat/sessions", "user id too long", json.dumps({"user_id": "a" * 129}).encode(), 422),
]


@pytest.mark.parametrize(("path", "name", "body", "status"), BAD_BODIES, ids=[f"{b[0]} {b[1]}" for b in BAD_BODIES])
def test_a_bad_body_is_a_problem_and_leaves_nothing_behind(
    live: LiveFirstline, http: httpx.Client, path: str, name: str, body: bytes, status: int
) -> None:
    before = n_items(live)
    response = http.post(path, content=body, headers={"Content-Type": "application/json"})
    problem_of(response)
    assert response.status_code == status, name
    assert n_items(live) == before


def test_a_body_over_the_limit_is_a_413_announced_or_not(http: httpx.Client) -> None:
    limit = 262_144
    fits = json.dumps({"message": QUESTION}).encode().ljust(limit)
    assert http.post("/chat", content=fits, headers={"Content-Type": "application/json"}).status_code == 200
    for content in (fits + b" ", iter([fits, b" "]), iter([b" " * 10_000] * 300)):
        response = http.post("/chat", content=content, headers={"Content-Type": "application/json"})
        assert (response.status_code, problem_of(response)["type"]) == (413, "urn:firstline:problem:body_too_large")


def test_another_content_type_is_a_415(http: httpx.Client) -> None:
    response = http.post("/chat", content=b'{"message": "a"}', headers={"Content-Type": "text/plain"})
    assert (response.status_code, problem_of(response)["title"]) == (415, "Unsupported media type")


URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


def multipart(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n--b--\r\n' % (name, more, value)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (URLENCODED, urlencode({"message": QUESTION, "user_id": "Zoë"}).encode()),
        (URLENCODED, f"message={QUESTION}&user_id=Zoë".encode()),
        (MULTIPART, multipart(b"message", QUESTION.encode())),
        (f"{MULTIPART}; charset=utf-8", multipart(b"content", QUESTION.encode())),
    ],
)
def test_one_question_may_be_asked_by_a_form(http: httpx.Client, kind: str, body: bytes) -> None:
    response = http.post("/chat", content=body, headers={"Content-Type": kind})
    assert (response.status_code, bool(response.json()["sources"])) == (200, True), response.text


def test_the_letters_of_a_form_arrive_as_they_were_written(live: LiveFirstline, http: httpx.Client) -> None:
    opened = open_session(http)
    path, headers = f"/chat/sessions/{opened['session_id']}", bearer(opened["token"])
    for kind, body in ((URLENCODED, "text=Grüße".encode()), (MULTIPART, multipart(b"text", "Grüße".encode()))):
        assert http.post(f"{path}/messages", content=body, headers={**headers, "Content-Type": kind}).is_success
    events = http.get(f"{path}/history", headers=headers).json()["events"]
    assert [event["text"] for event in events if event["author"] == "customer"] == ["Grüße", "Grüße"]


@pytest.mark.parametrize("path", ["/chat", "/chat/sessions/{session_id}/messages"])
@pytest.mark.parametrize(
    ("kind", "body", "status", "reason"),
    [
        (URLENCODED, b"message=%ff", 400, "not UTF-8"),
        (URLENCODED, b"message=\xff", 400, "not UTF-8"),
        (MULTIPART, multipart(b"message", b"\xff"), 400, "not UTF-8"),
        (MULTIPART, multipart(b"\xff", b"x"), 400, "not UTF-8"),
        ("multipart/form-data", b"", 400, "boundary"),
        (URLENCODED, b"&".join(b"a%d=1" % number for number in range(40)), 400, "at most 20 fields"),
        (URLENCODED, b"", 422, ""),
        (URLENCODED, b"message=a&content=b", 422, ""),
        (MULTIPART, multipart(b"picture", b"x", b'; filename="a.txt"'), 422, "picture"),
    ],
)
def test_a_bad_form_is_a_problem(
    http: httpx.Client, path: str, kind: str, body: bytes, status: int, reason: str
) -> None:
    opened = open_session(http)
    headers = {"Content-Type": kind, **(bearer(opened["token"]) if "{" in path else {})}
    refused = http.post(path.format(**opened), content=body, headers=headers)
    assert refused.status_code == status
    assert reason in problem_of(refused)["detail"]


def test_wrong_places_and_methods_are_problems(http: httpx.Client) -> None:
    assert problem_of(http.get("/nowhere"))["status"] == 404
    wrong_method = http.delete("/chat")
    assert problem_of(wrong_method)["status"] == 405
    assert wrong_method.headers["allow"] == "POST"
    opened = open_session(http)
    bad_limit = http.get(f"/chat/sessions/{opened['session_id']}/history?limit=0", headers=bearer(opened["token"]))
    assert problem_of(bad_limit)["errors"][0]["field"] == "query.limit"
