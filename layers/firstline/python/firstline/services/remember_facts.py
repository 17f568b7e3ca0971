"""Long-term memory: what customers state of themselves is kept, used in later conversations, corrected, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from firstline.domain.conversation import Author, Conversation, Event
from firstline.domain.errors import NotFoundError
from firstline.domain.identity import Principal
from firstline.domain.memory import Fact, FactKind, Provenance, checked_value
from firstline.domain.ports import Clock, Ids
from firstline.domain.stated_facts import stated_facts
from firstline.domain.turn import Category, Turn
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository, identity_of
from firstline.repositories.memory import MemoryRepository

_READ_BACK = 50
"""Events before a message that are looked through for what else is unread."""
_OFTEN = 3
"""Answers on one topic, the one asked about most, that make it a recurring problem."""
_PROBLEMS = (Category.TECHNICAL_SUPPORT, Category.BILLING_INQUIRY, Category.BUG_REPORT, Category.ACCOUNT_MANAGEMENT)


class RememberFacts:
    """Reads customers' own words only; of what the bot, a person or a quotation says nothing is kept.

    Parameters
    ----------
    memory_days : int
        Days that a known customer's fact is kept after it was last stated, >= 1.
    retention_days : int
        The same for a visitor, who cannot come back once the conversation is gone.
    """

    def __init__(
        self,
        memory: MemoryRepository,
        conversations: ConversationRepository,
        customers: CustomerRepository,
        *,
        clock: Clock,
        ids: Ids,
        memory_days: int,
        retention_days: int,
    ) -> None:
        self._memory = memory
        self._conversations = conversations
        self._customers = customers
        self._audit = AuditRepository()
        self._clock = clock
        self._ids = ids
        self._memory_days = memory_days
        self._retention_days = retention_days

    def of_turn(self, turn: Turn) -> list[Fact]:
        """Keep what the messages of a turn state, and return what was written; repeated, it writes nothing more.

        Raises
        ------
        StoreUnavailableError, TransactionConflictError
        """
        events = self._conversations.latest_events(
            turn.conversation_id, limit=_READ_BACK, before_seq=turn.message.seq + 1
        )
        others = [event.text for event in events if event.author is not Author.CUSTOMER]
        topic = turn.classified.category
        stated = [
            self._fact(turn, event, found.kind, found.value, Provenance.STATED)
            for event in _unread(events)
            for found in stated_facts(event.text, topic=topic, said_by_others=others)
        ]
        if _comes_back(turn, topic):
            stated.append(self._fact(turn, events[-1], FactKind.RECURRING_PROBLEM, topic.value, Provenance.COUNTED))
        return [fact for fact in stated if self._keep(turn, fact)]

    def values(self, customer_id: str) -> dict[str, str]:
        """Return value by kind of fact, for a turn."""
        return {fact.kind.value: fact.value for fact in self._memory.of_customer(customer_id)}

    def facts(self, customer_id: str) -> list[Fact]:
        """Return a customer's facts. Raises ``NotFoundError``."""
        return self._memory.of_customer(self._customers.get(customer_id).customer_id)

    def own_facts(self, conversation_id: str) -> list[Fact]:
        """Return the facts of the customer whose conversation this is; none before they have said anything."""
        customer_id = self._customer_id(self._conversations.get(conversation_id))
        return self._memory.of_customer(customer_id) if customer_id else []

    def enter(self, customer_id: str, kind: FactKind, value: str, *, by: Principal) -> Fact:
        """Write a fact down as a person on our side, in the place of what stands.

        Raises
        ------
        InvalidInputError
            The value is not of the kind's form.
        NotFoundError
        """
        now = self._clock.now()
        customer = self._customers.get(customer_id)
        fact = Fact(
            kind=kind,
            value=checked_value(kind, value),
            provenance=Provenance.ENTERED,
            stated_at=now,
            expires_at=self._expiry(known=bool(customer.user_id), since=now),
        )
        entered = self._audit.recorded(
            self._ids.new(), action="fact_entered", by=by.user_id, of=customer_id, now=now, fact=kind.value
        )
        self._memory.keep(customer_id, fact, also=(entered,))
        return self._memory.get(customer_id, kind)

    def forget(self, customer_id: str, kind: FactKind, *, by: str) -> None:
        """Forget a fact; what was said before does not bring it back. Raises ``NotFoundError``."""
        now = self._clock.now()
        forgotten = self._audit.recorded(
            self._ids.new(), action="fact_forgotten", by=by, of=customer_id, now=now, fact=kind.value
        )
        self._memory.forget(customer_id, kind, now=now, also=(forgotten,))

    def forget_own(self, conversation_id: str, kind: FactKind) -> None:
        """Forget a fact of the customer whose conversation this is. Raises ``NotFoundError``."""
        customer_id = self._customer_id(self._conversations.get(conversation_id))
        self.forget(customer_id, kind, by=customer_id)

    def forget_all_own(self, conversation_id: str) -> None:
        """Forget all facts of the customer whose conversation this is."""
        for fact in self.own_facts(conversation_id):
            self.forget_own(conversation_id, fact.kind)

    def _keep(self, turn: Turn, fact: Fact) -> bool:
        customer_id = turn.identified.customer.customer_id
        try:
            return self._memory.keep(customer_id, fact)
        except NotFoundError:
            # The visitor has proved who they are since the turn began, or everything of them was erased.
            conversation = self._conversations.get(turn.conversation_id)
            if conversation.customer_id == customer_id:
                return False
            expires = self._expiry(known=conversation.verified, since=fact.stated_at)
            return self._memory.keep(conversation.customer_id, fact.model_copy(update={"expires_at": expires}))

    def _customer_id(self, conversation: Conversation) -> str:
        if conversation.customer_id:
            return conversation.customer_id
        found = self._customers.find(*identity_of(conversation.verified_user_id, conversation.conversation_id))
        return found.customer_id if found else ""

    def _fact(self, turn: Turn, event: Event, kind: FactKind, value: str, provenance: Provenance) -> Fact:
        known = bool(turn.identified.customer.user_id)
        return Fact(
            kind=kind,
            value=value,
            provenance=provenance,
            conversation_id=turn.conversation_id,
            seq=event.seq,
            stated_at=event.at,
            expires_at=self._expiry(known=known, since=event.at),
        )

    def _expiry(self, *, known: bool, since: datetime) -> datetime:
        return since + timedelta(days=self._memory_days if known else min(self._memory_days, self._retention_days))


def _unread(events: Sequence[Event]) -> list[Event]:
    """Return the customer's messages since the bot last spoke, oldest first; what a person has answered among them."""
    unread: list[Event] = []
    for event in reversed(events):
        if event.author is Author.BOT:
            break
        if event.author is Author.CUSTOMER:
            unread.insert(0, event)
    return unread


def _comes_back(turn: Turn, topic: Category) -> bool:
    insights = turn.identified.customer.insights
    often = insights.topics[:1] == [topic.value] and insights.contacts_on_topic >= _OFTEN
    return often and topic in _PROBLEMS and turn.identified.memory.get(FactKind.RECURRING_PROBLEM) != topic
