"""What a thread that is taken off another one takes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firstline.domain.contact import Contact
from firstline.domain.conversation import MOVED_TO, Author, Conversation, Event
from firstline.domain.mail.parsed_mail import Mailbox

_COPIED = (Author.CUSTOMER, Author.BOT, Author.AGENT)
_FILES = "attachments"


def copies_of_events(events: Sequence[Event], source_id: str) -> list[Event]:
    """Return what was said, at its places in the new thread; attached files stay with the source."""
    said = [event for event in events if event.author in _COPIED]
    return [
        Event(
            seq=place,
            author=event.author,
            text=event.text,
            at=event.at,
            detail=_detail(event, source_id),
        )
        for place, event in enumerate(said, start=1)
    ]


def _detail(event: Event, source_id: str) -> dict[str, Any]:
    kept = {name: value for name, value in event.detail.items() if name not in (MOVED_TO, _FILES)}
    source = {"conversation_id": source_id, "seq": event.seq}
    # Files are opened where they lie; the new thread has none of its own that the assistant could read.
    files = {_FILES: event.detail[_FILES]} if _FILES in event.detail else {}
    return {**kept, "copied_from": {**source, **files}}


def contact_of(source: Conversation, customer: Mailbox) -> Contact:
    """Return what is known of the new thread's customer: what the source's has said of themselves, if it is they."""
    if customer.address == source.contact.email:
        return source.contact
    return Contact(name=customer.name, email=customer.address)
