"""Keep what a customer thinks of an answer, or of the whole conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from firstline.domain.conversation import Author
from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Clock
from firstline.domain.text import checked_message
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.ratings import Rating, RatingRepository

MAX_REASON_CHARACTERS = 1_000
_OF_THUMB = {"up": 5, "down": 1}


class RateAnswer:
    """One rating per answer. People change their minds: the last one stands, and sending one twice changes nothing."""

    def __init__(
        self,
        conversations: ConversationRepository,
        ratings: RatingRepository,
        *,
        clock: Clock,
        on_rating: Callable[[str, Rating], None] = lambda *_: None,
    ) -> None:
        self._on_rating = on_rating
        self._conversations = conversations
        self._ratings = ratings
        self._clock = clock

    def rate(
        self,
        conversation_id: str,
        seq: int,
        *,
        score: int | None = None,
        thumb: Literal["up", "down"] | None = None,
        reason: str = "",
    ) -> Rating:
        """Keep a score of 1 to 5; a thumb up counts as 5, one down as 1. At seq 0 it is the conversation's.

        Raises
        ------
        NotFoundError
            At this place there is no answer of the bot or of a person; or there is no such conversation.
        InvalidMessageError
            The reason is too long or not text.
        """
        turn_id = self._answered_by(conversation_id, seq) if seq else ""
        if not seq:
            self._conversations.get(conversation_id)
        rating = Rating(
            seq=seq,
            turn_id=turn_id,
            score=score if score is not None else _OF_THUMB[thumb or "down"],
            reason=checked_message(reason, max_characters=MAX_REASON_CHARACTERS) if reason.strip() else "",
            at=self._clock.now(),
        )
        self._ratings.put(conversation_id, rating)
        self._on_rating(conversation_id, rating)
        return rating

    def _answered_by(self, conversation_id: str, seq: int) -> str:
        found = self._conversations.events(conversation_id, after_seq=seq - 1, limit=1)
        event = found[0] if found and found[0].seq == seq else None
        is_answer = event is not None and event.author in {Author.BOT, Author.AGENT}
        if event is None or not is_answer or event.detail.get("greeting"):
            raise NotFoundError(f"there is no answer with seq {seq} to rate")
        return event.turn_id
