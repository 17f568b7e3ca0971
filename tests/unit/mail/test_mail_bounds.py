"""Bounds of a mail's reading: time that grows with its length, senders that are cut off, signed data beside a text."""

from __future__ import annotations

import base64
import random
import re
from email.message import Message

import pytest

from firstline.adapters import mail_addresses, mail_mixed, mail_parser
from firstline.adapters.mail_addresses import read_addresses
from firstline.adapters.mail_bounds import MAX_HEAD_LINES, MAX_TEXT_BYTES
from firstline.adapters.mail_headers import MAX_HEADERS
from firstline.adapters.mail_parameters import raw_values, unfolded
from firstline.adapters.mail_parser import parse_mail
from firstline.adapters.mail_plain import unflowed
from firstline.domain.mail.parsed_mail import DeliveryStatus, ParsedMail

VICTIM, MALLORY = b"victim@mail.example", b"<mallory@mail.example>"
FOLD = b"\r\n" + b" " * 900
DSN = (
    b"From: mailer@mail.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=z\r\n\r\n"
    b"--z\r\n\r\nnot delivered\r\n--z\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x\r\n\r\n"
    b"Final-Recipient: rfc822; ada@home.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--z--\r\n"
)


class Counted:
    """A pattern that counts the places at which it is tried."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self.n_tried = 0

    def match(self, text: str, place: int) -> re.Match[str] | None:
        self.n_tried += 1
        return self.pattern.match(text, place)


def test_lines_of_a_field_are_joined_as_one_expression_would_join_them() -> None:
    chance = random.Random(3)
    for _ in range(2_000):
        text = "".join(chance.choices("ab \t\n\r\v\u2003", k=chance.randrange(12)))
        assert unfolded(text) == (re.sub(r"\s*[\r\n]+\s*", " ", text) if "\n" in text else text)


def test_blanks_of_a_field_are_each_looked_at_few_times() -> None:
    part = Message()
    part["Content-Type"] = "text/plain;a" + " " * 19_000 + "x\n x"
    assert raw_values(part, "content-type") == ["text/plain;a" + " " * 19_000 + "x x"]
    assert parse_mail(b"X-A: b" + b" " * 19_000 + b"b\r\n c\r\n\r\nwords").header("x-a") == "b" + " " * 19_000 + "b c"


@pytest.mark.parametrize(("name", "value"), [("_QUOTED", '"' + '\\"' * 9_000), ("_ANGLE", '<"' + '\\<\\"' * 4_500)])
def test_what_is_never_closed_in_an_address_is_not_looked_for_at_each_place(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    counted = Counted(getattr(mail_addresses, name))
    monkeypatch.setattr(mail_addresses, name, counted)
    assert not read_addresses([value], str).clear
    assert 1 <= counted.n_tried <= 100


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ('"Ada \\"A\\" B" <ada@home.example>', ["ada@home.example"]),
        ('Ada "A <ada@home.example>', ["ada@home.example"]),
        ("<@a.example,@b.example:ada@home.example>", ["ada@home.example"]),
        ('"bo@home.example" \\"x ada@home.example', ["ada@home.example"]),
    ],
)
def test_quotes_and_routes_of_addresses_are_read_as_before(value: str, addresses: list[str]) -> None:
    assert [mailbox.address for mailbox in read_addresses([value], str).mailboxes] == addresses


def test_a_paragraph_of_many_flowed_lines_is_joined() -> None:
    assert unflowed("a \n" * 3_000 + "b", delete_space=False) == "a " * 3_000 + "b"
    assert unflowed("> a \n> b\nc \nd", delete_space=True) == "> ab\ncd"


def test_letters_of_two_charsets_in_one_line_are_put_right_without_a_call_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded: list[str] = []

    def counted(text: str, charset: str) -> str:
        decoded.append(text)
        return text

    monkeypatch.setattr(mail_mixed, "_decoded", counted)
    assert mail_mixed.mixed_text(b"\xc3\xa4\xe4\x80\n" * 40) == "\u00e4\u00e4\u20ac\n" * 40
    assert len(decoded) <= 1


@pytest.mark.parametrize(
    "head",
    [
        b"From: " + VICTIM + FOLD * 23 + MALLORY + b"\r\n",
        b"From: " + VICTIM + b"\r\n" + b"X: y\r\n" * MAX_HEADERS + b"From: " + MALLORY + b"\r\n",
        b"From: " + VICTIM + b"\r\n" + b"X: y\r\n" * MAX_HEAD_LINES + b"From: " + MALLORY + b"\r\n",
        b"From: " + VICTIM + b"\r\n" + b" y\r\n" * MAX_HEAD_LINES + b"From: " + MALLORY + b"\r\n",
        b"From: " + VICTIM + b"\r\nX: boundary=b\r\n" + b"--bA: y\r\n" * 2_001 + b"From: " + MALLORY + b"\r\n",
        b"From: " + VICTIM + b"\r\nFrom" + b" " * 21 + b": " + MALLORY + b"\r\n",
        b"From: " + VICTIM + b"\r\nfrom\t\x0b : " + MALLORY + b"\r\n",
        b"From" + b" " * 21 + b": " + MALLORY + b"\r\nFrom: " + VICTIM + b"\r\n",
    ],
)
def test_a_sender_of_whose_headers_some_are_cut_off_is_not_clear(head: bytes) -> None:
    assert not parse_mail(head + b"Subject: x\r\n\r\nwords").sender_is_clear


def test_a_long_field_of_another_name_or_a_quoted_mail_below_leaves_the_sender_clear() -> None:
    head = b"From: " + VICTIM + b"\r\nX: " + b"y" * 30_000 + b"\r\n" + b"To: a@b.example\r\n"
    read = parse_mail(head + b"\r\nFrom: " + MALLORY + b"\r\nFrom : " + MALLORY + b"\r\n")
    assert read.sender is not None and (read.sender.address, read.sender_is_clear) == (VICTIM.decode(), True)


def mail_of(*parts: bytes, kind: bytes = b"mixed") -> ParsedMail:
    body = b"".join(b"--q\r\n" + part + b"\r\n" for part in parts)
    return parse_mail(
        b"From: a@b.example\r\nContent-Type: multipart/" + kind + b"; boundary=q\r\n\r\n" + body + b"--q--"
    )


def test_text_beyond_what_is_read_of_a_mail_is_kept_as_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_parser, "MAX_TEXT_BYTES", 10)
    read = mail_of(*(b"Content-Type: text/plain\r\n\r\n" + word * 6 for word in (b"a", b"b", b"c")))
    assert (read.text.split(), [file.content for file in read.files]) == (["aaaaaa", "bbbbbb"], [b"cccccc"])
    assert read.problems == ("too_long",)
    # A mail of one text is read whatever its length.
    alone = parse_mail(b"From: a@b.example\r\n\r\n" + b"abcdefghi\n" * (MAX_TEXT_BYTES // 40))
    assert (alone.files, alone.problems) == ((), ()) and alone.text.startswith("abcdefghi")


def der(tag: int, content: bytes) -> bytes:
    n = len(content)
    return bytes([tag]) + (bytes([n]) if n < 128 else bytes([0x82]) + n.to_bytes(2, "big")) + content


def signed(content: bytes) -> bytes:
    """Return a part of signed data that encloses a mail."""
    data = der(0x30, bytes.fromhex("06092a864886f70d010701") + der(0xA0, der(4, content)))
    whole = der(0x30, der(2, b"\1") + der(0x31, b"") + data)
    encoded = base64.encodebytes(der(0x30, bytes.fromhex("06092a864886f70d010702") + der(0xA0, whole)))
    head = b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n"
    return head + b"Content-Disposition: attachment; filename=smime.p7m\r\n\r\n" + encoded


def test_a_signed_mail_attached_beside_a_text_stays_a_file_and_reports_nothing() -> None:
    read = mail_of(b"Content-Type: text/plain\r\n\r\nWhy did this come back?", signed(DSN))
    assert (read.text.strip(), [file.name for file in read.files]) == ("Why did this come back?", ["smime.p7m"])
    assert (read.statuses, read.problems) == ((), ())


def test_a_signed_part_that_is_the_mails_body_is_opened() -> None:
    inner = b"Content-Type: text/plain\r\n\r\nWhere is my lamp?"
    for read in (parse_mail(b"From: a@b.example\r\n" + signed(inner)), mail_of(signed(inner))):
        assert (read.text.strip(), read.files) == ("Where is my lamp?", ())
    twice = mail_of(signed(inner), b"Content-Type: application/pkcs7-signature\r\n\r\nx", kind=b"signed")
    assert twice.text.strip() == "Where is my lamp?"
    bounce = parse_mail(b"From: a@b.example\r\n" + signed(DSN))
    assert bounce.statuses == (DeliveryStatus("ada@home.example", "failed", "5.1.1"),)


def test_a_forwarded_mail_that_is_signed_is_opened_as_forwarded() -> None:
    enclosed = b"Content-Type: message/rfc822\r\n\r\nFrom: shop@mail.example\r\n" + signed(DSN)
    read = mail_of(b"Content-Type: text/plain\r\n\r\nSee below.", enclosed)
    own, _, others = read.text.partition("Forwarded message")
    assert "See below." in own and "not delivered" in others and read.statuses == ()
