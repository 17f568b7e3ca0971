"""Everything of a conversation expires ``RETENTION_DAYS`` after it was written, and not before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from firstline.domain.conversation import Channel
from firstline.domain.errors import NotFoundError
from firstline.repositories.idempotency import Claim
from tests.component.world import World

DAYS = 30
DAY_S = 86_400.0
KEPT_AS_STATISTICS = ("ARM#", "NODE#topic#", "NODE#outcome#", "NODE#article#", "STAT#")
"""Sums over all customers, without a word or an id of any."""


def expiries(folder: Path) -> dict[tuple[str, str], int | None]:
    with closing(sqlite3.connect(folder / "firstline.db")) as file:
        rows = file.execute("SELECT CAST(pk AS TEXT), CAST(sk AS TEXT), expires_at FROM item")
        return {(pk, sk): expires for pk, sk, expires in rows}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, retention_days=DAYS, max_conversation_history=4)


def test_every_item_that_a_conversation_leaves_behind_expires_by_the_rule(world: World, tmp_path: Path) -> None:
    before = expiries(tmp_path)
    opened = world.container.open_session.open(channel=Channel.CHAT, user_id="customer-7")
    conversation = opened.session.conversation_id
    world.container.connect_socket.connect("s0", opened.session.session_id, opened.socket_token)
    world.container.open_session.socket_token(opened.session)
    world.container.idempotency.begin(Claim("caller", "key", "holder"), "sha", now=world.clock.now())
    for text in (
        "How do I reset a forgotten password?",
        "Thanks, that worked!",
        "Do zebras qualify for parental leave?",
    ):
        world.ask(conversation, text)
    world.ask(conversation, "I want to talk to a human")
    world.say(conversation, "Anybody there?")
    latest = int((world.clock.now() + timedelta(days=DAYS)).timestamp())
    left = {key: expires for key, expires in expiries(tmp_path).items() if key not in before}
    kinds = {f"{pk.split('#')[0]}/{sk.split('#')[0]}" for pk, sk in left}
    assert kinds >= {
        "CONV/META", "CONV/EVT", "CONV/MSG", "CONV/TURN", "CONV/DEC", "CONV/RCPT", "CONV/GRAPH", "CONV/CONN",
        "CONV/QUIET", "CONN/META", "SESS/META", "SESS/SOCK", "TICKET/META", "TICKET/EVT", "CUST/PROFILE",
        "IDENT/IDENT", "IDEM/META",
    }  # fmt: skip
    assert any(pk.startswith("GAP#") for pk, _ in left)
    personal = {key: expires for key, expires in left.items() if not key[0].startswith(KEPT_AS_STATISTICS)}
    wrong = {key: expires for key, expires in personal.items() if expires is None or not 0 < expires <= latest}
    assert wrong == {}


def test_statistics_that_stay_name_no_customer(world: World, tmp_path: Path) -> None:
    conversation = world.open(user_id="customer-7")
    world.ask(conversation, "How do I reset a forgotten password?")
    customer_id = world.container.conversations.get(conversation).customer_id
    staying = [str(key) for key, expires in expiries(tmp_path).items() if expires is None]
    assert staying
    assert not any(name in key for key in staying for name in (customer_id, conversation, "customer-7"))


def test_a_conversation_stays_as_long_as_something_is_said_in_it(world: World) -> None:
    conversation = world.open()
    for _ in range(5):
        world.ask(conversation, "How do I reset a forgotten password?")
        world.clock.forward((DAYS - 10) * DAY_S)
    events = world.container.conversations.events(conversation)
    assert world.container.conversations.get(conversation).next_seq == 12
    assert [event.seq for event in events] == [10, 11]
    world.clock.forward(11 * DAY_S)
    with pytest.raises(NotFoundError):
        world.container.conversations.get(conversation)
    assert world.container.conversations.events(conversation) == []


def test_the_conversation_outlives_each_of_its_events(world: World, tmp_path: Path) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    world.clock.forward(90)
    world.run(conversation, accepted)
    stored = expiries(tmp_path)
    last = max(
        int(expires or 0) for (pk, sk), expires in stored.items() if sk.startswith("EVT#") and conversation in pk
    )
    assert int(stored[f"CONV#{conversation}", "META"] or 0) >= last
