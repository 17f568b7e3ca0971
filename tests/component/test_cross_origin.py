"""Pages of other origins: what their browsers may read, which sites they may use, over REST and the socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.domain.conversation import Channel
from firstline.domain.sites import SiteContent
from firstline.web.app import create_app
from functions.websocket.handler import lambda_handler
from tests.component.conftest import LoadEvent
from tests.component.rest import open_session, problem_of
from tests.component.world import World

ADMIN = "an-admin-token-of-the-test"  # pragma: allowlist secret
SHOP, EVIL = "https://shop.example", "https://evil.example"


@pytest.fixture
def http(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.container), base_url="http://api.example") as client:
        yield client


def preflight(http: TestClient, origin: str, path: str = "/chat/sessions") -> Any:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return http.options(path, headers=asked | {"Access-Control-Request-Headers": "content-type"})


def test_a_page_of_a_site_may_ask_and_read(http: TestClient) -> None:
    asked = preflight(http, SHOP)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, SHOP)
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in asked.headers["access-control-allow-headers"]
    answered = http.post("/chat/sessions", json={}, headers={"Origin": SHOP})
    assert (answered.status_code, answered.headers["access-control-allow-origin"]) == (201, SHOP)
    assert "Origin" in answered.headers["vary"]
    assert "access-control-allow-credentials" not in answered.headers
    failed = http.get("/chat/sessions/x/history", headers={"Origin": SHOP})
    assert (failed.status_code, failed.headers["access-control-allow-origin"]) == (401, SHOP)


@pytest.mark.parametrize("origin", [EVIL, "null", "https://shop.example.evil.example", "http://shop.example", "\x7f"])
def test_a_page_of_nobodys_site_gets_no_cors_header(http: TestClient, origin: str) -> None:
    refused = preflight(http, origin)
    assert (refused.status_code, problem_of(refused)["type"]) == (403, "urn:firstline:problem:origin_not_allowed")
    for answer in (refused, http.get("/health", headers={"Origin": origin})):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    opened = http.post("/chat/sessions", json={}, headers={"Origin": origin})
    assert (opened.status_code, problem_of(opened)["type"]) == (403, "urn:firstline:problem:not_permitted")


def test_administration_is_shared_with_no_other_origin(http: TestClient) -> None:
    for path in ("/admin/sites", "/auth/login", "/metrics"):
        assert preflight(http, SHOP, path).status_code == 403
        assert "access-control-allow-origin" not in http.get(path, headers={"Origin": SHOP}).headers


def test_our_own_page_and_callers_without_an_origin_are_let_in(http: TestClient) -> None:
    assert http.post("/chat/sessions", json={}, headers={"Origin": "http://api.example"}).status_code == 201
    open_session(http)


def test_a_session_is_opened_on_its_site_with_its_greeting(world: World, http: TestClient) -> None:
    content = SiteContent.model_validate({"origins": ["https://blog.example"], "greeting": "Hello reader"})
    world.container.sites.create("blog", content)
    opened = http.post("/chat/sessions", json={"site": "blog"}, headers={"Origin": "https://blog.example"}).json()
    assert opened["message"] == "Hello reader"
    stored = world.container.conversations.get(opened["thread_id"])
    assert stored.site_id == "blog"
    assert world.container.conversations.events(opened["thread_id"])[0].text == "Hello reader"
    of_another = http.post("/chat/sessions", json={"site": "blog"}, headers={"Origin": SHOP})
    assert of_another.status_code == 403
    for site, status in (("nowhere", 404), ("../x", 422)):
        assert http.post("/chat/sessions", json={"site": site}).status_code == status


def test_a_socket_is_opened_by_pages_of_the_conversations_site_alone(world: World, load_event: LoadEvent) -> None:
    world.container.sites.create("blog", SiteContent.model_validate({"origins": ["https://blog.example"]}))

    def dial(origin: str | None, site_id: str = "default") -> int:
        opened = world.container.open_session.open(channel=Channel.CHAT, site=world.container.sites.get(site_id))
        event = load_event("websocket_connect")
        event["queryStringParameters"] = {"session_id": opened.session.session_id, "token": opened.socket_token}
        event["headers"].pop("Origin")
        if origin is not None:
            event["headers"]["origin"] = origin
        status: int = lambda_handler(event, None)["statusCode"]  # type: ignore[arg-type]
        return status

    assert dial(SHOP) == 200
    assert dial(None) == 200
    assert dial(EVIL) == 403
    assert dial("https://blog.example") == 403
    assert dial("https://blog.example", "blog") == 200
    assert dial(SHOP, "blog") == 403
    own = f"https://{load_event('websocket_connect')['headers']['Host']}"
    assert dial(own, "blog") == 200
