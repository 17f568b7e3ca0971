"""Signatures that no rule sets off, companies' notices and heads of quotes, and what only looks like them."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import pytest

from firstline.domain.mail.reply_text import reply_text

SIGNED = {
    "en": (
        "The lamp hums.\n\nBest wishes,",
        "Nora Whitfield\nOffice Manager\nHartley & Sons Ltd\n14 Canal Street, York YO1 7AB\n"
        "Phone: +44 1904 555 010\nhartley.example",
    ),
    "en, bars": (
        "Can I pay in two parts?\n\nMany thanks",
        "Nora Whitfield | Hartley & Sons Ltd | +44 1904 555 010 | nora@hartley.example",
    ),
    "de": (
        "Die Lampe brummt seit Montag.\n\nMit besten Grüßen",
        "Jutta Reimann\nLeiterin Einkauf\n\nReimann & Söhne GmbH\nHafenweg 12\n24103 Kiel\nTel.: 0431 / 555 01-10\n"
        "www.reimann.example\nHRB 1234, Amtsgericht Kiel",
    ),
    "fr": (
        "La lampe bourdonne.\n\nBien cordialement,",
        "Luc Moreau\nResponsable logistique\nMoreau Frères SARL\n3 rue du Port\n35400 Saint-Malo\nTél. : 02 99 55 "
        "01 10",
    ),
    "fr, formula": (
        "La lampe bourdonne.\n\nVeuillez agréer, Madame, Monsieur, mes salutations distinguées.",
        "Luc Moreau\nGérant\nPortable : 06 55 01 10 22\nluc@moreau.example",
    ),
    "es": (
        "La lámpara zumba.\n\nUn cordial saludo,",
        "Inés Prado\nResponsable de compras\nLuz del Sur, S.L.\nC/ Mayor, 8 - 41001 Sevilla\nTel.: 954 550 110",
    ),
    "it": (
        "La lampada ronza.\n\nDistinti saluti",
        "Paolo Gatti\nUfficio acquisti\nGatti Luce S.r.l.\nVia Verdi 8, 20121 Milano\nTel. 02 555 0110\nP.IVA "
        "01234567890",
    ),
    "pt": (
        "O candeeiro faz barulho.\n\nCom os melhores cumprimentos,",
        "Rita Lopes\nDepartamento de Compras\nLuz Clara, Lda.\nTelemóvel: 912 555 011\nrita@luzclara.example",
    ),
    "nl": (
        "De lamp zoemt.\n\nHartelijke groet,",
        "Sanne Bos\nHoofd inkoop\nBos Verlichting B.V.\nKade 9, 1012 AB Amsterdam\nT 020 555 01 10\nwww.bos.example",
    ),
    "pl": (
        "Lampa brzęczy.\n\nZ poważaniem",
        "Anna Kozioł\nKierownik działu zakupów\nKozioł Światło Sp. z o.o.\nul. Długa 8, 31-147 Kraków\ntel. +48 12 "
        "555 01 10",
    ),
    "sv": (
        "Lampan surrar.\n\nMed vänliga hälsningar",
        "Erik Lund\nInköpschef\nLund Ljus AB\nHamngatan 4, 111 47 Stockholm\nTfn: 08-555 01 10\nerik@lundljus.example",
    ),
    "tr": (
        "Lamba vızıldıyor.\n\nSaygılarımızla,",
        "Elif Demir\nSatın Alma Müdürü\nDemir Aydınlatma Ltd. Şti.\nCep: 0532 555 01 10\nelif@demir.example",
    ),
    "ja": (
        "ランプから音がします。\n\nよろしくお願いいたします。",
        "-=-=-=-=-=-=-=-=-=-=-\n山川 花子\n山川照明株式会社 購買部\n〒604-0000 京都市中京区1-2-3\nTEL 075-555-0110\n"
        "hanako@yamakawa.example\n-=-=-=-=-=-=-=-=-=-=-",
    ),
    "zh": (
        "灯一直有响声。\n\n祝好！",
        "李明\n采购经理\n明光照明有限公司\n电话：010-5555-0110\n邮箱：liming@mingguang.example",
    ),
    "only a comma": ("The lamp hums.\n\nBright greetings,", "Nora Whitfield\nHartley Ltd\n+44 1904 555 010"),
    "no closing, a rule of stars": (
        "The lamp hums since Monday.",
        "**********************\nNora Whitfield\nHartley & Sons Ltd\nwww.hartley.example",
    ),
    "name typed, then a card": (
        "The lamp hums.\n\nCheers\nNora",
        "Nora Whitfield\nHartley & Sons Ltd\nMobile 07700 900 123",
    ),
    "name twice": ("Die Lampe brummt.\n\nGruß\nJutta", "Jutta Reimann"),
    "motto below the rule": ("The lamp hums.", '-- \nNora\n"Let there be light,\nbut quietly."'),
}

NOTICES = {
    "en": "This message may contain confidential information intended only for its addressee. If it reached you by "
    "mistake,\nplease delete it and tell the sender.",
    "de": "Diese Nachricht ist vertraulich und nur für den genannten Empfänger bestimmt. Sollten Sie sie "
    "versehentlich\n"
    "erhalten haben, löschen Sie sie bitte.",
    "fr": "Ce courriel est confidentiel et réservé à son destinataire. S'il vous parvient par erreur, veuillez le "
    "supprimer.",
    "es": "Este correo es confidencial y va dirigido solo a su destinatario. Si lo recibe por error, elimínelo.",
    "it": "Questo messaggio è riservato al destinatario. Se ricevuto per errore, si prega di cancellarlo e avvisare il "
    "mittente.",
    "pt": "Esta mensagem é confidencial e destina-se ao seu destinatário. Se a recebeu por engano, elimine-a.",
    "nl": "Deze e-mail is vertrouwelijk en alleen bestemd voor de geadresseerde. Per vergissing ontvangen? "
    "Verwijder hem "
    "dan.",
    "pl": "Ta wiadomość ma charakter poufny i jest przeznaczona dla adresata. Jeśli trafiła do Państwa omyłkowo, "
    "prosimy "
    "ją usunąć.",
    "sv": "Detta meddelande är konfidentiellt och avsett för mottagaren. Har det kommit fel av misstag, radera det.",
    "tr": "Bu e-posta gizlidir ve yalnızca alıcısı içindir. Yanlışlıkla size ulaştıysa lütfen siliniz.",
    "ja": "このメールには機密情報が含まれる場合があります。誤って受信された方は削除してください。",
    "zh": "本邮件含有保密信息，仅供收件人使用。如您误收，请删除。",
    "paper": "Please think of the environment before you print this e-mail.",
    "scanner": "Diese Mail wurde von Avast auf Viren geprüft.\nwww.avast.com",
    "title": "CONFIDENTIALITY NOTICE\n\nThis message is privileged and meant for the intended recipient; please "
    "delete it "
    "if it is not for you.",
}

FOOTERS = {
    "Majordomo": "---------------------------------------\nTo unsubscribe, e-mail: lamps-unsubscribe@lists.example",
    "stars": "**********\nLamps: https://lists.example/lamps\nUnsubscribe: https://lists.example/leave",
    "de": '-- \nSie erhalten diese Nachricht, weil Sie die Gruppe "Lampen" abonniert haben.\nZum Abmelden: '
    "lampen+unsubscribe@groups.example",
    "fr": "----------\nDésabonnement : https://lists.example/lampes",
    "es": "_______________________________________________\nLista de correo Lamparas\nlamparas@lists.example",
    "no rule": "You are receiving this mail because you follow the list.\nLeave it at https://lists.example/leave",
}

ATTRIBUTIONS = [
    "Quoting Ada Stone <ada@mail.example>:",
    "Zitat von Ada Stone <ada@mail.example>:",
    "Ada Stone wrote on 1/5/24 10:00 AM:",
    "Ada Stone ha scritto il 01/05/2024 10:00:",
    "Ada Stone wrote:",
    "* Ada Stone <ada@mail.example> [2024-05-01 10:00]:",
    "onsdag 1 maj 2024 10:00:00 CEST skrev Ada Stone:",
]

HEADS = {
    "unknown words between rules": "-----Frühere Post-----\nVon: Ada <ada@mail.example>\nAn: Bo <bo@mail.example>\n"
    "Verschickt: Mi, 1. Mai 2024 10:00\nBetreff: Lampe",
    "NetEase's columns": "---- 回复的原邮件 ----\n发件人\tAda<ada@mail.example>\n发送日期\t2024年05月01日 10:00\n"
    "收件人\tBo<bo@mail.example>\n主题\t灯",
    "Notes, en": "Ada Stone/York/Hartley\n01/05/2024 10:00\n\nTo\nBo Reed/York/Hartley@HARTLEY\ncc\n\nSubject\nLamp",
    "Notes, de": '"Stein, Ada" <ada@mail.example>\n01.05.2024 10:00\n\nAn\n<bo@mail.example>\nKopie\n\nThema\nLampe',
    "Notes, fr": "Ada Stone/Paris\n01/05/2024 10:00\n\nPour\tBo Reed/Paris\ncc\t\nObjet\tLampe",
    "Notes, rules of dashes": "Ada Stone ---01.05.2024 10:00:00---Hallo Bo, die Lampe ist\n\nVon: Ada Stone/Kiel\n"
    "An: Bo Reed/Kiel\nDatum: 01.05.2024 10:00\nBetreff: Lampe",
}

OUTLOOK = "From: Ada Stone <ada@mail.example>\nSent: Wednesday, May 1, 2024 10:00 AM\nTo: Bo\nSubject: RE: Lamp"

KEPT = {
    "an address to send to": "Please send the new lamp to my new address.\n\nThanks\n\nNora Whitfield\nHartley Ltd\n"
    "14 Canal Street\nYork YO1 7AB",
    "an address and no more": "I moved house.\n\nThanks\n\nNora Whitfield\n14 Canal Street\nYork YO1 7AB",
    "a card that nothing announces": "The lamp hums since Monday.\n\nNora Whitfield\nOffice Manager\nHartley Ltd\n"
    "+44 1904 555 010",
    "an address below a colon": "Bitte liefern Sie an:\n\nJutta Reimann\nReimann GmbH\nHafenweg 12\n24103 Kiel\n"
    "Tel. 0431 555 0110",
    "a number to call": "Bitte rufen Sie mich zurück.\n\nGruß\n\nJutta Reimann\nReimann GmbH\nTel. 0431 555 0110",
    "a number to call, fr": "Merci de m'appeler au numéro suivant.\n\nCordialement\n\nLuc Moreau\nTél. 02 99 55 01 10",
    "a customer's number": "La lampe ne marche pas.\n\nCordialement\n\nLuc Moreau\nCommande 88213\nTél. 02 99 55 01 10",
    "a question below the name": "The lamp hums.\n\nBest wishes\n\nNora Whitfield\n+44 1904 555 010\nCan you send a "
    "new one?",
    "a sentence below the name": "The lamp hums.\n\nRegards\nNora\n\nYou reach me on +44 1904 555 010 until noon.",
    "a name and no more": "The lamp hums.\n\nKind regards,\n\nNora Whitfield",
    "two names": "The lamp hums.\n\nKind regards,\n\nNora Whitfield\nand Tom",
    "a list of data": "The lamp says\n\nModel: L-200\nSerial: 0431 555 0110\nVoltage: 230",
    "a log": "It fails with\n\nGET /lamp HTTP/1.1\nHost: lamp.example\nServer Error 500\nwww.lamp.example",
    "links": "These two pages are broken.\n\nhttps://lamp.example/a\nhttps://lamp.example/b\nhttps://lamp.example/c",
    "people to invite": "Please add these users.\n\nNora Whitfield\nnora@hartley.example\nTom "
    "Hill\ntom@hartley.example",
    "a notice asked about": "Your footer says this:\n\nThis message is confidential and meant for the intended "
    "recipient. "
    "May I delete it?",
    "a mail that came by mistake": "Hello,\n\nI received this message by mistake. It was confidential and for another "
    "recipient, so I had to delete it.",
    "a mail that came by mistake, de": "Hallo,\n\ndiese Nachricht habe ich versehentlich bekommen, sie ist "
    "vertraulich und "
    "nicht für mich bestimmt.",
    "printing": "Before printing the label the program stops. The environment is Windows 11.",
    "nothing but a card": "Nora Whitfield\nOffice Manager\nHartley Ltd\n+44 1904 555 010",
    "a date of one's own": "The driver came on\n01/05/2024 10:00\nand rang twice.",
    "words between rules": "--- My order ---\nTwo lamps and a cable.\n\n--- My question ---\nWhen does it come?",
    "another's card": "Please talk to Nora about it.\n\nNora Whitfield\nFinance Manager\nHartley "
    "Ltd\nnora@hartley.example",
    "a card asked about": "Who is this person?\n\nNora Whitfield\nFinance Manager\nHartley Ltd\nnora@hartley.example",
    "a sentence below a card": "This is the fitter.\n\nTom Hill\nHill Ltd\n+44 1904 555 010\n\nHe never came.",
    "a link below the name": "Hello.\n\nThanks,\nTom\n\nwww.lamp.example/broken shows an error",
    "a link to leave": "Hello.\n\n-----\nThe unsubscribe link https://lamp.example/leave is broken",
    "a mail that came by mistake, es": "Hola,\n\neste mensaje llegó por error, es confidencial y va a otro "
    "destinatario.",
    "a mail that came by mistake, zh": "你好，\n\n这封邮件发错误了，是保密的，收件人不是本公司。",
    "told within a paragraph": "Ayer pasó esto. El 3 de junio de 2024 a las 10:00 Pepe escribió:\nno venía nadie,\n"
    "y no fui.\n\n¿Qué hago?",
    "a prompt": "The console says\n\nmysql> select 1;\nERROR 2006\nmysql> quit\n\nWhat now?",
}


@pytest.mark.parametrize(("own", "signature"), SIGNED.values(), ids=SIGNED)
@pytest.mark.parametrize(
    "below", ["", "\n\nSent from my iPad", "\n\n" + NOTICES["en"]], ids=["end", "device", "notice"]
)
def test_a_signature_that_no_rule_sets_off_is_no_part_of_the_reply(own: str, signature: str, below: str) -> None:
    found = reply_text(f"Hello,\n\n{own}\n\n{signature}{below}\n")
    assert found.text == f"Hello,\n\n{own}"
    assert signature.split("\n")[-1] in found.rest


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES)
def test_a_company_s_notice_below_a_mail_is_no_part_of_the_reply(notice: str) -> None:
    own = "Hello,\n\nthe lamp hums.\n\nRegards\nNora"
    assert reply_text(f"{own}\n\n{notice}\n").text == own
    assert reply_text(f"{own}\n\n{notice}\n\n{NOTICES['de']}\n").text == own


@pytest.mark.parametrize("footer", FOOTERS.values(), ids=FOOTERS)
def test_what_a_list_adds_is_no_part_of_the_reply(footer: str) -> None:
    own = "Hello,\n\nthe lamp hums.\n\nNora"
    assert reply_text(f"{own}\n\n{footer}\n").text == own
    assert reply_text(f"On 1 May 2024 10:00, Ada <a@b.example> wrote:\n> hm\n\n{own}\n\n{footer}\n").text == own


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_a_rarer_attribution_above_a_quote_is_told_above_and_below_the_reply(attribution: str) -> None:
    quote = f"{attribution}\n> Does the lamp hum?\n> Ada"
    assert reply_text(f"Yes, it hums.\n\n{quote}\n").text == "Yes, it hums."
    assert reply_text(f"{quote}\n\nYes, it hums.\n").text == "Yes, it hums."


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_stands_above_a_rarer_head_of_a_quote_is_the_reply(head: str) -> None:
    own = "Hello Ada,\n\nthe lamp hums.\n\nRegards\nNora"
    assert reply_text(f"{own}\n\n{head}\n\nDoes the lamp hum?\n\nAda\n").text == own


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_what_only_looks_like_a_signature_or_a_notice_is_kept(body: str) -> None:
    assert reply_text(body).text == body


def test_answers_between_quotes_that_name_their_writer_stay_with_them() -> None:
    body = (
        "Hallo Ada,\n\nMittwoch, 1. Mai 2024, 10:00:00, schrieben Sie:\n\nAS> Welche Lampe?\n\nDie große.\n\n"
        "AS> Seit wann?\n\nSeit Mai.\n\nAS> Danke\n-- \nBo Reed"
    )
    assert reply_text(body).text == "Hallo Ada,\n\n\nAS> Welche Lampe?\n\nDie große.\n\nAS> Seit wann?\n\nSeit Mai."


def test_answers_between_quotes_below_headers_stay_with_them() -> None:
    answered = "> Which lamp?\n\nThe large one.\n\n> Since when?\n\nMay."
    found = reply_text(f"Hello Ada,\n\n-----Original Message-----\n{OUTLOOK}\n\n{answered}\n\n> Thanks\n")
    assert found.text == f"Hello Ada,\n\n\n{answered}"


def test_answers_said_to_stand_in_the_text_in_green_are_kept() -> None:
    found = reply_text(f"Meine Antworten stehen in grün im Text.\n\n{OUTLOOK}\n\nWelche Lampe?\nDie große.\n")
    assert found.text.endswith("Die große.")


def test_a_forwarded_mail_below_see_below_is_no_part_of_the_reply_but_answers_in_it_are() -> None:
    forwarded = (
        f"---------- Forwarded message ---------\n{HEADS['unknown words between rules'].partition(chr(10))[2]}\n"
    )
    assert reply_text(f"See below, is it from you?\n\n{forwarded}\nPay now.\n").text == "See below, is it from you?"
    assert "The small one." in reply_text(f"My answers are below in red.\n\n{forwarded}\nThe small one.\n").text


def test_a_program_s_line_below_a_long_rule_is_no_part_of_the_reply() -> None:
    rule = "-" * 40
    assert reply_text(f"La lampe est là.\n\nLuc\n\n{rule}\nCe message a été envoyé par Courrier 3.\n").text == (
        "La lampe est là.\n\nLuc"
    )
    own = f"One\n\n{rule}\nThe second lamp is dark."
    assert reply_text(own).text == own


@pytest.mark.parametrize(
    "piece",
    [
        "--(((((",
        "-=",
        "Tel. 0431 555 ",
        "Nora Whitfield\n",
        "Nora\n\n",
        "Regards\nNora Whitfield\nHartley Ltd\n0431 555 0110\n",
        "this message is confidential ",
        "AS> a\nb\n",
        "01/05/2024 10:00\nTo\n",
        "---- a ----\nFrom: a@b.example\n",
        '"',
        "https://",
    ],
)
def test_long_bodies_of_pieces_of_signatures_are_read_and_no_line_is_lost(piece: str) -> None:
    body = piece * 3_000
    found = reply_text(body)
    told = [line.strip() for part in (found.text, found.rest) for line in part.split("\n") if line.strip()]
    assert sorted(told) == sorted(line.strip() for line in body.split("\n") if line.strip())
