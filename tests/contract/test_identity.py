"""Identity on both stores: sessions, accounts, and a visitor who becomes a known customer."""

from __future__ import annotations

import pytest

from firstline.domain.conversation import Channel, Conversation, Session
from firstline.domain.errors import (
    ConditionFailedError,
    NotAuthorizedError,
    NotFoundError,
    UserExistsError,
)
from firstline.domain.identity import Role, User
from firstline.domain.ports import Table
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_joins import CustomerJoins
from firstline.repositories.customers import CONVERSATION, VERIFIED, CustomerRepository
from firstline.repositories.graph import GraphRepository
from firstline.repositories.sessions import SessionRepository
from firstline.repositories.users import UserRepository
from tests.contract.conftest import SettableClock


def test_a_session_is_kept_and_gone_for_good_once_removed(table: Table, clock: SettableClock) -> None:
    sessions = SessionRepository(table)
    session = Session(session_id="S", conversation_id="C", expires_at=clock.now().replace(hour=1))
    sessions.add(session)
    assert sessions.get("S") == session
    sessions.add_socket_token(session, "t1", now=clock.now())
    sessions.add_socket_token(session, "t2", now=clock.now())
    assert sessions.redeem_socket_token("S", "t1") == "C"
    with pytest.raises(NotAuthorizedError):
        sessions.redeem_socket_token("S", "t1")
    later = session.expires_at.replace(hour=5)
    assert sessions.keep(session, until=later).expires_at == later
    sessions.remove("S")
    sessions.remove("S")
    with pytest.raises(NotAuthorizedError):
        sessions.redeem_socket_token("S", "t2")
    for gone in (lambda: sessions.get("S"), lambda: sessions.keep(session, until=later)):
        with pytest.raises(NotAuthorizedError):
            gone()


def test_accounts_are_made_once_and_changed_where_they_are(table: Table, clock: SettableClock) -> None:
    users = UserRepository(table)
    ada = User(username="ada", role=Role.AGENT, name="Ada", password_hash="h", created_at=clock.now())
    users.add(ada)
    with pytest.raises(UserExistsError):
        users.add(ada.model_copy(update={"role": Role.ADMIN}))
    assert users.find("ada") == ada
    assert users.change("ada", ends_tokens=True, disabled=True).generation == 2
    assert users.change("ada", role="admin").generation == 2
    changed = users.find("ada")
    assert changed is not None
    assert (changed.disabled, changed.role, changed.password_hash) == (True, Role.ADMIN, "h")
    with pytest.raises(NotFoundError):
        users.change("bob", role="admin")
    assert users.find("bob") is None
    assert users.all() == [changed]


def test_what_lies_at_a_visitor_moves_to_the_known_customer_once(table: Table, clock: SettableClock) -> None:
    now = clock.now()
    conversations = ConversationRepository(table, retention_days=90)
    customers, joins = CustomerRepository(table, retention_days=90), CustomerJoins(table, retention_days=90)
    graph = GraphRepository(table, retention_days=90)
    conversations.create(Conversation(conversation_id="C", channel=Channel.CHAT, created_at=now), "Hello")
    visitor = customers.find_or_create(CONVERSATION, "C", new_id="V", now=now)
    conversations.set_customer(conversations.get("C"), "V")
    table.transact(customers.count_answer(visitor, "C", visitor.insights, now=now))
    table.transact([customers.add_reward("V", 0.5)])
    graph.add("C", "T", [(("customer", "V"), ("topic", "billing"))], also=[], now=now)
    table.put({"pk": "CUST#V", "sk": "NOTE#1", "text": "free", "by_customer_pk": "CUST#V", "by_customer_sk": "1"})
    known = customers.find_or_create(VERIFIED, "ada", new_id="K", now=now)
    before = conversations.get("C")
    joins.bind(before, known, now=now)
    with pytest.raises(ConditionFailedError):
        joins.bind(before, known, now=now)
    for _ in range(2):
        joins.move("V", "K", "")
    joined = customers.get("K")
    assert (joined.interaction_count, joined.satisfaction, joined.user_id) == (1, 0.5, "ada")
    assert customers.get("V").interaction_count == 0
    assert customers.find_or_create(CONVERSATION, "C", new_id="X", now=now).customer_id == "K"
    assert graph.neighbours(("customer", "K"), "topic") == {"billing": 1}
    assert graph.neighbours(("topic", "billing"), "customer") == {"K": 1}
    assert [item["sk"] for item in table.query("CUST#V").items] == ["PROFILE"]
    assert table.get("CUST#K", "NOTE#1") == {
        "pk": "CUST#K",
        "sk": "NOTE#1",
        "text": "free",
        "by_customer_pk": "CUST#K",
        "by_customer_sk": "1",
    }
    conversation = conversations.get("C")
    assert (conversation.customer_id, conversation.joined_from, conversation.verified_user_id) == ("K", "V", "ada")
