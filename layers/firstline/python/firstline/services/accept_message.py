"""Accept a customer message: into the log once, its turn started."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from firstline.domain import locales
from firstline.domain.attachments import checked_file_ids
from firstline.domain.conversation import Channel
from firstline.domain.errors import WorkflowUnavailableError
from firstline.domain.ports import Clock, Ids, WorkflowEngine
from firstline.domain.table import Operation
from firstline.domain.text import checked_message, checked_message_id
from firstline.domain.turn import Turn
from firstline.repositories.attachments import ClaimedFiles
from firstline.repositories.conversations import AcceptedMessage, ConversationRepository
from firstline.repositories.stored_turns import StoredTurn
from firstline.repositories.turns import TurnRepository
from firstline.services.read_attachment import ReadAttachment


class AcceptMessage:
    """The one way in for customer messages.

    Parameters
    ----------
    limit : callable
        Told the conversation of every message to come; raises ``RateLimitedError``.
    """

    def __init__(
        self,
        conversations: ConversationRepository,
        turns: TurnRepository,
        engine: WorkflowEngine,
        read_attachment: ReadAttachment,
        *,
        clock: Clock,
        ids: Ids,
        max_characters: int,
        limit: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._conversations = conversations
        self._turns = turns
        self._engine = engine
        self._read_attachment = read_attachment
        self._clock = clock
        self._ids = ids
        self._max_characters = max_characters
        self._limit = limit

    def accept(
        self,
        conversation_id: str,
        message_id: object,
        text: object,
        *,
        channel: str,
        correlation_id: str,
        attachments: Sequence[str] = (),
        also: Callable[[], list[Operation]] = list,
    ) -> AcceptedMessage:
        """Store the message once; a resend gets the same answer and writes nothing.

        The caller starts the turn afterwards with ``start`` (after telling the client ``accepted``).

        Parameters
        ----------
        attachments : sequence of str
            Ids of files of this conversation; with them the text may be empty.
        also : callable
            Returns what stands or falls with it; asked for anew at each try, and may raise.

        Raises
        ------
        InvalidMessageError, MessageIdConflictError, NotFoundError, RateLimitedError
        AttachmentUnfinishedError, AttachmentUsedError, UnreadableAttachmentError
        """
        message_id = checked_message_id(message_id)
        file_ids = checked_file_ids(attachments)
        if file_ids and isinstance(text, str) and not text.strip():
            text = locales.text("attached_only", self._conversations.get(conversation_id).language)
        text = checked_message(text, max_characters=self._max_characters)
        # Mail is limited by the rules against loops.
        if channel != Channel.EMAIL:
            self._limit(conversation_id)
        now = self._clock.now()
        turn = self._turns.new_item(
            conversation_id, self._ids.new(), correlation_id=correlation_id, channel=channel, now=now
        )

        def claim() -> ClaimedFiles:
            files = self._read_attachment.claim(conversation_id, file_ids, message_id)
            return ClaimedFiles(files.attachments, (*files.operations, *also()))

        return self._conversations.accept(
            conversation_id, message_id, text, turn=turn, now=now, file_ids=file_ids, claim=claim
        )

    def start(self, conversation_id: str, accepted: AcceptedMessage) -> bool:
        """Start the turn of an accepted message; return False where the engine takes none now.

        The turn then waits for the sweep: what was accepted is never forgotten. A resend starts it only where no
        execution has claimed it yet; should two run, the lease lets one through.
        """
        turn = self._turns.get(conversation_id, accepted.turn_id)
        if accepted.duplicate and (turn.attempt or turn.finished):
            return True
        try:
            start_turn(self._engine, turn)
        except WorkflowUnavailableError:
            return False
        return True


def start_turn(engine: WorkflowEngine, turn: StoredTurn) -> None:
    """Start the state machine for a stored turn. Raises ``WorkflowUnavailableError``."""
    engine.start(f"{turn.turn_id}-{turn.attempt + 1}", turn_document(turn))


def turn_document(turn: StoredTurn) -> dict[str, Any]:
    """Return the state machine's input."""
    document = Turn(
        turn_id=turn.turn_id,
        conversation_id=turn.conversation_id,
        correlation_id=turn.correlation_id,
        channel=turn.channel,
        message=turn.message,
    )
    return document.model_dump(mode="json", exclude_none=True)
