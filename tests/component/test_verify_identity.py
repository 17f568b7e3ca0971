"""A visitor proves who they are: what they left becomes the customer's, once, and never another's."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from firstline.adapters.faulty_table import FaultyTable, never, nth_call
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.remote_keys import SharedSecret
from firstline.adapters.token_verifier import Agreement, JwtVerifier
from firstline.container import assemble
from firstline.domain.conversation import Channel
from firstline.domain.errors import (
    ConditionFailedError,
    IdentityConflictError,
    StoreUnavailableError,
    TransactionConflictError,
)
from firstline.domain.identity import Role
from firstline.settings import Settings
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session, problem_of
from tests.component.world import HandClock, World, identity_ports

SECRET = "a secret of the shop and of nobody else"  # pragma: allowlist secret
PASSWORD_QUESTION = "How do I reset a forgotten password?"  # pragma: allowlist secret
PERSON = "I want to talk to a person."


def bind(world: World, conversation_id: str, user_id: str) -> str:
    return world.container.identity.verify_identity.bind(conversation_id, user_id).customer_id


def left_by(world: World, customer_id: str) -> dict[str, Any]:
    """What lies at a customer, without its times."""
    customer = world.container.customers.get(customer_id)
    table = world.ports.table
    return {
        "interactions": customer.interaction_count,
        "satisfaction": customer.satisfaction,
        "memory": world.container.memory.remember_facts.values(customer_id),
        "topics": world.container.graph.neighbours(("customer", customer_id), "topic"),
        "tickets": len(table.query(f"CUST#{customer_id}", index="by_customer").items),
    }


NOTHING: dict[str, Any] = {"interactions": 0, "satisfaction": None, "memory": {}, "topics": {}, "tickets": 0}


def visited(world: World, plan: str = "free") -> tuple[str, str]:
    """A conversation with two answers, a ticket and a memory; its id and its visitor's."""
    conversation_id = world.open()
    world.ask(conversation_id, f"I'm on the {plan} plan. {PASSWORD_QUESTION}")
    world.ask(conversation_id, PERSON)
    return conversation_id, world.container.conversations.get(conversation_id).customer_id


def test_what_a_visitor_left_becomes_the_customers(world: World) -> None:
    conversation_id, visitor_id = visited(world)
    left = left_by(world, visitor_id)
    assert (left["interactions"], left["tickets"], left["memory"]) == (2, 1, {"plan": "free"})
    assert left["topics"]
    customer_id = bind(world, conversation_id, "ada")
    assert customer_id != visitor_id
    assert left_by(world, customer_id) == left
    assert left_by(world, visitor_id) == NOTHING
    conversation = world.container.conversations.get(conversation_id)
    assert (conversation.customer_id, conversation.verified_user_id) == (customer_id, "ada")
    assert world.container.tickets.get(conversation.ticket_id).customer_id == customer_id
    topic = next(iter(left["topics"]))
    assert visitor_id not in world.container.graph.neighbours(("topic", topic), "customer")


def test_two_conversations_of_one_customer_are_added_up_and_known_to_the_next_turn(world: World) -> None:
    first, second = visited(world)[0], world.open()
    world.ask(second, PASSWORD_QUESTION)
    ada = bind(world, first, "ada")
    assert bind(world, second, "ada") == ada
    assert left_by(world, ada)["interactions"] == 3
    document = world.ask(second, PASSWORD_QUESTION)
    assert document["customer"]["customer"]["customer_id"] == ada
    assert document["customer"]["customer"]["user_id"] == "ada"
    assert left_by(world, ada)["interactions"] == 4


def test_of_what_the_customer_and_the_visitor_have_stated_the_newer_stands(world: World) -> None:
    first, second = visited(world)[0], visited(world, plan="Team")[0]
    ada = bind(world, second, "ada")
    bind(world, first, "ada")
    assert left_by(world, ada)["memory"] == {"plan": "Team"}
    bind(world, visited(world, plan="Pro")[0], "ada")
    (plan,) = world.container.memory.remember_facts.facts(ada)
    assert (plan.value, plan.previous and plan.previous.value) == ("Pro", "Team")
    assert (plan.expires_at - plan.stated_at).days == 365


def test_to_prove_it_twice_changes_nothing(world: World) -> None:
    conversation_id, _ = visited(world)
    ada = bind(world, conversation_id, "ada")
    before = left_by(world, ada), world.container.conversations.get(conversation_id)
    assert bind(world, conversation_id, "ada") == ada
    assert (left_by(world, ada), world.container.conversations.get(conversation_id)) == before


def test_a_conversation_of_one_customer_is_refused_to_another(world: World) -> None:
    conversation_id, _ = visited(world)
    ada = bind(world, conversation_id, "ada")
    left = left_by(world, ada)
    with pytest.raises(IdentityConflictError):
        bind(world, conversation_id, "bob")
    assert left_by(world, ada) == left
    assert world.container.conversations.get(conversation_id).user_id == "ada"


def test_before_the_first_message_there_is_nothing_to_move(world: World) -> None:
    conversation_id = world.open()
    ada = bind(world, conversation_id, "ada")
    assert left_by(world, ada) == NOTHING
    assert world.ask(conversation_id, PASSWORD_QUESTION)["customer"]["customer"]["customer_id"] == ada


def test_a_stated_name_makes_nobody_that_customer(world: World) -> None:
    ada = bind(world, visited(world)[0], "ada")
    for _ in range(2):
        opened = world.container.open_session.open(channel=Channel.CHAT, user_id="ada")
        document = world.ask(opened.session.conversation_id, PASSWORD_QUESTION)
        customer = document["customer"]["customer"]
        assert customer["customer_id"] != ada
        assert (customer["interaction_count"], customer["insights"]["topics"]) == (0, [])
    assert left_by(world, ada)["interactions"] == 2


def test_a_turn_that_was_identifying_the_visitor_meanwhile_goes_on_as_the_customers(world: World) -> None:
    conversation_id = world.open()
    accepted = world.say(conversation_id, PASSWORD_QUESTION)
    find_or_create = world.container.customers.find_or_create
    proved: list[str] = []

    def prove_meanwhile(kind: str, value: str, **more: Any) -> Any:
        found = find_or_create(kind, value, **more)
        if not proved:
            proved.append("")
            proved.append(bind(world, conversation_id, "ada"))
        return found

    world.container.customers.find_or_create = prove_meanwhile  # type: ignore[method-assign]
    document = world.run(conversation_id, accepted)
    assert document["customer"]["customer"]["customer_id"] == proved[1]
    assert left_by(world, proved[1])["interactions"] == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_call_that_breaks_off_anywhere_is_completed_by_the_next(tmp_path: Path, after: bool) -> None:
    clock = HandClock()
    faulty = FaultyTable(SQLiteTable(tmp_path / "f.db", clock=clock), rng=random.Random(1))
    world = World(tmp_path, table=faulty)
    world.clock.moment = clock.moment
    expected = None
    for number in range(1, 100):
        conversation_id, visitor_id = visited(world)
        broken_at = faulty.calls[-1].number + number
        if after:
            faulty.fail_after = nth_call(broken_at)
        else:
            faulty.fail_before = nth_call(broken_at)
        broke = False
        try:
            bind(world, conversation_id, f"ada-{number}")
        except StoreUnavailableError:
            broke = True
        faulty.fail_before = faulty.fail_after = never
        ada = bind(world, conversation_id, f"ada-{number}")
        expected = expected or left_by(world, ada)
        assert left_by(world, ada) == expected
        assert left_by(world, visitor_id) == NOTHING
        if not broke:
            break
    assert number > 8
    assert expected is not None
    assert (expected["interactions"], expected["tickets"], expected["memory"]) == (2, 1, {"plan": "free"})


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Start all at once; return what each gave, or its named failure."""
    results: list[object] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(place: int) -> None:
        barrier.wait()
        try:
            results[place] = calls[place]()
        except (IdentityConflictError, TransactionConflictError, ConditionFailedError) as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_conversations_that_are_proved_at_once_make_one_customer_with_all_counts(world: World) -> None:
    conversations = [world.open(sockets=0) for _ in range(6)]
    for conversation_id in conversations:
        world.ask(conversation_id, PASSWORD_QUESTION)
    found = at_once(*(partial(bind, world, given, "ada") for given in conversations * 2))
    assert len(set(map(str, found))) == 1
    assert left_by(world, str(found[0]))["interactions"] == 6


def test_of_two_customers_who_claim_one_conversation_at_once_exactly_one_gets_it(world: World) -> None:
    for _ in range(5):
        conversation_id, _ = visited(world)
        claims = [partial(bind, world, conversation_id, name) for name in ("ada", "bob")]
        won, lost = sorted(at_once(*claims), key=lambda result: isinstance(result, IdentityConflictError))
        assert isinstance(lost, IdentityConflictError)
        assert world.container.conversations.get(conversation_id).customer_id == won


@pytest.fixture
def http(world: World, tmp_path: Path) -> TestClient:
    return TestClient(create_app(_with_site(world, tmp_path).container))


def _with_site(world: World, folder: Path) -> World:
    verifier = JwtVerifier(
        SharedSecret(lambda: SECRET), Agreement("firstline", "https://shop.test", max_age_s=600), clock=world.clock
    )
    ports = replace(world.ports, identity=identity_ports(folder, customers=verifier))
    world.container = assemble(Settings(max_requests_per_minute=0, max_sessions_per_minute=0), ports)
    return world


def vouched(world: World, sub: str = "ada", **changes: Any) -> str:
    now = int(world.clock.now().timestamp())
    claims = {"iss": "https://shop.test", "aud": "firstline", "sub": sub, "iat": now, "exp": now + 300, **changes}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def test_a_session_opens_as_the_customer_for_whom_the_site_vouches(world: World, http: TestClient) -> None:
    session = open_session(http, identity_token=vouched(world), user_id="bob")
    conversation = world.container.conversations.get(session["thread_id"])
    assert (conversation.user_id, conversation.verified) == ("ada", True)


def test_a_session_is_given_to_the_customer_later_and_to_nobody_else_after(world: World, http: TestClient) -> None:
    session = open_session(http, user_id="bob")
    assert not world.container.conversations.get(session["thread_id"]).verified
    place, own = f"/chat/sessions/{session['session_id']}/identify", bearer(session["token"])
    for _ in range(2):
        answer = http.post(place, json={"identity_token": vouched(world)}, headers=own)
        assert (answer.status_code, answer.json()["user_id"], answer.json()["verified"]) == (200, "ada", True)
    refused = problem_of(http.post(place, json={"identity_token": vouched(world, "bob")}, headers=own))
    assert (refused["status"], refused["type"]) == (409, "urn:firstline:problem:identity_conflict")
    problem_of(http.post(place, json={"identity_token": vouched(world, exp=1)}, headers=own))
    assert world.container.conversations.get(session["thread_id"]).user_id == "ada"


def test_a_token_that_the_site_did_not_make_opens_no_session(world: World, http: TestClient) -> None:
    now = int(world.clock.now().timestamp())
    for token in (
        "x",
        vouched(world, aud="another"),
        vouched(world, iss="https://another.test"),
        vouched(world, exp=now - 61),
        vouched(world, iat=now - 661, exp=now + 9_999_999),
        vouched(world, sub=""),
        jwt.encode({"sub": "ada", "aud": "firstline"}, "a secret that anybody could have", algorithm="HS256"),
    ):
        assert problem_of(http.post("/chat/sessions", json={"identity_token": token}))["status"] == 401
    assert world.ports.table.query("IDENT#verified#ada").items == []


def test_without_a_site_that_vouches_an_identity_token_is_refused_and_the_settings_named(world: World) -> None:
    answer = TestClient(create_app(world.container)).post("/chat/sessions", json={"identity_token": "x"})
    assert (answer.status_code, "IDENTITY_SECRET" in answer.json()["detail"]) == (400, True)


def test_a_user_id_is_proven_by_an_agents_token_and_by_no_other(world: World, http: TestClient) -> None:
    world.container.identity.manage_users.add("backend", "correct horse battery", Role.AGENT)
    token = world.container.identity.sign_in.sign_in("backend", "correct horse battery").token
    proven = http.post("/chat/sessions", json={"user_id": "ada"}, headers=bearer(token)).json()
    stated = open_session(http, user_id="ada")
    conversations = world.container.conversations
    assert conversations.get(proven["thread_id"]).verified_user_id == "ada"
    assert conversations.get(stated["thread_id"]).verified_user_id == ""
    other = http.post("/chat/sessions", json={"user_id": "ada"}, headers=bearer(stated["token"]))
    assert problem_of(other)["status"] == 401
