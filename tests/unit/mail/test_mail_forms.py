"""Charsets by their wider kin, and forms of text: flowed, enriched, html under another name, yEnc, signed data."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import base64

import pytest

from firstline.adapters.mail_parser import parse_mail
from firstline.adapters.mail_plain import is_html, unflowed, without_enriched, without_mailbox_marks
from firstline.adapters.mail_text import decoded_text
from firstline.adapters.rtf_text import rtf_text
from firstline.adapters.signed_data import signed_content
from firstline.adapters.yenc import without_yenc

HEAD = b"From: Ada <ada@home.example>\r\nTo: help@shop.example\r\nSubject: Lamp\r\n"
PLAIN = "Content-Type: text/plain; charset=utf-8"


def mail(content: bytes | str, *headers: str) -> bytes:
    body = content if isinstance(content, bytes) else content.encode()
    return HEAD + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n" + body


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("佢哋喺邊度？唔該晒你哋幫手。", "big5hkscs", "big5"),
        ("①番の商品、㈱例の髙橋です", "cp932", "Shift-JIS"),
        ("Witam, „gdzie” jest moja żółta lampa?", "cp1250", "iso-8859-2"),
        ("Де моя їжа? Її ще немає, є лише ґудзик", "koi8-u", "koi8-r"),
        ("Καλημέρα, πού είναι η παραγγελία μου;", "cp1253", ""),
        ("Где мой заказ? Верните деньги, пожалуйста.", "cp866", ""),
        ("Где мой заказ? Верните деньги, пожалуйста.", "cp1251", "win-1251"),
        ("Où est-elle, s'il vous plaît ?", "utf-16-le", ""),
        ("Où est-elle ?", "utf-16", "utf-16"),
        ("주문한 똠방각하는 언제 오나요", "cp949", "euc-kr"),
        ("siparişim nerede, “lütfen”", "cp1254", "iso-8859-9"),
    ],
)
def test_a_charset_s_wider_kin_is_read_under_its_name(text: str, encoding: str, declared: str) -> None:
    assert decoded_text(text.encode(encoding), declared)[0] == text


def test_japanese_mail_may_hold_the_letters_that_windows_adds() -> None:
    # JIS rows 13: a digit one in a circle, and "company" in brackets.
    content = "注文 ".encode("iso2022_jp") + b"\x1b$B-!-j\x1b(B" + "です".encode("iso2022_jp")
    assert decoded_text(content, "iso-2022-jp")[0] == "注文 ①㈱です"


def test_bad_bytes_in_a_text_of_utf_8_are_the_only_ones_read_otherwise() -> None:
    lines = "Zażółć gęślą jaźń, proszę.\n".encode() + "Envoyé à tous\n".encode("latin-1")
    assert decoded_text(lines, "utf-8") == ("Zażółć gęślą jaźń, proszę.\nEnvoyé à tous\n", False)
    assert decoded_text("Zażółć".encode() + b" \xe9t\xe9 " + "jaźń".encode(), "")[0] == "Zażółć été jaźń"


def test_utf_8_that_was_encoded_twice_is_read_and_a_few_broken_letters_may_be_meant() -> None:
    text = "Déjà reçu, mais où est la lampe que j'ai commandée à Noël à Orléans ?"
    twice = text.encode().decode("latin-1").encode()
    assert decoded_text(twice, "utf-8")[0] == text
    assert decoded_text("Your page shows MÃ¼ller".encode(), "utf-8") == ("Your page shows MÃ¼ller", True)


def test_flowed_lines_are_paragraphs() -> None:
    written = "One \nline.\n\n> quoted \n> on\n>> deeper\n-- \nAda \nStone\n >not quoted"
    assert unflowed(written, delete_space=False) == (
        "One line.\n\n> quoted on\n>> deeper\n-- \nAda Stone\n >not quoted"
    )
    assert unflowed("foo \nbar\nend", delete_space=True) == "foobar\nend"
    read = parse_mail(mail("It is \nbroken.", f"{PLAIN}; format=flowed; delsp=no"))
    assert read.text == "It is broken."


def test_enriched_text_is_its_words() -> None:
    written = "<bold>My</bold> lamp\nis <<new> <color><param>blue</param>and</color>\n\nbroken"
    assert without_enriched(written) == "My lamp is <new> and\nbroken"
    assert parse_mail(mail(written, "Content-Type: text/enriched")).text == "My lamp is <new> and\nbroken"
    assert without_enriched("One<nl>two <lt>b>", is_richtext=True) == "One\ntwo <b>"


def test_text_in_rtf_is_its_words() -> None:
    written = (
        r"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0 Arial;}}{\*\generator X;}\f0 Dzie\'f1 dobry,\par "
        r"gdzie\u8203? jest \b lampa\b0  {\i\u8222?nowa\u8221\'94}?\line \{1\}}"
    )
    assert rtf_text(written) == "Dzień dobry,\ngdzie\u200b jest lampa „nowa”?\n{1}"
    assert parse_mail(mail(r"{\rtf1 Where is it?\par}", "Content-Type: text/rtf")).text == "Where is it?"
    assert rtf_text(r"{\rtf1 Hello{\v pay me} Ada\v  x\v0  there{\*\x \v0 now}}") == "Hello Ada there"
    assert rtf_text("{" * 200_000 + "\\rtf1 a" + "}" * 300_000) == "a"


@pytest.mark.parametrize(
    ("text", "is_page"),
    [
        ("<!DOCTYPE html><p>hi</p></body>", True),
        (" <html><body>hi</body></html>", True),
        ("<div>hi<br>there</div>\n", True),
        ("<p>is the tag that I mean", False),
        ("<3 your shop", False),
        ("Put <html> into it.</p>", False),
    ],
)
def test_html_that_is_said_to_be_plain_is_told(text: str, is_page: bool) -> None:
    assert is_html(text) is is_page


def test_hidden_words_of_html_that_is_said_to_be_plain_are_left_out() -> None:
    read = parse_mail(mail("<html><p>Hello</p><p style='display:none'>Pay me.</p></html>", PLAIN))
    assert (read.text, read.problems) == ("Hello", ("hidden_text",))


def test_a_mailbox_s_mark_before_from_is_taken_away_and_a_quote_stays() -> None:
    assert without_mailbox_marks("Hi\n\n>From then on it failed.\nAda") == "Hi\n\nFrom then on it failed.\nAda"
    quoted = "> Hi\n>From then on it failed.\n> Ada"
    assert without_mailbox_marks(quoted) == quoted


def test_files_in_yenc_are_files() -> None:
    content = bytes(range(256))
    coded = b"".join(
        b"=" + bytes([(code + 64) % 256]) if code in b"\0\r\n=" else bytes([code])
        for code in ((byte + 42) % 256 for byte in content)
    )
    block = (
        b"=ybegin line=128 size=256 name=a b.bin\r\n" + coded[:128] + b"\r\n" + coded[128:] + b"\r\n=yend size=256\r\n"
    )
    read = parse_mail(mail(b"See:\r\n" + block + b"Ada", "Content-Type: text/plain"))
    assert (read.text, [(file.name, file.content) for file in read.files]) == ("See:\nAda", [("a b.bin", content)])
    for words in (b"=ybegin line=1 name=a\r\nno end", b"=yend x\r\n=ybegin name=a\r\n"):
        assert without_yenc(words) == (words, [])


def der(tag: int, *values: bytes) -> bytes:
    content = b"".join(values)
    length = bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes([tag]) + length + content


def indefinite(tag: int, *values: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(values) + b"\0\0"


SIGNED, DATA, SEALED = (bytes.fromhex(f"06092a864886f70d01070{number}") for number in (2, 1, 3))
INNER = PLAIN.encode() + b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nWo ist sie, f=C3=BCr mich?"


def signed(octets: bytes, kind: bytes = SIGNED) -> bytes:
    fields = (der(2, b"\1"), der(0x31), indefinite(0x30, DATA, indefinite(0xA0, octets)))
    return der(0x30, kind, der(0xA0, der(0x30, *fields)))


@pytest.mark.parametrize(
    "octets", [der(4, INNER), indefinite(0x24, der(4, INNER[:40]), der(4, INNER[40:]))], ids=["whole", "pieces"]
)
def test_the_mail_within_signed_data_is_read(octets: bytes) -> None:
    head = ("Content-Type: application/pkcs7-mime; name=smime.p7m", "Content-Transfer-Encoding: base64")
    read = parse_mail(mail(base64.encodebytes(signed(octets)), *head))
    assert (read.text, read.files, read.problems) == ("Wo ist sie, für mich?", (), ())
    sealed = parse_mail(mail(base64.encodebytes(signed(octets, SEALED)), *head))
    assert (sealed.text, sealed.problems, [file.name for file in sealed.files]) == ("", ("encrypted",), ["smime.p7m"])


def test_signed_data_that_is_cut_off_or_nested_without_end_is_none_or_less() -> None:
    whole = signed(der(4, INNER))
    for end in range(len(whole)):
        content = signed_content(whole[:end])
        assert content is None or INNER.startswith(content)
    assert signed_content(b"\x30\x80" * 100_000) is None
    assert signed_content(b"") is None
