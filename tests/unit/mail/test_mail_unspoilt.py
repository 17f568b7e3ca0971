"""Correct mails are read as they are: words about html, sources, keys, units and letters that look like another's."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import base64

import pytest

from firstline.adapters.mail_parser import parse_mail
from firstline.adapters.mail_plain import is_html
from firstline.adapters.mail_text import decoded_text
from firstline.adapters.rtf_text import is_rtf
from firstline.adapters.yenc import without_yenc

HEAD = "From: ada@home.example\nSubject: Lamp\nMIME-Version: 1.0\n"
PLAIN = f"{HEAD}Content-Type: text/plain; charset=utf-8\n"
KEY = base64.b64encode(b"secret licence key for ada lovelace, until 2026").decode()


@pytest.mark.parametrize(
    "words",
    [
        "<style> does nothing in my template </style>",
        "<head>\n<script src='https://x.example/w.js' data-key='K1'></script>\n</head>\n\nIs this right?",
        "<p> or <div>: which one do you want? I tried <b>bold</b>",
        "<p>Hello</p> is shown in my widget as text. How do I mend <b>this</b>",
        "<html> tag in my page gives an error, and so does <b>this</b>",
        "<html> or <body>: which one ends with </body>",
        "<?xml version='1.0'?><html>...</html> is what your server returns. Why?",
        "<!DOCTYPE html>\n<html><body>x</body></html>\n\nWhy is this page empty?",
        "<div id=chat></div>\n\nThe chat does not appear.\n\n<style>.x{}</style>",
        "<table> does not work; I wrote\n\n<table><tr><td>1</td></tr></table>",
        "{\\rtf1 is the first line of my file, and it does not open.",
        "{\\rtf1\\ansi is how my file begins} and my question is: can you open it?",
        "--z\nContent-Type: text/html\n\n<p>x</p>\n--z--\nI get this from you. What can I do?",
        "=ybegin line=128 size=3 name=x\nabc is this yenc?\n=yend size=3",
        "=ybegin line=128 name=x\nabc\n=yend",
        KEY,
        "Your mail says:\nGr=C3=BC=C3=9Fe aus M=\nunchen, Stra=C3=9Fe\nWhy?",
        "Hello,\n>From Monday on you deliver?\nYes",
        "Hello,\n\n>From Monday on you deliver to Spain?\n\nYes",
        "> You wrote:\n\n>From Monday on we deliver.\n\nYes",
        "Größe \x1b(B\x1b[m für Grüße",
        "Ã¼ Ã¤ Ã¶ ÃŸ Ã© Ã¨ Ã¹ Ã§ Ã± is what I see in your mails.",
        "Your mail shows Ã¼ instead of ü, Ã¤ for ä, Ã¶ for ö, ÃŸ for ß, Ã© for é, Ã¨, Ã¹ and Ã§. Why?",
    ],
)
@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_words_that_look_like_another_form_are_shown_as_they_came(words: str, encoding: str) -> None:
    content = words.encode() if encoding == "8bit" else base64.encodebytes(words.encode())
    read = parse_mail(f"{PLAIN}Content-Transfer-Encoding: {encoding}\n\n".encode() + content)
    assert (read.text.strip(), read.files, read.problems) == (words, (), ())


@pytest.mark.parametrize(
    "words",
    [
        "Content-Type: text/html is what your webhook sends. Why?\n\nIt should be json.",
        "Content-Type: text/html\n\nThis line is in each of your mails.",
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-16\n\nThese headers are what I see.",
        "Content-Type: multipart/mixed; boundary=z\n\nWhat does it mean?",
    ],
)
def test_lines_of_mime_that_do_not_fit_what_follows_are_words(words: str) -> None:
    for head in ("From: ada@home.example\n\n", f"{HEAD}Content-Type: multipart/mixed; boundary=q\n\n--q\n\n"):
        tail = "\n--q--" if "--q" in head else ""
        assert parse_mail(f"{head}{words}{tail}".encode()).text == words


def test_fields_of_mime_that_fit_what_follows_are_fields() -> None:
    body = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\nWhere is it?\n--z--\n"
    assert parse_mail(f"From: ada@home.example\n\n{body}".encode()).text == "Where is it?"


@pytest.mark.parametrize("fields", ["", "Content-Type: text/plain\n"])
def test_a_part_without_a_blank_line_keeps_the_mail_that_it_shows(fields: str) -> None:
    words = "Hello, is it from you?\n____\nFrom: Shop\nSubject: Win\nDate: today\nTo: Ada\n\nDear Ada"
    head = f"{HEAD}Content-Type: multipart/mixed; boundary=q\n\n"
    assert parse_mail(f"{head}--q\n{fields}{words}\n--q--".encode()).text == words


def test_a_part_s_own_fields_are_read_below_a_line_that_is_none() -> None:
    head = f"{HEAD}Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: text/plain\nno field\n"
    assert parse_mail(f"{head}Content-Transfer-Encoding: base64\n\nSGVsbG8=\n--q--".encode()).text == "Hello"


def test_what_is_whole_is_read_in_its_form() -> None:
    assert is_html("<p>Dear Ada,</p>\n<p>where is it?<br/></p>\n")
    assert is_html("<style>a > b { x }</style><div>hi</div>")
    assert is_html("<!DOCTYPE html>\n<html><head></head><body>Hi<p>Ada</body></html>\n")
    assert is_rtf("{\\rtf1\\ansi\\deff0 Where {\\b is} it\\{?\\par}\r\n\0")
    text, files = without_yenc(b"=ybegin line=9 size=2 name=a\nkl\n=yend size=2\nAda")
    assert (text, files) == (b"Ada", [(b"a", b"AB")])


UNITS = (
    "Toleranz ±5 µm, ±3 µm, ±2 µm",
    "Größe|ß|µ|±5°|²|³",
    "¼ ½ ¾ ² ³ ¹",
    "Það er ekki komið, hvað á ég að gera?",
    "Það er komið við mig, með þér, það er það",
    "Ísafjörður, Þóra, Ævar, Ýmir",
    "Åse Ødegård, Þór",
    "Øystein, Åse, José, Zoë, Müller, Þór, Françoise, Iñaki",
    "¥500, ¥200, ¥100",
    "10 µF, 22 µF, 47 µF",
    "10 m³, 20 m³, 30 m³, 40 m³",
    "×××× ÷÷÷÷",
)


@pytest.mark.parametrize("words", UNITS)
def test_letters_and_units_of_western_europe_are_read_as_declared(words: str) -> None:
    content = words.encode("latin-1")
    assert decoded_text(content, "iso-8859-1") == (words, True)
    assert decoded_text(content, "")[0] == words
    raw = b"From: a@b.example\nSubject: " + content + b'\nContent-Type: a/b; name="' + content + b'"\n\nx'
    read = parse_mail(raw)
    assert (read.subject, read.files[0].name) == (words, words)


@pytest.mark.parametrize(
    ("words", "charset"),
    [
        ("Где моя лампа? Здравствуйте.", "cp1251"),
        ("Καλημέρα, πού είναι η παραγγελία μου;", "cp1253"),
        ("Zażółć gęślą jaźń, proszę", "cp1250"),
        ("Şifremi değiştiremiyorum, yardım eder misiniz lütfen", "cp1254"),
        ("我的订单还没有到,谢谢。", "gb18030"),
    ],
)
def test_several_words_of_another_language_overrule_what_is_declared_by_habit(words: str, charset: str) -> None:
    assert decoded_text(words.encode(charset), "iso-8859-1") == (words, False)


@pytest.mark.parametrize("name", ["utf-8''x%41.pdf", "us-ascii'en'100%25.pdf", "iso-8859-1''50%25%C3.pdf"])
def test_a_name_without_a_star_is_decoded_only_where_it_holds_letters_of_utf_8(name: str) -> None:
    for written in (f'"{name}"', name):
        raw = f"Content-Type: application/pdf\nContent-Disposition: attachment; filename={written}\n\n%PDF"
        assert [file.name for file in parse_mail(raw.encode()).files] == [name]


def test_what_begins_like_an_encoded_word_of_no_charset_stays_in_a_subject() -> None:
    assert parse_mail(b"Subject: token =?a?b?abcdefgh end\n\nx").subject == "token =?a?b?abcdefgh end"


def test_lines_broken_where_they_are_full_are_quoted_printable() -> None:
    line = b"Wo bleibt die Lampe f=C3=BCr meine K=C3=BCche, die ich im April bestellt habe=\n, und wann?\n=\n"
    read = parse_mail(PLAIN.encode() + b"\n" + line)
    assert read.text.strip() == "Wo bleibt die Lampe für meine Küche, die ich im April bestellt habe, und wann?"
    assert read.problems == ("transfer_encoding",)
