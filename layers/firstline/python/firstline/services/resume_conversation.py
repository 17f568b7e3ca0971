"""Replay to one socket what its client has missed: events, ratings, then the draft of a running answer."""

from __future__ import annotations

from firstline.domain import frames
from firstline.domain.conversation import BOT, Conversation
from firstline.domain.errors import NotFoundError
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.ratings import RatingRepository
from firstline.repositories.reply_drafts import ReplyDraftRepository
from firstline.repositories.stored_turns import PENDING, StoredTurn
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast

REPLAYED_AT_ONCE = 50
"""Events that one ``resume`` replays; as frames of 32 KB they still fit into a socket's outgoing queue."""


class ResumeConversation:
    """All reads are consistent and come after the socket was stored: what is not read here is posted to it later."""

    def __init__(
        self,
        conversations: ConversationRepository,
        turns: TurnRepository,
        drafts: ReplyDraftRepository,
        ratings: RatingRepository,
        broadcast: Broadcast,
    ) -> None:
        self._conversations = conversations
        self._turns = turns
        self._drafts = drafts
        self._ratings = ratings
        self._broadcast = broadcast

    def resume(self, connection_id: str, conversation_id: str, after_seq: int) -> None:
        """Replay the events after that seq, at most 50, and tell how far it went. Raises ``NotFoundError``."""
        found = self._conversations.events(conversation_id, after_seq=after_seq, limit=REPLAYED_AT_ONCE + 1)
        replayed, more = found[:REPLAYED_AT_ONCE], len(found) > REPLAYED_AT_ONCE
        for event in replayed:
            if not self._broadcast.to_connection(connection_id, frames.event(event)):
                return
        last_seq = replayed[-1].seq if replayed else after_seq
        if not more:
            conversation = self._conversations.get(conversation_id)
            # Another device may have rated what this one knows already.
            for rating in self._ratings.of_conversation(conversation_id):
                self._broadcast.to_connection(connection_id, frames.rated(rating.seq, rating.score, rating.reason))
            self._show_draft(connection_id, conversation)
            # A client that says it has more than there is must not be told that it does.
            last_seq = min(last_seq, conversation.next_seq - 1)
        self._broadcast.to_connection(connection_id, frames.resumed(last_seq, more=more))

    def _show_draft(self, connection_id: str, conversation: Conversation) -> None:
        turn = self._running(conversation)
        if turn is None:
            return
        draft = self._drafts.get(conversation.conversation_id, turn.turn_id, turn.attempt)
        if draft is None or draft.version != conversation.version:
            return
        so_far = frames.delta(
            turn.turn_id,
            turn.attempt,
            draft.index,
            draft.text,
            next_index=draft.next_index,
            version=draft.version,
        )
        self._broadcast.to_connection(connection_id, so_far)

    def _running(self, conversation: Conversation) -> StoredTurn | None:
        answered = conversation.last_reply_seq > conversation.last_customer_seq
        if answered or not conversation.last_turn or conversation.owner != BOT:
            return None
        try:
            turn = self._turns.get(conversation.conversation_id, conversation.last_turn)
        except NotFoundError:
            return None
        return turn if turn.attempt and turn.state == PENDING else None
