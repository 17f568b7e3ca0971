"""Mails read from their bytes, however broken, by the standard library's tolerant parser."""

from __future__ import annotations

import binascii
import email
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from email.policy import compat32

from firstline.adapters.calendar_part import calendar_line
from firstline.adapters.mail_bounds import MAX_DIVISIONS, bounded
from firstline.adapters.mail_headers import addresses_of, header_text, headers_of, one_line
from firstline.adapters.mail_text import decoded_text, is_plain_after_all, soft_text, without_invisible
from firstline.adapters.mail_words import Words, alternative, forwarded, siblings, text_of
from firstline.adapters.uuencoded import without_uuencoded
from firstline.adapters.winmail import read_winmail
from firstline.domain.mail.parsed_mail import DeliveryStatus, MailFile, ParsedMail

MAX_DEPTH = 20
"""Levels of nested parts that are read."""
MAX_PARTS = 300
MAX_TEXT_CHARACTERS = 500_000
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_SEALED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_WINMAIL = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,500})\s*>")
_BOUNDARY_LINE = re.compile(r"(?m)^--([^\s\"][^\r\n\"]{0,69}?)[ \t]*\r?\n(?=[Cc]ontent-)")
_TEXT_FILE = re.compile(r"(?i)\.(?:txt|text|html?)$")


def parse_mail(raw: bytes) -> ParsedMail:
    """Read a mail.

    Parameters
    ----------
    raw : bytes
        As received, headers first; any length, any content.

    Returns
    -------
    ParsedMail
        Text with the charset a part declares, else detected; at most 500,000 characters. Nested mails beyond 20
        levels and parts beyond 300 are named in ``problems`` and left out.
    """
    problems: list[str] = []
    content = bounded(raw, problems)
    message = email.message_from_bytes(content, policy=compat32)
    reading = _Reading(problems)
    words = reading.part(message, depth=0)
    headers = tuple(headers_of(message))
    return _assembled(message, headers, reading, words)


class _Reading:
    """What the parts of one mail add up to."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        self.html: list[str] = []
        self.calendar: list[str] = []
        self.winmail: list[str] = []
        self.files: list[MailFile] = []
        self.statuses: list[DeliveryStatus] = []
        self.feedback_type = ""
        self.enclosed: list[str] = []
        self._n_parts = 0
        self._n_around = 0
        """Mails that enclose what is being read."""

    def part(self, part: Message, depth: int) -> list[Words]:
        """Return a part's words; its files and the rest are kept."""
        self._n_parts += 1
        if depth > MAX_DEPTH or self._n_parts > MAX_PARTS:
            self._problem("too_deep" if depth > MAX_DEPTH else "too_many_parts")
            return []
        kind = part.get_content_type()
        if kind in _SEALED:
            self._problem("encrypted")
        if kind in ("message/delivery-status", "message/feedback-report"):
            # What an enclosed mail reports is no report of this one.
            if self._n_around == 0:
                self._report(part, kind)
            return []
        if part.is_multipart():
            return self._several(part, kind, depth)
        if part.get_content_maintype() == "multipart":
            return self._undivided(part, depth)
        return self._single(part, kind, depth)

    def _report(self, part: Message, kind: str) -> None:
        if kind == "message/delivery-status":
            self._statuses(part)
        else:
            self.feedback_type = dict(_fields(_whole_text(part))).get("feedback-type", "unnamed")

    def _several(self, part: Message, kind: str, depth: int) -> list[Words]:
        children = [child for child in part.get_payload() if isinstance(child, Message)]
        if kind != "message/rfc822":
            found = [self.part(child, depth + 1) for child in children]
            return alternative(found) if kind == "multipart/alternative" else siblings(found)
        self._enclosed(children)
        if depth > 0 and _is_attached(part):
            self.files.append(MailFile(_filename(part) or "message.eml", kind, _bytes_of(part)))
            return []
        around = 1 if depth > 0 else 0
        self._n_around += around
        inner = siblings(self.part(child, depth + 1) for child in children)
        self._n_around -= around
        return forwarded(inner, _shown_headers(children)) if depth > 0 else inner

    def _undivided(self, part: Message, depth: int) -> list[Words]:
        """Read a part that is said to have parts but whose boundary is missing or wrong."""
        self._problem("boundary")
        body = str(part.get_payload())
        boundary = _BOUNDARY_LINE.search(body)
        if boundary is None or depth > MAX_DEPTH:
            return [Words(soft_text(body))]
        body = f"\n--{boundary[1]}".join(body.split(f"\n--{boundary[1]}", MAX_DIVISIONS)[:MAX_DIVISIONS])
        kind = part.get_content_type()
        head = f'Content-Type: {kind}; boundary="{boundary[1]}"\n\n'
        divided = email.message_from_string(head + body, policy=compat32)
        return self._several(divided, kind, depth) if divided.is_multipart() else [Words(soft_text(body))]

    def _enclosed(self, children: list[Message]) -> None:
        for child in children:
            self.enclosed += _MESSAGE_ID.findall(soft_text(str(child.get("Message-ID", ""))))

    def _single(self, part: Message, kind: str, depth: int) -> list[Words]:
        content = self._content(part)
        name = _filename(part)
        if kind == "text/rfc822-headers":
            fields = dict(_fields(decoded_text(content, "")[0]))
            self.enclosed += _MESSAGE_ID.findall(fields.get("message-id", ""))
            return []
        if kind in _CALENDARS and (line := calendar_line(decoded_text(content, _charset(part))[0])):
            self.calendar.append(line)
            self.files.append(MailFile(name or "invite.ics", kind, content))
            return []
        # A part called text is one although its name may be odd; what is named a file is a file.
        is_text = kind in ("text/plain", "text/html") or (part.get_content_maintype() == "text" and not name)
        is_file = _is_attached(part) or (depth > 0 and kind != "text/html" and name and not _TEXT_FILE.search(name))
        if is_text and not is_file:
            text, certain = decoded_text(content, _charset(part))
            if not certain:
                self._problem("charset")
            return self._text(text, is_html=kind.endswith("html"))
        if content or name:
            self._file(part, MailFile(name, kind, content))
        return []

    def _text(self, text: str, *, is_html: bool) -> list[Words]:
        if is_html:
            self.html.append(text)
            return [Words(text, is_html=True)]
        text, files = without_uuencoded(text)
        self.files += files
        return [Words(text)]

    def _file(self, part: Message, file: MailFile) -> None:
        if file.media_type in _WINMAIL or file.name.lower() == "winmail.dat":
            winmail = read_winmail(file.content)
            if winmail is not None:
                self.winmail.append(decoded_text(winmail.text, winmail.charset)[0])
                self.files += [MailFile(one_line(inner.name)[:255], "", inner.content) for inner in winmail.files]
                return
        content_id = soft_text(str(part.get("Content-ID", ""))).strip().strip("<>")[:500]
        inline = bool(content_id) and file.media_type.startswith("image/")
        self.files.append(replace(file, inline=inline, content_id=content_id))

    def _content(self, part: Message) -> bytes:
        try:
            content = part.get_payload(decode=True)
        except (ValueError, LookupError, binascii.Error):
            self._problem("transfer_encoding")
            return str(part.get_payload()).encode("utf-8", "surrogateescape")
        if part.get_content_maintype() == "text" and is_plain_after_all(part, content):
            self._problem("transfer_encoding")
            return str(part.get_payload()).encode("utf-8", "surrogateescape")
        return content if isinstance(content, bytes) else b""

    def _statuses(self, part: Message) -> None:
        for block in re.split(r"\n\s*\n", _whole_text(part)):
            fields = dict(_fields(block))
            recipient = fields.get("final-recipient", fields.get("original-recipient", ""))
            if recipient or "action" in fields:
                address = recipient.rpartition(";")[2].strip().strip("<>")
                action = fields.get("action", "").split(" ")[0].lower()
                status = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b", fields.get("status", ""))
                self.statuses.append(DeliveryStatus(address, action, status[0] if status else ""))

    def _problem(self, name: str) -> None:
        if name not in self.problems:
            self.problems.append(name)


def _assembled(
    message: Message, headers: tuple[tuple[str, str], ...], reading: _Reading, words: list[Words]
) -> ParsedMail:
    first = dict(reversed(headers))
    thread = _MESSAGE_ID.findall(f"{first.get('references', '')} {first.get('in-reply-to', '')}")
    html = "\n".join(reading.html)
    problems = list(reading.problems)
    text = text_of(words, MAX_TEXT_CHARACTERS, problems)
    if not text.strip():
        text = "\n\n".join(part for part in reading.winmail if part.strip())
    text = without_invisible("\n\n".join(part for part in (text, *reading.calendar) if part.strip()))
    written_by = addresses_of(message, "from")
    senders = written_by.mailboxes or addresses_of(message, "sender").mailboxes
    problems += ["several_senders"] if len({sender.address for sender in written_by.mailboxes}) > 1 else []
    ids = _MESSAGE_ID.findall(first.get("message-id", ""))
    return ParsedMail(
        subject=first.get("subject", ""),
        sender=senders[0] if senders else None,
        sender_is_clear=written_by.clear,
        to=addresses_of(message, "to").mailboxes,
        cc=addresses_of(message, "cc").mailboxes,
        reply_to=addresses_of(message, "reply-to").mailboxes,
        message_id=ids[0] if ids else first.get("message-id", "").strip("<> ")[:500],
        references=tuple(dict.fromkeys(thread)),
        date=first.get("date", ""),
        text=text[:MAX_TEXT_CHARACTERS],
        html=html[:MAX_TEXT_CHARACTERS],
        files=tuple(reading.files),
        headers=headers,
        media_type=message.get_content_type(),
        report_type=_parameter(message, "report-type"),
        statuses=tuple(reading.statuses),
        feedback_type=reading.feedback_type,
        enclosed_ids=tuple(dict.fromkeys(reading.enclosed)),
        problems=tuple(problems),
    )


def _shown_headers(enclosed: list[Message]) -> str:
    """Return the headers of an enclosed mail as programs show them above a forwarded one."""
    first = dict(reversed(list(headers_of(enclosed[0])))) if enclosed else {}
    shown = (("From", "from"), ("Date", "date"), ("Subject", "subject"), ("To", "to"))
    return "\n".join(f"{name}: {first[header][:300]}" for name, header in shown if first.get(header))


def _parameter(part: Message, name: str) -> str:
    try:
        value = part.get_param(name, "")
    except (ValueError, LookupError):
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "").strip().lower()


def _charset(part: Message) -> str:
    return _parameter(part, "charset").strip("\"'; ")


def _filename(part: Message) -> str:
    try:
        name = part.get_filename("") or ""
    except (ValueError, LookupError, TypeError):
        return ""
    return header_text(name)[:255]


def _is_attached(part: Message) -> bool:
    return str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")


def _bytes_of(part: Message) -> bytes:
    children = part.get_payload()
    try:
        enclosed = children[0] if isinstance(children, list) and children else None
        return enclosed.as_bytes() if isinstance(enclosed, Message) else b""
    except (ValueError, LookupError, RecursionError):
        return b""


def _whole_text(part: Message) -> str:
    """Return a report's fields as text, whether the parser has split them or not."""
    payload = part.get_payload()
    if isinstance(payload, list):
        children = [child for child in payload if isinstance(child, Message)]
        return "\n\n".join("\n".join(f"{name}: {value}" for name, value in child.items()) for child in children)
    return soft_text(str(payload))


def _fields(block: str) -> Iterator[tuple[str, str]]:
    for line in re.sub(r"\n[ \t]+", " ", block).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
