"""What a mail's part says of itself: its name, its charset, whether it is attached."""

from __future__ import annotations

import email
from email.message import Message
from email.policy import compat32

from firstline.adapters.mail_headers import header_text, headers_of
from firstline.adapters.mail_parameters import first_value, parameter


def shown_headers(enclosed: list[Message]) -> str:
    """Return the headers of an enclosed mail as programs show them above a forwarded one."""
    first = dict(reversed(list(headers_of(enclosed[0])))) if enclosed else {}
    shown = (("From", "from"), ("Date", "date"), ("Subject", "subject"), ("To", "to"))
    return "\n".join(f"{name}: {first[header][:300]}" for name, header in shown if first.get(header))


def filename_of(part: Message) -> str:
    """Return the name of a part's file; empty where it has none."""
    name = parameter(part, "content-disposition", ("filename", "name"))
    return header_text(name or parameter(part, "content-type", ("name", "filename")))[:255]


def is_attached(part: Message) -> bool:
    return first_value(part, "content-disposition").strip().lower().startswith("attach")


def enclosed_bytes(part: Message) -> bytes:
    """Return the mail that a part encloses; empty where it cannot be written."""
    children = part.get_payload()
    try:
        enclosed = children[0] if isinstance(children, list) and children else None
        return enclosed.as_bytes() if isinstance(enclosed, Message) else b""
    except (ValueError, LookupError, RecursionError):
        return b""


def charset_of(part: Message) -> str:
    declared = parameter(part, "content-type", ("charset",)).split()
    return declared[0].strip("\"'; ") if declared else ""


def divided(kind: str, boundary: str, body: str) -> Message:
    """Return a part with parts of its own."""
    return email.message_from_string(f'Content-Type: {kind}; boundary="{boundary}"\n\n{body}', policy=compat32)
