"""Agents and admins: accounts of ours, sign-in, roles, and tokens that lose their rights at once."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.adapters.passwords import Argon2Passwords
from firstline.domain.errors import (
    InvalidInputError,
    NotAuthorizedError,
    NotFoundError,
    RateLimitedError,
    UserExistsError,
)
from firstline.domain.identity import Principal, Role
from firstline.web.app import create_app
from tests.component.rest import bearer, problem_of
from tests.component.world import World

PASSWORD = "correct horse battery"  # pragma: allowlist secret


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


def account(world: World, username: str = "ada", role: Role = Role.AGENT) -> str:
    """Make an account and return a token for it."""
    world.container.identity.manage_users.add(username, PASSWORD, role, name=username.title())
    return world.container.identity.sign_in.sign_in(username, PASSWORD).token


def login(http: TestClient, username: str, password: str) -> Any:
    return http.post("/auth/login", json={"username": username, "password": password})


def test_who_signs_in_gets_a_token_for_an_hour_and_is_told_who_they_are(world: World, http: TestClient) -> None:
    world.container.identity.manage_users.add("Ada@Example.test", PASSWORD, Role.AGENT, name="Ada")
    answer = login(http, " ADA@example.test ", PASSWORD).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    ada = {"user_id": "ada@example.test", "role": "agent", "name": "Ada"}
    assert answer["user"] == ada
    headers = bearer(answer["access_token"])
    assert http.get("/auth/me", headers=headers).json() == ada
    world.clock.forward(3599)
    assert http.get("/auth/me", headers=headers).status_code == 200
    world.clock.forward(1)
    assert problem_of(http.get("/auth/me", headers=headers))["status"] == 401


def test_nobody_locks_an_account_from_one_address_and_guesses_from_many_are_bounded(world: World) -> None:
    account(world)

    def tried(address: str, password: str) -> int:
        with TestClient(create_app(world.container), client=(address, 50_000)) as http:
            status: int = login(http, "ada", password).status_code
            return status

    assert [tried("192.0.2.1", "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert [tried(f"2001:db8::{number}", "wrong") for number in range(6)] == [401] * 5 + [429]
    assert tried("192.0.2.2", PASSWORD) == 200
    world.clock.forward(60)
    sign_in = world.container.identity.sign_in
    for number in range(60):
        with pytest.raises(NotAuthorizedError):
            sign_in.sign_in("ada", "wrong", address=f"198.51.100.{number}")
    with pytest.raises(RateLimitedError):
        sign_in.sign_in("ada", PASSWORD, address="192.0.2.2")
    world.clock.forward(1)
    assert sign_in.sign_in("ada", PASSWORD, address="192.0.2.2").principal.user_id == "ada"


def test_a_wrong_name_and_a_wrong_password_and_a_disabled_account_are_one_answer(
    world: World, http: TestClient
) -> None:
    account(world)
    account(world, "bob")
    world.container.identity.manage_users.disable("bob")
    answers = [
        login(http, "ada", "wrong horse battery"),
        login(http, "nobody", PASSWORD),
        login(http, "bob", PASSWORD),
        login(http, "", PASSWORD),
        login(http, "a b", PASSWORD),
        login(http, "ada", PASSWORD + "\x00"),
    ]
    problems = [problem_of(answer) for answer in answers]
    assert {(problem["status"], problem["detail"]) for problem in problems} == {
        (401, "The name or the password is wrong.")
    }


def test_a_name_that_nobody_has_costs_as_long_as_one_that_somebody_has() -> None:
    passwords = Argon2Passwords(memory_kib=8, passes=1, lanes=1)
    stored = passwords.hash(PASSWORD)
    assert passwords.matches(stored, PASSWORD)
    assert not passwords.matches(stored, "another password")
    # What is compared with where there is no account has the same cost parameters as what is stored.
    assert passwords._hash_of_nobody.rsplit("$", 2)[0] == stored.rsplit("$", 2)[0]
    assert not passwords.matches(None, PASSWORD)


@pytest.mark.parametrize("username", ["ada", "nobody"])
def test_an_account_is_tried_a_few_times_a_minute_and_then_not_even_the_right_password_is_looked_at(
    world: World, username: str
) -> None:
    world.container.identity.manage_users.add("ada", PASSWORD, Role.AGENT)
    sign_in = world.container.identity.sign_in
    for spelling in (username, username.upper(), f" {username}", username, username):
        with pytest.raises(NotAuthorizedError):
            sign_in.sign_in(spelling, "a wrong password")
    with pytest.raises(RateLimitedError):
        sign_in.sign_in(username, PASSWORD)
    world.clock.forward(12)
    if username == "ada":
        assert sign_in.sign_in("ada", PASSWORD).principal.user_id == "ada"


def test_a_disabled_account_a_new_password_and_a_new_role_hold_at_once(world: World) -> None:
    users, principal = world.container.identity.manage_users, world.container.identity.authenticate_user.principal
    token = account(world)
    assert principal(token) == Principal("ada", Role.AGENT)
    users.set_role("ada", Role.ADMIN)
    assert principal(token).role is Role.ADMIN
    users.set_password("ada", "another long password")
    with pytest.raises(NotAuthorizedError):
        principal(token)
    token = world.container.identity.sign_in.sign_in("ada", "another long password").token
    users.disable("ada")
    with pytest.raises(NotAuthorizedError):
        principal(token)
    # A new password brings the account back, and no token from before.
    users.set_password("ada", PASSWORD)
    assert world.container.identity.sign_in.sign_in("ada", PASSWORD).principal.role is Role.ADMIN
    with pytest.raises(NotAuthorizedError):
        principal(token)


def test_a_session_token_is_no_access_token_and_an_access_token_no_session_token(
    world: World, http: TestClient
) -> None:
    session = http.post("/chat/sessions").json()
    assert problem_of(http.get("/auth/me", headers=bearer(session["token"])))["status"] == 401
    token = account(world, role=Role.ADMIN)
    history = http.get(f"/chat/sessions/{session['session_id']}/history", headers=bearer(token))
    assert problem_of(history)["status"] == 401


def test_an_agent_is_told_that_a_route_is_for_admins(world: World, http: TestClient) -> None:
    agent, admin = account(world), account(world, "root", Role.ADMIN)
    refused = problem_of(http.get("/admin/knowledge/status", headers=bearer(agent)))
    assert (refused["status"], refused["detail"]) == (403, "this needs the role admin")
    assert http.get("/admin/knowledge/status", headers=bearer(admin)).status_code == 200
    assert http.get("/admin/conversations", headers=bearer(admin)).status_code == 200


def test_the_first_admin_is_made_once_with_a_password_that_nobody_chose(world: World) -> None:
    made = world.container.identity.manage_users.add_first_admin()
    assert made is not None
    user, password = made
    assert len(password) >= 24
    assert world.container.identity.sign_in.sign_in(user.username, password).principal == Principal("admin", Role.ADMIN)
    assert world.container.identity.manage_users.add_first_admin() is None


def test_no_password_is_stored(world: World) -> None:
    account(world)
    (item,) = world.ports.table.query("USERS").items
    assert item["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in str(item)


def test_accounts_that_cannot_be_are_refused(world: World) -> None:
    users = world.container.identity.manage_users
    account(world)
    with pytest.raises(UserExistsError):
        users.add("ADA", PASSWORD, Role.ADMIN)
    for username, password, role in (
        ("bob", "too short", Role.AGENT),
        ("bob", "x" * 257, Role.AGENT),
        ("bob", PASSWORD, Role.CUSTOMER),
        ("", PASSWORD, Role.AGENT),
        ("a/b", PASSWORD, Role.AGENT),
        ("x" * 65, PASSWORD, Role.AGENT),
    ):
        with pytest.raises(InvalidInputError):
            users.add(username, password, role)
    with pytest.raises(InvalidInputError):
        users.set_role("ada", Role.CUSTOMER)
    for change in (users.disable, lambda name: users.set_role(name, Role.ADMIN)):
        with pytest.raises(NotFoundError):
            change("nobody")
    assert [user.username for user in users.all()] == ["ada"]
