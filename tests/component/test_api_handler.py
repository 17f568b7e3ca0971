"""The REST function, fed with HTTP API events (payload version 2.0)."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.component.conftest import LoadEvent
from tests.component.world import World

Call = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def call(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Calls the handler, imported afresh as in a new Lambda environment, whose event loop Mangum expects."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    monkeypatch.delitem(sys.modules, "functions.api.handler", raising=False)
    handler = importlib.import_module("functions.api.handler")
    monkeypatch.delitem(sys.modules, "functions.api.handler")

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        response: dict[str, Any] = handler.lambda_handler(event, None)
        return response

    yield invoke
    asyncio.set_event_loop(None)
    loop.close()


def test_a_session_is_opened(world: World, call: Call, load_event: LoadEvent) -> None:
    response = call(load_event("api_open_session"))
    assert response["statusCode"] == 201
    opened = json.loads(response["body"])
    session = world.container.identity.session_tokens.authorize(opened["session_id"], opened["token"])
    assert session.conversation_id == opened["thread_id"]
    assert world.container.conversations.get(opened["thread_id"]).user_id == "customer-42"


def test_liveness_is_answered(call: Call, load_event: LoadEvent) -> None:
    response = call(load_event("api_liveness"))
    assert (response["statusCode"], json.loads(response["body"])) == (200, {"status": "ok"})
    assert response["headers"]["x-correlation-id"]


def test_invalid_json_is_a_problem(call: Call, load_event: LoadEvent) -> None:
    response = call(load_event("api_chat_invalid_json"))
    assert response["statusCode"] == 400
    assert response["headers"]["content-type"] == "application/problem+json"
    assert json.loads(response["body"])["type"] == "urn:firstline:problem:invalid_json"
