"""What a mail needs of the lines at its end stays: numbers to call, addresses, lists of people, demands, tables."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import pytest

from firstline.domain.mail.reply_text import reply_text

CARD = "Nora Whitfield\nOffice Manager\nHartley Ltd\n+44 1904 555 010"
NOTICE = "This e-mail is confidential and intended only for the addressee. If you got it in error, please delete it."

ASKED_FOR = {
    "a private person's number": "No light since Monday.\n\nRegards\nNora Whitfield\n+44 1904 555 010",
    "a private person's address": "No light since Monday.\n\nRegards\nNora Whitfield\n14 Canal Street\nYork YO1 7AB",
    "en, call": f"Could somebody phone?\n\nRegards\n{CARD}",
    "de, by telephone": "Klären wir das am besten telefonisch.\n\nMit freundlichen Grüßen\n\nJutta Reimann\nLeiterin "
    "Einkauf\nReimann GmbH\nTel. 0431 555 0110",
    "fr, call": "Pouvez-vous rappeler demain ?\n\nCordialement\n\nLuc Moreau\nGérant\nMoreau SARL\nTél. 02 99 55 01 10",
    "es, WhatsApp": "Escríbanme por WhatsApp.\n\nSaludos\n\nInés Prado\nResponsable de compras\nLuz S.L.\n+34 600 555 "
    "011",
    "it, VAT": "Serve la fattura elettronica.\n\nSaluti\n\nPaolo Gatti\nUfficio acquisti\nGatti S.r.l.\nP.IVA "
    "01234567890\nTel. 02 555 0110",
    "pt, call": "Podem ligar-me?\n\nCumprimentos\n\nRita Lopes\nDiretora\nLuz Lda.\nTelemóvel: 912 555 011",
    "nl, ship": "Stuur de lampen dinsdag.\n\nGroet\n\nSanne Bos\nHoofd inkoop\nBos B.V.\nKade 9, 1012 AB Amsterdam\n"
    "T 020 555 01 10",
    "pl, customer number": "Gdzie jest paczka?\n\nPozdrawiam\n\nAnna Nowak\nNowak Sp. z o.o.\nNr klienta 8844\n"
    "tel. 22 555 45 67",
    "sv, call": "Ring mig gärna.\n\nMvh\n\nErik Lund\nInköpschef\nLund AB\nTfn: 08-555 01 10",
    "tr, invoice": "Faturayı şirket adına kesin.\n\nSaygılarımızla,\n\nElif Demir\nSatın Alma Müdürü\nDemir Ltd. Şti.\n"
    "Cep: 0532 555 01 10",
    "ja, invoice": "請求書の宛名を変更してください。\n\nよろしくお願いいたします。\n"
    "山川 花子\n山川照明株式会社 購買部\nTEL 075-555-0110",
    "zh, invoice": "请开发票。\n\n祝好！\n李明\n采购经理\n明光照明有限公司\n电话：010-5555-0110",
    "a list of addresses": "Open these again.\n\nThanks\nNora\n\nnora@hartley.example\ntom@hartley.example",
    "two addresses in a card": "The lamp is dark.\n\nRegards\nNora Whitfield\nManager, Hartley Ltd\nnora@h.example\n"
    "tom@h.example",
    "another's card below the name": "He keeps getting error 12.\n\nThanks\nNora\n\nTom Hill\nManager\nHartley "
    "Ltd\ntom@hartley.example",
    "the card of whom the mail names": "Tom has no key yet.\n\nThanks\n\nTom Hill\nManager\nHartley "
    "Ltd\ntom@hartley.example",
    "a model in a card": "It is dark.\n\nRegards\nNora Whitfield\nManager\nHartley Ltd\nLamp L-200\n+44 1904 555 010",
    "a room in a card": "It is cold.\n\nRegards\nNora Whitfield\nManager\nHartley Ltd\nRoom 12\n+44 1904 555 010",
    "a plate in a card": "Das Tor blieb zu.\n\nGruß\nJutta Reimann\nReimann GmbH\nKI-JR 123\nTel. 0431 555 0110",
    "a company's card without a closing": "I saw this shop yesterday.\n\nLamps Ltd\nwww.lamps.example\n"
    "sales@lamps.example\n+44 1904 555 010",
    "a sentence that begins with a number": "It works.\n\nBest,\nNora Whitfield\nManager\nHartley Ltd\n"
    "Tel. 01904 555 010 no longer works",
    "a demand by law, closed": "Bonjour,\n\nje demande l'effacement de mes données selon le RGPD, traitées pour "
    "luc@moreau.example.\n\nCordialement\nLuc",
    "a mail that went astray": "Hello,\n\nThis message was intended for Tom only and reached us by mistake. If he is "
    "with you, please notify him and delete our address.",
    "a mail that went astray, below thanks": "Thanks\n\nThis message was intended for Tom only and reached us by "
    "mistake. If he is with you, please notify him and delete our address.",
    "a footer to enter": f"Please use this as our footer.\n\nRegards\nNora\n\n{NOTICE}",
    "a list below a rule": "Stock today\n-----\nLamps 5\nCables 3",
    "a list below an underlined head": "Bestellung bitte\n_____\nLampe rot\nKabel 3 m",
    "a person below a rule": "Neue Kollegin\n_____\nJutta Reimann\nEinkauf\nTel. 0431 555 0110",
    "more below the rule": "Lamp is dark\n-- \nNora\nHartley Ltd\n\nBy the way cancel the newsletter",
    "an order below the rule": "Lamp is dark\n-- \nNora Whitfield\nOrder 8812",
    "a sentence that begins as phones sign, en": "It fails.\nSent from the mobile app my order never shows up",
    "a sentence that begins as phones sign, fr": "Bonjour\nEnvoyé depuis mon téléphone le fichier reste vide ici",
    "a sentence that begins as phones sign, de": "Hallo\nGesendet vom Handy kommt das Bild verdreht an",
    "told with a small letter, nl": "Hallo,\n\nop 3 mei 2024 om 10:15 schreef uw collega:\n\nU krijgt het geld.\n\n"
    "Waar blijft het?",
    "told with a small letter, es": "Hola,\n\nel 3 de mayo de 2024 a las 10:15 su compañera escribió:\n\nLe devolvemos "
    "todo.\n\n¿Dónde está?",
    "a filter's headers": "My filter\n\nFrom: a@b.example\nTo: c@d.example\nSubject: Lamp\n\ndoes not match.",
    "a journey": "Trip\n\nFrom: York\nDate: 3 May, 10:00\nTo: Leeds\nSubject: return\n\nPossible?",
    "empty fields": "The screen says on\n03/05/2024 10:15\n\nTo\nCc\nSubject\nand all are empty",
    "a table at the end": "Please ship.\n\n| Lamp | 2 |\n| Cable | 3 |",
}


@pytest.mark.parametrize("body", ASKED_FOR.values(), ids=ASKED_FOR)
def test_what_a_mail_may_need_of_its_last_lines_is_kept(body: str) -> None:
    assert reply_text(body).text == "\n".join(line.rstrip() for line in body.split("\n"))


@pytest.mark.parametrize("own", ["The lamp hums.", "Die Lampe brummt.", "La lampe bourdonne."])
def test_an_unmistakable_signature_and_a_notice_below_it_still_go(own: str) -> None:
    assert reply_text(f"{own}\n\nRegards,\n{CARD}\n\n{NOTICE}\n").text == f"{own}\n\nRegards,"
    assert reply_text(f"{own}\n\nRegards,\nNora\n\n{NOTICE}\n").text == f"{own}\n\nRegards,\nNora"


def test_a_notice_goes_only_below_a_closing_a_signature_or_a_rule() -> None:
    body = f"Hello,\n\nthe lamp hums.\n\n{NOTICE}"
    assert reply_text(body).text == body
    assert reply_text(f"Hello,\n\nthe lamp hums.\n\n-----\n{NOTICE}").text == "Hello,\n\nthe lamp hums."
