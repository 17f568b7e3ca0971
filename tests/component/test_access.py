"""Every route declares who may use it, and no id in a path, body or frame opens another customer's data.

Both tests walk what the app and the protocol have: a route, id or frame that is not known here fails them until it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from firstline import bootstrap
from firstline.domain.client_frames import ClientFrame
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.domain.memory import FactKind
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.web.access import DECLARES, customer_or_agent
from firstline.web.app import create_app
from functions.websocket import handler as websocket
from tests.component.approvals import waiting_approval
from tests.component.rest import bearer, open_session
from tests.component.world import World

SECRET = "quagga-4711"  # pragma: allowlist secret
OFF = {
    "max_requests_per_minute": 0,
    "max_requests_per_minute_per_customer": 0,
    "max_messages_per_minute": 0,
    "max_sessions_per_minute": 0,
}

PUBLIC = {
    ("GET", "/"),
    ("GET", "/chat"),
    ("GET", "/docs"),
    ("GET", "/docs/widget"),
    ("GET", "/health"),
    ("GET", "/health/"),
    ("GET", "/health/detailed"),
    ("GET", "/health/liveness"),
    ("GET", "/health/readiness"),
    ("GET", "/metrics"),  # Asks for a token of its own wherever it is not this machine that asks.
    ("GET", "/redoc"),
    ("GET", "/sites/{site_id}"),
    ("GET", "/widget.js"),
    ("GET", "/widget/{version}/{name}"),
    ("POST", "/auth/login"),
    ("POST", "/chat"),
    ("POST", "/chat/sessions"),
    *(("HEAD", f"/health{part}") for part in ("", "/", "/liveness", "/readiness")),
    ("PUT", "/attachments/uploads/{upload_token}"),  # The address is signed, and the permission itself.
}
WITHOUT_DEPENDENCIES = {"/openapi.json", "/static", "/static/docs"}

# Names of path parameters that lead to no customer's data.
HARMLESS = {
    "label",
    "site_id",
    "draft_id",
    "decision",
    "webhook_id",
    "delivery_id",
    "version",
    "name",
    "experiment_id",
    "arm",
    "day",
    "address_id",  # Of an address by its hash; only admins may use it.
}
# Routes whose bodies name something of a customer's, with the body that names the victim's.
NAMING: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/chat"): {"message": "hello", "session_id": "session_id"},
    ("POST", "/chat/sessions/{session_id}/messages"): {"text": "hello", "attachments": ["file_id"]},
    ("POST", "/api/v1/tickets"): {"subject": "hello", "customer_id": "customer_id"},
}
# Fields of bodies that end in _id or the like and lead to nothing of anybody's.
HARMLESS_FIELDS = {
    ("POST", "/chat", "message_id"),
    ("POST", "/chat", "user_id"),
    ("POST", "/chat/sessions", "user_id"),
    ("POST", "/chat/sessions/{session_id}/messages", "message_id"),
    ("POST", "/admin/conversations/{conversation_id}/messages", "message_id"),
    ("POST", "/admin/conversations/{conversation_id}/transfer", "user_id"),
    ("POST", "/admin/sites", "site_id"),
    ("POST", "/admin/experiments", "experiment_id"),
    ("POST", "/admin/conversations/{conversation_id}/split", "from_seq"),  # Of the conversation in the path.
}
CUSTOMER_OR_AGENT = DECLARES[customer_or_agent]
IDENTIFIES = re.compile(r"(^|_)(ids?|seq|token|key|attachments?|tickets?|turns?)$")

Route = tuple[str, str, set[str]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, **OFF)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    return world


@pytest.fixture
def app(world: World) -> FastAPI:
    return create_app(world.container)


@pytest.fixture
def http(app: FastAPI) -> TestClient:
    return TestClient(app)


def routes(app: FastAPI) -> Iterator[Route]:
    """Method, path and declared roles of every route."""
    for route in iter_route_contexts(app.routes):
        if not hasattr(route, "dependant"):
            assert route.path in WITHOUT_DEPENDENCIES, route.path
            continue
        for method in route.methods or ():
            yield method, str(route.path), {DECLARES[call] for call in calls(route.dependant) if call in DECLARES}


def calls(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from calls(dependency)


def needed(declared: set[str]) -> str:
    return next((role for role in (Role.ADMIN, Role.AGENT) if role in declared), "customer")


def is_public(route: Route) -> bool:
    return any(role.startswith("public") for role in route[2])


class Victim:
    """A customer with a conversation, a handover and a ticket, and the ids of it all."""

    def __init__(self, world: World, http: TestClient) -> None:
        self.session = open_session(http)
        self.conversation_id = self.session["thread_id"]
        world.container.connect_socket.connect("victim", self.session["session_id"], socket_token(self.session))
        self.answered = world.ask(self.conversation_id, f"My code is {SECRET}. I want to talk to a person.")
        self.seq = self.answered["message"]["seq"]
        conversation = world.container.conversations.get(self.conversation_id)
        self.ids: dict[str, Any] = {
            "session_id": self.session["session_id"],
            "conversation_id": self.conversation_id,
            "seq": self.seq,
            "turn_id": self.answered["turn_id"],
            "ticket_id": conversation.ticket_id,
            "approval_id": waiting_approval(world.container, self.conversation_id, text=SECRET),
            "customer_id": conversation.customer_id,
            "message_id": self.answered["message"]["message_id"],
            "file_id": world.container.attached_files.receive.store(
                self.conversation_id, f"{SECRET}.txt", SECRET.encode()
            ).file_id,
        }
        assert all(self.ids.values())
        mail = received_mail(self.conversation_id, SECRET)
        days = world.container.settings.retention_days
        recorded = ReceivedMailRepository(world.ports.table, retention_days=days).recorded(mail)
        world.ports.table.transact([recorded])
        self.ids["mail_id"] = mail.mail_id
        # Known by name, so that a fact of this kind opens where it should not.
        self.ids["fact_id"] = "product"
        agent = Principal("agent", Role.AGENT)
        memory = world.container.memory.remember_facts
        memory.enter(conversation.customer_id, FactKind.PRODUCT, SECRET, by=agent)

    def state(self, world: World) -> tuple[Any, ...]:
        """What nobody else may change."""
        conversation = world.container.conversations.get(self.conversation_id)
        events = world.container.conversations.events(self.conversation_id)
        facts = world.container.memory.remember_facts.own_facts(self.conversation_id)
        return conversation, events, facts, list(world.sockets.frames["victim"]), list(world.sockets.closed)


def received_mail(conversation_id: str, subject: str) -> ReceivedMail:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    verdict, reason = Verdict.ANSWER, GateReason.ORDINARY
    return ReceivedMail("mail-1", at, verdict, reason, conversation_id, sender="ada@far.example", subject=subject)


def socket_token(session: dict[str, Any]) -> str:
    return str(httpx.URL(session["ws_url"]).params["token"])


def test_every_route_declares_who_may_use_it(app: FastAPI) -> None:
    assert [route[:2] for route in routes(app) if not route[2]] == []


def test_the_routes_for_everybody_are_these_and_no_others(app: FastAPI) -> None:
    assert {route[:2] for route in routes(app) if is_public(route)} == PUBLIC


def test_a_route_without_a_role_is_found(app: FastAPI) -> None:
    @app.get("/leak")
    def leak() -> None: ...

    assert [route[:2] for route in routes(app) if not route[2]] == [("GET", "/leak")]


def test_no_path_opens_another_customers_data(world: World, app: FastAPI, http: TestClient) -> None:
    victim = Victim(world, http)
    before = victim.state(world)
    intruder = open_session(http)
    manage, sign_in = world.container.identity.manage_users, world.container.identity.sign_in
    manage.add("agent", "correct horse battery", Role.AGENT)
    agent = sign_in.sign_in("agent", "correct horse battery").token
    tried = 0
    for method, path, declared in routes(app):
        if is_public((method, path, declared)):
            continue
        # An agent may see every conversation, and no session; only the routes of admins are closed to them.
        others = {"": 401, intruder["token"]: 401}
        if needed(declared) == "customer":
            others |= {socket_token(intruder): 401, victim.ids["session_id"]: 401}
        if needed(declared) == "customer" and "{" not in path:
            # Whose conversation it is, the token alone says.
            del others[intruder["token"]]
        if CUSTOMER_OR_AGENT in declared:
            # Other sessions find nothing there; agents may see it.
            others = {"": 401, socket_token(intruder): 401, victim.ids["session_id"]: 401}
            if "{" in path:
                others[intruder["token"]] = 404
        elif needed(declared) != Role.AGENT and "everybody who has signed in" not in declared:
            others[agent] = 403 if needed(declared) == Role.ADMIN else 401
        place = filled(path, victim.ids)
        for token, refusal in others.items():
            headers = {"If-Match": "*", **(bearer(token) if token else {})}
            body = {"text": "hello"} if path.endswith("/comments") else {}
            answer = http.request(method, place, headers=headers, json=body)
            assert answer.status_code == refusal, (method, path, token)
            assert_silent(answer, victim)
            tried += 1
    assert tried > 50
    assert victim.state(world) == before


def filled(path: str, ids: dict[str, Any]) -> str:
    names = re.findall(r"{(\w+)}", path)
    unknown = [name for name in names if name not in ids and name not in HARMLESS]
    assert not unknown, f"{path}: say in Victim.ids what {unknown} of a victim is"
    return path.format(**{name: ids.get(name, "x") for name in names})


def assert_silent(answer: httpx.Response, victim: Victim) -> None:
    told = answer.text + json.dumps(dict(answer.headers))
    # What the caller put into the path comes back as the problem's instance.
    told = told.replace(str(answer.request.url.path), "").replace(json.dumps(answer.request.url.path)[1:-1], "")
    assert SECRET not in told
    for name in ("conversation_id", "customer_id", "ticket_id"):
        assert str(victim.ids[name]) not in told, (answer.request.url, name)


def test_with_ones_own_session_no_further_id_of_another_opens_anything(
    world: World, app: FastAPI, http: TestClient
) -> None:
    victim = Victim(world, http)
    before = victim.state(world)
    own = open_session(http)
    tried = 0
    for method, path, _ in routes(app):
        if "{session_id}" in path and path.count("{") > 1:
            place = filled(path, {**victim.ids, "session_id": own["session_id"]})
            answer = http.request(method, place, headers=bearer(own["token"]), json={})
            assert answer.status_code == 404, (method, path)
            assert_silent(answer, victim)
            tried += 1
    assert tried >= 1
    assert victim.state(world) == before


def test_no_id_in_a_body_opens_another_customers_data(world: World, app: FastAPI, http: TestClient) -> None:
    victim = Victim(world, http)
    before = victim.state(world)
    own = open_session(http)
    found = set(body_ids(app.openapi()))
    named = {(*route, name) for route, body in NAMING.items() for name in body if IDENTIFIES.search(name)}
    assert found - HARMLESS_FIELDS <= named, "say in NAMING what a victim's is, or in HARMLESS_FIELDS that it is none"
    for (method, path), body in NAMING.items():
        meant = theirs(body, victim)
        for token in ("", own["token"], socket_token(own)):
            answer = http.request(method, filled(path, own), headers=bearer(token) if token else {}, json=meant)
            may_ask = ("{session_id}" in path or path == "/api/v1/tickets") and token == own["token"]
            assert answer.status_code == (404 if may_ask else 401)
            assert_silent(answer, victim)
    assert victim.state(world) == before


def theirs(body: dict[str, Any], victim: Victim) -> dict[str, Any]:
    """Fill in the victim's ids where a value names one."""
    return {
        name: [victim.ids.get(one, one) for one in value]
        if isinstance(value, list)
        else victim.ids.get(str(value), value)
        for name, value in body.items()
    }


def body_ids(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for name in fields_of(content["schema"], document["components"]["schemas"]):
                    if IDENTIFIES.search(name) and name != "identity_token":
                        yield method.upper(), path, name


def fields_of(schema: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield from fields_of(known[schema["$ref"].rsplit("/", 1)[1]], known)
    for option in schema.get("anyOf", []):
        yield from fields_of(option, known)
    yield from schema.get("properties", {})


FRAMES: dict[str, list[dict[str, Any]]] = {
    "MessageFrame": [
        {"action": "message", "message_id": "message_id", "text": "hello"},
        {"action": "message", "message_id": "own", "text": "hello", "attachments": ["file_id"]},
    ],
    "SimpleMessageFrame": [{"type": "message", "content": "hello", "message_id": "message_id"}],
    "ResumeFrame": [{"action": "resume", "after_seq": 0}],
    "TypingFrame": [{"action": "typing"}],
    "RequestHumanFrame": [{"action": "request_human", "message_id": "message_id"}],
    "EndFrame": [{"action": "end"}],
    "RateFrame": [{"action": "rate", "seq": "seq", "score": 1}],
    "PingFrame": [{"action": "ping"}],
}
"""By class; values that name one of ``Victim.ids`` are filled in."""


def test_no_frame_opens_another_customers_data(world: World, http: TestClient) -> None:
    assert {frame.__name__ for frame in get_args(ClientFrame)} == set(FRAMES), "say what a victim's is in this frame"
    victim = Victim(world, http)
    own = open_session(http)
    world.container.connect_socket.connect("intruder", own["session_id"], socket_token(own))
    before = victim.state(world)
    for frames in FRAMES.values():
        for frame in frames:
            meant = theirs(frame, victim)
            send("intruder", {**meant, **({"conversation_id": victim.conversation_id} if len(meant) == 1 else {})})
            send("intruder", meant)
    for accepted in world.sockets.of_type("intruder", "accepted"):
        assert accepted["turn_id"] != victim.ids["turn_id"]
    heard = json.dumps(world.sockets.frames["intruder"])
    assert SECRET not in heard
    for name in ("conversation_id", "turn_id", "ticket_id", "customer_id"):
        assert victim.ids[name] not in heard
    assert victim.state(world) == before


def test_an_unknown_connection_is_answered_with_nothing_of_anybodys(world: World, http: TestClient) -> None:
    victim = Victim(world, http)
    before = victim.state(world)
    for frames in FRAMES.values():
        for frame in frames:
            send("nobody", theirs(frame, victim))
    assert {(frame["type"], frame["code"]) for frame in world.sockets.frames["nobody"]} == {
        ("error", "unknown_connection")
    }
    assert victim.state(world) == before


def test_no_token_but_its_own_opens_a_socket_of_a_session(world: World, http: TestClient) -> None:
    victim, own = Victim(world, http), open_session(http)
    session_id = victim.ids["session_id"]
    used = socket_token(victim.session)
    for token in ("", own["token"], socket_token(own), used, victim.session["token"], session_id):
        event = {
            "requestContext": {"eventType": "CONNECT", "connectionId": "intruder", "requestId": "r"},
            "queryStringParameters": {"session_id": session_id, "token": token},
        }
        assert websocket.lambda_handler(event, None)["statusCode"] == 401  # type: ignore[arg-type]
    assert world.container.conversations.connections(victim.conversation_id) == ["victim"]


def send(connection_id: str, frame: dict[str, Any]) -> None:
    event = {
        "requestContext": {"eventType": "MESSAGE", "connectionId": connection_id, "requestId": "r"},
        "body": json.dumps(frame),
    }
    websocket.lambda_handler(event, None)  # type: ignore[arg-type]
