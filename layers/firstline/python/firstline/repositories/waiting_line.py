"""How many wait before somebody."""

from __future__ import annotations

from firstline.domain.conversation import BOT, Conversation, ConversationStatus
from firstline.domain.ports import Table
from firstline.repositories import keys

LONGEST = 50
"""More than that are not counted: whoever is so far behind does not wait by the number."""


class WaitingLine:
    """Index ``by_queue``, partition ``PEOPLE``: those that nobody has taken, longest first."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def before(self, conversation: Conversation) -> int | None:
        """Return how many wait before a conversation, at most 50; None where it waits for nobody.

        One query of the index, which may be a moment behind: a conversation that it does not show yet is the last.
        """
        if conversation.status is not ConversationStatus.WAITING_FOR_PERSON or conversation.owner != BOT:
            return None
        page = self._table.query(keys.PEOPLE_QUEUE, index="by_queue", sk_prefix=keys.WAITING, limit=LONGEST)
        waiting = [str(item["conversation_id"]) for item in page.items]
        own = conversation.conversation_id
        return waiting.index(own) if own in waiting else len(waiting)
