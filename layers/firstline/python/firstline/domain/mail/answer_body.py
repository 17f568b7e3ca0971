"""The body of an answer by mail: its parts in the order that the company has them, as plain text and as html."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from firstline.domain.contact import checked_email
from firstline.domain.locales import DEFAULT, text
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
from firstline.domain.mail.thread import MailThread
from firstline.domain.mail.threading import ThreadTokens
from firstline.domain.mail.when import received_at
from firstline.domain.turn import Citation

PARTS = ("greeting", "thanks", "answer", "sources", "person", "ticket", "closing", "automatic")
"""What ``mail.answer_order`` names: a mail has those of them that there is something to say in."""
_WORDS_OF_STRANGERS, _LETTERS_OF_STRANGERS = 3, 30


class AnswerOrderError(ValueError):
    """``mail.answer_order`` of a locale file names no order of the parts of a mail."""


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


def answer_order(language: str) -> tuple[str, ...]:
    """Return the parts of an answer in order, as ``mail.answer_order`` has them. Raises ``AnswerOrderError``."""
    return checked_order(text("mail.answer_order", language))


def checked_order(names: str) -> tuple[str, ...]:
    """Return names of ``PARTS``, separated by blanks, in their order; what is not named is left out.

    Raises
    ------
    AnswerOrderError
        One is no part, or is named twice, or the answer itself is left out.
    """
    order = tuple(names.split())
    wrong = [f"{name} is no part of a mail" for name in order if name not in PARTS]
    wrong += [f"{name} is named {order.count(name)} times" for name in PARTS if order.count(name) > 1]
    wrong += ["the answer is left out"] if "answer" not in order else []
    if wrong:
        raise AnswerOrderError(f"mail.answer_order: {', '.join(wrong)}; the parts are {' '.join(PARTS)}")
    return order


def answer_text(answer: Answer, thread: MailThread, sender: MailSender) -> str:
    """Return the body as plain text; what is quoted stands last. Raises ``AnswerOrderError``."""
    parts = {**_frame(answer, thread, sender), "answer": as_text(answer.text)}
    if sources := _grouped(answer.citations):
        lines = [_source_line(numbers, title, url) for numbers, title, url in sources]
        parts["sources"] = "\n".join([text("mail.answer_sources", answer.language), *lines])
    ordered = [parts.get(name, "") for name in _order(answer)]
    if answer.quoted is not None:
        ordered.append(f"{_attribution(answer, thread)}\n{quoted(answer.quoted.text)}")
    return "\n\n".join(part for part in ordered if part) + "\n"


def answer_html(answer: Answer, thread: MailThread, sender: MailSender) -> str:
    """Return the same as a whole document of html. Raises ``AnswerOrderError``."""
    parts = {name: lines_html(words) for name, words in _frame(answer, thread, sender).items() if words}
    parts["answer"] = as_html(answer.text)
    if sources := _grouped(answer.citations):
        lines = [f"{html.escape(numbers)} {link(title, url)}" for numbers, title, url in sources]
        said = html.escape(text("mail.answer_sources", answer.language))
        parts["sources"] = f"<p>{said}<br>\n{'<br>'.join(lines)}</p>"
    ordered = [parts.get(name, "") for name in _order(answer)]
    if answer.quoted is not None:
        ordered.append(html_quote(_attribution(answer, thread), answer.quoted.text))
    return html_page(ordered, answer.language)


def is_address(value: str) -> bool:
    """Tell whether a mail can be sent to this."""
    try:
        checked_email(value)
    except ValueError:
        return False
    return True


def _order(answer: Answer) -> Sequence[str]:
    """Return the order of a mail's parts; the ticket's number never parts a person's words from their closing."""
    order = list(answer_order(answer.language))
    if not answer.automatic and "ticket" in order and "closing" in order:
        said, ticket, closing = map(order.index, ("answer", "ticket", "closing"))
        if said < ticket < closing:
            order.insert(closing, order.pop(ticket))
    return order


def _frame(answer: Answer, thread: MailThread, sender: MailSender) -> dict[str, str]:
    """Return what stands around an answer, by part; empty where there is nothing to say."""
    language, automatic = answer.language, answer.automatic
    asked = text("person_request", language).rstrip(".\u3002")
    is_new = answer.ticket_id and answer.ticket_id not in answer.text
    # Nothing is put before a person's own greeting.
    greets_here = answer.greets and (automatic or not greets(answer.text))
    return {
        "greeting": _greeting(answer, thread) if greets_here else "",
        "thanks": text("mail.answer_thanks", language) if greets_here and automatic and not answer.news else "",
        "person": text("mail.answer_person", language, words=asked) if answer.offers_person else "",
        "ticket": text("mail.answer_ticket", language, ticket=answer.ticket_id) if is_new else "",
        "closing": _signature(answer, sender),
        "automatic": text("mail.answer_automatic", language) if automatic else "",
    }


def _greeting(answer: Answer, thread: MailThread) -> str:
    name = thread.customer.name
    # Of a stranger no more than a name has: three words say nothing to whoever gets them instead.
    short = len(name) <= _LETTERS_OF_STRANGERS and len(name.split()) <= _WORDS_OF_STRANGERS
    return greeting(name if short or not answer.to_stranger else "", answer.language)


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
    who = writer if is_address(writer) else greeting_name(writer or customer.name, answer.language) or customer.address
    return text("mail.answer_quoted", answer.language, date=received_at(answer.quoted.at, answer.language), name=who)
