"""The REST API over HTTP: answers, problems, limits, and whose data it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from firstline.domain import errors
from firstline.domain.errors import EmbedderUnavailableError, StoreUnavailableError
from firstline.web.problems import STATUS, status_of
from tests.component.live import QUESTION, LiveFirstline
from tests.component.rest import bearer, open_session, problem_of


def wait_for(http: httpx.Client, path: str, token: str) -> dict[str, Any]:
    for _ in range(200):
        response = http.get(path, headers=bearer(token))
        if response.status_code == 200:
            answer: dict[str, Any] = response.json()
            return answer
        assert (response.status_code, response.headers["location"]) == (202, path)
    raise AssertionError("no answer")


def test_a_question_is_answered_in_the_response_with_its_sources(http: httpx.Client) -> None:
    response = http.post("/chat", json={"message": QUESTION, "temperature": 0.2})
    assert response.status_code == 200
    answer = response.json()
    assert "password" in answer["message"]
    source = answer["sources"][0]
    assert source["content"] in answer["message"]
    assert source["metadata"]["url"] == "https://help.example/accounts#reset-your-password"
    assert source["id"].startswith("articles/accounts.md#")
    assert 0 <= source["distance"] <= 2
    assert answer["intent"] in {"question", "request"}
    assert 0 < answer["confidence"] <= 1
    assert (answer["escalated"], answer["requires_escalation"], answer["ticket_id"]) == (False, False, None)


def test_a_request_for_a_person_is_escalated(http: httpx.Client) -> None:
    answer = http.post("/chat", json={"content": "I want to talk to a human"}).json()
    assert (answer["escalated"], answer["requires_escalation"]) == (True, True)
    assert answer["ticket_id"] in answer["message"]


def test_a_session_goes_on_with_its_token_and_only_with_it(http: httpx.Client) -> None:
    first = http.post("/chat", json={"message": QUESTION}).json()
    follow_up = {"message": "How do I export timesheets?", "session_id": first["session_id"]}
    foreign = http.post("/chat", json={"message": QUESTION}).json()["token"]
    for headers in ({}, bearer("wrong"), bearer(foreign), {"Authorization": f"Basic {first['token']}"}):
        refused = http.post("/chat", json=follow_up, headers=headers)
        assert problem_of(refused)["type"] == "urn:firstline:problem:not_authorized"
        assert refused.headers["www-authenticate"] == "Bearer"
    second = http.post("/chat", json=follow_up, headers=bearer(first["token"])).json()
    assert (second["session_id"], second["token"]) == (first["session_id"], None)
    history = http.get(f"/chat/sessions/{first['session_id']}/history", headers=bearer(first["token"])).json()
    assert [event["author"] for event in history["events"]] == ["bot", "customer", "bot", "customer", "bot"]


def test_a_repeated_question_under_one_message_id_is_answered_once(http: httpx.Client) -> None:
    opened = open_session(http)
    body = {"message": QUESTION, "session_id": opened["session_id"], "message_id": "order-1"}
    answers = [http.post("/chat", json=body, headers=bearer(opened["token"])).json() for _ in range(2)]
    assert answers[0] == answers[1]
    other = http.post("/chat", json=body | {"message": "Other"}, headers=bearer(opened["token"]))
    assert (other.status_code, problem_of(other)["type"]) == (409, "urn:firstline:problem:message_id_conflict")


def test_an_answer_that_takes_long_is_promised_and_fetched_later(
    own_live: LiveFirstline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_live.container.answer_once, "_wait_s", 0.0)
    monkeypatch.setattr(own_live.container.answer_once, "reply_to", lambda *_: None)
    with httpx.Client(base_url=own_live.url, timeout=60) as http:
        response = http.post("/chat", json={"message": QUESTION})
        pending = response.json()
        assert (response.status_code, pending["status"]) == (202, "pending")
        assert response.headers["location"] == pending["reply_url"]
        monkeypatch.undo()
        answer = wait_for(http, pending["reply_url"], pending["token"])
    assert answer["sources"]


def test_a_posted_message_is_answered_in_the_shape_of_chat(http: httpx.Client) -> None:
    opened = open_session(http, user_id="customer-7")
    path, headers = f"/chat/sessions/{opened['session_id']}/messages", bearer(opened["token"])
    response = http.post(path, json={"text": QUESTION, "message_id": "m1"}, headers=headers)
    answer = response.json()
    assert (response.status_code, answer["seq"], answer["session_id"]) == (200, 3, opened["session_id"])
    assert answer["sources"]
    assert set(answer) == set(http.post("/chat", json={"message": QUESTION}).json())
    again = http.post(path, json={"text": QUESTION, "message_id": "m1"}, headers=headers).json()
    assert again == answer
    assert wait_for(http, f"{path}/2/reply", opened["token"]) == answer
    for seq in (1, 3, 99):
        missing = http.get(f"/chat/sessions/{opened['session_id']}/messages/{seq}/reply", headers=headers)
        assert (missing.status_code, problem_of(missing)["type"]) == (404, "urn:firstline:problem:not_found")


def test_history_comes_in_parts_from_either_end(http: httpx.Client) -> None:
    opened = open_session(http)
    path, headers = f"/chat/sessions/{opened['session_id']}", bearer(opened["token"])
    for number in range(2):
        http.post(f"{path}/messages", json={"text": f"{QUESTION} {number}"}, headers=headers).raise_for_status()

    def seqs(parameters: dict[str, Any], next_name: str, cursor_name: str) -> tuple[list[int], int]:
        seen, n_parts, cursor = [], 0, None
        while n_parts == 0 or cursor is not None:
            asked = parameters | {"limit": 2} | ({cursor_name: cursor} if cursor else {})
            part = http.get(f"{path}/history", params=asked, headers=headers).json()
            seen += [event["seq"] for event in part["events"]]
            cursor, n_parts = part[next_name], n_parts + 1
        assert (part["thread_id"], part["status"], part["owner"]) == (opened["thread_id"], "open", "bot")
        return seen, n_parts

    assert seqs({}, "next_after_seq", "after_seq") == ([1, 2, 3, 4, 5], 3)
    assert seqs({"after_seq": 3}, "next_after_seq", "after_seq") == ([4, 5], 1)
    assert seqs({"order": "newest"}, "next_before_seq", "before_seq") == ([5, 4, 3, 2, 1], 3)
    assert seqs({"order": "newest", "before_seq": 3}, "next_before_seq", "before_seq") == ([2, 1], 1)
    for wrong in ({"before_seq": 3}, {"order": "newest", "after_seq": 1}, {"order": "random"}, {"before_seq": 0}):
        assert http.get(f"{path}/history", params=wrong, headers=headers).status_code in {400, 422}


def test_an_open_session_says_where_to_connect(live: LiveFirstline, http: httpx.Client) -> None:
    opened = open_session(http)
    assert opened["ws_url"].startswith(live.url.replace("http", "ws") + "/ws?session_id=")
    assert opened["message"].startswith("Hello")
    assert live.dial(opened["ws_url"]).resume()[0]["text"] == opened["message"]
    path = f"/chat/sessions/{opened['session_id']}/socket"
    fresh = http.post(path, headers=bearer(opened["token"])).json()
    assert live.dial(fresh["ws_url"]).resume()
    assert http.post(path).status_code == 401
    behind_proxy = http.post("/chat/sessions", headers={"Host": "chat.example", "X-Forwarded-Proto": "https"}).json()
    assert behind_proxy["ws_url"].startswith("wss://chat.example/ws?")


def test_no_token_opens_another_session(http: httpx.Client) -> None:
    mine, theirs = open_session(http), open_session(http)
    for method, path in (
        ("GET", "history"),
        ("POST", "socket"),
        ("POST", "messages"),
        ("GET", "messages/2/reply"),
    ):
        for session_id in (theirs["session_id"], "%00", "x" * 3000, "..%2f" + theirs["session_id"]):
            response = http.request(
                method, f"/chat/sessions/{session_id}/{path}", headers=bearer(mine["token"]), json={"text": "a"}
            )
            assert response.status_code in {401, 404}, (method, path, session_id)
            problem_of(response)


def test_a_correlation_id_is_taken_over_if_it_is_one(http: httpx.Client) -> None:
    given = http.get("/health", headers={"X-Correlation-Id": "order-4711.a"})
    assert given.headers["x-correlation-id"] == "order-4711.a"
    for bad in ("a b", "x" * 65, "", '"}'):
        made = http.get("/health", headers={"X-Correlation-Id": bad}).headers["x-correlation-id"]
        assert made != bad
        assert len(made) == 26


def test_a_store_whose_file_is_damaged_is_not_ready(own_live: LiveFirstline) -> None:
    own_live.open()
    assert httpx.get(f"{own_live.url}/health/readiness", timeout=60).status_code == 200
    store = own_live.folder / "firstline.db"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        indexes = "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        pages = [page for (page,) in connection.execute(indexes)]
    assert pages
    with store.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(b"damaged!" * 512)
    unready = httpx.get(f"{own_live.url}/health/readiness", timeout=60)
    assert unready.status_code == 503
    assert problem_of(unready)["checks"]["store"] == {"status": "failed", "error": "StoreUnavailableError"}


def test_readiness_asks_store_index_and_embedder(live: LiveFirstline, http: httpx.Client) -> None:
    ready = http.get("/health/readiness", timeout=60)
    assert ready.status_code == 200
    assert {name: check["status"] for name, check in ready.json()["checks"].items()} == {
        "store": "ok",
        "index": "ok",
        "embedder": "ok",
    }

    def fail(*_: object) -> None:
        raise EmbedderUnavailableError("model.int8.onnx is missing")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(live.container.ports.embedder, "embed", fail)
        unready = http.get("/health/readiness", timeout=60)
    body = problem_of(unready)
    assert (unready.status_code, body["detail"]) == (503, "embedder did not answer")
    assert body["checks"]["embedder"] == {"status": "failed", "error": "EmbedderUnavailableError"}
    assert http.get("/health/liveness").json() == {"status": "ok"}


def test_a_store_that_fails_is_a_503_that_gives_nothing_away(live: LiveFirstline, http: httpx.Client) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("throttled at CONV#secret")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(live.container.sessions, "add", fail)
        response = http.post("/chat/sessions", json={})
    body = problem_of(response)
    assert (response.status_code, body["type"]) == (503, "urn:firstline:problem:store_unavailable")
    assert response.headers["retry-after"] == "1"
    assert "secret" not in response.text


def test_a_bug_is_a_500_without_its_words_unless_debugging(live: LiveFirstline, http: httpx.Client) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("my card is 4111")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(live.container.sessions, "add", fail)
        response = http.post("/chat/sessions", json={}, headers={"X-Correlation-Id": "c1"})
    body = problem_of(response)
    assert (response.status_code, body["type"], body["correlation_id"]) == (
        500,
        "urn:firstline:problem:internal_error",
        "c1",
    )
    assert "4111" not in response.text


def test_debugging_shows_the_words_of_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveFirstline(tmp_path, monkeypatch, debug=True)
    try:
        monkeypatch.setattr(live.container.sessions, "add", lambda _: 1 / 0)
        response = httpx.post(f"{live.url}/chat/sessions", json={}, timeout=60)
    finally:
        live.stop()
    assert problem_of(response)["detail"] == "ZeroDivisionError: division by zero"


def test_documentation_and_demo_page_are_served(http: httpx.Client) -> None:
    page = http.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "Firstline" in page.text
    for path in (
        "/widget.js",
        "/chat",
        "/docs/widget",
        "/static/pages/page.css",
        "/static/pages/chat-page.js",
    ):
        assert http.get(path).status_code == 200
    assert "swagger-ui" in http.get("/docs").text
    assert "redoc" in http.get("/redoc").text
    paths = http.get("/openapi.json").json()["paths"]
    assert set(paths) >= {"/chat", "/chat/sessions", "/chat/sessions/{session_id}/history", "/health/readiness"}
    assert "application/problem+json" in paths["/chat"]["post"]["responses"]["default"]["content"]


def test_every_error_class_has_a_status() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 25
    retryable = {kind for kind in kinds if status_of(kind) == 503}
    assert {kind.__name__ for kind in retryable} == {
        "TransactionConflictError",
        "StoreUnavailableError",
        "KnowledgeIndexUnavailableError",
        "EmbedderUnavailableError",
        "LanguageModelUnavailableError",
        "WorkflowUnavailableError",
        "IdentityProviderUnavailableError",
        "SigningKeyUnavailableError",
    }
    assert status_of(errors.IdempotencyKeyReusedError) == 422
    assert status_of(errors.RequestInProgressError) == 409
    assert status_of(errors.MessageIdConflictError) == 409
    assert STATUS[errors.NotAuthorizedError] == 401
