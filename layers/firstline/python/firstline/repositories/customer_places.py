"""Where a conversation stands in the list of its customer's, in the index ``by_customer``."""

from __future__ import annotations

from firstline.domain.conversation import Conversation
from firstline.repositories import keys
from firstline.repositories.customers import VERIFIED


def conversations_of(customer_id: str) -> str:
    """Partition of a customer's conversations; their tickets have one of their own."""
    return f"{keys.customer(customer_id)}#CONV"


def conversations_for(verified_user_id: str) -> str:
    """Partition of the conversations of a proven name that no turn has given to its customer yet."""
    return f"{keys.identity(VERIFIED, verified_user_id)}#CONV"


def sort_key(conversation: Conversation) -> str:
    """Sort key in either: when it began, so that the order is that of time."""
    return keys.due_at(conversation.created_at, conversation.conversation_id)


def place_of(conversation: Conversation) -> dict[str, str]:
    """Return the attributes of a conversation's item by which it is listed; none where nobody is known by it."""
    if conversation.customer_id:
        partition = conversations_of(conversation.customer_id)
    elif conversation.verified_user_id:
        partition = conversations_for(conversation.verified_user_id)
    else:
        return {}
    return {"by_customer_pk": partition, "by_customer_sk": sort_key(conversation)}
