"""Who a mail says that it comes from: nothing but an address that every reader takes for the same one."""

from __future__ import annotations

import pytest

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.parsed_mail import Mailbox, ParsedMail

VICTIM, MALLORY = "victim@bank.example", "mallory@evil.example"


def sent(sender: str) -> ParsedMail:
    return parse_mail(f"From: {sender}\r\nTo: s@shop.example\r\nSubject: x\r\n\r\nHello".encode())


@pytest.mark.parametrize(
    "sender",
    [
        "=?utf-8?q?victim=40bank=2Eexample=2C?= <mallory@evil.example>",
        "=?utf-8?q?=3Cvictim=40bank=2Eexample=3E=2C?= <mallory@evil.example>",
        "=?utf-8?q?Victim_=3Cvictim=40bank=2Eexample=3E?= <mallory@evil.example>",
        "=?utf-8?b?PHZpY3RpbUBiYW5rLmV4YW1wbGU+LA==?= <mallory@evil.example>",
        "=?utf-8?q?=3D=3Futf-8=3Fq=3Fvictim=3D40bank=2Eexample=3F=3D?= <mallory@evil.example>",
        '"victim@bank.example, x" <mallory@evil.example>',
        '"Victim <victim@bank.example>" <mallory@evil.example>',
        '"Victim \\" <victim@bank.example>" <mallory@evil.example>',
        "(victim@bank.example) <mallory@evil.example>",
        "(a (victim@bank.example) b) <mallory@evil.example>",
        "(\\) <victim@bank.example> (x)) <mallory@evil.example>",
        "mallory@evil.example (Victim <victim@bank.example>)",
        "mallory@evil.example " + "(a)" * 30 + "(victim@bank.example)",
        "<(victim@bank.example)mallory@evil.example>",
    ],
)
def test_an_address_within_a_name_or_a_comment_is_no_address(sender: str) -> None:
    read = sent(sender)
    assert read.sender is not None
    assert (read.sender.address, read.sender_is_clear) == (MALLORY, True)
    assert VICTIM not in read.sender.name


@pytest.mark.parametrize(
    "sender",
    [
        "victim@bank.example <mallory@evil.example>",
        "Victim <victim@bank.example> <mallory@evil.example>",
        "<mallory@evil.example> <victim@bank.example>",
        "victim@bank.example, mallory@evil.example",
        "mallory@evil.example; victim@bank.example",
        "mallory@evil.example victim@bank.example",
        "Bank: victim@bank.example, mallory@evil.example;",
        "Bank: victim@bank.example;",
        "<@evil.example:victim@bank.example>",
        "<@bank.example,@x.example:mallory@evil.example>",
        "victim@bank.example@evil.example",
        "<victim@bank.example@evil.example>",
        "=?utf-8?q?victim=40bank=2Eexample?=",
        "=?utf-8?q?Victim?= <=?utf-8?q?victim=40bank=2Eexample?=>",
        "=?utf-8?q?x,<victim@bank.example>?= <mallory@evil.example>",
        "vic(x)tim@bank.example",
        "( <victim@bank.example>",
        '"Victim <victim@bank.example>',
        "Victim victim@bank.example",
        "victim@bank.example <>",
        "victim@bank.example\r\nFrom: mallory@evil.example",
        "victim@bank.example\r\nFrom: victim@bank.example",
        "x\r\nFrom : y\rFrom: victim@bank.example",
        "",
    ],
)
def test_what_can_be_read_in_two_ways_is_no_clear_sender(sender: str) -> None:
    assert not sent(sender).sender_is_clear


def test_sender_stands_for_no_from_and_changes_none() -> None:
    without = parse_mail(b"Sender: victim@bank.example\r\nTo: s@shop.example\r\n\r\nHello")
    assert (without.sender, without.sender_is_clear) == (Mailbox(VICTIM), False)
    other = parse_mail(b"Sender: victim@bank.example\r\nFrom: mallory@evil.example\r\n\r\nHello")
    assert (other.sender, other.sender_is_clear) == (Mailbox(MALLORY), True)


@pytest.mark.parametrize(
    "sender",
    [
        "<victim@ban\u212a.example>",
        "<v\u0130ctim@bank.example>",
        "<vict\u0456m@bank.example>",
        "<victim@xn--bnk-6cd.example>",
        "<victim@bank\u3002example>",
        "<victim\uff20bank.example>",
        "<victim\u200b@bank.example>",
        "<victim\u00ad@bank.example>",
        "<victim@bank.example.evil.example>",
        '<"victim@bank.example"@evil.example>',
        '"victim@bank.example"@evil.example',
        '<"victim "@bank.example>',
        "<.victim@bank.example>",
        "<'victim@bank.example>",
        "<victim+x@bank.example>",
        "<vic tim@bank.example>",
    ],
)
def test_an_address_that_looks_alike_is_another_one(sender: str) -> None:
    read = sent(sender)
    assert read.sender is None or read.sender.address != VICTIM


@pytest.mark.parametrize(
    "sender",
    [
        "VICTIM@Bank.Example",
        "victim@bank.example.",
        "'victim@bank.example'",
        "Victim <'victim@bank.example'>",
        '"victim"@bank.example',
        "< victim (c) @ (d) bank.example >",
        "<victim@bank.example>",
    ],
)
def test_an_address_written_otherwise_is_the_same_one(sender: str) -> None:
    read = sent(sender)
    assert read.sender is not None
    assert (read.sender.address, read.sender_is_clear) == (VICTIM, True)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("=?utf-8?q?Garc=C3=ADa=2C_Jos=C3=A9?= <j@x.example>", "García, José"),
        ("=?utf-8?q?Garc=C3=ADa,_Jos=C3=A9?= <j@x.example>", "García, José"),
        ('"=?utf-8?q?Garc=C3=ADa?=, =?utf-8?q?Jos=C3=A9?=" <j@x.example>', "García, José"),
        ("García, José <j@x.example>", "García, José"),
        ("=?utf-8?b?5bGx55Sw?=\r\n =?utf-8?b?5aSq6YOO?= <j@x.example>", "山田太郎"),
        ("j@x.example (José García)", "José García"),
        ('"O\'Neill, \\"Jo\\"" <j@x.example>', 'O\'Neill, "Jo"'),
        ("j@x.example <j@x.example>", ""),
        ('"j@x.example" <j@x.example>', ""),
    ],
)
def test_a_name_is_whole_whatever_stands_in_it(sender: str, name: str) -> None:
    read = sent(sender)
    assert (read.sender, read.sender_is_clear) == (Mailbox("j@x.example", name), True)


def test_several_addresses_of_recipients_are_all_read() -> None:
    read = parse_mail(
        b'To: Team: "Bo, B." <bo@x.example>, cy@x.example;, undisclosed:;\r\n'
        b"Cc: =?utf-8?q?Di=2C_D?= <di@x.example>; ed@x.example\r\nCc: fa@x.example\r\n"
        b"Reply-To: gi@x.example hu@x.example\r\n\r\nHello"
    )
    assert read.to == (Mailbox("bo@x.example", "Bo, B."), Mailbox("cy@x.example"))
    assert [mailbox.address for mailbox in read.cc] == ["di@x.example", "ed@x.example", "fa@x.example"]
    assert [mailbox.address for mailbox in read.reply_to] == ["gi@x.example", "hu@x.example"]


@pytest.mark.parametrize("piece", ["<", '"<', '<"', "(\\", "=?a?q?", "a@", '\\"', "<a@b>(", ":", "'"])
def test_an_endless_address_ends(piece: str) -> None:
    assert parse_mail(f"From: {piece * 20_000}\r\nSubject: x\r\n\r\nwords".encode()).text == "words"
