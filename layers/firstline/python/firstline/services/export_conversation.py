"""What was said and mailed in a customer's conversation, for the customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from firstline.domain.conversation import MOVED_TO, Author, Event
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes

_TOLD = (Author.CUSTOMER, Author.BOT, Author.AGENT)


class ExportConversation:
    """Of a customer who is known by one conversation, as everybody who writes by mail is.

    What people have taken off a thread belongs to the customer of the thread that it is now.
    """

    def __init__(
        self,
        customers: CustomerRepository,
        conversations: ConversationRepository,
        received: ReceivedMailRepository,
        routes: ThreadRoutes,
    ) -> None:
        self._customers = customers
        self._conversations = conversations
        self._received = received
        self._routes = routes

    def said(self, customer_id: str) -> list[dict[str, Any]]:
        """Return what the customer was told and has said, in order, with the names of files."""
        conversation_id = self._customers.conversation_of(customer_id)
        return [
            {
                "at": event.at.isoformat(),
                "author": event.author.value,
                "text": event.text,
                "attachments": [str(file["name"]) for file in event.detail.get("attachments", [])],
            }
            for event in self._events(conversation_id)
            if event.author in _TOLD and not self._has_moved(conversation_id, event)
        ]

    def mails(self, customer_id: str) -> list[dict[str, Any]]:
        """Return the mails received, oldest first, each with where its raw bytes are fetched as long as it is kept."""
        conversation_id = self._customers.conversation_of(customer_id)
        if not conversation_id:
            return []
        return [
            {
                "mail_id": mail.mail_id,
                "received_at": mail.received_at.isoformat(),
                "sender": mail.sender,
                "sender_name": mail.sender_name,
                "to": list(mail.to),
                "cc": list(mail.cc),
                "subject": mail.subject,
                "message_id": mail.message_id,
                "verdict": mail.verdict.value,
                "reason": mail.reason.value,
                "raw": f"/admin/conversations/{mail.conversation_id}/mails/{mail.mail_id}/raw",
            }
            for mail in self._mails(conversation_id)
        ]

    def _events(self, conversation_id: str) -> Sequence[Event]:
        try:
            # A conversation that is being forgotten is nobody's any more.
            self._conversations.get(conversation_id)
        except NotFoundError:
            return []
        return self._conversations.events(conversation_id)

    def _mails(self, conversation_id: str) -> Iterator[ReceivedMail]:
        events = self._events(conversation_id)
        if not events:
            return
        route = self._routes.get(conversation_id)
        if route.origin:
            for mail in self._received.of_conversation(route.origin):
                if route.from_seq <= mail.seq <= route.up_to_seq:
                    yield mail
        moved = {event.seq for event in events if self._has_moved(conversation_id, event)}
        yield from (mail for mail in self._received.of_conversation(conversation_id) if mail.seq not in moved)

    def _has_moved(self, conversation_id: str, event: Event) -> bool:
        split = str(event.detail.get(MOVED_TO, ""))
        return bool(split) and self._routes.get(split).into != conversation_id
