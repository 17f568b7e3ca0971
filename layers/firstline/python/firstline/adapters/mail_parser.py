"""Mails read from their bytes, however broken, by the standard library's tolerant parser."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email.message import Message
from email.policy import compat32

from firstline.adapters.calendar_part import calendar_line
from firstline.adapters.calendar_words import calendar_words
from firstline.adapters.mail_bounds import MAX_DIVISIONS, MAX_TEXT_BYTES, bounded, has_one_sender
from firstline.adapters.mail_headers import addresses_of, header_text, headers_of, one_line
from firstline.adapters.mail_kinds import CALENDARS, CARDS, FORKS, MAILS, REPORTS, SIGNED, WINMAIL
from firstline.adapters.mail_parameters import first_value, media_type, parameter, parameters
from firstline.adapters.mail_part import charset_of, divided, enclosed_bytes, filename_of, is_attached, shown_headers
from firstline.adapters.mail_plain import is_binary, is_text_unsaid, text_form
from firstline.adapters.mail_repair import has_parts_unsaid, is_broken, reads_envelope, repaired, second_look
from firstline.adapters.mail_reports import feedback_type_of, fields_of, statuses_of
from firstline.adapters.mail_text import decoded_text, soft_text, without_invisible
from firstline.adapters.mail_transfer import decoded_content, enclosed_content
from firstline.adapters.mail_words import Words, alternative, forwarded, siblings, text_of
from firstline.adapters.signed_data import signed_content
from firstline.adapters.uuencoded import without_uuencoded
from firstline.adapters.winmail import read_winmail
from firstline.adapters.yenc import without_yenc
from firstline.domain.mail.parsed_mail import DeliveryStatus, MailFile, ParsedMail

MAX_DEPTH = 20
"""Levels of nested parts that are read."""
MAX_PARTS = 300
MAX_TEXT_CHARACTERS = 500_000
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
    clear = "too_many_headers" not in problems and has_one_sender(content)
    message = email.message_from_bytes(content, policy=compat32)
    doubtful = frozenset[str]()
    if is_broken(message) or reads_envelope(content):
        better = repaired(content.decode("ascii", "surrogateescape"))
        message, doubtful = email.message_from_string(better.text, policy=compat32), better.doubtful
        problems += ["header_lines"] if doubtful else []
    reading = _Reading(problems)
    words = reading.part(message, depth=0)
    headers = tuple(headers_of(message))
    mail = _assembled(message, headers, reading, words)
    # What stands where other readers end the headers proves nothing, nor do headers of which some are cut off.
    return mail if clear and not doubtful & {"from", "sender"} else replace(mail, sender_is_clear=False)


class _Reading:
    """What the parts of one mail add up to."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        self.html: list[str] = []
        self.calendar: list[str] = []
        self.calendar_words: list[str] = []
        self.winmail: list[str] = []
        self.files: list[MailFile] = []
        self.statuses: list[DeliveryStatus] = []
        self.feedback_type = ""
        self.enclosed: list[str] = []
        self._n_parts = 0
        self._n_around = 0
        """Mails that enclose what is being read."""
        self._n_beside = 0
        """Parts around it, within its mail, that hold others beside it."""
        self._n_bytes = 0

    def part(self, part: Message, depth: int) -> list[Words]:
        """Return a part's words; its files and the rest are kept."""
        self._n_parts += 1
        if depth > MAX_DEPTH or self._n_parts > MAX_PARTS:
            self._problem("too_deep" if depth > MAX_DEPTH else "too_many_parts")
            return []
        part = second_look(part)
        kind = media_type(part)
        if kind == "multipart/encrypted":
            self._problem("encrypted")
        if kind in REPORTS:
            # What an enclosed mail reports is no report of this one.
            if self._n_around == 0:
                self._report(part, kind)
            return []
        if part.is_multipart():
            return self._several(part, kind, depth)
        if kind.startswith("multipart/"):
            return self._undivided(part, kind, depth)
        if kind in SIGNED:
            return self._signed(part, kind, depth)
        return self._single(part, kind, depth)

    def _report(self, part: Message, kind: str) -> None:
        if kind == "message/delivery-status":
            self.statuses += statuses_of(part)
        else:
            self.feedback_type = feedback_type_of(part)

    def _several(self, part: Message, kind: str, depth: int) -> list[Words]:
        children = [child for child in part.get_payload() if isinstance(child, Message)]
        if kind == "multipart/appledouble":
            # What the Mac keeps beside a file is no file to anyone else.
            children = [child for child in children if media_type(child) not in FORKS] or children
        if kind not in MAILS:
            beside = int(len(children) > 1 and kind != "multipart/signed")
            self._n_beside += beside
            found = [self.part(child, depth + 1) for child in children]
            self._n_beside -= beside
            found = [alternative(found) if kind == "multipart/alternative" else siblings(found)]
            return siblings([*found, *self._below(part, depth)])
        encoded = enclosed_content(part, children)
        if encoded is not None:
            children = [email.message_from_bytes(bounded(encoded, self.problems), policy=compat32)]
        self._enclosed(children)
        if depth > 0 and is_attached(part):
            self.files.append(MailFile(filename_of(part) or "message.eml", kind, encoded or enclosed_bytes(part)))
            return []
        around, beside = int(depth > 0), self._n_beside
        self._n_around, self._n_beside = self._n_around + around, 0
        inner = siblings(self.part(child, depth + 1) for child in children)
        self._n_around, self._n_beside = self._n_around - around, beside
        return forwarded(inner, shown_headers(children)) if depth > 0 else inner

    def _below(self, part: Message, depth: int) -> list[list[Words]]:
        """Read the parts that stand below the line that says that there are no more."""
        below = part.epilogue or ""
        boundary = parameter(part, "content-type", ("boundary",)).rstrip() if below.strip() else ""
        if not boundary or not below.lstrip().startswith(f"--{boundary}") or depth > MAX_DEPTH:
            return []
        self._problem("boundary")
        # Each later end would leave something below it again.
        several = divided("multipart/mixed", boundary, below.replace(f"--{boundary}--", f"--{boundary}"))
        return [self._several(several, "multipart/mixed", depth + 1)] if several.is_multipart() else []

    def _undivided(self, part: Message, kind: str, depth: int) -> list[Words]:
        """Read a part that is said to have parts but whose boundary is missing or wrong."""
        self._problem("boundary")
        content, _ = decoded_content(part, is_text=True)
        body = content.decode("ascii", "surrogateescape")
        boundary = _BOUNDARY_LINE.search(body)
        if boundary is None or depth > MAX_DEPTH:
            return [Words(soft_text(body))]
        body = f"\n--{boundary[1]}".join(body.split(f"\n--{boundary[1]}", MAX_DIVISIONS)[:MAX_DIVISIONS])
        several = divided(kind if kind.startswith("multipart/") else "multipart/mixed", boundary[1], body)
        if several.is_multipart():
            return self._several(several, media_type(several), depth)
        return [Words(soft_text(body))]

    def _signed(self, part: Message, kind: str, depth: int) -> list[Words]:
        """Read the mail within signed data that is a mail's body; beside others, or encrypted, it stays a file."""
        content, _ = decoded_content(part, is_text=False)
        inner = signed_content(content)
        if inner is None or self._n_beside > 0:
            if inner is None:
                self._problem("encrypted")
            return self._single(part, kind, depth)
        return self.part(email.message_from_bytes(bounded(inner, self.problems), policy=compat32), depth + 1)

    def _enclosed(self, children: list[Message]) -> None:
        for child in children:
            self.enclosed += _MESSAGE_ID.findall(soft_text(str(child.get("Message-ID", ""))))

    def _single(self, part: Message, kind: str, depth: int) -> list[Words]:
        name = filename_of(part)
        attached = is_attached(part) and (depth > 0 or bool(name))
        main = kind.partition("/")[0]
        content, as_declared = decoded_content(part, is_text=main == "text")
        if not as_declared:
            self._problem("transfer_encoding")
        if kind == "text/plain" and not name and not attached and has_parts_unsaid(content):
            return self._undivided(part, "multipart/mixed", depth)
        if kind == "text/rfc822-headers":
            fields = dict(fields_of(decoded_text(content, "")[0]))
            self.enclosed += _MESSAGE_ID.findall(fields.get("message-id", ""))
            return []
        if kind in CALENDARS and self._invitation(part, name, kind, content):
            return []
        # A part called text is one although its name may be odd; what is named a file is a file.
        is_text = kind in ("text/plain", "text/html") or (main == "text" and not name and kind not in CARDS)
        is_text = is_text or (not name and not attached and is_text_unsaid(kind, content, alone=depth == 0))
        is_file = attached or (depth > 0 and kind != "text/html" and name and not _TEXT_FILE.search(name))
        if is_text and not is_file and not is_binary(content):
            if self._n_bytes < MAX_TEXT_BYTES:
                self._n_bytes += len(content)
                return self._text(part, kind, content)
            self._problem("too_long")
        if content or name:
            self._file(part, MailFile(name, kind, content))
        return []

    def _text(self, part: Message, kind: str, content: bytes) -> list[Words]:
        content, encoded = without_yenc(content)
        self.files += [
            MailFile(header_text(soft_text(name.decode("ascii", "surrogateescape"))), "", file)
            for name, file in encoded
        ]
        text, certain = decoded_text(content, charset_of(part))
        if not certain:
            self._problem("charset")
        text, is_html = text_form(text, kind, parameters(first_value(part, "content-type")))
        if is_html:
            self.html.append(text)
            return [Words(text, is_html=True)]
        text, files = without_uuencoded(text)
        self.files += files
        return [Words(text)]

    def _invitation(self, part: Message, name: str, kind: str, content: bytes) -> bool:
        """Keep an invitation, once where a mail holds it twice; return whether it is one."""
        text = decoded_text(content, charset_of(part))[0]
        line = calendar_line(text)
        if not line:
            return False
        file = MailFile(name or "invite.ics", kind, content)
        if line not in self.calendar:
            self.calendar.append(line)
            self.calendar_words.append(calendar_words(text))
        same = [known for known in self.files if known.content.split() == content.split()]
        if not same:
            self.files.append(file)
        elif name and same[0].name == "invite.ics":
            self.files[self.files.index(same[0])] = file
        return True

    def _file(self, part: Message, file: MailFile) -> None:
        if file.media_type in WINMAIL or file.name.lower() == "winmail.dat":
            winmail = read_winmail(file.content)
            if winmail is not None:
                self.winmail.append(decoded_text(winmail.text, winmail.charset)[0])
                self.files += [MailFile(one_line(inner.name)[:255], "", inner.content) for inner in winmail.files]
                return
        content_id = soft_text(str(part.get("Content-ID", ""))).strip().strip("<>")[:500]
        inline = bool(content_id) and file.media_type.startswith("image/")
        self.files.append(replace(file, inline=inline, content_id=content_id))

    def _problem(self, name: str) -> None:
        if name not in self.problems:
            self.problems.append(name)


def _assembled(
    message: Message, headers: tuple[tuple[str, str], ...], reading: _Reading, words: list[Words]
) -> ParsedMail:
    # Some programs write an empty field above the real one.
    first = dict(reversed([field for field in headers if field[1]]))
    thread = _MESSAGE_ID.findall(f"{first.get('references', '')} {first.get('in-reply-to', '')}")
    html = "\n".join(reading.html)
    problems = list(reading.problems)
    text = text_of(words, MAX_TEXT_CHARACTERS, problems)
    if not text.strip():
        text = "\n\n".join(part for part in reading.winmail if part.strip())
    said = [] if text.strip() else reading.calendar_words
    text = without_invisible("\n\n".join(part for part in (text, *reading.calendar, *said) if part.strip()))
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
        media_type=media_type(second_look(message)),
        report_type=parameter(message, "content-type", ("report-type",)).strip().lower(),
        statuses=tuple(reading.statuses),
        feedback_type=reading.feedback_type,
        enclosed_ids=tuple(dict.fromkeys(reading.enclosed)),
        problems=tuple(problems),
    )
