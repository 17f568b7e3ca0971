"""What a mail gets before anybody reads it."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

from dataclasses import replace

import pytest

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.gate import judge
from firstline.domain.mail.notice import Notice, notice_of
from firstline.domain.mail.parsed_mail import DeliveryStatus, ParsedMail
from firstline.domain.mail.verdict import GateLimits, GateReason, GateVerdict, MailHistory, Ours, Verdict

OURS = Ours(frozenset({"support@shop.example"}), frozenset({"ours@shop.example"}), "shop.example")


def mail(body: str = "Where is my order?", **headers: str) -> ParsedMail:
    known = {
        "From": "Bo <bo@mail.example>",
        "To": "support@shop.example",
        "Subject": "Order",
        "Return-Path": "<bo@m.example>",
    }
    known.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = [f"{name}: {value}" for name, value in known.items() if value]
    return parse_mail("\r\n".join([*lines, "", body]).encode())


def told(given: ParsedMail, history: MailHistory | None = None) -> tuple[Verdict, GateReason]:
    verdict = judge(given, ours=OURS, history=history or MailHistory())
    return verdict.verdict, verdict.reason


def report(action: str, status: str) -> ParsedMail:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nabout your mail\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ada@mail.example\r\nAction: {action}\r\n"
        f"Status: {status}\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <ours@shop.example>\r\n\r\n"
        "x\r\n--b--"
    )
    return mail(body, Content_Type='multipart/report; report-type=delivery-status; boundary="b"', Return_Path="<>")


def test_an_ordinary_mail_is_answered() -> None:
    assert told(mail()) == (Verdict.ANSWER, GateReason.ORDINARY)


@pytest.mark.parametrize(
    ("action", "status", "verdict"),
    [
        ("failed", "5.1.1", Verdict.BOUNCE_PERMANENT),
        ("failed", "4.2.2", Verdict.BOUNCE_TEMPORARY),
        ("failed", "", Verdict.BOUNCE_PERMANENT),
        ("delayed", "4.4.1", Verdict.BOUNCE_TEMPORARY),
        ("delivered", "2.0.0", Verdict.IGNORE),
    ],
)
def test_reports_of_delivery_are_read_from_their_fields(action: str, status: str, verdict: Verdict) -> None:
    read = report(action, status)
    assert told(read)[0] is verdict
    assert read.statuses[0].recipient == "ada@mail.example"
    assert read.enclosed_ids == ("ours@shop.example",)


def test_a_complaint_is_told_by_its_form() -> None:
    body = (
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <ours@shop.example>\r\n\r\nx\r\n--b--"
    )
    read = mail(body, Content_Type='multipart/report; report-type=feedback-report; boundary="b"')
    assert told(read) == (Verdict.IGNORE, GateReason.FEEDBACK_REPORT)
    assert read.feedback_type == "abuse"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Message_ID": "<ours@shop.example>"}, (Verdict.LOOP, GateReason.OWN_MESSAGE)),
        ({"X_Loop": "shop.example"}, (Verdict.LOOP, GateReason.OWN_MESSAGE)),
        ({"From": "support+abc@shop.example"}, (Verdict.LOOP, GateReason.OWN_ADDRESS)),
        ({"Auto_Submitted": "auto-replied"}, (Verdict.AUTO_REPLY, GateReason.AUTO_SUBMITTED)),
        ({"Auto_Submitted": "auto-generated"}, (Verdict.TICKET_ONLY, GateReason.AUTO_SUBMITTED)),
        ({"Auto_Submitted": "no"}, (Verdict.ANSWER, GateReason.ORDINARY)),
        ({"X_Autoreply": "yes"}, (Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)),
        ({"Precedence": "auto_reply"}, (Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)),
        ({"Precedence": "bulk"}, (Verdict.TICKET_ONLY, GateReason.BULK)),
        ({"List_Id": "<news.shop.example>"}, (Verdict.TICKET_ONLY, GateReason.MAILING_LIST)),
        ({"X_Auto_Response_Suppress": "All"}, (Verdict.TICKET_ONLY, GateReason.AUTO_HEADER)),
        ({"Return_Path": "<>"}, (Verdict.TICKET_ONLY, GateReason.NULL_SENDER)),
        ({"From": "no-reply@shipping.example"}, (Verdict.TICKET_ONLY, GateReason.NO_REPLY_ADDRESS)),
        ({"From": ""}, (Verdict.TICKET_ONLY, GateReason.NO_SENDER)),
        ({"X_SES_Virus_Verdict": "FAIL"}, (Verdict.SPAM, GateReason.MALWARE)),
        ({"X_SES_Spam_Verdict": "FAIL"}, (Verdict.SPAM, GateReason.SPAM_VERDICT)),
        ({"From": "a@mail.example, b@mail.example"}, (Verdict.TICKET_ONLY, GateReason.UNAUTHENTICATED)),
        ({"Authentication_Results": "mx; dmarc=fail"}, (Verdict.TICKET_ONLY, GateReason.UNAUTHENTICATED)),
        ({"Subject": "unsubscribe", "X_Apple_Unsubscribe": "true"}, (Verdict.IGNORE, GateReason.UNSUBSCRIBE)),
    ],
)
def test_headers_decide(headers: dict[str, str], expected: tuple[Verdict, GateReason]) -> None:
    assert told(mail(**headers)) == expected


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Order",
        "Out of Office: Order",
        "Automatische Antwort: Bestellung",
        "Abwesenheitsnotiz",
        "Réponse automatique : Commande",
        "Respuesta automática: Pedido",
        "Risposta automatica: Ordine",
        "Resposta automática: Pedido",
        "Automatisch antwoord: Bestelling",
        "Autosvar: Beställning",
        "Odpowiedź automatyczna: Zamówienie",
        "Otomatik yanıt: Sipariş",
        "自動返信: ご注文",
        "自动回复: 订单",
    ],
)
def test_automatic_replies_are_told_by_their_subject_in_twelve_languages(subject: str) -> None:
    assert told(mail("I am away.", Subject=subject)) == (Verdict.AUTO_REPLY, GateReason.AUTO_WORDING)
    # A person's answer to an automatic reply is a person's.
    assert told(mail("Still waiting.", Subject=f"Re: {subject}")) == (Verdict.ANSWER, GateReason.ORDINARY)


@pytest.mark.parametrize(
    ("sender", "subject", "body", "verdict"),
    [
        ("MAILER-DAEMON@mx.example", "Returned mail", "550 5.1.1 user unknown", Verdict.BOUNCE_PERMANENT),
        ("postmaster@mx.example", "Unzustellbar: Order", "konnte nicht zugestellt werden", Verdict.BOUNCE_PERMANENT),
        ("postmaster@mx.example", "Delayed mail", "still trying, no action is required", Verdict.BOUNCE_TEMPORARY),
        ("Mail Delivery System <>", "Mail delivery failed", "550 no such user", Verdict.BOUNCE_PERMANENT),
    ],
)
def test_bounces_of_no_standard_form_are_told_by_sender_and_words(
    sender: str, subject: str, body: str, verdict: Verdict
) -> None:
    assert told(mail(body, From=sender, Subject=subject, Return_Path="<>")) == (verdict, GateReason.BOUNCE_WORDING)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("My mail to you was returned as undeliverable", "I wrote to sales@ and it could not be delivered. Why?"),
        ("Out of stock?", "I will be out of the office next week, please send it before Friday."),
        ("Delivery failed", "The courier says the delivery failed twice. Please send the parcel again."),
        ("Delivery delayed", "My parcel is delayed and the tracking says returned to sender. What now?"),
        ("Automatic replies do not work", "How do I set up an automatic reply in your app?"),
        ("Mailbox full", "It says my mailbox is full, error 552. How do I get more space?"),
        ("Please unsubscribe me", "I do not want the newsletter any more, but keep my account."),
        ("Spam report missing", "The spam report in the console is empty since Monday."),
        ("Abwesenheitsnotiz einrichten", "Wie richte ich bei Ihnen eine Abwesenheitsnotiz ein?"),
    ],
)
def test_customers_may_write_about_bounces_and_absences(subject: str, body: str) -> None:
    assert told(mail(body, Subject=subject))[0] in (Verdict.ANSWER, Verdict.TICKET_ONLY)


def test_what_came_before_limits_what_is_answered() -> None:
    limits = GateLimits()
    assert told(mail(), MailHistory(replies_in_thread=limits.replies_per_thread - 1))[0] is Verdict.ANSWER
    assert told(mail(), MailHistory(replies_in_thread=limits.replies_per_thread))[1] is GateReason.THREAD_LIMIT
    assert told(mail(), MailHistory(mails_of_sender=limits.mails_per_sender))[1] is GateReason.SENDER_LIMIT
    assert told(mail(), MailHistory(same_body=True)) == (Verdict.LOOP, GateReason.SAME_BODY)


def test_machines_that_answer_each_other_fall_silent_until_a_person_writes() -> None:
    limits = GateLimits(replies_per_thread=2, replies_per_sender=5, days_unattended=3)

    def judged(**history: int) -> GateVerdict:
        return judge(mail(), ours=OURS, history=MailHistory(**history), limits=limits)

    answered = GateVerdict(Verdict.ANSWER, GateReason.ORDINARY)
    assert judged(unattended_in_thread=5, answered_in_day=4, answered_in_month=14) == answered
    assert judged(unattended_in_thread=6) == GateVerdict(Verdict.TICKET_ONLY, GateReason.UNATTENDED_THREAD)
    assert judged(answered_in_day=5) == GateVerdict(Verdict.TICKET_ONLY, GateReason.SENDER_LIMIT)
    assert judged(answered_in_month=15, answered_in_day=5).reason is GateReason.UNATTENDED_SENDER


def test_a_list_that_only_passes_support_mail_on_is_answered() -> None:
    given = mail(List_Id="Support <support.shop.example>", Precedence="list")
    ours = Ours(lists=frozenset({"support.shop.example"}))
    assert judge(given, ours=ours) == GateVerdict(Verdict.ANSWER, GateReason.ORDINARY)


@pytest.mark.parametrize("name", ["Reply_To", "X_Original_From", "X_Original_Sender"])
def test_a_form_or_a_group_that_writes_us_into_from_loses_no_customer(name: str) -> None:
    written = {"From": "Form <support@shop.example>", name: "Eva Kunz <eva@home.example>"}
    assert told(mail(**written)) == (Verdict.TICKET_ONLY, GateReason.PASSED_ON)
    assert told(mail(**{**written, name: "support+a@shop.example"})) == (Verdict.LOOP, GateReason.OWN_ADDRESS)
    assert told(mail(**written, X_Loop="shop.example"))[0] is Verdict.LOOP
    assert told(mail(**written, Message_ID="<ours@shop.example>"))[0] is Verdict.LOOP


def test_a_group_of_ours_that_writes_us_into_from_is_answered() -> None:
    group = mail(
        From="Eva via Support <support@shop.example>", Reply_To="eva@home.example", List_Id="<help.shop.example>"
    )
    ours = Ours(OURS.addresses, OURS.message_ids, OURS.loop_mark, frozenset({"help.shop.example"}))
    assert judge(group, ours=ours) == GateVerdict(Verdict.ANSWER, GateReason.ORDINARY)
    assert told(group) == (Verdict.TICKET_ONLY, GateReason.PASSED_ON)


def test_words_of_a_bounce_alone_are_read_by_people() -> None:
    body = "Your invoice could not be delivered, says our server: 550 5.7.1 blocked. Send it to accounts@m.example."
    assert told(mail(body, Subject="Undeliverable: Invoice 5")) == (Verdict.TICKET_ONLY, GateReason.BOUNCE_WORDING)


def test_a_bounce_that_somebody_attaches_is_none_of_theirs() -> None:
    fields = (DeliveryStatus("ada@mail.example", "failed", "5.1.1"),)
    assert told(replace(mail(), statuses=fields)) == (Verdict.ANSWER, GateReason.ORDINARY)
    assert told(replace(mail(Return_Path="<>"), statuses=fields))[0] is Verdict.BOUNCE_PERMANENT


@pytest.mark.parametrize(
    ("words", "verdict"),
    [("", Verdict.AUTO_REPLY), ("I cannot come at three, please call before noon.", Verdict.ANSWER)],
)
def test_an_invitation_answered_by_a_button_needs_no_answer(words: str, verdict: Verdict) -> None:
    body = f"--a\r\nContent-Type: text/plain\r\n\r\n{words}\r\n--a\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n"
    body += "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nSUMMARY:Call\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--a--"
    replied = mail(body, Subject="Accepted: Call", Content_Type='multipart/alternative; boundary="a"')
    assert told(replied)[0] is verdict


@pytest.mark.parametrize("one", ["\u3042", "\u90ae\u4ef6", "bin ", "ben ik, ", "I am away. "])
def test_a_long_mail_is_no_notice_whatever_it_repeats(one: str) -> None:
    assert notice_of(one * 2_000) is not Notice.WHOLE
    assert told(mail(one * 2_000))[0] is Verdict.ANSWER


def test_a_forged_wish_for_no_more_mail_is_no_wish() -> None:
    disowned = "mx.shop.example; dmarc=fail header.from=mail.example"
    assert told(mail("", Subject="unsubscribe"))[1] is GateReason.UNSUBSCRIBE
    assert told(mail("", Subject="unsubscribe", Authentication_Results=disowned))[0] is Verdict.TICKET_ONLY


def test_a_daemon_whose_words_are_not_known_gets_no_answer() -> None:
    read = mail(
        "Something was done with it.", From="Mailer-Daemon@mx.example", Subject="Note", Return_Path="<a@b.example>"
    )
    assert told(read) == (Verdict.TICKET_ONLY, GateReason.NO_REPLY_ADDRESS)


def test_who_sends_a_bounce_on_with_a_question_is_no_bounce() -> None:
    body = "Is this yours?\r\n\r\n-----Original Message-----\r\nFrom: Mailer-Daemon@mx.example\r\nSent: today\r\n"
    body += "Subject: Undelivered Mail Returned to Sender\r\n\r\n550 5.1.1 User unknown, could not be delivered"
    assert told(mail(body, Subject="Fwd: Undelivered Mail Returned to Sender"))[0] is Verdict.ANSWER
