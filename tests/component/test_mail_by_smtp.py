"""Answers over a real SMTP server: they arrive whole, and a connection lost at the end has them sent once more."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from firstline.adapters.local.mailer import SMTPMailer
from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.allow_list import AllowList
from firstline.domain.mailer import Envelope
from firstline.services.allowed_mailer import AllowedMailer
from firstline.services.send_mails import MailReport
from tests.component.mail_out import SETTINGS, ask, deliver
from tests.component.received import OURS
from tests.component.world import World


class Inbox:
    """Takes mail; the next so many times it has it and hangs up without a word."""

    def __init__(self) -> None:
        self.received: list[tuple[str, list[str], bytes]] = []
        self.hangs_up = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if self.hangs_up:
            self.hangs_up -= 1
            server.transport.abort()
        return "250 taken"


@pytest.fixture
def smtp() -> Iterator[tuple[Inbox, SMTPMailer]]:
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, SMTPMailer("127.0.0.1", port)
    controller.stop()


def world_of(folder: Path, mailer: Any, **settings: Any) -> World:
    world = World(folder, **SETTINGS, **settings)
    world.post.send = mailer.send  # type: ignore[method-assign]
    return world


def test_an_answer_arrives_whole(tmp_path: Path, smtp: tuple[Inbox, SMTPMailer]) -> None:
    inbox, mailer = smtp
    world = world_of(tmp_path, mailer, mail_server_id="mx.shop.example")
    conversation_id = ask(
        world,
        "How do I reset a forgotten password?\n.\n.hidden \u00fcber \u4f60\u597d",
        subject="\u00dcber",
        Authentication_Results="mx.shop.example; dmarc=pass header.from=home.example",
    )
    assert deliver(world) == MailReport(delivered=1)
    ((sender, recipients, raw),) = inbox.received
    assert (sender, recipients) == (OURS, ["ada@home.example"])
    arrived = parse_mail(raw)
    assert arrived.subject == "Re: \u00dcber"
    assert "> .\n> .hidden \u00fcber \u4f60\u597d" in arrived.text.replace("\r\n", "\n")
    # The id stays as it is: an answer to it finds the thread by the map and by its signature.
    assert world.container.mailing.threads.conversation_of(arrived.message_id) == conversation_id
    assert list(world.container.mailing.marks.tokens.named(arrived)) != []


def test_a_connection_lost_after_the_message_has_it_sent_once_more_and_not_again(
    tmp_path: Path, smtp: tuple[Inbox, SMTPMailer]
) -> None:
    inbox, mailer = smtp
    world = world_of(tmp_path, mailer)
    ask(world)
    inbox.hangs_up = 1
    assert deliver(world) == MailReport(unknown=1)
    assert deliver(world, after_s=60) == MailReport()
    assert deliver(world, after_s=900) == MailReport(delivered=1)
    assert deliver(world, after_s=86_400) == MailReport()
    first, second = (parse_mail(raw).message_id for _, _, raw in inbox.received)
    assert first == second


def test_in_test_mode_no_mail_at_all_leaves_for_others(smtp: tuple[Inbox, SMTPMailer]) -> None:
    inbox, mailer = smtp
    held: list[int] = []
    allowed = AllowedMailer(mailer, AllowList.parse("Tester@out.example, @home.example"), on_held_back=held.append)
    message = b"Subject: x\r\n\r\nhello\r\n"
    for recipients in (["boss@shop.example"], ["boss@shop.example", "tester@out.example"], ["ADA@Home.example"]):
        allowed.send(message, Envelope(OURS, recipients))
    assert [recipients for _, recipients, _ in inbox.received] == [["tester@out.example"], ["ADA@Home.example"]]
    assert held == [1, 1]
    for wrong in ("x@sub.home.example", "home.example", "tester@out.example.evil"):
        assert not AllowList.parse("tester@out.example, @home.example").allows(wrong)
    assert AllowList.parse(" , ").allows("anybody@anywhere.example")
