"""Mails broken in more ways: two charsets, encoded twice, doubled brackets and fields, folds, pictures, invitations."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import base64
import quopri

import pytest

from firstline.adapters.mail_mixed import mixed_text
from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.sender_proof import SES, SenderProof, sender_proof

HEAD = b"From: Ada <ada@home.example>\r\nTo: help@shop.example\r\nSubject: Lamp\r\n"
PROVEN = f"Authentication-Results: {SES}; dmarc=pass header.from=home.example\r\n".encode()
OWN = "Où est la lampe, et la clé à côté ?"
EVENT = (
    "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\r\nDTSTART:20250304T090000Z\r\n"
    'DESCRIPTION;ALTREP="cid:a:b":Please bring the lamp\\, the bill\\; and\r\n  a bulb.\\nAda\r\n'
    "BEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR"
)


def mail(content: bytes | str, *headers: str) -> bytes:
    body = content if isinstance(content, bytes) else content.encode()
    return HEAD + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n" + body


def plain(charset: str) -> str:
    return f"Content-Type: text/plain; charset={charset}"


# Two charsets in one text


@pytest.mark.parametrize(
    ("own", "quoted", "charset"),
    [
        (OWN, "> Bitte die große Küche prüfen, und die Tür.", "cp1252"),
        ("à", "> Bitte die große Küche prüfen, und die Tür.", "cp1252"),
        ("Где же лампа?", "> Bitte die große Küche prüfen, und die Tür.", "cp1252"),
        (OWN, "> Пожалуйста, пришлите номер заказа и фотографию лампы.", "koi8-r"),
        ("Да.", "> Пожалуйста, пришлите номер заказа и фотографию лампы.", "cp1251"),
        ("Żółta lampa", "> Proszę wysłać zdjęcie lampy, którą pan kupił później.", "iso-8859-2"),
        ("灯在哪里?", "> 请把订单号码和照片发给我们,谢谢您的来信。", "gb18030"),
    ],
)
def test_each_line_is_read_in_its_own_charset(own: str, quoted: str, charset: str) -> None:
    content = f"{own}\n".encode() + quoted.encode(charset)
    declared = ["utf-8", "us-ascii", *([charset] if charset != "gb18030" and len(own) > 1 else [])]
    for name in declared:
        read = parse_mail(mail(content, plain(name), "Content-Transfer-Encoding: 8bit"))
        assert read.text == f"{own}\n{quoted}", name
        assert read.problems == ("charset",)


def test_letters_of_two_charsets_in_one_line_are_read_one_by_one() -> None:
    content = "Größe und Küche: ".encode() + "schöne grüße für die große tür".encode("cp1252")
    assert parse_mail(mail(content, plain("utf-8"))).text == "Größe und Küche: schöne grüße für die große tür"


@pytest.mark.parametrize(
    ("words", "charset"),
    [
        ("«MENÜ»\nFür die Küche und die Tür, sagt er.", "cp1252"),
        ("моё\nПожалуйста, пришлите лампу", "koi8-r"),
        ("联通\n请把订单号码和照片发给我们,谢谢您的来信。", "gb18030"),
        ("США»\nПожалуйста, пришлите лампу", "cp1251"),
    ],
)
def test_what_is_utf8_by_chance_is_not_read_so(words: str, charset: str) -> None:
    for name in {"utf-8", "gb2312" if charset == "gb18030" else charset}:
        assert parse_mail(mail(words.encode(charset), plain(name))).text == words, name


def test_a_text_in_one_charset_is_not_two() -> None:
    assert mixed_text("schöne Grüße".encode("cp1252")) is None
    assert mixed_text(b"\xff\xfe\x80" * 1_000) is None


# Encoded twice


def test_a_text_encoded_twice_is_decoded_twice() -> None:
    once = base64.encodebytes((OWN * 4).encode())
    for again in (base64.encodebytes(once), base64.encodebytes(base64.encodebytes(once))):
        assert parse_mail(mail(again, plain("utf-8"), "Content-Transfer-Encoding: base64")).text == OWN * 4
    quoted = quopri.encodestring(once)
    assert parse_mail(mail(quoted, plain("utf-8"), "Content-Transfer-Encoding: quoted-printable")).text == OWN * 4


@pytest.mark.parametrize(
    "words",
    [
        base64.b64encode(bytes(range(200, 250))).decode(),
        base64.b64encode(b'{"alg":"HS256","typ":"JWT","kid":"abcdefgh"}').decode(),
        f"My code is {base64.b64encode(OWN.encode()).decode()}",
        f"{base64.b64encode(OWN.encode() * 2).decode()}\nWhat does it mean?",
    ],
)
def test_a_key_or_a_code_among_words_is_left_as_it_is(words: str) -> None:
    encoded = base64.encodebytes(words.encode())
    assert parse_mail(mail(encoded, plain("utf-8"), "Content-Transfer-Encoding: base64")).text == words


def test_a_file_in_base64_is_decoded_once() -> None:
    file = base64.encodebytes(b"Where is my lamp, and where is my key?\n" * 3)
    head = ("Content-Type: text/plain; name=key.b64", "Content-Disposition: attachment")
    read = parse_mail(mail(base64.encodebytes(file), *head, "Content-Transfer-Encoding: base64"))
    assert [one.content for one in read.files] == [file]


# Addresses and fields


@pytest.mark.parametrize(
    "written",
    [
        '"Ada" <<mailto:Ada@Home.example>',
        "Ada <mailto:ada@home.example>",
        "Ada <<ada@home.example>>",
        "Ada <MAILTO:ada@home.example?subject=x>",
        "Ada [mailto:ada@home.example]",
        "Ada mailto:ada@home.example",
    ],
)
def test_an_address_written_as_a_link_is_read_and_proves_nothing(written: str) -> None:
    read = parse_mail(PROVEN + f"From: {written}\r\nTo: s@shop.example\r\n\r\nHello".encode())
    assert read.sender is not None
    assert (read.sender.address, read.sender_is_clear) == ("ada@home.example", False)
    assert sender_proof(read, SES) is SenderProof.UNPROVEN


def test_a_name_loses_the_brackets_that_are_too_many() -> None:
    assert parse_mail(b"From: Ada <<ada@home.example>>\r\n\r\nx").sender == Mailbox("ada@home.example", "Ada")
    group = parse_mail(b"From: x@home.example\r\nTo: mailto list: bo@x.example;\r\n\r\nx")
    assert group.to == (Mailbox("bo@x.example"),)


@pytest.mark.parametrize("empty", [b"From:\r\n", b"From: \r\n", b"From: \t\r\n \r\n", b"From: <>\r\n"])
def test_an_empty_sender_before_the_real_one_is_no_proof(empty: bytes) -> None:
    for head in (empty + HEAD, HEAD + empty):
        read = parse_mail(PROVEN + head + b"\r\nx")
        assert read.sender == Mailbox("ada@home.example", "Ada")
        assert not read.sender_is_clear
        assert sender_proof(read, SES) is SenderProof.UNPROVEN


def test_of_equal_fields_the_first_that_is_not_empty_counts() -> None:
    html = b"Content-Type:\r\nContent-Type: text/html\r\n"
    read = parse_mail(
        b"Subject:\r\nMessage-ID:\r\n" + HEAD + b"Message-ID: <a@b>\r\nSubject: x\r\n" + html + b"\r\n<p>y"
    )
    assert (read.subject, read.message_id, read.text) == ("Lamp", "a@b", "y")
    assert parse_mail(b"Subject:\r\n\r\nx").subject == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?UTF-8?B?V28gaXN0IGRp\r\n ZSBTY2jDvHNzZWw/?=", "Wo ist die Schüssel?"),
        ("=?UTF-8?B?V28gaXN0IGRp\r\n ZSBTY2jDvHNzZWwg aGll\r\n\tcg?=", "Wo ist die Schüssel hier"),
        ("=?UTF-8?B?V28gaXN0IGRpZSBTY2jDvHNzZWwga?=", "Wo ist die Schüssel"),
        ("Re: =?UTF-8?Q?K=C3=\r\n BCche_und_T=\r\n C3=BCr?= x", "Re: Küche_und_Tür x".replace("_", " ")),
        ("=?UTF-8?Q?a = b, Caf=C3=A9?=", "a = b, Café"),
        ("Лампа =?UTF-8?Q?Caf=C3=A9?= Größe", "Лампа Café Größe"),
        ("\\u0041 =?UTF-8?Q?Caf=C3=A9?= \\u0042 =?x", "\\u0041 Café \\u0042 =?x"),
    ],
)
def test_encoded_words_with_a_fold_in_them_or_raw_letters_beside_them_are_read(written: str, shown: str) -> None:
    assert parse_mail(f"Subject: {written}\r\n\r\nx".encode()).subject == shown


@pytest.mark.parametrize("piece", ["=?a?b?x ", "=?a?q?= ", "x =?a?b?", "=?a?b?x y?= ", "= A", "=?a?b?x ?="])
def test_an_endless_encoded_word_ends(piece: str) -> None:
    assert parse_mail(f"Subject: {piece * 20_000}\r\n\r\nwords".encode()).text == "words"


# Pictures and invitations


def test_a_mail_of_pictures_only_says_what_they_are_said_to_show() -> None:
    page = (
        '<a href="x"><img src="1.png" alt="All  lamps\nhalf price"></a><div style="font-size:0"><img alt="Until May">'
    )
    page += '</div><img alt="Until May"><img alt=""><img alt="logo.png"><img alt="Image 2"><img hidden alt="secret">'
    page += '<img alt="A table Description automatically generated"><div style="display:none"><img alt="secret"></div>'
    read = parse_mail(mail(page, "Content-Type: text/html"))
    assert read.text == "All lamps half price\nUntil May"


@pytest.mark.parametrize("words", ["<p>My lamp is broken.</p>", ""])
def test_pictures_beside_words_say_nothing(words: str) -> None:
    body = "--cut\r\nContent-Type: text/plain\r\n\r\n" + ("" if words else "My lamp is broken.")
    body += f'\r\n--cut\r\nContent-Type: text/html\r\n\r\n{words}<img alt="Acme Lamps">\r\n--cut--'
    read = parse_mail(mail(body, "Content-Type: multipart/mixed; boundary=cut"))
    assert read.text.strip() == "My lamp is broken."


@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_an_invitation_that_is_all_of_a_mail_says_its_description(encoding: str) -> None:
    event = EVENT.format(method="REQUEST").encode()
    head = ("Content-Type: text/calendar", f"Content-Transfer-Encoding: {encoding}")
    read = parse_mail(mail(base64.encodebytes(event) if encoding == "base64" else event, *head))
    line = "[Calendar: Visit | 2025-03-04 09:00 UTC | request]"
    assert read.text == f"{line}\n\nPlease bring the lamp, the bill; and a bulb.\nAda"


def test_an_invitation_beside_words_and_a_reply_to_one_are_a_line() -> None:
    body = f"--cut\r\n\r\nSee you.\r\n--cut\r\nContent-Type: text/calendar\r\n\r\n{EVENT.format(method='REQUEST')}\r\n"
    read = parse_mail(mail(f"{body}--cut--", "Content-Type: multipart/mixed; boundary=cut"))
    assert read.text == "See you.\n\n[Calendar: Visit | 2025-03-04 09:00 UTC | request]"
    reply = parse_mail(mail(EVENT.format(method="REPLY"), "Content-Type: text/calendar"))
    assert reply.text == "[Calendar: Visit | 2025-03-04 09:00 UTC | reply]"


@pytest.mark.parametrize("line", ["DESCRIPTION;a=b;", "DESCRIPTION:\\n\r\n ", "BEGIN:VALARM\r\n", "BEGIN:VEVENT\r\n"])
def test_an_endless_invitation_ends(line: str) -> None:
    event = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\r\n{line * 10_000}"
    assert parse_mail(mail(event, "Content-Type: text/calendar")).text.startswith("[Calendar: Visit]")
