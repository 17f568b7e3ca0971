"""What the logs say of an answer once its window has ended: nothing that had to be told in time is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher

from firstline.domain.conversation import Author, ConversationStatus, Event
from firstline.domain.errors import NotFoundError
from firstline.domain.rewards import Observed, Part, window
from firstline.domain.ticket_events import TicketEventKind
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.decisions import Decision
from firstline.repositories.ratings import Rating, RatingRepository
from firstline.repositories.tickets import TicketRepository

SAME = 0.97
"""Likeness, in [0, 1], from which a person has sent the answer as it was."""
EDITED = 0.5
"""Likeness from which what a person has sent is the answer in other words, and not another answer."""

_BEST_SCORE = 5


class ReadEvidence:
    """Reads ratings, closed and reopened conversations and tickets, and what people made of the answer."""

    def __init__(
        self, conversations: ConversationRepository, ratings: RatingRepository, tickets: TicketRepository
    ) -> None:
        self._conversations = conversations
        self._ratings = ratings
        self._tickets = tickets

    def of(self, decision: Decision) -> list[Observed]:
        """Return all evidence that the logs hold of an answer, within its window."""
        try:
            conversation = self._conversations.get(decision.conversation_id)
        except NotFoundError:
            return []
        until = decision.decided_at + window()
        events = self._conversations.events(decision.conversation_id)
        seen = of_events(events, decision.turn_id, until=until)
        is_last = conversation.last_decision_turn == decision.turn_id
        for rating in self._ratings.of_conversation(decision.conversation_id):
            # One of the conversation is about what was answered before it.
            is_whole = is_last and not rating.seq and rating.at >= decision.decided_at
            if rating.turn_id == decision.turn_id or is_whole:
                seen.append(observed_rating(rating))
        if conversation.ticket_id:
            seen += self._of_ticket(conversation.ticket_id, decision.decided_at, until)
        return seen

    def _of_ticket(self, ticket_id: str, since: datetime, until: datetime) -> list[Observed]:
        return [
            Observed(Part.TICKET_REOPENED, 0.0, event.at, f"ticket {ticket_id}")
            for event in self._tickets.events(ticket_id)
            if since <= event.at <= until and event.kind is TicketEventKind.REOPENED
        ]


def of_events(events: Sequence[Event], turn_id: str, *, until: datetime) -> list[Observed]:
    """Return what a conversation's log says of the answer of a turn: reopened after it, or used by a person."""
    place = next((i for i, event in enumerate(events) if event.turn_id == turn_id and event.author is Author.BOT), None)
    if place is None:
        return []
    answer, seen, closed = events[place], list[Observed](), False
    for event in events[place + 1 :]:
        if event.at > until or (event.author is Author.BOT and event.turn_id):
            break
        if event.author is Author.AGENT:
            seen += _used(answer, event)
        closed = closed or event.detail.get("status") == ConversationStatus.CLOSED.value
        if closed and event.author is Author.CUSTOMER:
            seen.append(Observed(Part.REOPENED, 0.0, event.at, f"seq {event.seq}"))
            break
    return seen


def _used(answer: Event, said: Event) -> list[Observed]:
    likeness = SequenceMatcher(None, answer.text, said.text, autojunk=False).ratio()
    if likeness >= SAME:
        return [Observed(Part.ANSWER_USED, 1.0, said.at, f"seq {said.seq}")]
    return [Observed(Part.DRAFT_EDIT, likeness, said.at, f"seq {said.seq}")] if likeness >= EDITED else []


def observed_rating(rating: Rating) -> Observed:
    """Return a score of 1 to 5 as evidence in [0, 1]."""
    part = Part.RATING if rating.seq else Part.CONVERSATION_RATING
    return Observed(part, (rating.score - 1) / (_BEST_SCORE - 1), rating.at, f"seq {rating.seq}")
