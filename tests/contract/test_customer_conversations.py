"""The list of a customer's conversations, over both stores: by time, in pages, and with nothing else in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from firstline.domain.conversation import Channel, Conversation
from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.repositories import keys
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_conversations import CustomerConversations
from firstline.repositories.customer_joins import CustomerJoins
from firstline.repositories.customers import CONVERSATION, VERIFIED, CustomerRepository
from firstline.repositories.erasures import ErasureRepository
from tests.contract.conftest import SettableClock


class Store:
    """The repositories over one table."""

    def __init__(self, table: Table, clock: SettableClock) -> None:
        self.table, self.clock = table, clock
        self.conversations = ConversationRepository(table, retention_days=90)
        self.customers = CustomerRepository(table, retention_days=90)
        self.joins = CustomerJoins(table, retention_days=90)
        self.lists = CustomerConversations(table, self.conversations, self.customers)

    def begin(self, conversation_id: str, **fields: object) -> Conversation:
        self.clock.advance(1)
        begun = {"conversation_id": conversation_id, "channel": Channel.CHAT, "created_at": self.clock.now(), **fields}
        return self.conversations.create(Conversation.model_validate(begun), "Hello")

    def visit(self, conversation_id: str) -> str:
        """A conversation of a visitor who has been identified; return the customer's id."""
        seen = self.begin(conversation_id)
        customer_id = f"V{conversation_id}"
        self.customers.find_or_create(CONVERSATION, conversation_id, new_id=customer_id, now=self.clock.now())
        self.conversations.set_customer(seen, customer_id)
        return customer_id

    def know(self, user_id: str, customer_id: str) -> None:
        self.customers.find_or_create(VERIFIED, user_id, new_id=customer_id, now=self.clock.now())

    def of(self, customer_id: str, after: str = "") -> list[str]:
        found = self.lists.of(self.customers.get(customer_id), after=after)
        return [conversation.conversation_id for _, conversation in found]


@pytest.fixture
def store(table: Table, clock: SettableClock) -> Store:
    return Store(table, clock)


def test_they_are_listed_in_the_order_of_time_from_any_place_on(store: Store) -> None:
    store.know("ada", "K")
    names = [f"C{number % 7}{number:03d}" for number in range(105)]
    for name in names:
        store.begin(name, customer_id="K", user_id="ada", verified=True)
    assert store.of("K") == names
    places = [place for place, _ in store.lists.of(store.customers.get("K"))]
    assert store.of("K", after=places[1]) == names[2:]
    assert store.of("K", after=places[-1]) == []


def test_tickets_and_other_customers_are_not_among_them(store: Store) -> None:
    store.know("ada", "K")
    store.know("bob", "B")
    store.begin("C1", customer_id="K", user_id="ada", verified=True)
    store.begin("C2", customer_id="B", user_id="bob", verified=True)
    store.begin("C3")
    ticket = {"pk": "TICKET#T", "sk": "META", "by_customer_pk": keys.customer("K"), "by_customer_sk": "1"}
    store.table.put(ticket)
    assert (store.of("K"), store.of("B")) == (["C1"], ["C2"])
    assert [item["pk"] for item in store.table.query(keys.customer("K"), index="by_customer").items] == ["TICKET#T"]


def test_a_proven_names_conversation_is_theirs_before_a_turn_gives_it_to_them_and_then_once(store: Store) -> None:
    store.know("ada", "K")
    seen = store.begin("C1", user_id="ada", verified=True)
    store.begin("C2", user_id="ada")
    assert store.of("K") == ["C1"]
    store.conversations.set_customer(seen, "K")
    assert store.of("K") == ["C1"]
    with pytest.raises(ConditionFailedError):
        store.conversations.set_customer(seen, "B")
    assert store.of("K") == ["C1"]


def test_a_visitors_conversations_move_with_them_and_what_is_forgotten_is_gone(store: Store) -> None:
    visitor = store.visit("C1")
    seen = store.customers.get(visitor)
    store.table.transact([store.customers.known_in(seen, "C2", now=store.clock.now())])
    store.begin("C2", customer_id=visitor)
    assert store.of(visitor) == ["C1", "C2"]
    store.know("ada", "K")
    store.joins.bind(store.conversations.get("C1"), store.customers.get("K"), now=store.clock.now())
    for _ in range(2):
        store.joins.move(visitor, "K", "")
    assert (store.of("K"), store.of(visitor)) == (["C1", "C2"], [])
    moved = store.conversations.get("C2")
    assert (moved.customer_id, moved.verified_user_id) == ("K", "ada")
    found = store.customers.find(CONVERSATION, "C2")
    assert found is not None
    assert found.customer_id == "K"
    ErasureRepository(store.table).begin("C1", now=store.clock.now() + timedelta(minutes=1))
    assert store.of("K") == ["C2"]
    assert len(store.table.query("CUST#K#CONV", index="by_customer").items) == 1
