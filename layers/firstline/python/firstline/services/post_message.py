"""Post a customer message: accept it, tell who should know, start its turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from firstline.domain import frames
from firstline.domain.conversation import Channel
from firstline.repositories.conversations import AcceptedMessage, ConversationRepository
from firstline.services.accept_message import AcceptMessage
from firstline.services.broadcast import Broadcast


def _nobody(_: AcceptedMessage) -> None:
    pass


class PostMessage:
    """Keeps the order that clients rely on: accepted, then shown on other devices, then answered."""

    def __init__(
        self, accept_message: AcceptMessage, conversations: ConversationRepository, broadcast: Broadcast
    ) -> None:
        self._accept_message = accept_message
        self._conversations = conversations
        self._broadcast = broadcast

    def post(
        self,
        conversation_id: str,
        message_id: object,
        text: object,
        *,
        channel: Channel,
        correlation_id: str,
        sender: str = "",
        attachments: Sequence[str] = (),
        when_accepted: Callable[[AcceptedMessage], None] = _nobody,
    ) -> AcceptedMessage:
        """Take the message once; a resend is accepted again and changes nothing.

        Parameters
        ----------
        sender : str
            Connection that the message came by; the conversation's others get it as an event.
        attachments : sequence of str
            Ids of files of this conversation.
        when_accepted : callable
            Called when the message is in the log, before anything that follows from it.

        Raises
        ------
        InvalidMessageError, MessageIdConflictError, NotFoundError
        AttachmentUnfinishedError, AttachmentUsedError, UnreadableAttachmentError
        """
        accepted = self._accept_message.accept(
            conversation_id,
            message_id,
            text,
            channel=channel,
            correlation_id=correlation_id,
            attachments=attachments,
        )
        when_accepted(accepted)
        if not accepted.duplicate:
            self._show_elsewhere(conversation_id, accepted.seq, sender)
        self._accept_message.start(conversation_id, accepted)
        return accepted

    def _show_elsewhere(self, conversation_id: str, seq: int, sender: str) -> None:
        others = [other for other in self._conversations.connections(conversation_id) if other != sender]
        if not others:
            return
        for event in self._conversations.events(conversation_id, after_seq=seq - 1, limit=1):
            for other in others:
                self._broadcast.to_connection(other, frames.event(event))
