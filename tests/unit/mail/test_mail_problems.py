"""Problems that a mail tells of beside what it asks, in twelve languages; and what is only their background."""

from __future__ import annotations

import pytest

from firstline.domain.mail.asked import Asked, asked_in, only_manners
from firstline.domain.mail.beside import announces
from firstline.domain.mail.problem_patterns import adds_problem, states_problem, turns_elsewhere
from firstline.domain.mail.request_patterns import requests
from firstline.domain.mail.sentences import sentences_of
from firstline.domain.turn import Intent


def questions(mail: str) -> list[str]:
    return [asked.question for asked in asked_in(mail)]


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ("How do I reset my password?", "Also, the app crashes when I open an invoice."),
        ("Where can I park?", "Another thing: the gate on Mill Road was shut all day."),
        ("Do you open on Sundays?", "By the way, the map on your site shows the old address."),
        ("How long is the warranty?", "I also cannot open the attachment."),
        ("Kann ich den Tarif wechseln?", "Dann ist da noch die App, die sich nicht mehr öffnen lässt."),
        ("Wann öffnet die Filiale?", "Im Übrigen zeigt Ihre Webseite noch die alte Adresse."),
        ("Comment changer de forfait ?", "De plus, la facture de mai comporte une erreur."),
        ("¿Cómo cambio la dirección?", "Asimismo, la última factura tiene un importe equivocado."),
        ("Come faccio a disdire?", "Inoltre il telecomando non si accende."),
        ("Como altero o plano?", "Além disso, a aplicação não abre desde ontem."),
        ("Hoe wijzig ik mijn adres?", "Daarnaast klopt het bedrag op de factuur van mei niet."),
        ("Hur ändrar jag adressen?", "Dessutom fungerar inte länken i ert mejl."),
        ("Jak zmienić adres?", "Ponadto aplikacja zawiesza się po zalogowaniu."),
        ("Adresimi nas\u0131l değiştiririm?", "Ayr\u0131ca uygulama dünden beri aç\u0131lm\u0131yor."),
        ("住所はどう変更しますか。", "また、請求書の金額が間違っています。"),
        ("怎么修改地址\uff1f", "另外\uff0c五月的发票金额不对。"),
    ],
)
def test_a_problem_that_is_added_to_a_question_is_searched_for_too(question: str, problem: str) -> None:
    told = questions(f"{question} {problem}")
    assert len(told) == 2
    assert told[0] == question
    assert problem.casefold().endswith(told[1].casefold())


@pytest.mark.parametrize(
    "mail",
    [
        "The app crashes when I open an invoice. And another question: how do I add a user?",
        "The report has been empty for days. We use the small plan. On the hosting side, may I move the domain?",
        "The report has been empty for days. I also have a question. May I move the domain?",
        "Die Lieferung war unvollständig. Eine andere Frage: Wie ändere ich meine Adresse?",
        "La livraison est incomplète. Autre question : comment changer mon adresse ?",
        "El pedido llegó incompleto. Otra pregunta: ¿cómo cambio mi dirección?",
        "La consegna era incompleta. Volevo poi sapere come cambiare indirizzo.",
        "A entrega veio incompleta. Outra pergunta: como altero a morada?",
        "De levering was onvolledig. Nog een vraag: hoe wijzig ik mijn adres?",
        "Leveransen var ofullständig. En annan fråga: hur ändrar jag adressen?",
        "Dostawa była niekompletna. Inne pytanie: jak zmienić adres?",
        "Kargoda bir parça eksik. Başka bir soru: adresimi nas\u0131l değiştiririm?",
        "商品が一つ足りません。それから、住所はどう変更しますか。",
        "少寄了一件商品。另外\uff0c怎么修改地址\uff1f",
    ],
)
def test_a_problem_before_a_question_that_turns_to_something_else_is_another_matter(mail: str) -> None:
    assert len(asked_in(mail)) == 2


@pytest.mark.parametrize(
    "mail",
    [
        "I tried to reset it yesterday and got no mail. What should I do?",
        "My login stopped working this morning. I would like to know how I can get back in.",
        "I was charged twice in March. I am not sure whether I will get the second amount back.",
        "How do I get a refund? The jacket has a tear in the sleeve.",
        "Can I change the address? I moved last week and the parcel has not been sent yet.",
        "The app says my password is wrong. Also, I cleared the cache. How do I get in?",
        "Where is my refund? Besides, my order number is 12345.",
        "Where is my refund? I also wanted to say that your driver was very friendly.",
        "Das Passwort wird nicht angenommen. Ich habe es dreimal versucht. Wie komme ich wieder rein?",
        "Kann ich den Tarif wechseln? Ich bin seit drei Jahren Kunde und war nie unzufrieden.",
        "Ma carte a été refusée deux fois hier. J'aimerais comprendre pourquoi.",
        "Comment résilier ? Je suis client depuis dix ans et je n'ai jamais eu de souci.",
        "Ayer llamé y nadie me contestó. ¿Cuándo llega mi pedido?",
        "Ieri ho pagato ma il sito dice ancora che manca il saldo. Mi sapete dire se il pagamento è arrivato?",
        "Paguei ontem e o pedido continua pendente. Gostava de saber se receberam o pagamento.",
        "Ik heb de app opnieuw geïnstalleerd en hij start nog steeds niet. Wat moet ik doen?",
        "Jag har inte fått någon faktura för mars. Jag undrar om jag ska betala ändå.",
        "Wczoraj zapłaciłem, a status się nie zmienił. Chciałbym się dowiedzieć, czy wpłata dotarła.",
        "Dün ödedim ama sistemde görünmüyor. Param\u0131 ne zaman al\u0131r\u0131m?",
        "昨日支払いましたが、まだ反映されていません。入金が確認できているか教えていただけますか。",
        "昨天付了款\uff0c但是订单还显示未付款。请问你们收到了吗\uff1f",
    ],
)
def test_the_background_of_a_question_is_no_question_of_its_own(mail: str) -> None:
    assert len(asked_in(mail)) == 1


@pytest.mark.parametrize(
    "mail",
    [
        "I ordered on Monday.",
        "The app crashes when I open an invoice. It did so yesterday, too.",
        "The transfer went out this morning. Let me know if you need anything else. Have a nice weekend.",
        "Die Nummer war falsch eingetragen, das lag bei uns. Falls noch etwas fehlt, melden Sie sich bitte.",
        "Ya he pagado la cuota. El retraso se debió al banco. Si necesitan algo más, me avisan.",
    ],
)
def test_a_mail_that_asks_nothing_has_no_parts_and_is_searched_for_as_a_whole(mail: str) -> None:
    assert asked_in(mail) == []


@pytest.mark.parametrize(
    ("mail", "kept"),
    [
        ("The left speaker is dead. I want a replacement. Who pays for the return?", 3),
        ("Der Akku hält nur zehn Minuten. Schicken Sie mir einen neuen. Wie lange habe ich noch Garantie?", 3),
        ("Le colis est arrivé ouvert. Je demande un remboursement. Sous quel délai répondez-vous ?", 3),
        ("El paquete llegó abierto. Exijo un reembolso. ¿Cuánto tardan?", 3),
        ("The invoice is wrong. Please correct it. Where do I find the old ones?", 2),
        ("My speaker is dead. Please tell me who pays. Is my speaker insured?", 2),
    ],
)
def test_a_mail_of_complaints_that_asks_and_demands_has_its_problems_named(mail: str, kept: int) -> None:
    assert len(asked_in(mail)) == kept


def test_a_report_of_many_failures_is_the_background_of_what_it_asks() -> None:
    report = " ".join(f"The {name} fails." for name in ("import", "export", "upload", "backup"))
    assert questions(f"{report} I need another server. Which size fits?") == [
        "I need another server.",
        "Which size fits?",
    ]


def test_a_question_that_leans_on_an_added_problem_is_one_with_it() -> None:
    mail = "How much is the large plan? Also, the export is empty. What can I do about that?"
    whole = "The export is empty. What can I do about that?"
    assert asked_in(mail)[1:] == [Asked(whole, whole)]


def test_log_lines_and_what_announces_them_are_no_problems() -> None:
    assert not states_problem("The server shows the following error:")
    assert not states_problem("2026-01-02 11:22:33 ERROR java.io.IOException: not found")
    assert states_problem("The server shows an error since Monday.")


def test_a_problem_is_told_of_a_thing_and_not_of_what_its_owner_did_about_it() -> None:
    assert states_problem("The phone I bought last month is broken.")
    assert not states_problem("I restarted it without my old cable and tried the broken one again.")
    assert states_problem("I cannot open the attachment.")
    assert not states_problem("The error is fixed and everything works again.")
    assert states_problem("The error is not fixed.")


def test_a_word_of_one_language_is_no_sign_of_another() -> None:
    for plain in (
        "Los pedidos de la semana salen de Madrid.",
        "Im Mai bin ich schon mal umgezogen.",
        "Une personne de votre équipe est venue en mai.",
        "The stored media are immediately available.",
        "Van 9 tot 5 is de winkel open.",
    ):
        assert not states_problem(plain)
    assert not adds_problem("La factura de mayo tiene un error.")
    assert not adds_problem("Das Paket ist also nicht angekommen.")


def test_thanks_with_a_problem_are_more_than_manners_unless_it_is_settled() -> None:
    assert not only_manners("Thank you for the quick delivery, but the lid is cracked.", Intent.THANKS, 0.9)
    assert only_manners("Thank you, the error is gone and the export works again!", Intent.THANKS, 0.9)


def test_a_sentence_that_only_announces_a_question_is_none() -> None:
    assert announces("I have another question.")
    assert questions("Ich hätte noch eine Frage. Wie ändere ich meine Adresse?") == ["Wie ändere ich meine Adresse?"]
    assert turns_elsewhere("Noch eine Frage: Wie ändere ich das?")
    assert not turns_elsewhere("How can I change that?")


@pytest.mark.parametrize(
    "wish",
    [
        "We should be most obliged if you could renew the permit.",
        "Um Übersendung der Bescheinigung wird gebeten.",
        "Nous vous saurions gré de renouveler le permis.",
        "Le agradecería que me enviara un duplicado de la factura de abril.",
        "La pregherei di volermi inviare il duplicato della fattura.",
        "Venho por este meio solicitar a alteração da morada do contrato.",
        "Gaarne ontvang ik een duplicaat van de polis.",
        "Jag anhåller om en kopia av mitt avtal.",
        "Zwracam się z uprzejmą prośbą o wystawienie odpisu umowy.",
        "Sözleşmemin bir kopyas\u0131n\u0131n taraf\u0131ma iletilmesini arz ederim.",
        "契約書の写しをお送りいただきたく存じます。",
        "恳请贵公司补寄一份合同。",
    ],
)
def test_wishes_in_the_words_of_formal_letters_are_requests(wish: str) -> None:
    assert requests(wish)


def test_a_date_a_title_and_a_salutation_do_not_end_or_swallow_a_sentence() -> None:
    mail = "Guten Tag,\nseit dem 3. März gilt der Tarif, sagt Fr. Berg. Stimmt das z.B. Sonntags?"
    assert list(sentences_of(mail)) == [
        "Guten Tag,",
        "seit dem 3. März gilt der Tarif, sagt Fr. Berg.",
        "Stimmt das z.B. Sonntags?",
    ]
    assert list(sentences_of("i ordered twice. nothing came. what now")) == [
        "i ordered twice.",
        "nothing came.",
        "what now",
    ]


@pytest.mark.parametrize(
    ("question", "circumstance"),
    [
        ("How do I cancel the lease?", "Moreover, the weather has been lovely here all summer."),
        ("How do I cancel the lease?", "Also, my husband is not at home in the mornings."),
        ("How do I cancel the lease?", "In addition, the office only opens at nine."),
        ("How do I cancel the lease?", "Finally, a pleasant weekend to all of you in the north."),
        ("How do I cancel the lease?", "I also wrote to you twice from my old address."),
        ("How do I cancel the lease?", "Also, it does not work on the tablet."),
        ("Wie kündige ich den Vertrag?", "Zudem arbeite ich im Schichtdienst in Köln."),
        ("Wie kündige ich den Vertrag?", "Außerdem ist es der Vertrag meiner Tochter in Köln."),
        ("Wie kündige ich den Vertrag?", "Ansonsten wünsche ich Ihnen allen schöne Ostern."),
        ("Comment résilier mon bail ?", "En plus, mon mari part à la retraite en juin."),
        ("¿Cómo cancelo el contrato?", "Además, mi hija empieza la universidad en septiembre."),
        ("Come disdico il contratto?", "Inoltre alla fine del mese parto per Roma."),
        ("Como cancelo o contrato?", "Além disso, a minha filha entra na universidade em setembro."),
        ("Hoe zeg ik mijn contract op?", "Bovendien gaat mijn dochter in september studeren."),
        ("Hur avslutar jag avtalet?", "Dessutom börjar min dotter studera i september."),
        ("Jak wypowiedzieć umowę?", "Ponadto moja córka zaczyna studia we wrześniu."),
        ("Sözleşmeyi nas\u0131l iptal ederim?", "Ayr\u0131ca k\u0131z\u0131m eylülde üniversiteye başl\u0131yor."),
        ("契約はどう解約しますか。", "また、娘が九月に東京の大学に入ります。"),
        ("怎么解除合同\uff1f", "另外\uff0c我女儿九月份就要上大学了。"),
    ],
)
def test_what_is_added_without_a_sign_of_a_problem_with_a_thing_is_no_item(question: str, circumstance: str) -> None:
    assert questions(f"{question} {circumstance}") == [question]


@pytest.mark.parametrize(
    "mail",
    [
        "Where is the order? My wife did not receive it either.",
        "Wo bleibt die Rechnung? Meine Frau hat auch keine bekommen.",
        "Où est ma commande ? Ma femme ne l'a pas vue non plus.",
        "¿Por qué no puedo entrar? En la tableta tampoco funciona.",
        "Dov'è il mio ordine? Nemmeno mia moglie l'ha visto.",
        "Por que não consigo entrar? No telemóvel também não funciona.",
        "Waarom kan ik niet inloggen? Op mijn tablet lukt het ook niet.",
        "Varför kan jag inte logga in? Det går inte på mobilen heller.",
        "Dlaczego nie mogę się zalogować? Na telefonie też nie działa.",
        "Neden giriş yapam\u0131yorum? Telefonda da olmuyor.",
        "なぜログインできませんか。スマホでもできません。",
        "为什么登录不了\uff1f手机上也不行。",
    ],
)
def test_a_problem_told_again_in_other_words_is_no_second_one(mail: str) -> None:
    assert len(asked_in(mail)) == 1


@pytest.mark.parametrize(
    "mail",
    [
        "The door does not close. I would also like to know the reason.",
        "The door does not close. Also, where do I get a replacement?",
        "The door does not close. Meanwhile, which door may I use?",
        "Die Tür schließt nicht. Ich möchte auch wissen, warum.",
        "La porte ne ferme pas. Je voudrais aussi savoir pourquoi.",
        "La puerta no cierra. También quisiera saber por qué.",
        "La porta non chiude. Vorrei anche sapere perché.",
        "A porta não fecha. Também gostaria de saber porquê.",
        "De deur sluit niet. Ik wil ook weten waarom.",
        "Dörren stänger inte. Jag vill också veta varför.",
        "Drzwi się nie zamykają. Chciałbym też wiedzieć dlaczego.",
        "Kap\u0131 kapanm\u0131yor. Ayr\u0131ca neden?",
        "ドアが閉まりません。また、なぜですか。",
        "门关不上。另外\uff0c为什么\uff1f",
    ],
)
def test_a_question_for_the_reason_or_the_remedy_of_a_problem_is_one_with_it(mail: str) -> None:
    assert len(asked_in(mail)) == 1


def test_problems_told_one_after_another_in_a_complaint_are_one_item() -> None:
    mail = "The sofa came damaged. The fabric is torn. I want a discount of ten percent. Which form do I send you?"
    assert questions(mail) == [
        "The sofa came damaged. The fabric is torn.",
        "I want a discount of ten percent.",
        "Which form do I send you?",
    ]


def test_a_thing_of_its_own_that_the_writer_bought_too_may_have_a_problem() -> None:
    assert adds_problem("Also, I ordered a lamp in May, and the shade is cracked.")
    assert adds_problem("I also have a problem with the garage door.")
    assert not adds_problem("Also, I restarted the router twice.")
