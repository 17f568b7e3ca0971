"""A conversation in which no turn has run has a customer too: what is kept of it can be exported, by their id."""

from __future__ import annotations

from firstline.domain.conversation import Conversation
from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Clock, Ids
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository, identity_of


def has_customer(conversation: Conversation, customers: CustomerRepository) -> bool:
    """Tell whether a conversation's customer is there: named, and not expired while people alone wrote to them."""
    if not conversation.customer_id:
        return False
    try:
        customers.get(conversation.customer_id)
    except NotFoundError:
        return False
    return True


class NameCustomer:
    """Does what the first turn would do, where people look after a conversation before there is one."""

    def __init__(
        self, conversations: ConversationRepository, customers: CustomerRepository, *, clock: Clock, ids: Ids
    ) -> None:
        self._conversations = conversations
        self._customers = customers
        self._clock = clock
        self._ids = ids

    def customer_id(self, conversation_id: str, *, verified_user_id: str = "") -> str:
        """Return the id of the customer behind a conversation, made on first sight."""
        kind, value = identity_of(verified_user_id, conversation_id)
        found = self._customers.find_or_create(kind, value, new_id=self._ids.new(), now=self._clock.now())
        return found.customer_id

    def named(self, seen: Conversation) -> Conversation:
        """Return a conversation with its customer, bound to them now where it was not. Raises ``NotFoundError``."""
        if has_customer(seen, self._customers):
            return seen
        customer_id = self.customer_id(seen.conversation_id, verified_user_id=seen.verified_user_id)
        try:
            self._conversations.set_customer(seen, customer_id)
        except ConditionFailedError:
            # A turn has identified them meanwhile, or the conversation is gone.
            return self._conversations.get(seen.conversation_id)
        return seen.model_copy(update={"customer_id": customer_id})
