"""What a site says of hours and identity holds for its conversations, before what the settings say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from firstline.adapters.remote_keys import SharedSecret
from firstline.adapters.token_verifier import Agreement, JwtVerifier
from firstline.container import assemble
from firstline.domain.conversation import Channel
from firstline.domain.identity import Principal, Role
from firstline.domain.locales import text
from firstline.domain.sites import Site, SiteContent
from firstline.settings import Settings
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session, problem_of
from tests.component.world import UNLIMITED, World, identity_ports

ANNA = Principal("anna", Role.AGENT, name="Anna")
PERSON = "I want to talk to a person."
SHOP_SECRET = "a secret of the shop and of nobody else"  # pragma: allowlist secret
COMPANY_SECRET = "a secret of the company and of nobody else"  # pragma: allowlist secret

# The world's clock stands at Monday, 1 June 2026, 12:00 UTC.
IN_TOKYO = {"times": "Mon-Fri 09:00-17:30", "time_zone": "Asia/Tokyo", "holidays": "06-02"}


def told(world: World, site_id: str) -> str:
    site = world.container.sites.find(site_id) or Site(site_id=site_id)
    opened = world.container.open_session.open(channel=Channel.CHAT, site=site)
    text: str = world.ask(opened.session.conversation_id, PERSON)["reply"]["text"]
    return text


def register(world: World, site_id: str, **said: Any) -> None:
    world.container.sites.create(site_id, SiteContent.model_validate(said))


def test_outside_a_sites_own_hours_its_customers_are_told_when_somebody_answers(tmp_path: Path) -> None:
    world = World(tmp_path, business_hours="Mon-Fri 09:00-17:00", offline_message="We are out.")
    register(world, "tokyo", business_hours=IN_TOKYO, offline_message="Nobody is at the shop.")
    register(world, "plain")
    assert "A person will join you here." in told(world, "plain")
    answer = told(world, "tokyo")
    assert "Nobody is at the shop." in answer
    assert "from Wednesday, 3 June at 09:00 (Asia/Tokyo)" in answer


def test_a_site_that_says_only_when_uses_the_settings_words_and_one_that_says_nothing_both(tmp_path: Path) -> None:
    world = World(tmp_path, business_hours="Sat 10:00-12:00", offline_message="We are out.")
    register(world, "tokyo", business_hours=IN_TOKYO)
    register(world, "always", business_hours={"times": "Mon-Sun 00:00-24:00"})
    assert "We are out." in told(world, "tokyo")
    assert "A person will join you here." in told(world, "always")
    for site_id in ("default", "gone"):
        assert "from Saturday, 6 June at 10:00 (UTC)" in told(world, site_id)


def test_a_visitor_whose_language_is_known_is_greeted_and_handed_over_in_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    register(world, "tokyo", business_hours=IN_TOKYO)
    register(world, "own", business_hours=IN_TOKYO, greeting="Moin!", offline_message="Hier ist niemand.")
    told = {}
    for site_id, language in (("tokyo", "de-AT"), ("tokyo", "xx"), ("own", "de")):
        site = world.container.sites.get(site_id)
        opened = world.container.open_session.open(channel=Channel.CHAT, site=site, language=language)
        conversation = opened.session.conversation_id
        thanks, person = (
            ("Danke!", "Ich will mit einem Menschen sprechen!") if language != "xx" else ("Thanks!", PERSON)
        )
        small_talk = world.ask(conversation, thanks)["reply"]["text"]
        handed_over = world.ask(conversation, person)["reply"]["text"]
        world.container.people.own_conversation.take(conversation, ANNA)
        log = [event.text for event in world.container.conversations.events(conversation)]
        ticket = world.container.conversations.get(conversation).ticket_id
        told[site_id, language] = [log[0], small_talk, handed_over.replace(ticket, "T"), log[-1]]
    answered = "Ihre Anfrage hat die Nummer T; die Antwort kommt hier ab 2026-06-03 09:00 (Asia/Tokyo)."
    assert told["tokyo", "de-AT"] == [
        text("widget.greeting", "de"),
        "Gern geschehen! Kann ich sonst noch etwas für Sie tun?",
        f"Ich gebe Sie an jemanden aus dem Team weiter. Unser Team ist gerade nicht da. {answered}",
        "Anna ist jetzt in der Unterhaltung.",
    ]
    assert told["own", "de"][0] == "Moin!"
    assert told["own", "de"][2].endswith(f"Hier ist niemand. {answered}")
    greeted, thanked, handed_over, taken = told["tokyo", "xx"]
    assert (greeted, thanked) == (text("widget.greeting"), text("thanks"))
    assert handed_over.endswith("somebody will answer here from Wednesday, 3 June at 09:00 (Asia/Tokyo).")
    assert taken == "Anna has joined the conversation."


def test_reminders_wait_for_the_sites_next_opening(tmp_path: Path) -> None:
    world = World(tmp_path, notify_email="team@help.example")
    register(world, "tokyo", business_hours={**IN_TOKYO, "holidays": ""})
    told(world, "tokyo")
    deliver = world.container.people.notify_people.deliver_due
    assert deliver().delivered == 1
    world.clock.forward(11 * 3600)
    assert deliver().delivered == 0
    world.clock.forward(3600 + 60)
    assert deliver().delivered == 1


@pytest.fixture
def http(world: World, tmp_path: Path) -> TestClient:
    company = JwtVerifier(SharedSecret(lambda: COMPANY_SECRET), Agreement("firstline"), clock=world.clock)
    ports = replace(world.ports, identity=identity_ports(tmp_path, customers=company, clock=world.clock))
    world.container = assemble(Settings(**UNLIMITED), ports)
    register(world, "shop", identity={"secret": SHOP_SECRET, "audience": "shop", "id_prefix": "shop:"})
    return TestClient(create_app(world.container))


def vouched(world: World, secret: str, audience: str, sub: str = "ada") -> str:
    now = int(world.clock.now().timestamp())
    return jwt.encode({"aud": audience, "sub": sub, "iat": now, "exp": now + 300}, secret, algorithm="HS256")


def user_of(world: World, session: dict[str, Any]) -> str:
    return world.container.conversations.get(session["thread_id"]).verified_user_id


def test_a_site_with_an_identity_of_its_own_is_held_to_that_alone(world: World, http: TestClient) -> None:
    by_shop, by_company = vouched(world, SHOP_SECRET, "shop"), vouched(world, COMPANY_SECRET, "firstline")
    assert user_of(world, open_session(http, site="shop", identity_token=by_shop)) == "shop:ada"
    assert user_of(world, open_session(http, identity_token=by_company)) == "ada"
    for site, token in (
        ("shop", by_company),
        ("default", by_shop),
        ("shop", vouched(world, SHOP_SECRET, "firstline")),
        ("shop", vouched(world, COMPANY_SECRET, "shop")),
        ("shop", vouched(world, SHOP_SECRET, "shop", sub="a" * 124)),
    ):
        refused = http.post("/chat/sessions", json={"site": site, "identity_token": token})
        assert problem_of(refused)["status"] == 401


def test_a_conversation_is_proven_later_by_the_site_it_was_opened_on(world: World, http: TestClient) -> None:
    session = open_session(http, site="shop")
    place, own = f"/chat/sessions/{session['session_id']}/identify", bearer(session["token"])
    for secret, audience, status in ((COMPANY_SECRET, "firstline", 401), (SHOP_SECRET, "shop", 200)):
        answer = http.post(place, json={"identity_token": vouched(world, secret, audience)}, headers=own)
        assert answer.status_code == status
    assert user_of(world, session) == "shop:ada"


def test_a_new_secret_takes_the_place_of_the_old_one(world: World, http: TestClient) -> None:
    newer = "a newer secret of the shop and nobody else"  # pragma: allowlist secret
    content = SiteContent.model_validate({"identity": {"secret": newer, "audience": "shop"}})
    world.container.sites.change("shop", content, version=None)
    for secret, status in ((SHOP_SECRET, 401), (newer, 201)):
        token = vouched(world, secret, "shop")
        assert http.post("/chat/sessions", json={"site": "shop", "identity_token": token}).status_code == status
