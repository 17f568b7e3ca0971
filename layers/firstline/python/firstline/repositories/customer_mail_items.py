"""A mail in line, as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from firstline.domain.customer_mails import Addressed, CustomerMail, CustomerMailKind, MailState, Unsent
from firstline.domain.table import Item
from firstline.repositories.schema import Schema

CUSTOMER_MAIL = Schema("customer_mail", version=1)


def addressed_item(addressed: Addressed) -> dict[str, Any]:
    """Return whom a mail goes to and what it answers, as it is stored."""
    return {**vars(addressed), "cc": list(addressed.cc)}


def mail_of(item: Item) -> CustomerMail:
    """Return a stored mail. Raises ``SchemaVersionError``, ``InvalidItemError``, ``KeyError``, ``ValueError``."""
    item = CUSTOMER_MAIL.load(item)
    return CustomerMail(
        mail_id=str(item["mail_id"]),
        conversation_id=str(item["conversation_id"]),
        kind=CustomerMailKind(item["kind"]),
        address=str(item["address"]),
        language=str(item["language"]),
        created_at=datetime.fromisoformat(item["created_at"]),
        seq=int(item["seq"]),
        ticket_id=str(item.get("ticket_id", "")),
        automatic=bool(item.get("automatic", True)),
        attempts=int(item["attempts"]),
        state=MailState(item.get("state", MailState.WAITING)),
        n_unknown=int(item.get("n_unknown", 0)),
        begun_at=datetime.fromisoformat(item["begun_at"]) if "begun_at" in item else None,
        unsent=Unsent(item["unsent"]) if "unsent" in item else None,
        due_key=str(item.get("by_due_sk", "")),
        addressed=_addressed(item.get("addressed") or {}),
        sent_to=tuple(map(str, item.get("sent_to", ()))),
    )


def _addressed(stored: Mapping[str, Any]) -> Addressed:
    return Addressed(
        name=str(stored.get("name", "")),
        cc=tuple(map(str, stored.get("cc", ()))),
        answers=str(stored.get("answers", "")),
        quoted_seq=int(stored.get("quoted_seq", 0)),
        writer=str(stored.get("writer", "")),
        proven=bool(stored.get("proven", False)),
    )
