"""What of a mail is new, as mail programs in many languages write replies."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import pytest

from firstline.domain.mail.reply_text import reply_text

ATTRIBUTIONS = {
    "Gmail en": "On Wed, May 1, 2024 at 10:00 AM Ada Stone <ada@mail.example> wrote:",
    "Gmail en, long": "On Wed, May 1, 2024 at 10:00 AM Ada Stone of Example Widgets <\nada.stone@mail.example> wrote:",
    "Gmail es": "El mié, 1 may 2024 a las 10:00, Ada Stone (<ada@mail.example>) escribió:",
    "Gmail fr": "Le mer. 1 mai 2024 à 10:00, Ada Stone <ada@mail.example> a écrit :",
    "Gmail fr, two lines": "Le mer. 1 mai 2024 à 10:00, Ada Stone <ada@mail.example> a\nécrit :",
    "Gmail de": "Am Mi., 1. Mai 2024 um 10:00 Uhr schrieb Ada Stone <ada@mail.example>:",
    "Gmail de, two lines": "Am Mi., 1. Mai 2024 um 10:00 Uhr schrieb Ada Stone <\nada@mail.example>:",
    "Gmail it": "Il giorno mer 1 mag 2024 alle ore 10:00 Ada Stone <ada@mail.example>\nha scritto:",
    "Gmail pt": "Em qua., 1 de mai. de 2024 às 10:00, Ada Stone <ada@mail.example>\nescreveu:",
    "Gmail nl": "Op wo 1 mei 2024 om 10:00 schreef Ada Stone <ada@mail.example>:",
    "Gmail pl": "śr., 1 maj 2024 o 10:00 Ada Stone <ada@mail.example> napisał(a):",
    "Gmail sv": "Den ons 1 maj 2024 kl 10:00 skrev Ada Stone <ada@mail.example>:",
    "Gmail tr": "Ada Stone <ada@mail.example>, 1 May 2024 Çar, 10:00 tarihinde şunu yazdı:",
    "Gmail ja": "2024年5月1日(水) 10:00 Ada Stone <ada@mail.example>:",
    "Gmail zh": "Ada Stone <ada@mail.example> 于2024年5月1日周三 10:00写道：",
    "Gmail da": "Den ons. 1. maj 2024 kl. 10.00 skrev Ada Stone <ada@mail.example>:",
    "Gmail ru": "ср, 1 мая 2024 г. в 10:00, Ada Stone <ada@mail.example>:",
    "Apple en": "On 1 May 2024, at 10:00, Ada Stone <ada@mail.example> wrote:",
    "Apple en, US": "On May 1, 2024, at 10:00 AM, Ada Stone <ada@mail.example> wrote:",
    "Apple es": "El 1 may 2024, a las 10:00, Ada Stone <ada@mail.example> escribió:",
    "Apple fr": "Le 1 mai 2024 à 10:00, Ada Stone <ada@mail.example> a écrit :",
    "Apple de": "Am 01.05.2024 um 10:00 schrieb Ada Stone <ada@mail.example>:",
    "Apple it": "Il giorno 1 mag 2024, alle ore 10:00, Ada Stone <ada@mail.example> ha scritto:",
    "Apple pt": "No dia 01/05/2024, às 10:00, Ada Stone <ada@mail.example> escreveu:",
    "Apple nl": "Op 1 mei 2024, om 10:00 heeft Ada Stone <ada@mail.example> het volgende geschreven:",
    "Apple pl": "Wiadomość napisana przez Ada Stone <ada@mail.example> w dniu 1 maj 2024, o godz. 10:00:",
    "Apple sv": "1 maj 2024 kl. 10:00 skrev Ada Stone <ada@mail.example>:",
    "Apple tr": "Ada Stone <ada@mail.example> şunları yazdı (1 May 2024 10:00):",
    "Apple ja": "2024/05/01 10:00、Ada Stone <ada@mail.example>のメール:",
    "Apple zh": "在 2024年5月1日，10:00，Ada Stone <ada@mail.example> 写道：",
    "Thunderbird en": "On 01/05/2024 10:00, Ada Stone wrote:",
    "Thunderbird de": "Am 01.05.24 um 10:00 schrieb Ada Stone:",
    "Thunderbird fr": "Le 01/05/2024 à 10:00, Ada Stone a écrit :",
    "Thunderbird es": "El 1/5/24 a las 10:00, Ada Stone escribió:",
    "Thunderbird it": "Il 01/05/2024 10:00, Ada Stone ha scritto:",
    "Thunderbird pt": "Em 01/05/2024 10:00, Ada Stone escreveu:",
    "Thunderbird nl": "Op 01-05-2024 om 10:00 schreef Ada Stone:",
    "Thunderbird pl": "W dniu 1.05.2024 o 10:00, Ada Stone pisze:",
    "Thunderbird sv": "Den 2024-05-01 kl. 10:00, skrev Ada Stone:",
    "Thunderbird tr": "01.05.2024 10:00 tarihinde Ada Stone yazdı:",
    "Thunderbird ja": "On 2024/05/01 10:00, Ada Stone wrote:",
    "Thunderbird zh": "在 2024/5/1 10:00, Ada Stone 写道:",
    "Yahoo en": "On Wednesday, May 1, 2024 at 10:00:00 AM GMT+2, Ada Stone <ada@mail.example> wrote:",
    "Yahoo de": "Am Mittwoch, 1. Mai 2024 um 10:00:00 MESZ hat Ada Stone <ada@mail.example> Folgendes geschrieben:",
    "Yahoo es": "El miércoles, 1 de mayo de 2024, 10:00:00 CEST, Ada Stone <ada@mail.example> escribió:",
    "Yahoo fr": "Le mercredi 1 mai 2024 à 10:00:00 UTC+2, Ada Stone <ada@mail.example> a écrit :",
    "Proton": "On Wednesday, May 1st, 2024 at 10:00 AM, Ada Stone <ada@mail.example> wrote:",
    "Zoho": "---- On Wed, 01 May 2024 10:00:00 +0200 Ada Stone <ada@mail.example> wrote ----",
    "Android": '1 mai 2024 10:00 AM, "Ada Stone" <ada@mail.example> a écrit:',
    "GMX": 'Gesendet: Mittwoch, 1. Mai 2024 um 10:00 Uhr\nVon: "Ada Stone" <ada@mail.example>\n'
    "An: help@shop.example\nBetreff: Ihre Anfrage",
}

OUTLOOK = {
    "en": "From: Ada Stone <ada@mail.example>\nSent: Wednesday, May 1, 2024 10:00 AM\nTo: Bo\nSubject: RE: Order",
    "en, bold": "*From:* Ada Stone <ada@mail.example>\n*Sent:* Wednesday, May 1, 2024 10:00 AM\n*To:* Bo\n"
    "*Subject:* Order",
    "de": "Von: Ada Stone <ada@mail.example>\nGesendet: Mittwoch, 1. Mai 2024 10:00\nAn: Bo\nBetreff: AW: Order",
    "fr": "De : Ada Stone <ada@mail.example>\nEnvoyé : mercredi 1 mai 2024 10:00\nÀ : Bo\nObjet : RE: Order",
    "es": "De: Ada Stone <ada@mail.example>\nEnviado: miércoles, 1 de mayo de 2024 10:00\nPara: Bo\nAsunto: RE: Order",
    "it": "Da: Ada Stone <ada@mail.example>\nInviato: mercoledì 1 maggio 2024 10:00\nA: Bo\nOggetto: R: Order",
    "pt": "De: Ada Stone <ada@mail.example>\nEnviado: 1 de maio de 2024 10:00\nPara: Bo\nAssunto: RE: Order",
    "nl": "Van: Ada Stone <ada@mail.example>\nVerzonden: woensdag 1 mei 2024 10:00\nAan: Bo\nOnderwerp: RE: Order",
    "pl": "Od: Ada Stone <ada@mail.example>\nWysłano: środa, 1 maja 2024 10:00\nDo: Bo\nTemat: RE: Order",
    "sv": "Från: Ada Stone <ada@mail.example>\nSkickat: den 1 maj 2024 10:00\nTill: Bo\nÄmne: SV: Order",
    "tr": "Kimden: Ada Stone <ada@mail.example>\nGönderildi: 1 Mayıs 2024 Çarşamba 10:00\nKime: Bo\nKonu: YNT: Order",
    "ja": "差出人: Ada Stone <ada@mail.example>\n送信日時: 2024年5月1日 10:00\n宛先: Bo\n件名: RE: Order",
    "zh": "发件人: Ada Stone <ada@mail.example>\n发送时间: 2024年5月1日 10:00\n收件人: Bo\n主题: 回复: Order",
}

MARKERS = [
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Mensagem original-----",
    "-----Messaggio originale-----",
    "-----Oorspronkelijk bericht-----",
    "-----Oryginalna wiadomość-----",
    "-----Ursprungligt meddelande-----",
    "-----Orijinal Mesaj-----",
    "-----原始邮件-----",
    "-----元のメッセージ-----",
    "---------- Forwarded message ---------",
    "---------- Weitergeleitete Nachricht ---------",
    "Begin forwarded message:",
]

DEVICES = [
    "Sent from my iPhone",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Enviado do meu iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Wysłane z iPhone'a",
    "Skickat från min iPhone",
    "iPhone'umdan gönderildi",
    "iPhoneから送信",
    "发自我的iPhone",
    "Get Outlook for Android<https://aka.ms/x>",
    "Gesendet mit der GMX Mail App",
]

REPLY = "Thanks, that helped.\n\nOne more thing: where is the invoice of 3 May 2024?\n\nBest regards\nBo"


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""], ids=["quoted", "unquoted"])
def test_what_stands_above_an_attribution_is_the_reply(attribution: str, mark: str) -> None:
    original = "\n".join(mark + line for line in ("Dear Bo,", "", "your order has left.", "", "Ada"))
    found = reply_text(f"{REPLY}\n\n{attribution}\n\n{original}\n")
    assert found.text == REPLY
    assert "your order has left." in found.rest


@pytest.mark.parametrize("headers", OUTLOOK.values(), ids=OUTLOOK)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----\n"])
def test_what_stands_above_the_headers_of_the_original_is_the_reply(headers: str, rule: str) -> None:
    assert reply_text(f"{REPLY}\n\n{rule}{headers}\n\nDear Bo,\n\nyour order has left.\n").text == REPLY


@pytest.mark.parametrize("marker", MARKERS)
def test_what_stands_above_a_marker_is_the_reply(marker: str) -> None:
    assert reply_text(f"{REPLY}\n\n{marker}\n\nyour order has left.\n").text == REPLY


@pytest.mark.parametrize("device", DEVICES)
def test_what_a_phone_signs_with_is_no_part_of_the_reply(device: str) -> None:
    assert reply_text(f"{REPLY}\n\n{device}\n\nOn 1 May 2024, at 10:00, Ada <a@b.example> wrote:\n> x").text == REPLY
    assert reply_text(f"{REPLY}\n\n{device}").text == REPLY


def test_a_signature_below_its_rule_is_no_part_of_the_reply() -> None:
    assert reply_text(f"{REPLY}\n-- \nBo Reed\nExample Widgets\n+1 555 0100\n").text == REPLY


def test_a_long_text_below_a_rule_is_kept() -> None:
    below = "\n".join(f"Point {number}: it fails." for number in range(20))
    body = f"First part.\n--\n{below}"
    assert reply_text(body).text == body


def test_answers_between_quotes_stay_with_them() -> None:
    body = (
        "See below.\n\nOn 1 May 2024, at 10:00, Ada <ada@mail.example> wrote:\n\n> Which plan?\n\nThe large one.\n\n"
        "> Since when?\n\nSince May.\n\n> Thanks\n> Ada\n"
    )
    assert reply_text(body).text == ("See below.\n\n\n> Which plan?\n\nThe large one.\n\n> Since when?\n\nSince May.")


def test_an_answer_below_the_quote_is_the_reply() -> None:
    body = "On 1 May 2024, at 10:00, Ada <ada@mail.example> wrote:\n> Which plan?\n> Ada\n\nThe large one.\n"
    assert reply_text(body).text == "The large one."


def test_answers_between_quotes_without_a_word_above_stay_with_them() -> None:
    body = (
        "On 1 May 2024, at 10:00, Ada <ada@mail.example> wrote:\n> Which plan?\n\nThe large one.\n\n"
        "> Since when?\n\nSince May.\n"
    )
    assert reply_text(body).text == "> Which plan?\n\nThe large one.\n\n> Since when?\n\nSince May."


@pytest.mark.parametrize(
    "body",
    [
        "On 3 May 2024 I wrote to you about the following:\n\nthe invoice is wrong.",
        "From: Berlin to: Munich\n\nWhen does it arrive?",
        "Am 3. Mai 2024 schrieb ich Ihnen Folgendes:\n\nDie Rechnung ist falsch.",
        "The log says:\n\nerror: 12\ndate: 3 May 2024\n\nWhat does it mean?",
        "Sent from my warehouse yesterday, and it is not here.\n\nWhere is it?",
        "Subject: my order\n\nWhere is it?",
        "> quoted only",
        "",
        "日本語だけのメールです。\n\nよろしくお願いします。",
        "a -- b\n\nThe command needs --force and -- after it.\n\nIs that right?",
    ],
)
def test_a_mail_that_quotes_nobody_is_kept_whole(body: str) -> None:
    assert reply_text(body).text == body


def test_a_forward_and_nothing_else_keeps_what_was_forwarded() -> None:
    found = reply_text(f"---------- Forwarded message ---------\n{OUTLOOK['en']}\n\nPlease help this customer.\n")
    assert found.text == "Please help this customer."


def test_line_ends_and_invisible_marks_do_not_matter() -> None:
    assert reply_text("\ufeffHello\r\n\r\nOn 1 May 2024, at 10:00, Ada <a@b.example> wrote:\r\n> x\r\n").text == "Hello"


@pytest.mark.parametrize("piece", ["> ", "On ", "a\n", "From: a\n", "<", "--\n", "On 1 May 2024\n", "\0", "> > >\n"])
def test_any_text_is_read_and_no_line_is_lost(piece: str) -> None:
    body = piece * 2_000
    found = reply_text(body)
    lines = [line.strip() for line in body.split("\n") if line.strip()]
    told = [line.strip() for part in (found.text, found.rest) for line in part.split("\n") if line.strip()]
    assert sorted(told) == sorted(lines)


def test_answers_between_quotes_stay_where_the_attribution_is_quoted_too() -> None:
    body = (
        "Hi Nora, see below.\n\n> On 6 Feb 2024, at 11:42, Nora Hale <nora@hale.example> wrote:\n>\n"
        "> Is there a darker grey?\n\nYes, number 442.\n\n> And the least order?\n\nThirty metres.\n"
    )
    assert reply_text(body).text == body.strip()
    only_head = "Thanks!\n\n> On 6 Feb 2024, at 11:42, Nora Hale <nora@hale.example> wrote:\n>\n> Is there one?\n"
    assert reply_text(only_head).text == "Thanks!"


def test_a_log_above_a_signed_line_begins_no_quoted_mail() -> None:
    body = "The log reads:\n\n2024-05-04 12:00:01 > tick\n\nAgain.\n\nSigned-off-by: Ann Lee <ann@lee.example>\n\nAnn"
    assert reply_text(body).text == body


def test_a_blank_line_may_stand_before_an_attributions_address() -> None:
    body = (
        "Fine.\n\nOn Thu, 31 Mar 2016 at 11:16 Ann Lee\n\n<\nmailto:Ann Lee <ann@lee.example>\n> wrote:\n\n\nIs it?\n"
    )
    assert reply_text(body).text == "Fine."
