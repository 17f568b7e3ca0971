"""Limit how often one customer may ask, over all of their sessions, sockets and addresses."""

from __future__ import annotations

from firstline.domain.rate_limit import Limit
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import identity_of
from firstline.services.limit_rate import LimitRate


class LimitCustomer:
    """A customer is whom the company has vouched for; anybody else is the visitor of one conversation."""

    def __init__(self, limits: LimitRate, conversations: ConversationRepository) -> None:
        self._limits = limits
        self._conversations = conversations

    def require(self, conversation_id: str) -> None:
        """Count something that the customer of a conversation asks for. Raises ``RateLimitedError``."""
        if not self._limits.limits(Limit.CUSTOMER):
            return
        conversation = self._conversations.get(conversation_id)
        kind, value = identity_of(conversation.verified_user_id, conversation.conversation_id)
        self._limits.require(Limit.CUSTOMER, f"{kind}#{value}")
