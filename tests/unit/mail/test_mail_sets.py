"""Our own sets: ordinary mail that looks like notices, what is none, and replies of many mail programs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.mail_html_text import html_text
from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.gate import judge
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.reply_text import reply_text
from firstline.domain.mail.verdict import GateReason, Verdict

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mail"
LANGUAGES = frozenset(["de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "sv", "tr", "zh"])
BOUNCES = frozenset({Verdict.BOUNCE_PERMANENT, Verdict.BOUNCE_TEMPORARY})


def rows(name: str) -> list[dict[str, Any]]:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def labelled(label: str) -> list[tuple[str, ParsedMail]]:
    found = [row for row in rows("gate/index.jsonl") if row["label"] == label]
    return [(row["id"], parse_mail(row["mail"].encode())) for row in found]


def test_of_ordinary_mail_that_looks_like_notices_at_most_one_in_two_hundred_is_stopped() -> None:
    mails = labelled("ordinary")
    languages = Counter(name.split("_")[1] for name, _ in mails)
    assert len(mails) >= 200 and set(languages) == LANGUAGES and min(languages.values()) >= 16
    stopped = [name for name, mail in mails if judge(mail).verdict not in (Verdict.ANSWER, Verdict.TICKET_ONLY)]
    assert len(stopped) <= 0.005 * len(mails), stopped


def test_ordinary_mail_is_answered_unless_nobody_reads_at_its_address() -> None:
    left = {judge(mail).reason for _, mail in labelled("ordinary") if judge(mail).verdict is not Verdict.ANSWER}
    assert left <= {GateReason.NO_REPLY_ADDRESS}


def test_bounces_of_many_servers_and_languages_are_told_with_and_without_reports() -> None:
    mails = labelled("bounce")
    assert len(mails) >= 60
    missed = [name for name, mail in mails if judge(mail).verdict not in BOUNCES]
    assert len(missed) <= 0.02 * len(mails), missed


def test_bounces_that_will_be_tried_again_are_temporary() -> None:
    said = {name: judge(mail).verdict for name, mail in labelled("bounce") if mail.statuses}
    codes = {name: mail.statuses[0].status[0] for name, mail in labelled("bounce") if mail.statuses}
    assert len(said) > 15
    assert {name for name, verdict in said.items() if verdict is Verdict.BOUNCE_TEMPORARY} == {
        name for name, code in codes.items() if code == "4"
    }


def test_all_automatic_replies_are_told_with_headers_and_without() -> None:
    mails = labelled("auto_reply")
    assert len(mails) >= 60 and {name.split("_")[2] for name, _ in mails} == LANGUAGES
    assert [name for name, mail in mails if judge(mail).verdict is not Verdict.AUTO_REPLY] == []


def notices(of: str) -> list[tuple[str, Verdict]]:
    """Return verdicts on mails without any mark of a program: notices, and letters that use their words."""
    told = []
    for row in (row for row in rows("gate/notices.jsonl") if row["id"].startswith(of)):
        thread = "In-Reply-To: <a1@shop.example>\n" if row["in_thread"] else ""
        head = f"From: Pat Doe <pat@home.example>\nTo: support@shop.example\nSubject: {row['subject']}\n{thread}"
        raw = f"{head}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{row['text']}\n"
        told.append((row["id"], judge(parse_mail(raw.encode())).verdict))
    return told


def test_an_unmarked_mail_that_is_nothing_but_a_notice_is_let_lie() -> None:
    told = notices("first_auto_reply")
    assert len(told) == 80 and {name.split("_")[3] for name, _ in told} == LANGUAGES
    assert [name for name, verdict in told if verdict is not Verdict.AUTO_REPLY] == []


def test_of_notices_in_other_words_most_get_no_answer() -> None:
    """Written after the phrases were; the notices of the third set were never mended by."""
    for of, least in (("second_auto_reply", 0.9), ("third_auto_reply", 0.5)):
        told = notices(of)
        assert sum(verdict is not Verdict.ANSWER for _, verdict in told) >= least * len(told), of


@pytest.mark.parametrize("of", ["first_ordinary", "second_ordinary", "third_ordinary"])
def test_no_unmarked_mail_that_wants_something_is_let_lie_for_its_words(of: str) -> None:
    told = notices(of)
    assert len(told) >= 36
    assert [name for name, verdict in told if verdict not in (Verdict.ANSWER, Verdict.TICKET_ONLY)] == []
    assert sum(verdict is Verdict.ANSWER for _, verdict in told) >= 0.55 * len(told)


def test_complaints_of_many_providers_are_told() -> None:
    mails = labelled("complaint")
    assert len(mails) >= 12
    assert [name for name, mail in mails if judge(mail).reason is not GateReason.FEEDBACK_REPORT] == []


@pytest.mark.parametrize(
    "row", [*rows("reply/cases.jsonl"), *rows("reply/between.jsonl")], ids=lambda row: str(row["id"])
)
def test_the_reply_is_what_the_client_s_user_wrote(row: dict[str, Any]) -> None:
    text = html_text(row["body"]) if row["content_type"] == "text/html" else row["body"]
    assert reply_text(text).text.strip() == row["reply"].strip()
