"""What lets a mail lie is told by more than one sign: people write numbers, thanks and complaints with each alone."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import pytest

from firstline.domain.mail.notice import folded, is_button_pressed, is_of_reply
from firstline.domain.mail.verdict import GateReason, Verdict
from tests.unit.mail.test_gate import mail, told

UTF8 = {"Content_Type": "text/plain; charset=utf-8"}
THREAD = {"In_Reply_To": "<a1@shop.example>", "References": "<a1@shop.example>"}
READ = (Verdict.ANSWER, Verdict.TICKET_ONLY)


@pytest.mark.parametrize(
    "text",
    [
        "I paid 450 Euro and got nothing.",
        "Error 503 on your site.",
        "Version 5.1.2 crashes.",
        "My new number is 0113 555 1234.",
        "Delivery failed yesterday. My house is 550 High Street.",
        "E-mail: bo@mail.example Delivery failed twice, machine 450.",
        "Ich habe 512 Euro bezahlt und nichts bekommen.",
    ],
)
@pytest.mark.parametrize("sender", [{"Return_Path": "<>"}, {"From": "postmaster@firm.example"}])
def test_a_number_like_a_code_makes_no_bounce_of_a_form_or_of_a_mail_servers_keeper(
    text: str, sender: dict[str, str]
) -> None:
    assert told(mail(text, **sender, **UTF8))[0] in READ


def test_a_mail_systems_code_beside_a_recipient_is_a_bounce_in_any_language() -> None:
    system = {"From": "mailer-daemon@mx.example", "Return_Path": "<>", "Subject": "Ostrzeżenie", **UTF8}
    assert told(mail("Kolejka: ada@x.example 450 4.2.1", **system))[0] is Verdict.BOUNCE_TEMPORARY
    assert told(mail("Kolejka: ada@x.example 550 5.1.1", **system))[0] is Verdict.BOUNCE_PERMANENT
    # Words and another's address are enough without a mail system's name.
    text = "Your mail could not be delivered to ada@x.example: mailbox full"
    assert told(mail(text, Subject="Undeliverable", Return_Path="<>"))[0] is Verdict.BOUNCE_TEMPORARY


@pytest.mark.parametrize("subject", ["Abuse", "Abuse report", "Spam complaint", "Beschwerde über Spam"])
def test_a_person_at_an_abuse_desk_who_names_a_server_is_read(subject: str) -> None:
    text = "Your server 10.1.2.3 attacks us since Monday, please stop it."
    assert told(mail(text, From="Ann Lee <abuse@isp.example>", Subject=subject, **UTF8))[0] in READ


@pytest.mark.parametrize(
    "text",
    [
        "This is an automatically sent newsletter and nobody reads my replies",
        "You send automatic mails to unsubscribe from, but nobody reads what I answer",
    ],
)
def test_who_unsubscribes_and_says_that_our_mails_are_automatic_is_no_program(text: str) -> None:
    assert told(mail(text, Subject="Unsubscribe"))[0] in READ
    marked = mail("Sent to unsubscribe from a list.", Subject="unsubscribe", Auto_Submitted="auto-replied")
    assert told(marked) == (Verdict.IGNORE, GateReason.FEEDBACK_REPORT)


@pytest.mark.parametrize(
    "text",
    [
        "We have received your invoice and will pay it within 14 days.",
        "Wir haben Ihre Rechnung erhalten und prüfen sie.",
        "I got your mail, thank you.",
        "Ho ricevuto la vostra mail, grazie.",
        "邮件已收到，谢谢。",
        "This address is no longer in use, use bo@new.example.",
        "Ms Lee has left the company.",
        "Bob no longer works here.",
        "We are closed until 5 June.",
        "Votre message a été transmis à mon avocat.",
        "Ich bin bis Montag im Urlaub.",
    ],
)
def test_one_thing_told_in_a_thread_may_be_a_persons_answer(text: str) -> None:
    assert told(mail(text, Subject="Re: Order", **UTF8))[0] in READ
    assert told(mail(text, Subject="Re: Order", **THREAD, **UTF8))[0] in READ


def test_several_things_that_notices_tell_are_a_programs_where_they_answer_a_mail_or_are_announced() -> None:
    text = "I am on parental leave until February. Lee is covering for me: lee@x.example."
    assert told(mail(text, Subject="Re: Order", **THREAD))[0] is Verdict.AUTO_REPLY
    assert told(mail(text, Subject="Order"))[0] is Verdict.TICKET_ONLY
    assert told(mail("I am away until Monday.", Subject="Automatic reply: Order"))[0] is Verdict.AUTO_REPLY


ABOUT = {
    "Automatic reply: Order": "The automatic reply did not help.",
    "Auto reply": "Your auto reply is wrong.",
    "Automatische Antwort": "Ihre automatische Antwort hilft mir nicht.",
    "Réponse automatique": "Votre réponse automatique ne m'aide pas.",
    "Respuesta automática": "Su respuesta automática no me sirve.",
    "Risposta automatica": "La vostra risposta automatica non aiuta.",
    "Resposta automática": "A vossa resposta automática não ajuda.",
    "Automatisch antwoord": "Uw automatische antwoord helpt niet.",
    "Autosvar": "Ert autosvar hjälpte mig inte.",
    "Automatyczna odpowiedź": "Automatyczna odpowiedź nie pomogła.",
    "Otomatik yanıt": "Otomatik yanıtınız işe yaramadı.",
    "自動返信": "自動返信では困ります。",
    "自动回复": "你们的自动回复没有用。",
}


@pytest.mark.parametrize(("subject", "text"), ABOUT.items())
def test_a_complaint_about_an_automatic_reply_is_none(subject: str, text: str) -> None:
    assert told(mail(text, Subject=subject, **UTF8))[0] in READ
    assert told(mail(text, Subject=subject, **THREAD, **UTF8))[0] in READ


@pytest.mark.parametrize(
    "text",
    [
        "This is an automatic reply",
        "Please do not reply to this automatic reply",
        "Dies ist eine automatische Antwort",
        "Ceci est une réponse automatique",
        "Esta es una respuesta automática",
        "Questa è una risposta automatica",
        "Esta é uma resposta automática",
        "Dit is een automatisch antwoord",
        "Detta är ett automatiskt svar",
        "To jest automatyczna odpowiedź",
        "Bu otomatik bir yanıttır",
        "このメールは自動返信です",
        "这是一封自动回复",
    ],
)
def test_what_an_automatic_reply_calls_itself_is_no_complaint(text: str) -> None:
    assert not is_of_reply(folded(text))


RECEIPTS = {
    "Gelesen: Rechnung": "Ihre Nachricht\n\nAn: Karl\nBetreff: Rechnung\n\nwurde am 3. Mai 2024 10:15:22 gelesen.",
    "Read: Order": "Your message\n\n  To: Lee\n  Subject: Order\n\n was read on May 3, 2024 10:16 (UTC) Dublin.",
    "Lu : facture": "Votre message\n\nÀ : Ann\nSujet : facture\n\na été lu le vendredi 3 mai 2024 à 10:15:22.",
    "Okundu: Sipariş": "İletiniz\n\nKime: Ann\nKonu: Sipariş\n\n3 Mayıs 2024 Cuma 10:15 tarihinde okundu.",
    "開封済み: 注文": "あなたのメッセージ\n\n宛先: Ann\n件名: 注文\n\nは 2024年5月3日 10:15 に開封されました。",
}


@pytest.mark.parametrize(("subject", "text"), RECEIPTS.items())
def test_a_receipt_of_reading_says_nothing_else(subject: str, text: str) -> None:
    assert is_button_pressed(subject, text)
    assert not is_button_pressed(subject, f"{text} No answer since then.")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Read: Order", "Your message was read on 3 May. No answer since then, and I want my money back."),
        ("Read: Order", "Your message was read on 3 May and I want my money back"),
        ("Gelesen: Rechnung", "Ihre Nachricht wurde am 3. Mai gelesen, aber keine Antwort."),
        ("Lu : facture", "Votre message a été lu le 3 mai, et pourtant rien."),
    ],
)
def test_who_says_that_a_mail_was_read_and_something_else_is_read(subject: str, text: str) -> None:
    assert told(mail(text, Subject=subject, **UTF8))[0] in READ
