"""What was said and mailed in a customer's conversations, for the customer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from firstline.domain.conversation import MOVED_TO, Author, Conversation, Event
from firstline.domain.errors import InvalidCursorError
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.routes import ThreadRoute
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_conversations import CustomerConversations
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.services.export_pieces import PIECE_BYTES, Piece, fitting

_TOLD = (Author.CUSTOMER, Author.BOT, Author.AGENT)
_PLACE = r"(?:\d{15}#[0-9A-Za-z_-]{1,64})?"
_BEGIN = re.compile(rf"({_PLACE})(?:@([0-9A-Za-z_-]{{1,64}})@(\d{{1,12}})@(\d{{1,12}}))?")


class ExportConversation:
    """All conversations, the oldest first; a long one comes in several pieces, one after the other.

    What people have taken off a thread belongs to the customer of the thread that it is now; put back, it is the first
    thread's again, and stands in its customer's export alone.
    """

    def __init__(
        self,
        customers: CustomerRepository,
        conversations: ConversationRepository,
        listed: CustomerConversations,
        received: ReceivedMailRepository,
        routes: ThreadRoutes,
    ) -> None:
        self._customers = customers
        self._conversations = conversations
        self._listed = listed
        self._received = received
        self._routes = routes

    def pieces(self, customer_id: str, begin: str) -> Iterator[Piece]:
        """Yield the conversations from a place in the list on; empty for all.

        Each has what the customer was told and has said, in order, with the names of files, and the mails received,
        oldest first, with where their raw bytes are fetched as long as they are kept.

        Raises
        ------
        NotFoundError, InvalidCursorError
        """
        opened = _BEGIN.fullmatch(begin)
        if opened is None:
            raise InvalidCursorError("the cursor is broken")
        after, broken_off = opened[1], opened[2]
        for place, conversation in self._listed.of(self._customers.get(customer_id), after=after):
            seq, n_mails = 0, 0
            if conversation.conversation_id == broken_off:
                seq, n_mails = int(opened[3]), int(opened[4])
            yield from self._pieces(conversation, after, place, seq, n_mails)
            after = place

    def _pieces(self, of: Conversation, before: str, place: str, seq: int, n_mails: int) -> Iterator[Piece]:
        conversation_id = of.conversation_id
        events, route = self._conversations.events(conversation_id), self._routes.get(conversation_id)
        said = [row for row in self._said(conversation_id, route, events) if row["seq"] > seq]
        mails = [_mail_row(mail) for mail in self._mails(conversation_id, route, events)][n_mails:]
        known = {
            "conversation_id": conversation_id,
            "channel": of.channel.value,
            "site_id": of.site_id,
            "created_at": of.created_at.isoformat(),
        }
        while True:
            n_said, room = fitting(said, PIECE_BYTES)
            n_listed = fitting(mails, room)[0] if n_said == len(said) else 0
            entry = {**known, "said": said[:n_said], "mails": mails[:n_listed]}
            seq, n_mails = (said[n_said - 1]["seq"] if n_said else seq), n_mails + n_listed
            said, mails = said[n_said:], mails[n_listed:]
            if not (said or mails):
                yield Piece(entry, place)
                return
            yield Piece(entry, f"{before}@{conversation_id}@{seq}@{n_mails}")

    def _said(self, conversation_id: str, route: ThreadRoute, events: Sequence[Event]) -> list[dict[str, Any]]:
        return [
            {
                "seq": event.seq,
                "at": event.at.isoformat(),
                "author": event.author.value,
                "text": event.text,
                "attachments": [str(file["name"]) for file in event.detail.get("attachments", [])],
            }
            for event in events
            if event.author in _TOLD and not self._has_moved(conversation_id, event) and not _is_put_back(route, event)
        ]

    def _mails(self, conversation_id: str, route: ThreadRoute, events: Sequence[Event]) -> Iterator[ReceivedMail]:
        if route.origin and route.into != route.origin:
            for mail in self._received.of_conversation(route.origin):
                if route.from_seq <= mail.seq <= route.up_to_seq:
                    yield mail
        moved = {event.seq for event in events if self._has_moved(conversation_id, event)}
        yield from (mail for mail in self._received.of_conversation(conversation_id) if mail.seq not in moved)

    def _has_moved(self, conversation_id: str, event: Event) -> bool:
        split = str(event.detail.get(MOVED_TO, ""))
        return bool(split) and self._routes.get(split).into != conversation_id


def _is_put_back(route: ThreadRoute, event: Event) -> bool:
    """Tell whether an entry is a copy of one of the thread that this one was taken off, and has been put back into."""
    source = event.detail.get("copied_from", {})
    return bool(route.origin) and route.into == route.origin == source.get("conversation_id")


def _mail_row(mail: ReceivedMail) -> dict[str, Any]:
    return {
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
