"""Bodies of the routes by which people read mails, and merge and split their threads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from firstline.domain.conversation import Author, Event
from firstline.domain.customer_mails import Unsent
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.services.read_mail import FullMail, ListedMail, SentState, ThreadEntry, ThreadPage
from firstline.web.conversations_models import ChangeRequest

Direction = Literal["in", "out", "note"]
ConversationName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]


class MailSummary(BaseModel):
    """A mail received: who wrote it, and what became of it."""

    mail_id: str
    conversation_id: str = Field(description="Where it lies and is read in full; empty for a mail of no conversation")
    seq: int = Field(description="Place of its words in that conversation's log; 0 where they are not there")
    received_at: datetime
    sender: str
    sender_name: str = Field(description="As the sender says, which proves nothing")
    to: list[str]
    cc: list[str]
    subject: str
    verdict: Verdict
    reason: GateReason
    file_ids: list[str] = Field(description="Its files that were taken, below the conversation's `attachments`")
    problems: list[str] = Field(description="What was not read as written, and which files were not taken and why")
    moved_to: str = Field(default="", description="The conversation that it was taken off to, by a split")


class MailList(BaseModel):
    """The mails of a thread, oldest first."""

    mails: list[MailSummary]


class DayMailList(BaseModel):
    """Mails of a day that belong to no conversation, the newest first."""

    mails: list[MailSummary]
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null where this was the last. A page may be short, or empty, before it"
    )


class MailHeader(BaseModel):
    """A header, decoded and in one line."""

    name: str = Field(description="In lower case")
    value: str


class MailFileSummary(BaseModel):
    """A part of a mail that is no text of it."""

    name: str
    media_type: str = Field(description="As the mail says; what was taken is judged by its content")
    size: int
    inline: bool


class MailDetail(MailSummary):
    """A mail in full, as data: nothing of it has been carried out or loaded."""

    text: str = Field(description="All of its text")
    reply: str = Field(description="What is taken for the sender's own words: the text without what it quotes")
    left_out: str = Field(description="The rest of the text: quotes and signature")
    html: str = Field(description="Without anything that runs or loads, and without pictures; empty where it has none")
    headers: list[MailHeader]
    date: str = Field(description="As the sender says")
    message_id: str
    references: list[str]
    files: list[MailFileSummary]


class ThreadSummary(BaseModel):
    """Whom a thread's answers go to, and how it hangs together with others."""

    conversation_id: str
    subject: str
    ours: str = Field(description="The address of ours that the customer wrote to")
    customer: str
    customer_name: str
    cc: list[str]
    participants: list[str]
    silent: bool = Field(description="Nothing automatic is sent; people may write")
    linked: str = Field(description="The conversation that it seems to continue, which its sender has not proven")
    merged_into: str
    merged: list[str] = Field(description="Conversations that were merged into it")
    split_from: str
    splits: list[str] = Field(description="Conversations that were taken off it")


class ThreadEntryResponse(BaseModel):
    """One entry: a mail that came, an answer, or a note."""

    conversation_id: str
    seq: int = Field(description="Place in that conversation's log; 0 for a mail whose words are not there")
    at: datetime
    direction: Direction = Field(description="`in` from outside, `out` from us, `note` for people")
    author: str
    sender: str = Field(description="Address of a mail that came; ours for an answer")
    to: list[str] = Field(description="Of an answer: whom its mail went to, or will; empty where there is none")
    cc: list[str]
    sent: SentState | None = Field(description="Of an answer: what became of it as a mail; null for all else")
    unsent: Unsent | None = Field(description="Why its mail is not sent; null also where none was meant to be")
    subject: str
    text: str
    detail: dict[str, Any]
    mail: MailSummary | None = Field(description="The mail that came; null where it is none")


class ThreadResponse(ThreadSummary):
    """A part of a thread, with what was merged into it, in the order of time."""

    entries: list[ThreadEntryResponse]
    next_after: str | None = Field(description="`after` of the next part; null where this was the last")


class SuppressionResponse(BaseModel):
    """An address that gets no mail any more."""

    address_id: str = Field(description="By which it is let go; the address itself is not kept")
    hint: str = Field(description="As much of the address as people need to recognise it")
    reason: SuppressedBecause
    at: datetime
    until: datetime | None = Field(description="When it gets mail again by itself; null where a person has to say so")
    conversation_id: str = Field(description="Where it came to light; may be empty")


class SuppressionList(BaseModel):
    """One page, the newest first; a moment behind what is stored."""

    suppressions: list[SuppressionResponse]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where this was the last")


class MergeRequest(ChangeRequest):
    """Which conversation goes on."""

    into: ConversationName = Field(description="Id of the conversation that all later mails go to")
    customers_join: bool = Field(
        default=False,
        description="Where the customers differ: they may take part in one another's thread, and the one gets copies "
        "of the other's answers",
    )


class SplitRequest(ChangeRequest):
    """From where on a thread is another."""

    from_seq: int = Field(ge=1, lt=10**12, description="`seq` of the first mail of the new thread")


def summary_of_mail(mail: ReceivedMail, moved_to: str = "") -> dict[str, object]:
    """Return the fields of a ``MailSummary``."""
    known = vars(mail)
    return {**{name: known[name] for name in MailSummary.model_fields if name in known}, "moved_to": moved_to}


def listed(mails: list[ListedMail]) -> MailList:
    """Return mails as they are listed."""
    return MailList(mails=[_shown(one.mail, one.moved_to) for one in mails])


def listed_of_day(mails: list[ReceivedMail], cursor: str | None) -> DayMailList:
    """Return mails of a day as they are listed."""
    return DayMailList(mails=[_shown(mail) for mail in mails], next_cursor=cursor)


def detail_of(full: FullMail, html: str) -> MailDetail:
    """Return a mail as it is read in full."""
    parsed = full.parsed
    files = [
        {"name": file.name, "media_type": file.media_type, "size": len(file.content), "inline": file.inline}
        for file in parsed.files
    ]
    return MailDetail.model_validate(
        {
            **summary_of_mail(full.mail),
            "text": parsed.text,
            "reply": full.reply,
            "left_out": full.left_out,
            "html": html,
            "headers": [{"name": name, "value": value} for name, value in parsed.headers],
            "date": parsed.date,
            "message_id": parsed.message_id,
            "references": list(parsed.references),
            "files": files,
        }
    )


def thread_response(page: ThreadPage) -> ThreadResponse:
    """Return a part of a thread as it is shown."""
    thread, route = page.thread, page.route
    return ThreadResponse(
        conversation_id=thread.conversation_id,
        subject=thread.subject,
        ours=thread.ours,
        customer=thread.customer.address,
        customer_name=thread.customer.name,
        cc=list(thread.cc),
        participants=sorted(thread.participants),
        silent=thread.silent,
        linked=thread.linked,
        merged_into=route.into,
        merged=list(route.merged),
        split_from=route.origin,
        splits=list(route.splits),
        entries=[_entry(entry, page) for entry in page.entries],
        next_after=page.cursor,
    )


def _entry(entry: ThreadEntry, page: ThreadPage) -> ThreadEntryResponse:
    event, mail = entry.event, entry.mail
    direction = _direction(event)
    sender, to, cc = "", [], []
    if direction == "out":
        recipients = entry.sent.recipients if entry.sent else ()
        sender, to, cc = page.thread.ours, list(recipients[:1]), list(recipients[1:])
    elif mail is not None:
        sender, to, cc = mail.sender, list(mail.to), list(mail.cc)
    return ThreadEntryResponse(
        conversation_id=entry.conversation_id,
        seq=event.seq if event else 0,
        at=entry.at,
        direction=direction,
        author=event.author.value if event else Author.CUSTOMER.value,
        sender=sender,
        to=to,
        cc=cc,
        sent=entry.sent.state if entry.sent else None,
        unsent=entry.sent.why if entry.sent else None,
        subject=mail.subject if mail else page.thread.subject,
        text=event.text if event else "",
        detail=event.detail if event else {},
        mail=_shown(mail) if mail else None,
    )


def _direction(event: Event | None) -> Direction:
    if event is None or event.author is Author.CUSTOMER:
        return "in"
    return "note" if event.author is Author.SYSTEM else "out"


def _shown(mail: ReceivedMail, moved_to: str = "") -> MailSummary:
    return MailSummary.model_validate(summary_of_mail(mail, moved_to))
