"""Whole mails of ours in twelve languages: one register, one greeting, one closing, no markdown, joins as they read."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from firstline.domain.conversation import Author, Event
from firstline.domain.customer_mails import CustomerMail, CustomerMailKind, customer_mail
from firstline.domain.knowledge import AskedPart
from firstline.domain.locales import languages, text, texts
from firstline.domain.mail.answer_body import Answer, MailSender, Quoted
from firstline.domain.mail.answer_mail import answer_mail
from firstline.domain.mail.answer_parts import AnswerPart, part_lead
from firstline.domain.mail.greeting import closes, greeting, greets
from firstline.domain.mail.handover_words import away_words, mail_handover_text
from firstline.domain.mail.mail_body import as_html, as_text
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.thread import MailThread
from firstline.domain.mail.threading import ThreadTokens
from firstline.domain.mail.when import from_moment, received_at
from firstline.domain.ticket import Ticket, TicketPriority, TicketStatus
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.ticket_texts import mail_news
from firstline.domain.tone import Mood, Tone, closing, opening
from firstline.domain.turn import Category, Citation, Reason, Strategy

NOW = datetime(2026, 11, 22, 1, 7, tzinfo=UTC)
OPENS = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
SENDER = MailSender("help@shop.example", "Shop", "", ThreadTokens(b"k" * 32), "mark")
THREAD = MailThread("C1", "Lamp", "help@shop.example", Mailbox("anna@mail.example", "Anna Nowak"))
SOURCE = Citation(
    number=1, chunk_id="c", source="a", title="A", heading="", url="https://x.example/a", quote="", distance=0
)
FAMILIAR = {
    "de": r"\b(?:du|dir|dich|dein\w*)\b",
    "es": r"\b(?:tu|tus|te|ti|contigo|tú|dime|recibirás|dejaste|has)\b",
    "fr": r"\b(?:tu|te|toi|ton|ta|tes)\b",
    "it": r"\b(?:tu|tuo|tua|tuoi|tue|ti|te|rispondi|riceverai|hai)\b",
    "nl": r"\b(?:je|jij|jou|jouw)\b",
    "pl": r"\b(?:ty|twój|twoj\w*|twoim|cię|ciebie|ci|prosisz|napisz|masz)\b",
    "pt": r"\b(?:tu|teu|tua|vós|equipa|ecrã|num|contacto|melhores cumprimentos)\b",
    "sv": r"\b(?:ni|er|ert|era)\b",
    "tr": r"\b(?:sen|sana|seni|senin)\b",
    "zh": r"你",
}


def said(answer: Answer, *, name: str = "Anna Nowak", sender: MailSender = SENDER, kind: str = "plain") -> str:
    thread = replace(THREAD, customer=Mailbox("anna@mail.example", name))
    raw = answer_mail(answer, thread, sender, mail_id="M1", now=NOW)
    body = email.message_from_bytes(raw, policy=email.policy.default).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def acknowledged(language: str, **named: bool) -> str:
    away = away_words(text("offline_message"), language)
    back_at = from_moment(OPENS, language)
    return mail_handover_text(
        Reason.LOW_CONFIDENCE, **{"already_open": False, **named}, away=away, back_at=back_at, language=language
    )


def whole_mails(language: str) -> list[str]:
    parts = [AskedPart(question=q, searched=q, confidence=1, found=True, chunk_ids=("c",)) for q in ("AA?", "BB?")]
    two = "\n\n".join(
        AnswerPart(part_lead(one, language), "").shown(body, language)
        for one, body in zip(parts, ("X. [1]", ""), strict=True)
    )
    plain = {"language": language, "offers_person": False, "ticket_id": "AB12CD34"}
    return [
        said(Answer("X. [1]", language, [SOURCE], quoted=Quoted("A?", NOW))),
        said(Answer(f"{two}\n\n{acknowledged(language, answered=True)}", **plain)),  # type: ignore[arg-type]
        said(Answer(acknowledged(language), **plain)),  # type: ignore[arg-type]
        said(Answer(acknowledged(language, already_open=True), **plain)),  # type: ignore[arg-type]
        said(Answer("X.", person="Tom", automatic=False, quoted=Quoted("A?", NOW), **plain)),  # type: ignore[arg-type]
        said(Answer(news(language), news=True, **plain)),  # type: ignore[arg-type]
    ]


def news(language: str, status: TicketStatus = TicketStatus.RESOLVED) -> str:
    kind = {TicketStatus.CLOSED: TicketEventKind.CLOSED}.get(status, TicketEventKind.RESOLVED)
    ticket = Ticket(
        ticket_id="AB12CD34",
        conversation_id="C1",
        customer_id="",
        subject="Lamp",
        category=Category.GENERAL_INQUIRY,
        priority=TicketPriority.NORMAL,
        reason=Reason.NOTHING_FOUND,
        status=status,
        created_at=NOW,
    )
    event = TicketEvent(seq=2, at=NOW, kind=kind, by="agent-1", changes={"status": ["open", status.value]})
    return mail_news(ticket, event, language)


@pytest.mark.parametrize("language", languages())
def test_every_mail_has_one_greeting_one_closing_and_its_ticket_once(language: str) -> None:
    hello, bye = greeting("Anna Nowak", language), text("mail.answer_closing", language).splitlines()[0]
    for mail in whole_mails(language):
        assert mail.startswith(f"{hello}\n\n")
        assert mail.count(f"{hello}\n\n") == 1
        assert [line for line in mail.splitlines() if line.startswith(bye)] == [bye]
        assert mail.count("AB12CD34") <= 2
    assert whole_mails(language)[-1].count("AB12CD34") == 1


@pytest.mark.parametrize("language", languages())
def test_joins_read_as_one_text(language: str) -> None:
    for mail in whole_mails(language):
        own = mail.split(text("mail.answer_quoted", language, date="\0", name="\0").split("\0")[0] or "\0")[0]
        assert "  " not in own
        assert "{" not in own
        assert not re.search(r"\*\*|`|\|", own)
        for line in own.splitlines():
            # A colon may end a line, name a question that is quoted, or stand before an address.
            inside = re.sub(r"\d:\d|https?:|: https?:|[:：]\s?[«„“”「].*$", "", line)
            assert not re.search(r"[:：].*\w", inside), line
        if language in ("ja", "zh"):
            assert not re.search(r"[。、，！？] \S", own)
            assert not re.search(r"[぀-ヿ一-鿿] [぀-ヿ一-鿿](?!に)", own.replace(" 様", "様"))
        if language == "fr":
            assert "'" not in own
    assert from_moment(OPENS, language) in acknowledged(language)
    assert "2026-11-23" not in acknowledged(language) or language == "sv"


@pytest.mark.parametrize("language", sorted(FAMILIAR))
def test_mail_keeps_one_register(language: str) -> None:
    for key, words in texts(language).items():
        if key.startswith(("mail.", "answer_mail")) and key != "mail.joiners":
            assert not re.search(FAMILIAR[language], str(words).casefold()), key


@pytest.mark.parametrize("language", languages())
def test_no_reason_tells_a_customer_how_sure_the_assistant_is(language: str) -> None:
    plain = mail_handover_text(Reason.LOW_CONFIDENCE, already_open=False, language=language)
    for reason in (Reason.UNCHECKED, Reason.HIGH_STAKES, Reason.BOT_PAUSED, Reason.TOOL_FAILURE, Reason.MAIL_MODE):
        assert mail_handover_text(reason, already_open=False, language=language) == plain
    assert text("handover_low_confidence", language) not in plain


@pytest.mark.parametrize("strategy", list(Strategy))
def test_an_answer_by_mail_has_no_phrases_of_the_chat(strategy: Strategy) -> None:
    calm = Tone(by_mail=True, greeted=True, offers_person=True)
    assert (opening(calm, strategy), closing(calm, strategy, has_steps=True)) == ("", "")
    assert opening(replace(calm, mood=Mood.HURRIED), strategy) == ""
    assert opening(replace(calm, mood=Mood.VERY_DISPLEASED), strategy) == text("answer_mail_sorry")


OWN_FRAMES = [
    ("de", "Hallo Herr Groß,\n\nIhr Link ist neu.\n\nViele Grüße\nTom"),
    ("en", "Dear Ms Nowak,\n\nYour link is new.\n\nBest regards,\nTom"),
    ("en", "Hi Anna,\n\nYour link is new.\n\nCheers\nTom"),
    ("fr", "Bonjour Madame,\n\nVotre lien est prêt.\n\nBien cordialement,\nTom"),
    ("es", "Estimada Anna:\n\nEl enlace está listo.\n\nSaludos cordiales,\nTom"),
    ("it", "Buongiorno,\n\nil link è pronto.\n\nCordiali saluti\nTom"),
    ("pt", "Prezada Anna,\n\nO link está pronto.\n\nAtenciosamente,\nTom"),
    ("nl", "Beste Anna,\n\nDe link is klaar.\n\nMet vriendelijke groet,\nTom"),
    ("pl", "Szanowna Pani,\n\nlink jest gotowy.\n\nPozdrawiam\nTom"),
    ("sv", "Hej Anna!\n\nLänken är klar.\n\nMed vänlig hälsning\nTom"),
    ("tr", "Sayın Anna Nowak,\n\nBağlantı hazır.\n\nSaygılarımla\nTom"),
    ("ja", "Nowak様\n\nリンクをお送りします。\n\nどうぞよろしくお願いいたします。\nTom"),
    ("zh", "Nowak女士，您好：\n\n链接已准备好。\n\n此致\n敬礼\nTom"),
]


@pytest.mark.parametrize(("language", "written"), OWN_FRAMES)
def test_a_persons_own_greeting_and_closing_are_the_only_ones(language: str, written: str) -> None:
    mail = said(Answer(written, language, automatic=False, offers_person=False, person="Administrator"))
    assert mail == f"{written}\n"
    signed = said(
        Answer(written, language, automatic=False, offers_person=False),
        sender=replace(SENDER, signature="Shop Ltd\n1 Way"),
    )
    assert signed == f"{written}\n\nShop Ltd\n1 Way\n"


@pytest.mark.parametrize("language", languages())
def test_words_without_a_frame_get_ours(language: str) -> None:
    told = text("mail.handover_other", language)
    assert not greets(told)
    assert not closes(f"{told}\n{told}")
    mail = said(Answer(told, language, automatic=False, offers_person=False, person="Tom"))
    assert mail.startswith(greeting("Anna Nowak", language))
    assert mail.endswith(f"{text('mail.answer_closing', language)}\nTom\nShop\n")


def test_thanks_within_a_text_are_no_closing() -> None:
    assert not closes("Here it is.\nThanks for your patience.\nThe link works now.")
    assert not closes("Two plans are there:\nBest plan for you: Team")
    assert closes("Here it is.\n\nBest,\nTom")
    assert not greets("Highly recommended is the new link.")


def test_nobody_is_closed_for_where_nobody_is_named() -> None:
    mail = said(Answer("X."), sender=replace(SENDER, name=""))
    assert text("mail.answer_closing") not in mail
    assert "X.\n\nIf this does not answer" in mail


def test_a_polish_name_is_in_the_vocative_or_left_out() -> None:
    assert greeting("Marek Kowalski", "pl") == "Dzień dobry, Panie Marku,"
    assert greeting("Jürgen Groß", "pl") == "Dzień dobry,"
    assert greeting("AYŞE YILDIZ", "tr") == "Sayın Ayşe Yıldız,"


def test_dates_are_those_of_the_language() -> None:
    shown = {language: received_at(NOW, language) for language in languages()}
    assert shown["en"] == "22 November 2026 at 01:07 (UTC)"
    assert shown["de"] == "22.11.2026 um 01:07 Uhr (UTC)"
    assert shown["ja"] == "2026年11月22日 01:07（UTC）"
    assert received_at(datetime(2026, 3, 4, 5, 6, tzinfo=UTC), "zh") == "2026年3月4日 05:06（UTC）"
    assert from_moment(OPENS, "de") == "Montag, 23.11.2026, 09:00 Uhr (Europe/Berlin)"
    assert from_moment(OPENS) == "Monday, 23 November 2026 at 09:00 (Europe/Berlin)"


@pytest.mark.parametrize(
    ("language", "question", "shown"),
    [
        ("en", "And how can I export it?", "How can I export it?"),
        ("en", "Also, which plan do I need?", "Which plan do I need?"),
        ("en", "Android or iOS?", "Android or iOS?"),
        ("de", "Und wie lange dauert das?", "Wie lange dauert das?"),
        ("es", "¿Y cómo exporto los turnos?", "¿Cómo exporto los turnos?"),
        ("fr", "Et où est la facture ?", "Où est la facture ?"),
        ("it", "E come esporto?", "Come esporto?"),
        ("it", "È possibile?", "È possibile?"),
        ("ja", "また、解約できますか？", "解約できますか？"),
        ("zh", "另外，如何导出？", "如何导出？"),
    ],
)
def test_a_question_is_named_without_the_word_that_joins_it(language: str, question: str, shown: str) -> None:
    part = AskedPart(question=question, searched=question, confidence=1, found=True, chunk_ids=("c",))
    assert part_lead(part, language) == text("mail.to_question", language, question=shown)


def test_tables_lists_and_code_are_html_and_plain_lines() -> None:
    table = "Rates:\n\n| Plan | Price |\n|---|---|\n| Team | `8` |\n| **Pro** | 12 \\| 14 |"
    assert as_text(table) == "Rates:\n\n- Team: 8\n- Pro: 12 | 14"
    assert "<tr><td>Team</td><td><code>8</code></td></tr>" in as_html(table)
    assert "<th" in as_html(table)
    wide = "| Plan | Price | Seats |\n|:--|--:|-|\n| Team | 8 | 10 |"
    assert as_text(wide) == "- Team\n  Price: 8\n  Seats: 10"
    nested = "- one\n  - deep `x`\n- two\n  more"
    assert (
        as_html(nested) == "<ul>\n<li>one\n<ul>\n<li>deep <code>x</code></li>\n</ul></li>\n<li>two<br>more</li>\n</ul>"
    )
    assert as_text(nested) == "- one\n  - deep x\n- two\n  more"
    assert as_html("1. a\n3. c") == '<ol>\n<li>a</li>\n<li value="3">c</li>\n</ol>'
    assert as_text("1. a\n1. b") == "1. a\n2. b"
    assert as_text("## Head\n```sh\nrun | <x>\n```\n*soft* 2 * 3 a_b_c") == "Head\n\nrun | <x>\n\nsoft 2 * 3 a_b_c"
    assert "<pre>run | &lt;x&gt;</pre>" in as_html("```sh\nrun | <x>\n```")
    assert as_text("#123 is mine | yours") == "#123 is mine | yours"


def test_hostile_markdown_stays_within_its_cells() -> None:
    shown = as_html("| <b>a</b> | [x](javascript:1) |\n|-|-|\n| `<script>` | <img src=x> |\n\n" + "  " * 40 + "- deep")
    assert set(re.findall(r"<(\w+)", shown)) <= {"table", "tr", "th", "td", "code", "ul", "li", "p"}


def test_the_end_of_a_ticket_is_told_once_and_not_where_it_was_opened_again() -> None:
    assert "is now closed" in news("en", TicketStatus.CLOSED)
    assert news("en", TicketStatus.REOPENED) == ""


@pytest.mark.parametrize("language", languages())
def test_a_mail_of_the_chat_says_whether_answers_to_it_are_read(language: str) -> None:
    mail = CustomerMail("M", "C1", CustomerMailKind.TRANSCRIPT, "a@b.example", language, NOW)
    event = Event(seq=1, at=NOW, author=Author.CUSTOMER, text="Hi")
    named = {"sender": "Shop <help@shop.example>", "company": "", "url": "", "now": NOW}
    unread, read = (customer_mail(mail, [event], **named, is_read=one) for one in (False, True))  # type: ignore[arg-type]
    bodies = [email.message_from_bytes(raw, policy=email.policy.default).get_content() for raw in (unread, read)]
    assert text("mail.footer", language) in bodies[0]
    assert text("mail.footer_read", language) in bodies[1]
    assert text("mail.footer", language) not in bodies[1]


def test_the_numbers_of_sources_stand_with_what_they_prove() -> None:
    answer = (
        "Two steps:\n\n1. Open it.\n2. Press reset.\n\n[1] [2]\n\nThen wait.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[3]"
    )
    assert "2. Press reset. [1] [2]\n\nThen wait." in as_text(answer)
    assert as_text(answer).endswith("\n\n[3]")
    assert "<li>Press reset. [1] [2]</li>" in as_html(answer)
