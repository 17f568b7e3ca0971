"""Mails that people write although they bear a program's mark, or come from an address of ours."""

from __future__ import annotations

import pytest

from firstline.domain.mail.gate import judge
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.verdict import GateReason, MailHistory, Ours, Verdict
from tests.unit.mail.test_gate import mail, told

AWAY = "I will be out of the office next week."
TEAM = Ours(
    frozenset({"support@shop.example", "team@shop.example"}),
    frozenset({"ours@shop.example"}),
    "shop.example",
    people=frozenset({"team@shop.example"}),
)
MARKS = [
    {"X_Auto_Response_Suppress": "OOF"},
    {"Auto_Submitted": "auto-generated"},
    {"Auto_Submitted": "auto-forwarded"},
    {"Return_Path": "<>"},
]


def forwarded(**headers: str) -> ParsedMail:
    """Return a customer's mail as one of the team sends it on."""
    body = "Can somebody look at this?\r\n\r\n-----Original Message-----\r\nFrom: Eva <eva@home.example>\r\n"
    body += "Subject: Order\r\n\r\nWhere is my order?"
    return mail(body, **{"From": "Tom <team@shop.example>", "Subject": "Fwd: Order", **headers})


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("subject", ["Appointment", "Out of office"])
@pytest.mark.parametrize(
    "wish",
    [
        "Can you move my appointment?",
        "Please pause my subscription.",
        "Please deliver the parcel to my neighbour instead.",
    ],
)
def test_a_form_of_a_website_through_which_somebody_away_wants_something_reaches_people(
    marks: dict[str, str], subject: str, wish: str
) -> None:
    assert told(mail(f"{AWAY} {wish}", Subject=subject, **marks))[0] is Verdict.TICKET_ONLY


@pytest.mark.parametrize("marks", MARKS)
def test_a_form_that_is_a_notice_only_in_part_reaches_people(marks: dict[str, str]) -> None:
    partly = f"{AWAY} The machine you sold us leaks since Tuesday and nobody there has a key to the cellar."
    assert told(mail(partly, Subject="Machine", **marks))[0] is Verdict.TICKET_ONLY


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize(("subject", "text"), [("Re: Order", AWAY), ("Automatic reply: Order", "Back on Monday.")])
def test_a_marked_notice_that_says_nothing_else_is_let_lie(marks: dict[str, str], subject: str, text: str) -> None:
    assert told(mail(text, Subject=subject, **marks)) == (Verdict.AUTO_REPLY, GateReason.AUTO_WORDING)


def test_what_a_mail_program_sends_for_its_user_may_name_who_is_to_be_asked() -> None:
    text = f"{AWAY}\r\n\r\nPlease contact our Client Service Team for all account matters, they send the forms."
    marks = {"Return_Path": "<>", "X_Auto_Response_Suppress": "All", "Subject": "Automatic reply: Order"}
    assert told(mail(text, **marks))[0] is Verdict.AUTO_REPLY
    assert told(mail(f"{text} When do you deliver?", **marks))[0] is Verdict.TICKET_ONLY


@pytest.mark.parametrize("value", ["no", "No", "false", "0"])
def test_a_header_that_denies_an_automatic_reply_is_no_mark(value: str) -> None:
    assert told(mail(X_Autoreply=value)) == (Verdict.ANSWER, GateReason.ORDINARY)


def test_one_of_the_team_who_sends_a_customers_mail_on_opens_a_ticket() -> None:
    verdict = judge(forwarded(), ours=TEAM)
    assert (verdict.verdict, verdict.reason) == (Verdict.TICKET_ONLY, GateReason.OWN_ADDRESS)
    assert judge(forwarded(From="support@shop.example"), ours=TEAM).verdict is Verdict.LOOP


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Loop": "shop.example"},
        {"Message_ID": "<ours@shop.example>"},
        {"Auto_Submitted": "auto-generated"},
        {"Auto_Submitted": "auto-replied"},
        {"X_Autoreply": "yes"},
        {"X_Auto_Response_Suppress": "All"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
    ],
)
def test_what_a_program_sends_from_an_address_of_the_team_is_a_loop(headers: dict[str, str]) -> None:
    assert judge(forwarded(**headers), ours=TEAM).verdict is Verdict.LOOP


def test_mails_of_the_team_that_refer_to_ours_come_again_or_come_in_masses_are_loops() -> None:
    referring = Ours(TEAM.addresses, people=TEAM.people, refers=True)
    assert judge(forwarded(), ours=referring).verdict is Verdict.LOOP
    assert judge(forwarded(), ours=TEAM, history=MailHistory(same_body=True)).verdict is Verdict.LOOP
    assert judge(forwarded(), ours=TEAM, history=MailHistory(mails_of_sender=19)).verdict is Verdict.TICKET_ONLY
    assert judge(forwarded(), ours=TEAM, history=MailHistory(mails_of_sender=20)).verdict is Verdict.LOOP
