"""The order of the parts of an answer by mail is the company's, in text and html alike."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from firstline.domain.locales import languages, text, texts
from firstline.domain.mail.answer_body import (
    PARTS,
    Answer,
    AnswerOrderError,
    MailSender,
    Quoted,
    answer_order,
    checked_order,
)
from firstline.domain.mail.answer_mail import answer_mail
from firstline.domain.mail.greeting import greeting
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.thread import MailThread
from firstline.domain.mail.threading import ThreadTokens
from firstline.domain.turn import Citation

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SENDER = MailSender("help@shop.example", "Shop", "", ThreadTokens(b"k" * 32), "mark")
THREAD = MailThread("C1", "Lamp", "help@shop.example", Mailbox("zoe@mail.example", "Zoe Ray"))
SOURCE = Citation(
    number=1, chunk_id="c", source="a", title="Lamps", heading="", url="https://x.example/a", quote="", distance=0
)
SHIPPED = "greeting thanks answer sources person ticket closing automatic"


def bodies(answer: Answer) -> list[str]:
    """Return the mail's text, and its html without its marks."""
    raw = answer_mail(answer, THREAD, SENDER, mail_id="M1", now=NOW)
    found = []
    for kind in ("plain", "html"):
        body = email.message_from_bytes(raw, policy=email.policy.default).get_body((kind,))
        assert body is not None
        found.append(
            unescape(re.sub(r"<[^>]*>", "", str(body.get_content()).replace("\r\n", "\n").replace("<br>", "\n")))
        )
    return found


def order_of(body: str, language: str) -> list[str]:
    """Return the names of the parts that a body has, in its order."""
    asked = text("person_request", language).rstrip(".\u3002")
    marks = {
        "greeting": greeting("Zoe Ray", language),
        "thanks": text("mail.answer_thanks", language),
        "answer": "Switch it on.",
        "sources": text("mail.answer_sources", language),
        "person": text("mail.answer_person", language, words=asked),
        "ticket": "AB12CD34",
        "closing": f"{text('mail.answer_closing', language)}\n",
        "automatic": text("mail.answer_automatic", language),
        "quoted": "My lamp is dark.",
    }
    places = {name: body.find(words) for name, words in marks.items()}
    return sorted((name for name in places if places[name] >= 0), key=places.__getitem__)


def said(language: str = "en") -> Answer:
    quote = Quoted("My lamp is dark.", NOW, "bo@mail.example")
    return Answer("Switch it on. [1]", language, [SOURCE], ticket_id="AB12CD34", quoted=quote)


@pytest.mark.parametrize("language", languages())
def test_every_locale_file_names_an_order_in_which_mails_are_written(language: str) -> None:
    named = answer_order(language)
    assert "answer" in named
    assert texts(language)["mail.answer_order"].split() == list(named)  # type: ignore[union-attr]
    for body in bodies(said(language)):
        assert order_of(body, language) == [*named, "quoted"]


@pytest.mark.parametrize(
    "order",
    [
        SHIPPED,
        "answer greeting thanks",
        "ticket greeting answer automatic closing",
        "automatic closing ticket person sources answer thanks greeting",
        "  answer\t\n",
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_parts_stand_in_the_order_that_is_named_and_others_nowhere_and_the_quoted_mail_last(
    monkeypatch: pytest.MonkeyPatch, order: str, language: str
) -> None:
    monkeypatch.setitem(texts(language), "mail.answer_order", order)
    for body in bodies(said(language)):
        assert order_of(body, language) == [*order.split(), "quoted"]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("", "the answer is left out"),
        ("greeting closing", "the answer is left out"),
        ("answer greetings", "greetings is no part of a mail"),
        ("answer quoted", "quoted is no part of a mail"),
        ("answer, closing", "answer, is no part of a mail"),
        ("answer ANSWER", "ANSWER is no part of a mail"),
        ("greeting answer answer", "answer is named 2 times"),
        ("answer closing closing closing", "closing is named 3 times"),
    ],
)
def test_an_order_that_is_none_is_told_with_what_is_wrong_and_what_there_is(
    monkeypatch: pytest.MonkeyPatch, order: str, message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as told:
        checked_order(order)
    assert " ".join(PARTS) in str(told.value)
    monkeypatch.setitem(texts("de"), "mail.answer_order", order)
    with pytest.raises(AnswerOrderError, match=re.escape("mail.answer_order")):
        bodies(said("de"))
    assert bodies(said("en"))


@pytest.mark.parametrize(
    ("order", "written"),
    [
        (SHIPPED, ["answer", "closing", "ticket"]),
        ("ticket answer closing", ["ticket", "answer", "closing"]),
        ("answer ticket person", ["answer", "ticket"]),
        ("closing answer ticket", ["closing", "answer", "ticket"]),
    ],
)
def test_nothing_stands_between_a_persons_words_and_their_closing(
    monkeypatch: pytest.MonkeyPatch, order: str, written: list[str]
) -> None:
    monkeypatch.setitem(texts("en"), "mail.answer_order", order)
    answer = Answer(
        "Hi Zoe,\n\nSwitch it on.", ticket_id="AB12CD34", automatic=False, offers_person=False, person="Tom"
    )
    for body in bodies(answer):
        assert order_of(body, "en") == written


def test_the_parts_are_told_where_the_words_are(request: pytest.FixtureRequest) -> None:
    readme = (Path(str(request.config.rootpath)) / "README.md").read_text(encoding="utf-8")
    assert f"`{SHIPPED}`" in readme
    assert SHIPPED.split() == list(PARTS)
