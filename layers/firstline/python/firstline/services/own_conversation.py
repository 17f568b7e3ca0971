"""Who owns a conversation: people take it, hand it back, pass it on and close it; the bot falls silent meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firstline.domain.conversation import BOT, Author, Conversation, ConversationStatus, Event
from firstline.domain.errors import (
    ConditionFailedError,
    ConversationOwnedError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    TransactionConflictError,
    WorkflowUnavailableError,
)
from firstline.domain.frames import agent as agent_frame
from firstline.domain.frames import event as event_frame
from firstline.domain.frames import withdrawn
from firstline.domain.identity import Principal, Role
from firstline.domain.phrases import OwnerAction, ownership_text
from firstline.domain.ports import Clock, Ids, WorkflowEngine
from firstline.domain.webhooks import EventType
from firstline.repositories.agents import AgentRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.ownership import OwnershipRepository, is_running
from firstline.repositories.stored_turns import StoredTurn
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.accept_message import start_turn
from firstline.services.broadcast import Broadcast
from firstline.services.publish_events import PublishEvents
from firstline.services.ticket_steps import resolve

_TRIES = 20


@dataclass(frozen=True)
class _Change:
    """What is to become of a conversation as it was read."""

    action: OwnerAction
    owner: str
    name: str
    """Of the new owner; empty for the bot."""
    status: ConversationStatus = ConversationStatus.OPEN
    withdrawn: StoredTurn | None = None
    """The bot's turn that is cut off."""
    reopened: StoredTurn | None = None
    """The turn that the bot is to answer after all."""
    ended: StoredTurn | None = None
    """The turn that nobody is to answer any more."""


class OwnConversation:
    """Every change is one transaction of owner, version, event and audit entry; a resend changes nothing.

    Each method takes the version that the caller has seen, or None for whichever stands, and returns the conversation
    as it is afterwards.
    """

    def __init__(
        self,
        ownership: OwnershipRepository,
        conversations: ConversationRepository,
        turns: TurnRepository,
        tickets: TicketRepository,
        agents: AgentRepository,
        audit: AuditRepository,
        broadcast: Broadcast,
        engine: WorkflowEngine,
        *,
        clock: Clock,
        ids: Ids,
        publish: PublishEvents | None = None,
    ) -> None:
        self._publish = publish
        self._ownership = ownership
        self._conversations = conversations
        self._turns = turns
        self._tickets = tickets
        self._agents = agents
        self._audit = audit
        self._broadcast = broadcast
        self._engine = engine
        self._clock = clock
        self._ids = ids

    def take(self, conversation_id: str, by: Principal, *, version: int | None = None) -> Conversation:
        """Take a conversation from the bot; what I own already stays as it is.

        Raises
        ------
        NotFoundError
        ConversationOwnedError
            Another person owns it, or it is not at ``version``.
        """
        self._check_id(by.user_id)
        self._agents.seen(by.user_id, by.name)

        def wanted(seen: Conversation) -> _Change | None:
            if seen.owner == by.user_id:
                return None
            if seen.owner != BOT:
                raise self._owned(seen)
            self._check_version(seen, version)
            return self._to_person(seen, OwnerAction.TAKEN, by.user_id, by.name)

        return self._change(conversation_id, by, wanted)

    def hand_back(self, conversation_id: str, by: Principal, *, version: int | None = None) -> Conversation:
        """Give a conversation to the bot; it answers at once what the customer said last, if nobody has yet.

        Its ticket stays open: the bot's next handover joins it.

        Raises
        ------
        NotFoundError
        ConversationOwnedError
            Another person owns it, unless ``by`` is an admin; or it is not at ``version``.
        """

        def wanted(seen: Conversation) -> _Change | None:
            if seen.owner == BOT:
                return None
            self._check_owner(seen, by)
            self._check_version(seen, version)
            return self._to_bot(seen)

        return self._change(conversation_id, by, wanted)

    def transfer(self, conversation_id: str, by: Principal, to: str, *, version: int | None = None) -> Conversation:
        """Pass a conversation on to another person; an admin may pass on anybody's.

        Raises
        ------
        NotFoundError
            There is no such conversation, or nobody of that id has been here.
        ConversationOwnedError
            It is not ``by``'s to pass on, or not at ``version``.
        """
        self._check_id(to)
        receiver = self._agents.find(to)
        if receiver is None:
            raise NotFoundError("nobody of that id answers customers here; they must have signed in once")

        def wanted(seen: Conversation) -> _Change | None:
            if seen.owner == to:
                return None
            self._check_owner(seen, by)
            self._check_version(seen, version)
            return self._to_person(seen, OwnerAction.TRANSFERRED, to, receiver.name)

        return self._change(conversation_id, by, wanted)

    def close(self, conversation_id: str, by: Principal, *, version: int | None = None) -> Conversation:
        """Close a conversation and resolve its ticket; the customer's next message opens it anew, with the bot.

        Raises
        ------
        NotFoundError
        ConversationOwnedError
            Another person owns it, unless ``by`` is an admin; or it is not at ``version``.
        """

        def wanted(seen: Conversation) -> _Change | None:
            if seen.status is ConversationStatus.CLOSED:
                return None
            if seen.owner != BOT:
                self._check_owner(seen, by)
            self._check_version(seen, version)
            turn = self._ownership.unanswered_turn(seen)
            running = turn if turn is not None and is_running(turn) else None
            return _Change(OwnerAction.CLOSED, BOT, "", ConversationStatus.CLOSED, withdrawn=running, ended=turn)

        return self._change(conversation_id, by, wanted)

    def _change(
        self, conversation_id: str, by: Principal, wanted: Callable[[Conversation], _Change | None]
    ) -> Conversation:
        for _ in range(_TRIES):
            seen = self._conversations.get(conversation_id)
            change = wanted(seen)
            if change is None:
                return seen
            now = self._clock.now()
            public = "person" if change.owner != BOT else BOT
            version = seen.version + 1
            detail = {"owner": public, "action": change.action.value, "name": change.name, "version": version}
            text = ownership_text(change.action, change.name, seen.language)
            event = Event(seq=seen.next_seq, author=Author.SYSTEM, text=text, at=now, detail=detail)
            entry = self._audit.recorded(
                self._ids.new(),
                action=f"conversation_{change.action.value}",
                by=by.user_id,
                of=conversation_id,
                now=now,
                owner=change.owner,
                owner_before=seen.owner,
                version=version,
            )
            also = [entry]
            if change.status is ConversationStatus.CLOSED and seen.ticket_id:
                also += resolve(self._tickets, seen.ticket_id, by=by.user_id, now=now)
            if self._publish is not None:
                kind = EventType(f"conversation.{change.action.value}")
                also += self._publish.of_conversation(conversation_id, kind, event.seq, now=now)
            if change.reopened is not None:
                also.append(self._ownership.reopened(change.reopened, now=now))
            if change.ended is not None:
                also.append(self._ownership.ended(change.ended))
            try:
                after = self._ownership.change(seen, event, owner=change.owner, status=change.status, also=also)
            except ConditionFailedError:
                continue
            self._tell(after, change, event)
            return after
        raise TransactionConflictError(f"conversation {conversation_id}: too many writers at once")

    def _tell(self, after: Conversation, change: _Change, event: Event) -> None:
        if change.withdrawn is not None:
            # Of this attempt and those before it: handed back, the turn may be answered by a later one.
            frame = withdrawn(change.withdrawn.turn_id, change.withdrawn.attempt)
            self._broadcast.to_conversation(after.conversation_id, frame)
        # On closing, the event says all: whose it is now, and that it is closed.
        changed_hands = agent_frame(event.seq, after.owner, after.version, name=change.name or None)
        frame = event_frame(event) if change.action is OwnerAction.CLOSED else changed_hands
        self._broadcast.to_conversation(after.conversation_id, frame)
        if change.reopened is not None:
            self._start(change.reopened)

    def _start(self, turn: StoredTurn) -> None:
        try:
            start_turn(self._engine, self._turns.get(turn.conversation_id, turn.turn_id))
        except WorkflowUnavailableError:
            # It is due already, so the next sweep starts it.
            return

    def _to_person(self, seen: Conversation, action: OwnerAction, owner: str, name: str) -> _Change:
        turn = self._ownership.unanswered_turn(seen) if seen.owner == BOT else None
        return _Change(action, owner, name, withdrawn=turn if turn is not None and is_running(turn) else None)

    def _to_bot(self, seen: Conversation) -> _Change:
        return _Change(OwnerAction.HANDED_BACK, BOT, "", reopened=self._ownership.unanswered_turn(seen))

    def _check_owner(self, seen: Conversation, by: Principal) -> None:
        if seen.owner != by.user_id and by.role is not Role.ADMIN:
            raise self._owned(seen)

    def _check_version(self, seen: Conversation, version: int | None) -> None:
        if version is not None and version != seen.version:
            raise self._owned(seen)

    def _owned(self, seen: Conversation) -> ConversationOwnedError:
        return owned_by(seen, self._agents)

    def _check_id(self, user_id: str) -> None:
        if user_id == BOT:
            raise NotPermittedError("no person may be called bot")
        if not 1 <= len(user_id) <= 128:
            raise InvalidInputError("a user id has 1 to 128 characters")


def owned_by(seen: Conversation, agents: AgentRepository) -> ConversationOwnedError:
    """Return the error that says who owns a conversation, and at which version."""
    known = agents.find(seen.owner) if seen.owner != BOT else None
    name = known.name if known else ""
    who = "the bot" if seen.owner == BOT else name or f"person {seen.owner}"
    return ConversationOwnedError(
        f"{who} owns this conversation, at version {seen.version}", owner=seen.owner, name=name, version=seen.version
    )
