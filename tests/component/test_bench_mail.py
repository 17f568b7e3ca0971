"""The bench of mail, small: every mail is taken in on each side, and the figures are put together."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

from benchmarks import mail


def test_every_mail_is_taken_in_and_the_figures_stand_beside_the_peers(tmp_path: Path) -> None:
    told: list[str] = []
    result = mail.measure(tmp_path, count=12, progress=lambda what, done, total: told.append(what))
    assert told == ["SMTP alone", "peer", "Firstline"]
    assert result["mails"] == 12
    assert result["ratio"] == round(result["taken_in_per_s"] / result["peer_per_s"], 3)
    assert result["accepted_per_s"] >= result["taken_in_per_s"] > 0
    assert f"{result['taken_in_per_s']:.1f}" in mail.table(result)


def test_the_mails_differ_in_sender_and_form_and_are_the_same_every_time() -> None:
    made = mail.mails(40)
    assert made == mail.mails(40)
    read = [email.message_from_bytes(raw, policy=email.policy.default) for raw in made]
    assert len({message["from"] for message in read}) == len({message["message-id"] for message in read}) == 40
    assert {message.get_content_type() for message in read} == {
        "text/plain",
        "multipart/alternative",
        "multipart/mixed",
    }
