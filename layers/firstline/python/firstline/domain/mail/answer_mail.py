"""An answer by mail: a message of its thread, as RFC 5322 has it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from firstline.domain.contact import checked_email
from firstline.domain.locales import DEFAULT, text
from firstline.domain.mail.asked import without_addresses
from firstline.domain.mail.greeting import closes, greeting, greeting_name, greets
from firstline.domain.mail.mail_body import (
    as_html,
    as_text,
    html_page,
    html_quote,
    is_web_address,
    lines_html,
    link,
    plain,
    quoted,
)
from firstline.domain.mail.thread import MAX_SUBJECT_CHARACTERS, MailThread, bare_subject
from firstline.domain.mail.threading import ThreadTokens
from firstline.domain.mail.when import received_at
from firstline.domain.turn import Citation

MAX_REFERENCES_SENT = 20
"""Ids in a References header: the thread's first and its newest."""
_LONGEST_ID = 250
_LONGEST_NAME = 60
_WORDS_OF_STRANGERS, _LETTERS_OF_STRANGERS = 3, 30
# Longer than any id that is kept: an id is never broken over lines, nor written as an encoded word. All that is not
# ASCII is encoded, as not every server takes eight bits.
_POLICY = SMTP.clone(max_line_length=400, cte_type="7bit")
_ID = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


@dataclass(frozen=True)
class MailSender:
    """As whom this installation writes."""

    address: str
    """The first of SUPPORT_ADDRESS."""
    name: str
    """The company's, or the site's; may be empty."""
    signature: str
    """Last lines; empty: the name."""
    tokens: ThreadTokens
    loop_mark: str


@dataclass(frozen=True)
class Quoted:
    """The mail that is answered."""

    text: str
    at: datetime
    writer: str = ""
    """Who wrote it: a name or an address; empty: the customer."""


@dataclass(frozen=True)
class Answer:
    """What is said in a mail."""

    text: str = field(repr=False)
    """Markdown of the simplest kind: paragraphs, lists, emphasis, links."""
    language: str = DEFAULT
    """ISO 639-1."""
    citations: Sequence[Citation] = ()
    ticket_id: str = ""
    automatic: bool = True
    """No person has written it."""
    offers_person: bool = True
    """Says how to reach a person; not where one has it already."""
    greets: bool = True
    """Begins with a greeting; not where its text is one."""
    person: str = ""
    """Who has written it."""
    news: bool = False
    """Tells of a ticket, unasked: it may be unsubscribed from."""
    to_stranger: bool = False
    """Nothing proves that the customer has written: no words of theirs that lead anywhere are sent to that address."""
    quoted: Quoted | None = None


def answer_mail(answer: Answer, thread: MailThread, sender: MailSender, *, mail_id: str, now: datetime) -> bytes:
    """Return the message; of every try of one mail its ``Message-ID`` is the same.

    Parameters
    ----------
    thread : MailThread
        Whose customer's address is one that ``checked_email`` takes.
    mail_id : str
        Tells the thread's mails apart.

    Returns
    -------
    bytes
        multipart/alternative of text and html (RFC 2046, 5.1.4). SES puts an id of its own in ``Message-ID``'s place,
        so a signed id of ours stands in ``References`` too, before the newest; ``Reply-To`` is the thread's signed
        address. What is written without a person says so (RFC 3834) and asks other programs not to answer. It may be
        unsubscribed from (RFC 2369) where it is ticket news, which nobody has asked for; answers, transcripts and
        handovers are asked for one by one.

    Raises
    ------
    ValueError
        There is no address to write to.
    """
    domain = sender.address.rpartition("@")[2]
    message = EmailMessage(_POLICY)
    message["From"] = _mailbox(sender.name, sender.address)
    message["To"] = _mailbox("" if answer.to_stranger else thread.customer.name, thread.customer.address)
    if copies := copied_to(thread):
        message["Cc"] = [_mailbox("", address) for address in copies]
    message["Reply-To"] = _mailbox(sender.name, sender.tokens.reply_address(sender.address, thread.conversation_id))
    message["Subject"] = subject_of(thread, to_stranger=answer.to_stranger)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id(sender, thread.conversation_id, mail_id)}>"
    references = references_of(thread, sender.tokens.message_id(thread.conversation_id, "thread", domain))
    if _is_id(thread.last_received):
        message["In-Reply-To"] = f"<{thread.last_received}>"
    message["References"] = " ".join(f"<{known}>" for known in references)
    if answer.automatic:
        message["Auto-Submitted"] = "auto-replied" if not answer.news else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    if answer.news:
        address = sender.tokens.reply_address(sender.address, thread.conversation_id)
        message["List-Unsubscribe"] = f"<mailto:{address}?subject=unsubscribe>"
    message["X-Loop"] = sender.loop_mark
    message.set_content(_text(answer, thread, sender))
    message.add_alternative(_html(answer, thread, sender), subtype="html")
    message.set_boundary(f"=_{mail_id}")
    return message.as_bytes()


def message_id(sender: MailSender, conversation_id: str, mail_id: str) -> str:
    """Return the id of a mail of ours, without angle brackets."""
    return sender.tokens.message_id(conversation_id, mail_id, sender.address.rpartition("@")[2])


def subject_of(thread: MailThread, *, to_stranger: bool = False) -> str:
    """Return ``Re: <subject>`` in one line, the same in all mails of a thread: else some programs part it."""
    subject = " ".join(plain(thread.subject).split())
    known = bare_subject(without_addresses(subject) if to_stranger else subject)
    return f"Re: {known[:MAX_SUBJECT_CHARACTERS]}".strip()


def references_of(thread: MailThread, own: str) -> list[str]:
    """Return the ids of the References header in the order of time, that of the mail which is answered last.

    What came after that one is left out: it is no ancestor. Of many the first and the newest stay.

    Parameters
    ----------
    own : str
        A signed id of ours. It stands before the last: programs that shorten the chain leave out its middle.
    """
    answered = thread.last_received if _is_id(thread.last_received) else ""
    past = thread.references
    if answered in past:
        past = past[: past.index(answered)]
    elif answered:
        past = past[:1]
    known = [one for one in past if _is_id(one) and one not in (own, answered)]
    if len(known) > MAX_REFERENCES_SENT - 2:
        known = [known[0], *known[-(MAX_REFERENCES_SENT - 3) :]]
    return [*known, own, *([answered] if answered else [])]


def copied_to(thread: MailThread) -> list[str]:
    """Return who gets a copy: whatever is an address, each once, and never the customer again."""
    found = dict.fromkeys(address.lower() for address in thread.cc if _is_address(address))
    return [address for address in found if address != thread.customer.address.lower()]


def support_addresses(setting: str) -> list[str]:
    """Return the addresses of SUPPORT_ADDRESS, in order and in lower case, without names."""
    return [address for part in setting.split(",") if (address := parseaddr(part)[1].lower())]


def support_name(setting: str) -> str:
    """Return the display name of the first of SUPPORT_ADDRESS; empty where it has none."""
    return parseaddr(setting.split(",")[0])[0].strip()


def _is_id(value: str) -> bool:
    return len(value) <= _LONGEST_ID and _ID.fullmatch(value) is not None


def _is_address(value: str) -> bool:
    try:
        checked_email(value)
    except ValueError:
        return False
    return True


def _mailbox(name: str, address: str) -> Address:
    shown = " ".join(plain(name).replace("\t", " ").split())[:_LONGEST_NAME]
    return Address(display_name=shown, addr_spec=checked_email(address))


def _text(answer: Answer, thread: MailThread, sender: MailSender) -> str:
    parts = [*_head(answer, thread), as_text(answer.text)]
    if sources := _grouped(answer.citations):
        lines = [_source_line(numbers, title, url) for numbers, title, url in sources]
        parts.append("\n".join([text("mail.answer_sources", answer.language), *lines]))
    parts += _foot(answer, sender)
    if answer.quoted is not None:
        parts.append(f"{_attribution(answer, thread)}\n{quoted(answer.quoted.text)}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(answer: Answer, thread: MailThread, sender: MailSender) -> str:
    parts = [*map(lines_html, _head(answer, thread)), as_html(answer.text)]
    if sources := _grouped(answer.citations):
        lines = [f"{html.escape(numbers)} {link(title, url)}" for numbers, title, url in sources]
        parts.append(f"<p>{html.escape(text('mail.answer_sources', answer.language))}<br>\n{'<br>'.join(lines)}</p>")
    parts += map(lines_html, _foot(answer, sender))
    if answer.quoted is not None:
        parts.append(html_quote(_attribution(answer, thread), answer.quoted.text))
    return html_page(parts, answer.language)


def _head(answer: Answer, thread: MailThread) -> list[str]:
    """Return what stands before an answer: nothing where a person greets in their own words."""
    if not answer.greets or (not answer.automatic and greets(answer.text)):
        return []
    name = thread.customer.name
    # Of a stranger no more than a name has: three words say nothing to whoever gets them instead.
    short = len(name) <= _LETTERS_OF_STRANGERS and len(name.split()) <= _WORDS_OF_STRANGERS
    line = greeting(name if short or not answer.to_stranger else "", answer.language)
    thanks = answer.automatic and not answer.news
    return [line, text("mail.answer_thanks", answer.language)] if thanks else [line]


def _grouped(citations: Sequence[Citation]) -> list[tuple[str, str, str]]:
    """Return the numbers under which a source is named, its title and its address, in the order of the answer."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for one in citations:
        url = one.url if is_web_address(one.url) else ""
        title = " ".join(plain(one.title or one.heading or url or one.source.rpartition("/")[2]).split())
        numbers.setdefault((title, url), []).append(one.number)
    return [("".join(f"[{one}]" for one in found), title, url) for (title, url), found in numbers.items()]


def _source_line(numbers: str, title: str, url: str) -> str:
    return f"{numbers} {title}: {url}" if url and url != title else f"{numbers} {title}"


def _foot(answer: Answer, sender: MailSender) -> list[str]:
    """Return what stands below an answer; a person's own closing is the only one, and the ticket's number below it."""
    asked = text("person_request", answer.language).rstrip(".\u3002")
    offer = text("mail.answer_person", answer.language, words=asked) if answer.offers_person else ""
    is_new = answer.ticket_id and answer.ticket_id not in answer.text
    ticket = text("mail.answer_ticket", answer.language, ticket=answer.ticket_id) if is_new else ""
    signature = _signature(answer, sender)
    if not answer.automatic:
        found = [offer, signature, ticket]
    else:
        found = [offer, ticket, signature, text("mail.answer_automatic", answer.language)]
    return [words for words in found if words]


def _signature(answer: Answer, sender: MailSender) -> str:
    """Return the company's last lines, or the closing and who writes; no closing above nothing, nor a second one."""
    own, person = plain(sender.signature.replace("\\n", "\n")), plain(answer.person)
    if not answer.automatic and closes(answer.text):
        return "" if closes(f"-\n{own}") else own
    if own:
        return "\n".join(part for part in (person, own) if part)
    names = [name for name in (person, plain(sender.name)) if name]
    return "\n".join([text("mail.answer_closing", answer.language), *names]) if names else ""


def _attribution(answer: Answer, thread: MailThread) -> str:
    assert answer.quoted is not None  # noqa: S101 - asked only where something is quoted
    writer, customer = answer.quoted.writer, thread.customer
    who = writer if _is_address(writer) else greeting_name(writer or customer.name, answer.language) or customer.address
    return text("mail.answer_quoted", answer.language, date=received_at(answer.quoted.at, answer.language), name=who)
