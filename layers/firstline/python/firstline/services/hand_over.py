"""Hand a conversation over to people: a ticket and a word to the customer, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firstline.domain.business_hours import in_words
from firstline.domain.conversation import BOT, Channel, Conversation, ConversationStatus, Tier
from firstline.domain.errors import ConflictError, ConversationTakenOverError, TurnSupersededError
from firstline.domain.frames import reply as reply_frame
from firstline.domain.locales import DEFAULT, text_unless_own
from firstline.domain.mail.answer_draft import AnswerDraft
from firstline.domain.mail.handover_words import away_words, mail_handover_text
from firstline.domain.mail.when import from_moment
from firstline.domain.phrases import handover_text
from firstline.domain.ports import Clock, Ids
from firstline.domain.reply_language import reply_language
from firstline.domain.service_levels import ServiceLevels
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket, priority_of, subject_of
from firstline.domain.ticket_events import ASSISTANT
from firstline.domain.ticket_texts import draft_note, open_note
from firstline.domain.turn import Action, Category, Handover, Reason, Reply, ResolutionMethod, Turn
from firstline.repositories import keys
from firstline.repositories.answer_drafts import AnswerDraftRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.turns import TurnRepository
from firstline.repositories.waiting_line import WaitingLine
from firstline.services.broadcast import Broadcast
from firstline.services.end_unanswered import end_unanswered
from firstline.services.notify_people import NotifyPeople
from firstline.services.receipt import Receipts
from firstline.services.team_hours import TeamHours
from firstline.services.ticket_steps import join
from firstline.services.written import Making, Written


@dataclass(frozen=True)
class WithHandover:
    """What goes along with a handover."""

    making: Making | None = None
    """What was tried before, for the receipt."""
    draft: Written | None = None
    """What would have been answered: a person may send it."""
    answer: Written | None = None
    """What is answered all the same, in the same reply: the handover is of what it leaves open."""
    open_questions: tuple[str, ...] = ()
    """In the customer's words."""
    unsent: bool = False
    """The reply is kept and not sent by mail."""
    why: Mapping[str, Any] | None = None
    """What decided, for the receipt."""


class HandOver:
    """One open ticket per conversation, the one it names: a further handover joins it, also after a person has handed
    the conversation back; only where that ticket is resolved is another opened.

    The ticket, the word to the customer, the place in the people's queue and the notices that call people are one
    transaction with the reply.

    Parameters
    ----------
    team_hours : TeamHours
        Outside those of the conversation's site the customer is told when somebody will answer.
    levels : ServiceLevels
        When a new ticket's first answer and its resolution are due.
    """

    def __init__(
        self,
        conversations: ConversationRepository,
        turns: TurnRepository,
        tickets: TicketRepository,
        receipts: Receipts,
        broadcast: Broadcast,
        notify_people: NotifyPeople,
        *,
        team_hours: TeamHours,
        waiting_line: WaitingLine,
        levels: ServiceLevels,
        drafts: AnswerDraftRepository,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._conversations = conversations
        self._turns = turns
        self._tickets = tickets
        self._receipts = receipts
        self._broadcast = broadcast
        self._notify_people = notify_people
        self._team_hours = team_hours
        self._waiting_line = waiting_line
        self._levels = levels
        self._drafts = drafts
        self._clock = clock
        self._ids = ids

    def hand_over(self, turn: Turn, attempt: int, reason: Reason, along: WithHandover | None = None) -> Reply:
        """Open the ticket, commit the reply that says so, and send it.

        A draft is an internal note of the ticket, and is kept for a person to send. Further mail to people who have
        the thread already joins their ticket.

        Raises
        ------
        StaleAttemptError, TurnSupersededError, ConversationTakenOverError, TurnAlreadyFinishedError
        """
        now, along = self._clock.now(), along or WithHandover()
        conversation = self._as_begun(turn)
        already_open = conversation.status is ConversationStatus.WAITING_FOR_PERSON
        ticket_id, operations = conversation.ticket_id, list[Operation]()
        if not already_open:
            ticket_id, operations = self._ticket(conversation, turn, reason, now, note=_note(along))
        elif turn.channel is Channel.EMAIL:
            hours = self._team_hours.of(conversation.site_id).hours
            operations = join(self._tickets, ticket_id, turn.question, now=now, hours=hours, internal_note=_note(along))
        if along.draft is not None:
            operations.append(self._drafts.added(_draft(turn, reason, along, now)))
        answer, making = along.answer, along.making
        reply = Reply(
            seq=1,
            text=self._told(conversation, turn, reason, ticket_id, already_open=already_open, answer=answer, now=now),
            citations=answer.citations if answer else [],
            action=Action.HAND_OVER,
            reason=reason,
            resolution_method=answer.method if answer else ResolutionMethod.HANDOVER,
            confidence=1.0,
            handover=Handover(ticket_id=ticket_id, reason=reason),
            **(making.use.spent if making else {}),
            processing_time_ms=max(0.0, (now - turn.message.sent_at).total_seconds() * 1000),
            unsent=along.unsent,
        )
        decided = {"action": Action.HAND_OVER.value, "reason": reason.value, **along.why} if along.why else None
        receipt = self._receipts.operation(turn, reply, making=making, policy=decided, now=now)
        committed = self._turns.commit_reply(
            conversation,
            turn,
            attempt,
            reply,
            also=[*operations, receipt, *(answer.also if answer else ())],
            conversation_changes={
                "status": ConversationStatus.WAITING_FOR_PERSON.value,
                "ticket_id": ticket_id,
                "last_decision_turn": "",
                **({} if already_open else _queued(turn.conversation_id, now)),
            },
            now=now,
        )
        waits = conversation.model_copy(update={"status": ConversationStatus.WAITING_FOR_PERSON})
        frame = reply_frame(turn.turn_id, committed, waiting=self._waiting_line.before(waits))
        self._broadcast.to_conversation(turn.conversation_id, frame)
        return committed

    def after_too_many_attempts(self, turn: Turn) -> bool:
        """Hand over a turn that failed again and again; return False where it has ended in the meantime."""
        place = turn.conversation_id, turn.turn_id
        try:
            claimed = self._turns.claim(*place, execution_id=f"sweep-{self._ids.new()}", now=self._clock.now())
            try:
                self.hand_over(turn, claimed.attempt, Reason.FAILURE)
            except (ConversationTakenOverError, TurnSupersededError):
                end_unanswered(*place, claimed.attempt, turns=self._turns, broadcast=self._broadcast)
                return False
            self._turns.finish(*place, claimed.attempt)
        except ConflictError:
            return False
        return True

    def _as_begun(self, turn: Turn) -> Conversation:
        """Return the conversation as the bot's own at the turn's version, so that a takeover since then wins."""
        conversation = self._conversations.get(turn.conversation_id)
        version = turn.customer.conversation_version if turn.customer else conversation.version
        return conversation.model_copy(update={"owner": BOT, "version": version})

    def _told(
        self,
        conversation: Conversation,
        turn: Turn,
        reason: Reason,
        ticket_id: str,
        *,
        already_open: bool,
        answer: Written | None,
        now: datetime,
    ) -> str:
        language = reply_language(turn) or conversation.language
        if turn.channel is not Channel.EMAIL:
            away, back_at = self._away(conversation, language or DEFAULT, now)
            return handover_text(
                reason, ticket_id, already_open=already_open, away=away, back_at=back_at, language=language
            )
        away, back_at = self._away_by_mail(conversation, language or DEFAULT, now)
        own = mail_handover_text(
            reason,
            already_open=already_open,
            answered=answer is not None,
            away=away,
            back_at=back_at,
            language=language or DEFAULT,
        )
        return f"{answer.text}\n\n{own}" if answer else own

    def _away(self, conversation: Conversation, language: str, now: datetime) -> tuple[str, str]:
        team = self._team_hours.of(conversation.site_id)
        if team.hours.is_open(now):
            return "", ""
        opening = team.hours.next_opening(now)
        back_at = in_words(opening, now, english=language == DEFAULT) if opening else ""
        return text_unless_own(team.offline_message, "offline_message", language), back_at

    def _away_by_mail(self, conversation: Conversation, language: str, now: datetime) -> tuple[str, str]:
        team = self._team_hours.of(conversation.site_id)
        if team.hours.is_open(now):
            return "", ""
        opening = team.hours.next_opening(now)
        return away_words(team.offline_message, language), from_moment(opening, language) if opening else ""

    def _ticket(
        self, conversation: Conversation, turn: Turn, reason: Reason, now: datetime, *, note: str
    ) -> tuple[str, list[Operation]]:
        """Return the id of the ticket to work under, and the operations that open or join it and call people."""
        ticket_id = conversation.ticket_id
        hours = self._team_hours.of(conversation.site_id).hours
        operations = list[Operation]()
        if ticket_id:
            operations = join(self._tickets, ticket_id, turn.question, now=now, hours=hours, internal_note=note)
        if not operations:
            ticket_id = self._ids.short()
            ticket = self._levels.promised(self._opened(conversation, turn, ticket_id, reason, now), hours)
            operations = self._tickets.opened(ticket, note=turn.question, by=ASSISTANT, internal_note=note)
        notices = self._notify_people.operations(conversation, ticket_id, reason, now=now)
        return ticket_id, [*operations, *notices]

    def _opened(self, conversation: Conversation, turn: Turn, ticket_id: str, reason: Reason, now: datetime) -> Ticket:
        customer = turn.customer.customer if turn.customer else None
        return Ticket(
            ticket_id=ticket_id,
            conversation_id=turn.conversation_id,
            customer_id=customer.customer_id if customer else "",
            subject=subject_of(turn.question),
            category=turn.classification.category if turn.classification else Category.GENERAL_INQUIRY,
            priority=priority_of(turn.classification, reason, customer.tier if customer else Tier.FREE),
            reason=reason,
            user_id=customer.user_id if customer else "",
            email=conversation.contact.email,
            channel=turn.channel.value,
            created_at=now,
        )


def _queued(conversation_id: str, now: datetime) -> dict[str, str]:
    return {"by_queue_pk": keys.PEOPLE_QUEUE, "by_queue_sk": keys.waiting(now, conversation_id)}


def _note(along: WithHandover) -> str:
    """Return what the people are told, and the customer is not."""
    draft = draft_note(along.draft.text, along.draft.citations) if along.draft else ""
    return "\n\n".join(filter(None, (draft, open_note(along.open_questions))))


def _draft(turn: Turn, reason: Reason, along: WithHandover, now: datetime) -> AnswerDraft:
    assert along.draft is not None  # noqa: S101 - the caller has looked
    return AnswerDraft(
        draft_id=turn.turn_id,
        conversation_id=turn.conversation_id,
        text=along.draft.text,
        citations=along.draft.citations,
        open_questions=list(along.open_questions),
        reason=reason,
        answers_up_to=turn.message.seq,
        created_at=now,
    )
