"""Several devices of one customer see one conversation: a new session joins the one that is open."""

from __future__ import annotations

from collections.abc import Callable

from firstline.domain.conversation import Channel, Conversation, ConversationStatus
from firstline.domain.errors import ConditionFailedError, NotFoundError, TransactionConflictError
from firstline.domain.ports import Clock
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_threads import CustomerThreads, Threads

_TRIES = 20


class ContinueConversation:
    """A verified customer's chat on one site goes on in the conversation they used last, as long as it is not closed.

    That is: it waits for a person, a person has it, or something was said in it within ``SESSION_TIMEOUT_HOURS``. Of
    two devices that come at once for the first time, one begins the conversation and the other joins it. Visitors, and
    names for which nobody vouches, join nothing.

    Parameters
    ----------
    status_of : callable
        Returns a conversation's status as it is told: quiet ones count as closed.
    """

    def __init__(
        self,
        threads: CustomerThreads,
        conversations: ConversationRepository,
        *,
        clock: Clock,
        status_of: Callable[[Conversation], ConversationStatus],
    ) -> None:
        self._threads = threads
        self._conversations = conversations
        self._clock = clock
        self._status_of = status_of

    def join_or_begin(self, fresh: Conversation, greeting: str, *, join: bool) -> Conversation:
        """Return the customer's open conversation if they are to ``join`` it, else ``fresh`` as stored.

        Raises
        ------
        TransactionConflictError
            Others changed the customer's conversations again and again.
        """
        if not _is_shared(fresh):
            return self._conversations.create(fresh, greeting)
        for _ in range(_TRIES):
            seen = self._threads.of(fresh.user_id, fresh.site_id)
            found = self._open_one(seen) if join else None
            begun = found.conversation_id if found else fresh.conversation_id
            first = self._threads.put_first(seen, begun, now=self._clock.now())
            try:
                if found is None:
                    return self._conversations.create(fresh, greeting, also=[first])
                self._threads.write(first)
                return found
            except ConditionFailedError:
                # Another device was there meanwhile.
                continue
        raise TransactionConflictError(f"customer {fresh.user_id}: too many sessions at once")

    def note(self, conversation: Conversation) -> None:
        """Let the customer's next session join a conversation that has become theirs; safe to repeat.

        Raises
        ------
        TransactionConflictError
        """
        if not _is_shared(conversation):
            return
        for _ in range(_TRIES):
            seen = self._threads.of(conversation.user_id, conversation.site_id)
            if conversation.conversation_id in seen.conversation_ids:
                return
            try:
                self._threads.write(self._threads.put_first(seen, conversation.conversation_id, now=self._clock.now()))
                return
            except ConditionFailedError:
                continue
        raise TransactionConflictError(f"customer {conversation.user_id}: too many sessions at once")

    def _open_one(self, seen: Threads) -> Conversation | None:
        for conversation_id in seen.conversation_ids:
            try:
                found = self._conversations.get(conversation_id)
            except NotFoundError:
                # Expired or erased.
                continue
            theirs = _is_shared(found) and found.user_id == seen.user_id and found.site_id == seen.site_id
            if theirs and self._status_of(found) is not ConversationStatus.CLOSED:
                return found
        return None


def _is_shared(conversation: Conversation) -> bool:
    return conversation.channel is Channel.CHAT and bool(conversation.verified_user_id)
