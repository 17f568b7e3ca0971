"""Fields of delivery reports (RFC 3464), of feedback reports (RFC 5965) and of the headers that they return."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from firstline.adapters.mail_text import soft_text
from firstline.domain.mail.parsed_mail import DeliveryStatus


def statuses_of(part: Message) -> Iterator[DeliveryStatus]:
    """Yield what a ``message/delivery-status`` says of each recipient."""
    for block in re.split(r"\n\s*\n", _whole_text(part)):
        fields = dict(fields_of(block))
        recipient = fields.get("final-recipient", fields.get("original-recipient", ""))
        if recipient or "action" in fields:
            address = recipient.rpartition(";")[2].strip().strip("<>")
            action = fields.get("action", "").split(" ")[0].lower()
            status = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b", fields.get("status", ""))
            yield DeliveryStatus(address, action, status[0] if status else "")


def feedback_type_of(part: Message) -> str:
    """Return what a ``message/feedback-report`` is about, such as ``abuse``."""
    return dict(fields_of(_whole_text(part))).get("feedback-type", "unnamed")


def _whole_text(part: Message) -> str:
    """Return a report's fields as text, whether the parser has split them or not."""
    payload = part.get_payload()
    if isinstance(payload, list):
        children = [child for child in payload if isinstance(child, Message)]
        return "\n\n".join("\n".join(f"{name}: {value}" for name, value in child.items()) for child in children)
    return soft_text(str(payload))


def fields_of(block: str) -> Iterator[tuple[str, str]]:
    """Yield names in lower case and values of a block of fields."""
    for line in re.sub(r"\n[ \t]+", " ", block).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
