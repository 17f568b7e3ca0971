"""Hand a conversation over to people: a ticket and a word to the customer, in one transaction."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.conversation import ConversationStatus
from firstline.domain.errors import ConflictError
from firstline.domain.frames import reply as reply_frame
from firstline.domain.phrases import handover_text
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket, priority_of, subject_of
from firstline.domain.turn import Action, Category, Handover, Reason, Reply, ResolutionMethod, Turn
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast
from firstline.services.receipt import Receipts


class HandOver:
    """One open ticket per conversation: a second handover joins the first."""

    def __init__(
        self,
        conversations: ConversationRepository,
        turns: TurnRepository,
        tickets: TicketRepository,
        receipts: Receipts,
        broadcast: Broadcast,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._conversations = conversations
        self._turns = turns
        self._tickets = tickets
        self._receipts = receipts
        self._broadcast = broadcast
        self._clock = clock
        self._ids = ids

    def hand_over(self, turn: Turn, attempt: int, reason: Reason) -> Reply:
        """Open the ticket, commit the reply that says so, and send it.

        Raises
        ------
        StaleAttemptError, TurnSupersededError, ConversationTakenOverError, TurnAlreadyFinishedError
        """
        now = self._clock.now()
        conversation = self._conversations.get(turn.conversation_id)
        already_open = conversation.status is ConversationStatus.WAITING_FOR_PERSON
        ticket_id = conversation.ticket_id if already_open else self._ids.short()
        operations = [] if already_open else self._ticket_operations(turn, ticket_id, reason, now)
        reply = Reply(
            seq=1,
            text=handover_text(reason, ticket_id, already_open=already_open),
            action=Action.HAND_OVER,
            reason=reason,
            resolution_method=ResolutionMethod.HANDOVER,
            confidence=1.0,
            handover=Handover(ticket_id=ticket_id, reason=reason),
            processing_time_ms=max(0.0, (now - turn.message.sent_at).total_seconds() * 1000),
        )
        committed = self._turns.commit_reply(
            conversation,
            turn,
            attempt,
            reply,
            also=[*operations, self._receipts.operation(turn, reply, now=now)],
            conversation_changes={
                "status": ConversationStatus.WAITING_FOR_PERSON.value,
                "ticket_id": ticket_id,
                "last_decision_turn": "",
            },
            now=now,
        )
        self._broadcast.to_conversation(turn.conversation_id, reply_frame(turn.turn_id, committed))
        return committed

    def after_too_many_attempts(self, turn: Turn) -> bool:
        """Hand over a turn that failed again and again; return False where it has ended in the meantime."""
        try:
            claimed = self._turns.claim(
                turn.conversation_id, turn.turn_id, execution_id=f"sweep-{self._ids.new()}", now=self._clock.now()
            )
            self.hand_over(turn, claimed.attempt, Reason.FAILURE)
            self._turns.finish(turn.conversation_id, turn.turn_id, claimed.attempt)
        except ConflictError:
            return False
        return True

    def _ticket_operations(self, turn: Turn, ticket_id: str, reason: Reason, now: datetime) -> list[Operation]:
        ticket = Ticket(
            ticket_id=ticket_id,
            conversation_id=turn.conversation_id,
            customer_id=turn.customer.customer.customer_id if turn.customer else "",
            subject=subject_of(turn.question),
            category=turn.classification.category if turn.classification else Category.GENERAL_INQUIRY,
            priority=priority_of(turn.classification, reason),
            reason=reason,
            created_at=now,
        )
        return self._tickets.opened(ticket, note=turn.question)
