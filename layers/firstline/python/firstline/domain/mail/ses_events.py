"""What SES tells of a mail that it was given: event publishing, and the notifications from before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from firstline.domain.mail.ses_ids import ids_of, message_id_of


class MailFate(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    """SES has taken it."""
    DELIVERED = "delivered"
    """The recipient's server has taken it."""
    DELAYED = "delayed"
    """SES goes on trying by itself."""
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    """SES has found malware in it and sends it to nobody."""


@dataclass(frozen=True)
class MailEvent:
    """One of SES's events."""

    fate: MailFate
    ses_id: str
    """As SendEmail returned it."""
    message_ids: tuple[str, ...]
    """Under which the mail may be named."""
    mail_id: str = ""
    """Ours, by its tag; empty of mail that bears none."""
    conversation_id: str = ""
    addresses: tuple[str, ...] = ()
    """Of bounces and complaints: whose."""
    permanent: bool = False
    """Of a bounce: the address takes nothing, for good."""


_FATES = {
    "send": MailFate.SENT,
    "delivery": MailFate.DELIVERED,
    "deliverydelay": MailFate.DELAYED,
    "bounce": MailFate.BOUNCED,
    "complaint": MailFate.COMPLAINED,
    "reject": MailFate.REJECTED,
}
_NO_COMPLAINT = "not-spam"


def ses_event(event: Mapping[str, Any]) -> MailEvent | None:
    """Return what an event says; None where it is none of these, or not complete.

    Notes
    -----
    Amazon SES: "Examples of event data that Amazon SES publishes" (``eventType``), "Amazon SNS notification contents"
    (``notificationType``). A complaint of type ``not-spam`` takes one back and is none.
    """
    fate = _FATES.get(str(event.get("eventType") or event.get("notificationType") or "").replace(" ", "").lower())
    mail = event.get("mail")
    if fate is None or not isinstance(mail, Mapping) or not isinstance(mail.get("messageId"), str):
        return None
    ses_id = mail["messageId"]
    tags = mail.get("tags")
    region = _region(mail.get("sourceArn"))
    addresses: tuple[str, ...] = ()
    permanent = False
    if fate is MailFate.BOUNCED:
        bounce = _part(event, "bounce")
        addresses = _addresses(bounce.get("bouncedRecipients"))
        permanent = str(bounce.get("bounceType")).lower() == "permanent"
    elif fate is MailFate.COMPLAINED:
        complaint = _part(event, "complaint")
        if str(complaint.get("complaintFeedbackType")).lower() == _NO_COMPLAINT:
            return None
        addresses = _addresses(complaint.get("complainedRecipients"))
    named = [message_id_of(ses_id, ""), *([message_id_of(ses_id, region)] if region else [])]
    return MailEvent(
        fate=fate,
        ses_id=ses_id,
        message_ids=tuple(dict.fromkeys(one for name in named for one in ids_of(name))),
        mail_id=_tag(tags, "outbox"),
        conversation_id=_tag(tags, "conversation"),
        addresses=addresses,
        permanent=permanent,
    )


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    return found if isinstance(found, Mapping) else {}


def _addresses(recipients: object) -> tuple[str, ...]:
    if not isinstance(recipients, Sequence) or isinstance(recipients, str):
        return ()
    named = [str(one.get("emailAddress") or "") for one in recipients if isinstance(one, Mapping)]
    # A recipient may come with a display name.
    plain = [name.rpartition("<")[2].rstrip("> ").strip().lower() for name in named]
    return tuple(dict.fromkeys(address for address in plain if "@" in address))


def _tag(tags: object, name: str) -> str:
    values = tags.get(name) if isinstance(tags, Mapping) else None
    if isinstance(values, str):
        return values
    return str(values[0]) if isinstance(values, Sequence) and values else ""


def _region(arn: object) -> str:
    parts = arn.split(":") if isinstance(arn, str) else []
    return parts[3] if len(parts) > 3 else ""
