"""Mails are read however broken they are."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest

from firstline.adapters.mail_headers import MAX_HEADERS, header_text
from firstline.adapters.mail_html_text import html_text
from firstline.adapters.mail_parser import MAX_DEPTH, parse_mail
from firstline.adapters.mail_text import decoded_text
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.reply_text import reply_text


def part(content: bytes | str, *headers: str) -> bytes:
    body = content if isinstance(content, bytes) else content.encode()
    return "\r\n".join([*headers, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("iso-8859-1", "cp1252", "Grüße, 5 € für “uns”"),
        ("gb2312", "gb18030", "您好，我的订单在哪里？"),
        ("shift_jis", "cp932", "注文はどこですか。㈱"),
        ("iso-2022-jp", "iso2022_jp", "注文はどこですか"),
        ("ks_c_5601-1987", "cp949", "주문은 어디에 있나요"),
        ("us-ascii", "utf-8", "zażółć gęślą jaźń"),
        ("windows-1254", "cp1254", "siparişim nerede"),
        ("x-unknown", "utf-8", "où est ma commande ?"),
        ("", "cp1252", "où est ma commande, s'il vous plaît"),
        ("utf-8", "cp1252", "où est ma commande, s'il vous plaît"),
        ("utf-8", "gb18030", "您好，我的订单在哪里？谢谢您的帮助"),
        ("", "iso2022_jp", "注文はどこですか"),
        ("", "cp1251", "где мой заказ, пожалуйста"),
        ("", "cp1256", "نسيت كلمة المرور الخاصة بي"),
    ],
)
def test_text_is_decoded_by_its_charset_else_by_what_fits(charset: str, encoding: str, text: str) -> None:
    declared = f"Content-Type: text/plain; charset={charset}" if charset else "Content-Type: text/plain"
    read = parse_mail(part(text.encode(encoding), declared, "Content-Transfer-Encoding: 8bit"))
    assert read.text == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?5rOo5paH?= 12", "注文 12"),
        ("=?x-unknown?q?caf=E9?=", "café"),
        ("=?utf-8?b?!!!?= 12", "12"),
        ("one\r\n\ttwo\r\n three", "one two three"),
        ("plain\x00\x07text", "plain text"),
        ("a\r\nBcc: eve@mail.example", "a Bcc: eve@mail.example"),
    ],
)
def test_headers_are_decoded_into_one_line(written: str, shown: str) -> None:
    assert header_text(written) == shown


def test_raw_utf_8_in_headers_is_read() -> None:
    read = parse_mail("From: Jürgen <j@mail.example>\r\nSubject: Bestellung für Köln\r\n\r\nx".encode())
    assert (read.subject, read.sender) == ("Bestellung für Köln", Mailbox("j@mail.example", "Jürgen"))


def test_plain_text_is_preferred_and_files_are_apart() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "Ada <ada@mail.example>", "support@shop.example, Bo <bo@mail.example>"
    message["References"] = "<a@x.example> <b@x.example>"
    message["In-Reply-To"] = "<b@x.example>"
    message.set_content("plain words")
    message.add_alternative("<p>html words</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Größe.pdf")
    read = parse_mail(message.as_bytes())
    assert read.text.strip() == "plain words"
    assert "html words" in read.html
    assert [(file.name, file.media_type, file.content) for file in read.files] == [
        ("Größe.pdf", "application/pdf", b"%PDF-1.7")
    ]
    assert read.addresses() == ["support@shop.example", "bo@mail.example"]
    assert read.references == ("a@x.example", "b@x.example")


def test_of_html_alone_the_words_that_it_shows_are_read() -> None:
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Hello&nbsp;there,</p><div>first<br>second</div>"
        "<script>steal()</script><div style='display: none'>hidden</div><ul><li>one</li><li>two</li></ul></body></html>"
    )
    read = parse_mail(part(html, "Content-Type: text/html"))
    assert read.text == "Hello there,\n\nfirst\nsecond\n\n- one\n- two"


@pytest.mark.parametrize(
    "quoted",
    [
        '<div class="gmail_quote"><div class="gmail_attr">On Wed, May 1, 2024 at 10:00 AM Ada &lt;<a href="mailto:a@b.'
        'example">a@b.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote">old words</blockquote></div>',
        '<blockquote type="cite"><div>On 1 May 2024, at 10:00, Ada &lt;a@b.example&gt; wrote:</div><div>old words</div>'
        "</blockquote>",
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Ada &lt;a@b.example&gt;<br><b>Sent:</b>'
        " Wednesday, May 1, 2024<br><b>To:</b> Bo<br><b>Subject:</b> Order</div><div>old words</div>",
        '<div class="yahoo_quoted"><div>On Wednesday, May 1, 2024, Ada &lt;a@b.example&gt; wrote:</div><div>old words'
        "</div></div>",
        '<div class="moz-cite-prefix">On 01/05/2024 10:00, Ada wrote:<br></div><blockquote type="cite">old words'
        "</blockquote>",
    ],
    ids=["gmail", "apple", "outlook", "yahoo", "thunderbird"],
)
def test_of_html_replies_only_the_new_words_are_the_reply(quoted: str) -> None:
    html = f'<body><div>New words.</div><div class="gmail_signature">Bo<br>Example Ltd</div>{quoted}</body>'
    assert reply_text(html_text(html)).text == "New words."


def test_a_missing_boundary_loses_no_words() -> None:
    read = parse_mail(part("--x\r\nContent-Type: text/plain\r\n\r\nWords.\r\n--x--", "Content-Type: multipart/mixed"))
    assert read.text.strip() == "Words."
    assert "boundary" in read.problems
    assert parse_mail(part("Only words.", 'Content-Type: multipart/mixed; boundary="y"')).text == "Only words."


def test_a_forwarded_mail_that_is_attached_is_a_file_and_its_id_is_known() -> None:
    inner = EmailMessage()
    inner["Message-ID"] = "<inner@mail.example>"
    inner.set_content("inner words")
    outer = EmailMessage()
    outer.set_content("outer words")
    outer.add_attachment(inner)
    read = parse_mail(outer.as_bytes())
    assert read.text.strip() == "outer words"
    assert [file.media_type for file in read.files] == ["message/rfc822"]
    assert read.enclosed_ids == ("inner@mail.example",)


def nested(levels: int) -> bytes:
    opening = b"".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode() for n in range(levels)
    )
    return opening + b"Content-Type: text/plain\r\n\r\ndeep words\r\n"


def test_nesting_is_read_to_a_depth_and_no_further() -> None:
    assert "deep words" in parse_mail(nested(MAX_DEPTH)).text
    for levels in (100, 3_000):
        read = parse_mail(b"Subject: deep\r\n" + nested(levels))
        assert read.subject == "deep"
        assert "too_deep" in read.problems


def test_two_thousand_headers_and_thousands_of_parts_are_bounded() -> None:
    headers = b"".join(f"X-Header-{n}: {n}\r\n".encode() for n in range(2_000))
    read = parse_mail(headers + b"Auto-Submitted: auto-replied\r\n\r\nwords")
    assert (read.header("auto-submitted"), read.text) == ("auto-replied", "words")
    assert len(parse_mail(headers * 3 + b"\r\nwords").headers) == MAX_HEADERS
    parts = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 2_000
    read = parse_mail(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts)
    assert "too_many_parts" in read.problems


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"no headers at all",
        b"\0" * 1_000,
        bytes(range(256)) * 40,
        b"Content-Type: text/plain; charset=\r\n\r\nx",
        b"Content-Type: text/plain; charset*0=utf-8; charset*1*=''x\r\n\r\nx",
        b"Content-Type: ;;;\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
        b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----',
        b'From: "<>,,;@[]\r\nTo: undisclosed:;\r\nSubject: =?utf-8?q?=\r\n\r\nx',
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 20_000 + b"x",
        b"Content-Type: text/html\r\n\r\n<p" + b" a" * 50_000,
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 x\r\n#garbage\r\n",
        b"Content-Disposition: attachment; filename*=x''%FF%FE\r\n\r\nx",
    ],
)
def test_whatever_comes_something_is_returned(raw: bytes) -> None:
    read = parse_mail(raw)
    assert "\0" not in read.text
    assert all("\n" not in value and "\r" not in value for _, value in read.headers)


def test_a_text_in_base64_is_decoded() -> None:
    content = base64.b64encode("Grüße".encode())
    read = parse_mail(part(content, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"))
    assert read.text == "Grüße"


def test_what_cannot_be_told_is_still_text() -> None:
    text, certain = decoded_text(b"\x81\x8d\x8f\x90\x9d", "")
    assert not certain
    assert isinstance(text, str)


def several(kind: str, *parts: bytes) -> bytes:
    boundary = f"{kind}{len(parts)}"
    divided = b"".join(f"--{boundary}\r\n".encode() + one + b"\r\n" for one in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
    return head.encode() + divided + f"--{boundary}--".encode()


HTML, PLAIN = "Content-Type: text/html; charset=utf-8", "Content-Type: text/plain; charset=utf-8"


def test_a_footer_in_plain_text_does_not_replace_the_words_in_html() -> None:
    read = parse_mail(
        several("mixed", part("<p>How do I reset it?</p>", HTML), part("-- \r\nThe list's footer", PLAIN))
    )
    assert read.text.split("\n") == ["How do I reset it?", "", "-- ", "The list's footer"]
    assert reply_text(read.text).text == "How do I reset it?"


def test_siblings_of_both_kinds_stand_in_their_order() -> None:
    parts = [part("one", PLAIN), part("<p>two <b>words</b></p>", HTML), part("three", PLAIN)]
    assert parse_mail(several("mixed", *parts)).text == "one\n\ntwo words\n\nthree"


def test_html_that_only_repeats_the_plain_text_beside_it_is_not_said_twice() -> None:
    words = "My lamp is broken, please send me a new one."
    assert parse_mail(several("mixed", part(words, PLAIN), part(f"<p>{words}</p>", HTML))).text == words


@pytest.mark.parametrize(
    "stub",
    [
        "Your email client does not support HTML.",
        "Ihr Programm zeigt kein HTML an.",
        "This is a multi-part message. View it in your browser: https://mail.example/view?id=1",
        " \r\n",
    ],
)
def test_of_alternatives_a_stub_is_not_taken_for_the_words(stub: str) -> None:
    read = parse_mail(several("alternative", part(stub, PLAIN), part("<p>How do I reset my password?</p>", HTML)))
    assert read.text == "How do I reset my password?"


def test_of_alternatives_the_plain_text_is_taken_also_where_the_html_has_more() -> None:
    html = "<p>Yes, please.</p><img alt='x'><p>Ada Stone, Head of Support, Example Widgets, 1 High Street</p>"
    assert parse_mail(several("alternative", part("Yes, please.", PLAIN), part(html, HTML))).text == "Yes, please."


def test_of_alternatives_with_pictures_and_files_between_each_word_is_read_once() -> None:
    shown = several("mixed", part("<p>Before.</p>", HTML), part(b"%PDF", "Content-Type: application/pdf"))
    read = parse_mail(several("alternative", part("Before.\r\n\r\nAfter.", PLAIN), shown, part("<p>After.</p>", HTML)))
    assert read.text == "Before.\n\nAfter."
    assert [file.media_type for file in read.files] == ["application/pdf"]


def test_a_stub_stays_where_its_html_shows_nothing() -> None:
    html = "<div style='display:none'>Give me a refund of my order now please.</div>"
    read = parse_mail(several("alternative", part("Hello there.", PLAIN), part(html, HTML)))
    assert (read.text, read.problems) == ("Hello there.", ("hidden_text",))


@pytest.mark.parametrize("own", [part("<p>Is it yours?</p>", HTML), part("Is it yours?", PLAIN)], ids=["html", "plain"])
def test_the_words_of_a_forwarded_mail_are_not_the_customer_s(own: bytes) -> None:
    theirs = part(part("Pay now.", "From: z@z.example", "Subject: inner", PLAIN), "Content-Type: message/rfc822")
    read = parse_mail(several("mixed", own, theirs))
    assert reply_text(read.text).text == "Is it yours?"
    assert read.text.endswith("From: z@z.example\nSubject: inner\n\nPay now.")
    assert parse_mail(several("mixed", theirs)).text == "Pay now."


def test_a_report_within_a_forwarded_mail_is_no_report_of_this_one() -> None:
    fields = "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n"
    status = part(fields, "Content-Type: message/delivery-status")
    bounce = several("report", part("It failed.", PLAIN), status)
    read = parse_mail(
        several("mixed", part("What does this mean?", PLAIN), part(bounce, "Content-Type: message/rfc822"))
    )
    assert (read.statuses, reply_text(read.text).text) == ((), "What does this mean?")
    assert [one.recipient for one in parse_mail(bounce).statuses] == ["a@b.example"]


def test_plain_words_that_are_said_to_be_in_base64_are_read() -> None:
    words = "Hello, how do I reset my password? Thank you."
    read = parse_mail(part(words, PLAIN, "Content-Transfer-Encoding: base64"))
    assert (read.text, read.problems) == (words, ("transfer_encoding",))
    broken = part("SGVs bG8gd29y!!\r\nbGQ", PLAIN, "Content-Transfer-Encoding: base64")
    assert parse_mail(broken).text == "Hello world"


def test_files_that_stand_uuencoded_in_a_text_are_files() -> None:
    read = parse_mail(part("See file\r\n\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\nThanks", PLAIN))
    assert read.text == "See file\n\nThanks"
    assert [(file.name, file.content) for file in read.files] == [("a.txt", b"Cat")]
    for words in ("begin 644 a.txt\nno such line\nend\n", "begin 644 a.txt\n#0V%T\n", "begin 100 days\nof rain\nend"):
        assert (parse_mail(part(words, PLAIN)).text, parse_mail(part(words, PLAIN)).files) == (words, ())


def test_bytes_of_chinese_that_a_relay_took_for_letters_are_chinese_again() -> None:
    taken = "軟體更新".encode("big5").decode("latin-1").encode()
    assert decoded_text(taken, "big5") == ("軟體更新", False)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Jörg <joerg@müller.example>", "joerg@xn--mller-kva.example"),
        ("joerg@straße.example", "joerg@straße.example"),
        ("ada@ｈome.example", "ada@ｈome.example"),
        ("jörg@post.example", "jörg@post.example"),
    ],
)
def test_domains_of_other_letters_are_named_as_mail_is_sent_to_them(written: str, address: str) -> None:
    sender = parse_mail(f"From: {written}\r\n\r\nx".encode()).sender
    assert sender is not None and sender.address == address
