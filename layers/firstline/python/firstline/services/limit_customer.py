"""Limit how often one customer may ask, over all of their sessions, sockets and addresses; and each of the sockets."""

from __future__ import annotations

from firstline.domain.rate_limit import Limit
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import identity_of
from firstline.services.limit_rate import LimitRate

FRAMES_PER_REQUEST = 2
"""Frames of one socket for each request that its customer may make: as many again for pings and signs of typing."""


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

    def require_frame(self, connection_id: str) -> None:
        """Count a frame of a socket, in this process alone. Raises ``RateLimitedError``.

        A frame that costs as little as a ping is not worth a write to the store. All frames of a laptop's socket come
        to one process; on AWS each of the few functions that are warm counts what it sees, below the stage's throttle.
        """
        self._limits.require_here(Limit.FRAMES, connection_id)
