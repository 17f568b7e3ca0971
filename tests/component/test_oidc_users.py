"""Agents and admins of the company's own identity provider: roles by a claim, no accounts of ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.adapters.remote_keys import RemoteKeys, discovered
from firstline.adapters.token_verifier import Agreement, JwtVerifier
from firstline.container import Container, assemble
from firstline.domain.identity import Principal, Role
from firstline.settings import Settings
from firstline.web.app import create_app
from tests.component.rest import bearer, problem_of
from tests.component.world import World, identity_ports
from tests.unit.identity_doubles import ISSUER, MovableClock, Provider


@pytest.fixture
def provider(world: World) -> Provider:
    clock = MovableClock()
    clock.moment = world.clock.now()
    provider = Provider(clock)
    provider.add("key", "ES256")
    return provider


def container(world: World, folder: Path, provider: Provider, **settings: Any) -> Container:
    keys = RemoteKeys(discovered(ISSUER, provider.fetch), fetch=provider.fetch, clock=provider.clock)
    users = JwtVerifier(keys, Agreement("firstline-console", ISSUER, is_access_token=True), clock=provider.clock)
    chosen = Settings(oidc_issuer=ISSUER, oidc_audience="firstline-console", **settings)
    return assemble(chosen, replace(world.ports, identity=identity_ports(folder, users=users)))


@pytest.mark.parametrize(
    ("claim", "claims", "role"),
    [
        ("cognito:groups", {"cognito:groups": ["agent"]}, Role.AGENT),
        ("cognito:groups", {"cognito:groups": ["Admin", "agent"]}, Role.ADMIN),
        ("cognito:groups", {"cognito:groups": ["administrators"]}, Role.CUSTOMER),
        ("cognito:groups", {"cognito:groups": None}, Role.CUSTOMER),
        ("cognito:groups", {"cognito:groups": {"admin": True}}, Role.CUSTOMER),
        ("scope", {"scope": "openid agent"}, Role.AGENT),
        ("realm_access.roles", {"realm_access": {"roles": ["admin"]}}, Role.ADMIN),
        ("realm_access.roles", {"realm_access": "admin"}, Role.CUSTOMER),
        ("https://company.test/roles", {"https://company.test/roles": ["agent"]}, Role.AGENT),
    ],
)
def test_the_role_is_what_the_claim_says(
    world: World, tmp_path: Path, provider: Provider, claim: str, claims: dict[str, Any], role: Role
) -> None:
    users = container(world, tmp_path, provider, oidc_role_claim=claim).identity.authenticate_user
    found = users.principal(provider.token("key", **claims))
    assert found == Principal("0b7c-ada", role)
    assert found.name == "ada"


def test_rest_takes_the_providers_tokens_and_sends_who_wants_to_sign_in_there(
    world: World, tmp_path: Path, provider: Provider
) -> None:
    made = container(world, tmp_path, provider, admin_token="a token for the first hour")
    http = TestClient(create_app(made))
    assert http.get("/auth/me", headers=bearer(provider.token("key"))).json() == {
        "user_id": "0b7c-ada",
        "role": "agent",
        "name": "ada",
    }
    nobody = provider.token("key", **{"cognito:groups": []})
    assert problem_of(http.get("/admin/conversations", headers=bearer(nobody)))["status"] == 403
    assert http.get("/admin/conversations", headers=bearer(provider.token("key"))).status_code == 200
    refused = problem_of(http.post("/auth/login", json={"username": "admin", "password": "x"}))
    assert (refused["status"], ISSUER in refused["detail"]) == (404, True)
    # The admin token and a visitor's session go on working beside it.
    assert http.get("/auth/me", headers=bearer("a token for the first hour")).json()["role"] == "admin"
    session = http.post("/chat/sessions").json()
    assert http.get(f"/chat/sessions/{session['session_id']}/history", headers=bearer(session["token"])).is_success


def test_an_access_token_of_our_own_is_worth_nothing_beside_a_provider(
    world: World, tmp_path: Path, provider: Provider
) -> None:
    made = container(world, tmp_path, provider)
    made.identity.manage_users.add("ada", "correct horse battery", Role.ADMIN)
    token = made.identity.sign_in.sign_in("ada", "correct horse battery").token
    assert problem_of(TestClient(create_app(made)).get("/auth/me", headers=bearer(token)))["status"] == 401


def test_while_the_provider_cannot_be_asked_the_answer_is_to_try_again(
    world: World, tmp_path: Path, provider: Provider
) -> None:
    http = TestClient(create_app(container(world, tmp_path, provider)))
    provider.is_down = True
    answer = http.get("/auth/me", headers=bearer(provider.token("key")))
    assert problem_of(answer)["status"] == 503
    assert answer.headers["retry-after"]
