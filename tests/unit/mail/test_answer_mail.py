"""Answers by mail: their headers, their words in twelve languages, and what strangers cannot put into them."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.intent import judge_intent
from firstline.domain.locales import languages, text, texts
from firstline.domain.mail.answer_body import Answer, MailSender, Quoted
from firstline.domain.mail.answer_mail import MAX_REFERENCES_SENT, answer_mail, support_addresses
from firstline.domain.mail.gate import judge
from firstline.domain.mail.greeting import greeting_name
from firstline.domain.mail.mail_body import MAX_QUOTED_LINES
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.reply_text import reply_text
from firstline.domain.mail.thread import MailThread
from firstline.domain.mail.threading import ThreadTokens, ticket_numbers
from firstline.domain.mail.verdict import GateReason, Ours, Verdict
from firstline.domain.turn import Citation, Intent

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONVERSATION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
TOKENS = ThreadTokens(b"k" * 32)
SENDER = MailSender("help@shop.example", "Shop", "", TOKENS, "mark-1")
THREAD = MailThread(
    CONVERSATION,
    "Broken lamp",
    "help@shop.example",
    Mailbox("zoe@mail.example", "Zoe Ray"),
    cc=("boss@mail.example",),
    references=("first@mail.example", "second@mail.example"),
    last_received="second@mail.example",
)
KEYS = ("greeting", "greeting_named", "sources", "person", "ticket", "closing", "automatic", "quoted")


def made(answer: Answer | str = "Switch it on.", thread: MailThread = THREAD, sender: MailSender = SENDER) -> bytes:
    said = Answer(answer) if isinstance(answer, str) else answer
    return answer_mail(said, thread, sender, mail_id="01MAIL", now=NOW)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def part(raw: bytes, kind: str = "plain") -> str:
    body = parsed(raw).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def cited(number: int, title: str, url: str, source: str = "a.md") -> Citation:
    return Citation(
        number=number, chunk_id="c", source=source, title=title, heading="", url=url, quote="q", distance=0.1
    )


def test_an_answer_is_of_its_thread_and_says_that_nobody_wrote_it() -> None:
    message = parsed(made(Answer("Switch it on.", ticket_id="AB12CD34")))
    assert (message["From"], message["To"]) == ("Shop <help@shop.example>", "Zoe Ray <zoe@mail.example>")
    assert message["Cc"] == "boss@mail.example"
    assert message["Subject"] == "Re: Broken lamp"
    assert "AB12CD34" in part(made(Answer("Switch it on.", ticket_id="AB12CD34")))
    assert message["In-Reply-To"] == "<second@mail.example>"
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert (message["X-Loop"], message["List-Unsubscribe"]) == ("mark-1", None)
    assert message.get_content_type() == "multipart/alternative"
    assert [found.get_content_type() for found in message.iter_parts()] == ["text/plain", "text/html"]
    assert not message.defects
    assert made() == made()


def test_a_reply_to_it_leads_back_by_its_address_and_by_each_of_its_ids() -> None:
    message = parsed(made())
    by_address = parse_mail(f"To: {message['Reply-To']}\nFrom: x@y.example\n\nhi".encode())
    assert list(TOKENS.named(by_address)) == [CONVERSATION]
    references = str(message["References"]).split()
    assert references[0] == "<first@mail.example>"
    assert references[-1] == "<second@mail.example>"
    # SES has put an id of its own in place of ours: the one in References is what is left.
    by_reference = parse_mail(
        f"From: x@y.example\nReferences: {' '.join(references)} <0100@email.amazonses.com>\n\nhi".encode()
    )
    assert list(TOKENS.named(by_reference)) == [CONVERSATION]
    by_own_id = parse_mail(f"From: x@y.example\nIn-Reply-To: {message['Message-ID']}\n\nhi".encode())
    assert list(TOKENS.named(by_own_id)) == [CONVERSATION]


def test_a_person_writes_without_saying_that_a_program_did() -> None:
    raw = made(Answer("Hi!", automatic=False, offers_person=False, person="Ada"))
    message = parsed(raw)
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == (None, None)
    assert "automated" not in part(raw)
    assert "Ada\nShop" in part(raw)


def test_ticket_news_may_be_unsubscribed_from_and_the_gate_knows_the_wish() -> None:
    message = parsed(made(Answer("Your ticket is resolved.", news=True)))
    address, subject = re.fullmatch(r"<mailto:([^?]+)\?subject=(\w+)>", message["List-Unsubscribe"]).groups()  # type: ignore[union-attr]
    wish = parse_mail(f"From: zoe@mail.example\nTo: {address}\nSubject: {subject}\n\n".encode())
    assert (judge(wish).verdict, judge(wish).reason) == (Verdict.IGNORE, GateReason.UNSUBSCRIBE)
    assert list(TOKENS.named(wish)) == [CONVERSATION]


def test_our_own_answer_that_comes_back_is_a_loop_and_elsewhere_an_automatic_reply() -> None:
    back = parse_mail(made())
    assert judge(back, ours=Ours(loop_mark="mark-1")).verdict is Verdict.LOOP
    assert judge(back).verdict is Verdict.AUTO_REPLY


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: x@evil.example", "a\nBcc: x@evil.example\n\nbody", "\x00\u2028Bcc: x", "\ud83d"]
)
def test_nothing_that_strangers_write_makes_a_header(evil: str) -> None:
    thread = replace(
        THREAD,
        subject=evil,
        customer=Mailbox("zoe@mail.example", evil),
        cc=(evil, "c@mail.example", "C@mail.example", "zoe@mail.example"),
        references=(f"<{evil}@x>", evil, "ok@mail.example"),
        last_received=evil,
    )
    said = Answer(evil, person=evil, citations=[cited(1, evil, evil, evil)], quoted=Quoted(evil, NOW))
    raw = made(said, thread, replace(SENDER, name=evil, signature=evil))
    message = parsed(raw)
    expected = {"from", "to", "cc", "reply-to", "subject", "date", "message-id", "references", "auto-submitted"}
    expected |= {"x-auto-response-suppress", "x-loop", "mime-version", "content-type"}
    assert {name.lower() for name in message} == expected
    assert message["Cc"] == "c@mail.example"
    assert b"\x00" not in raw
    assert raw.replace(b"\r\n", b"").find(b"\n") == -1
    raw.decode("ascii")


def test_who_has_no_address_is_written_to_by_an_error() -> None:
    for address in ("", "no address", "a@b\r\nBcc: c@d.example"):
        with pytest.raises(ValueError, match="e-mail address"):
            made(thread=replace(THREAD, customer=Mailbox(address)))


@pytest.mark.parametrize("n", [0, 1, 19, 20, 400])
def test_a_chain_of_any_length_keeps_its_first_and_its_newest_in_whole_ids(n: int) -> None:
    ids = [f"{number:04}-{'x' * 200}@mail.example" for number in range(n)]
    thread = replace(THREAD, references=tuple(ids), last_received=ids[-1] if ids else "")
    message = parsed(made(thread=thread))
    found = str(message["References"]).split()
    assert len(found) <= MAX_REFERENCES_SENT
    assert len(found) == min(n + 1, MAX_REFERENCES_SENT)
    if ids:
        assert found[0 if n > 1 else -1] == f"<{ids[0]}>"
        assert found[-1] == f"<{ids[-1]}>"
    assert max(map(len, made(thread=thread).split(b"\r\n"))) <= 998


def test_an_answer_refers_to_the_mail_that_it_answers_and_to_nothing_that_came_after_it() -> None:
    ids = ("one@mail.example", "two@shop.example", "three@mail.example", "four@mail.example")
    thread = replace(THREAD, references=ids, last_received="three@mail.example")
    message = parsed(made(thread=thread))
    assert message["In-Reply-To"] == "<three@mail.example>"
    first, second, own, last = str(message["References"]).split()
    assert [first, second, last] == ["<one@mail.example>", "<two@shop.example>", "<three@mail.example>"]
    assert TOKENS.conversation_id(own.strip("<>").partition(".")[0]) == CONVERSATION
    gone = parsed(made(thread=replace(thread, last_received="lost@mail.example")))
    assert str(gone["References"]).split()[::2] == ["<one@mail.example>", "<lost@mail.example>"]


def test_an_address_that_nobody_has_proven_gets_no_words_of_a_stranger_that_lead_anywhere() -> None:
    evil = "Click http://evil.example now"
    thread = replace(THREAD, subject=f"{evil} or evil.example/login", customer=Mailbox("vic@bank.example", evil))
    raw = made(Answer("Switch it on.", to_stranger=True), thread)
    assert parsed(raw)["To"] == "vic@bank.example"
    assert b"evil" not in raw
    assert parsed(raw)["Subject"] == "Re: Click \u2026 now or \u2026"
    known = made(Answer("Switch it on."), thread)
    assert "evil.example" in str(parsed(known)["Subject"])


@pytest.mark.parametrize(
    ("name", "greeted"),
    [("Zoe Ray", "Hello Zoe Ray,"), ("Your house is on fire", "Hello,"), ("\u4f60" * 31, "Hello,")],
)
def test_a_stranger_is_greeted_by_what_is_as_short_as_a_name(name: str, greeted: str) -> None:
    thread = replace(THREAD, customer=Mailbox("vic@bank.example", name))
    assert part(made(Answer("Switch it on.", to_stranger=True), thread)).splitlines()[0] == greeted


def test_nothing_in_a_quote_leads_anywhere() -> None:
    said = "See http://evil.example/a?b, www.evil.example, evil.example/login and report.pdf"
    raw = made(Answer("Yes.", quoted=Quoted(said, NOW)))
    assert "> See \u2026 \u2026 \u2026 and report.pdf" in part(raw)
    assert "evil" not in part(raw) + part(raw, "html")


def test_a_quote_names_who_wrote_it_and_not_whom_the_answer_goes_to() -> None:
    assert "Bo Ek wrote:" in part(made(Answer("Yes.", quoted=Quoted("x", NOW, "Bo Ek"))))
    assert "bo@mail.example wrote:" in part(made(Answer("Yes.", quoted=Quoted("x", NOW, "bo@mail.example"))))


def test_ids_that_are_none_are_left_out() -> None:
    thread = replace(
        THREAD, references=("a b@c", "no-at", "<x@y>", "\u00fc@y", "z" * 300 + "@y", "ok@y"), last_received=""
    )
    message = parsed(made(thread=thread))
    assert str(message["References"]).split()[:1] == ["<ok@y>"]
    assert len(str(message["References"]).split()) == 2
    assert message["In-Reply-To"] is None


def test_sources_are_links_only_where_they_lead_to_the_web() -> None:
    sources = [
        cited(1, "Lamps & <b>light</b>", "https://help.example/lamps?a=1&b=2"),
        cited(2, "Notes", "", "notes.md"),
        cited(3, "Lamps & <b>light</b>", "https://help.example/lamps?a=1&b=2"),
        cited(4, "Trap", "javascript:alert(1)"),
        cited(5, "Trap", 'https://x.example/" onclick="alert(1)'),
        cited(6, "", "", "folder/file.md"),
    ]
    raw = made(Answer("On [1], off [2].", citations=sources))
    assert (
        "[1][3] Lamps & <b>light</b>: https://help.example/lamps?a=1&b=2\n[2] Notes\n[4][5] Trap\n[6] file.md\n"
        in part(raw)
    )
    shown = part(raw, "html")
    assert re.findall(r'<a href="([^"]*)"', shown) == ["https://help.example/lamps?a=1&amp;b=2"]
    assert "&lt;b&gt;light" in shown
    assert "javascript" not in shown
    assert "onclick" not in shown


def test_html_shows_paragraphs_and_runs_and_loads_nothing() -> None:
    said = (
        "See **this**:\n\n1. One <script>alert(1)</script>\n2. Two\n\n![x](https://evil.example/p.png) "
        "[words](https://a.example/b) https://c.example/d.\n[bad](javascript:alert(1))"
    )
    shown = part(made(Answer(said, quoted=Quoted("<img src=x onerror=alert(1)> https://evil.example", NOW))), "html")
    assert "<p>See <strong>this</strong>:</p>" in shown
    assert "<ol>\n<li>One &lt;script&gt;alert(1)&lt;/script&gt;</li>\n<li>Two</li>\n</ol>" in shown
    assert '<a href="https://a.example/b">words</a>' in shown
    assert '<a href="https://c.example/d">https://c.example/d</a>.' in shown
    known = {"html", "body", "p", "br", "strong", "a", "div", "blockquote", "ol", "li"}
    assert set(re.findall(r"<(\w+)", shown)) <= known
    assert '"javascript:' not in shown
    assert 'href="https://evil.example"' not in shown
    assert "See this:" in part(made(Answer(said)))


def test_the_mail_that_is_answered_is_quoted_from_its_beginning() -> None:
    long = "\n".join(f"line {number}" for number in range(100))
    body = part(made(Answer("Yes.", quoted=Quoted(long, NOW))))
    assert "On 1 June 2026 at 12:00 (UTC), Zoe Ray wrote:\n> line 0\n> line 1\n" in body
    assert sum(line.startswith(">") for line in body.splitlines()) == MAX_QUOTED_LINES
    assert body.rstrip().endswith("> [...]")


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Zoe Ray", "Zoe Ray"),
        ("Ray, Zoe", "Zoe Ray"),
        ("Anne-Marie O'Neill", "Anne-Marie O'Neill"),
        ("J. R. Fern\u00e1ndez", "J. R. Fern\u00e1ndez"),
        ("\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530 \u592a\u90ce"),
        ("Maria Lopez (Sales)", "Maria Lopez"),
        ("'Maria Lopez' via Google Groups", "Maria Lopez"),
        ("Maria via Google Groups", "Maria"),
        ("John Smith, PhD", "John Smith"),
        ("Dr. Smith, John", "John Smith"),
        ("Garc\u00eda, Jos\u00e9", "Jos\u00e9 Garc\u00eda"),
        ("MARIA LOPEZ", "Maria Lopez"),
        ("maria de la cruz", "Maria de la Cruz"),
        ("JEAN-LUC O'NEILL", "Jean-Luc O'Neill"),
        ("\u5c71\u7530\u592a\u90ce\u69d8", "\u5c71\u7530\u592a\u90ce"),
        ("\u682a\u5f0f\u4f1a\u793e\u5c71\u7530", ""),
        ("info", ""),
        ("noreply", ""),
        ("jsmith", ""),
        ("ACME", ""),
        ("Acme GmbH", ""),
        ("Acme Sp. z o.o.", ""),
        ("Customer Support", ""),
        ("Your account was closed click below today", ""),
        ("zoe@mail.example", ""),
        ("Win 100 now", ""),
        ("visit evil.example", ""),
        ("http://x", ""),
        ("x" * 61, ""),
        ("", ""),
    ],
)
def test_a_customer_is_greeted_by_a_name_and_by_nothing_else(name: str, greeted: str) -> None:
    assert greeting_name(name) == greeted
    first = part(made(thread=replace(THREAD, customer=Mailbox("zoe@mail.example", name)))).splitlines()[0]
    assert first == (f"Hello {greeted}," if greeted else "Hello,")


def test_a_subject_stays_the_customers_own_whatever_ticket_there_is_so_that_no_program_parts_the_thread() -> None:
    marked = replace(THREAD, subject="Re: AW: Lamp [#0AD12345]\r\n now")
    for ticket in ("", "NEW12345"):
        subject = str(parsed(made(Answer("x", ticket_id=ticket), marked))["Subject"])
        assert subject == "Re: Lamp [#0AD12345] now"
        assert ticket_numbers(subject) == ["0AD12345"]
    assert parsed(made(thread=replace(THREAD, subject="")))["Subject"] == "Re:"
    assert parsed(made(thread=replace(THREAD, subject="\u00dcber \u4f60\u597d " * 30)))["Subject"].startswith(
        "Re: \u00dcber"
    )


def test_addresses_of_ours_are_read_with_or_without_names() -> None:
    assert support_addresses(" Help <Help@Shop.example>, sales@shop.example ,") == [
        "help@shop.example",
        "sales@shop.example",
    ]
    assert support_addresses("") == []


def test_all_twelve_languages_have_the_words_of_mail() -> None:
    assert len(languages()) == 12
    for language in languages():
        for key in KEYS:
            assert texts(language)[f"mail.answer_{key}"]
            if language != "en":
                assert texts(language)[f"mail.answer_{key}"] != texts("en")[f"mail.answer_{key}"]


def answered(language: str) -> str:
    said = Answer(
        "Switch it on.\n\n1. One\n2. Two",
        language,
        [cited(1, "Lamps", "https://help.example/lamps")],
        ticket_id="AB12CD34",
        quoted=Quoted("My lamp is dark.\nWhat now?", NOW),
    )
    return part(made(said))


@pytest.mark.parametrize("language", languages())
def test_a_customers_program_quotes_our_mail_and_only_the_new_words_are_left(language: str) -> None:
    body = answered(language)
    assert text("person_request", language).rstrip(".\u3002") in body
    attribution = text("mail.answer_quoted", language, date="2026-06-02 09:30 UTC", name="Shop <help@shop.example>")
    quote = "\n".join(f"> {line}".rstrip() for line in body.splitlines())
    new = "It works. Thanks!"
    assert reply_text(f"{new}\n\n{attribution}\n{quote}\n").text.strip() == new
    # Programs that quote without marks, below an attribution or a block of headers.
    assert reply_text(f"{new}\n\n{attribution}\n\n{body}\n").text.strip() == new
    headers = "From: Shop <help@shop.example>\nSent: Tuesday, June 2, 2026 9:30 AM\nTo: Zoe\nSubject: Re: Lamp"
    assert reply_text(f"{new}\n\n{headers}\n\n{body}\n").text.strip() == new
    # Our own attribution alone parts our words from those that we quote.
    assert "My lamp is dark." not in reply_text(body).text
    assert judge_intent(new).label != Intent.HUMAN_REQUEST


@pytest.mark.parametrize("language", languages())
def test_a_reply_in_html_around_our_html_is_read_the_same(language: str) -> None:
    said = Answer("Switch it on.", language, quoted=Quoted("My lamp is dark.", NOW))
    ours = part(made(said), "html")
    attribution = text("mail.answer_quoted", language, date="2026-06-02 09:30 UTC", name="help@shop.example")
    html = f'<div>It works.</div><div class="gmail_quote"><div>{attribution}</div><blockquote>{ours}</blockquote></div>'
    raw = f"From: zoe@mail.example\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n{html}".encode()
    assert reply_text(parse_mail(raw).text).text.strip() == "It works."
