"""Danger, threats of law, wishes, negations and haste, as said in twelve languages, and what only sounds like them."""

from __future__ import annotations

import pytest

from firstline.domain.mood import judge_mood
from firstline.domain.person_request import person_wish
from firstline.domain.stakes import judge_stakes
from firstline.domain.urgency import judge_urgency

DANGER = [
    "I wish I was dead",
    "I have been thinking about ending it all",
    "ya no quiero vivir",
    "prefiero morir",
    "j'ai envie d'en finir",
    "ich möchte sterben",
    "Ich bring mich um",
    "vorrei morire",
    "vou me matar",
    "ik wil niet meer leven",
    "chcę umrzeć",
    "jag vill ta livet av mig",
    "yaşamak istemiyorum",
    "生きているのがつらい、死にたい",
    "我真的活不下去了",
    "Our toddler swallowed a magnet from the toy",
    "The adapter was sparking and the carpet melted",
    "my wife got hurt by the machine",
    "He threatened to kill me",
    "la bateria ha explotado",
    "mi hijo se tragó la pila",
    "ma fille a avalé une pile",
    "Meine Tochter hat die Knopfzelle verschluckt",
    "Aus dem Gerät, genauer: Rauch kommt heraus",
    "c'è puzza di gas",
    "mio figlio ha ingoiato la pila",
    "o celular explodiu",
    "de telefoon is ontploft",
    "telefon się pali",
    "min son har svalt ett batteri",
    "çocuğum pili yuttu",
    "子供が電池を飲み込んだ",
    "孩子吞了电池",
    "有人威胁要杀我",
]
NO_DANGER = [
    "I'm dying to try the new version",
    "I want to live chat with sales",
    "My inbox exploded with notifications",
    "this deadline kills me lol",
    "The sparkline chart is on the wrong side",
    "Can I swallow the exception in the webhook?",
    "There is a fire drill in the calendar, how do I move it?",
    "the price shocked me",
    "Die Kosten brennen uns auf den Nägeln, gibt es Rabatt?",
    "me muero de ganas de probarlo",
    "mon crédit est épuisé",
    "想死你们了",
    "ölçüm nerede?",
    "hur ändrar jag rollen?",
    "where do I put the gas bill?",
    "the red dot is burned into the logo image",
]
LAW = [
    "This breaks consumer law, I'll sue",
    "Under article 15 GDPR I insist on my data by Friday",
    "I am reporting this to the ombudsman",
    "Ich wende mich an die Verbraucherzentrale",
    "je saisis le médiateur",
    "voy a reclamar en consumo",
    "mi rivolgo a Altroconsumo",
    "farei uma queixa na DECO",
    "ik ga naar de geschillencommissie",
    "skieruję sprawę, zgłoszę to do UOKiK",
    "jag anmäler det till ARN",
    "tüketici mahkemesine başvuruyorum",
    "裁判所で会いましょう",
    "那就法庭见",
]
NO_LAW = [
    "The police are one of our customers, do you offer SSO?",
    "Our lawyers' seats are missing, how do I add them?",
    "弁護士向けのプランを教えてください",
    "Nuestro cliente es la policía",
    "Is article 30 of the GDPR covered by the export?",
    "Which fields does the DSGVO page list?",
]
WISHES = [
    "Arbeiten hier echte Menschen?",
    "Ich will keinen Bot, sondern eine echte Person.",
    "Bitte weiterleiten an einen Kollegen",
    "passami un collega",
    "is there a single human in there?",
    "live rep please",
    "换人工",
]
NO_WISHES = [
    "Where is the support agent's e-mail stored?",
    "Does the workflow need a human operator to confirm each step?",
    "Wie viele Menschen passen in ein Team?",
]
NEGATED = [
    "klappt nicht",
    "het helpt echt niet",
    "appen fungerar inte",
    "hiç memnun değilim",
    "ça ne marche toujours pas",
    "je ne suis pas content",
    "nie jestem zadowolona",
    "no estoy contento",
    "non sono soddisfatto",
    "não gostei",
    "良くない",
    "不满意",
]
PRAISE = [
    "es funktioniert wieder, danke",
    "het werkt, bedankt",
    "det fungerar nu, tack",
    "ça marche, merci",
    "çok memnunum",
]
URGENT = [
    "Unser Server ist seit heute früh tot, niemand kann arbeiten",
    "Le système est tombé, personne ne peut travailler",
    "El servidor no responde y estamos perdiendo ventas",
    "Il server è giù e perdiamo clienti",
    "O servidor caiu e ninguém consegue entrar",
    "De server is down en we kunnen niet werken",
    "Serwer padł, nie możemy pracować",
    "Servern är nere, vi kan inte jobba",
    "Sunucu çöktü, kimse giremiyor",
    "システムが停止しています、すべてのユーザーが困っています",
    "系统挂了,所有用户都进不去",
    "Mein Konto wurde gehackt",
    "hackearon mi cuenta",
]
CALM = [
    "Wie lade ich Kollegen ein?",
    "¿Cómo invito a alguien?",
    "kimse var m\u0131?",
    "どうやって招待しますか",
    "怎么邀请同事",
]


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_heard_in_twelve_languages(text: str) -> None:
    assert judge_stakes(text).safety


@pytest.mark.parametrize("text", NO_DANGER)
def test_idioms_and_features_are_no_danger(text: str) -> None:
    assert not judge_stakes(text).safety


@pytest.mark.parametrize("text", LAW)
def test_courts_authorities_and_demands_by_the_law_are_heard(text: str) -> None:
    assert judge_stakes(text).legal


@pytest.mark.parametrize("text", NO_LAW)
def test_lawyers_and_police_as_customers_are_no_threat(text: str) -> None:
    assert not judge_stakes(text).legal


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_for_somebody_real_is_heard(text: str) -> None:
    assert person_wish(text) is True


@pytest.mark.parametrize("text", NO_WISHES)
def test_agents_and_operators_of_a_feature_are_no_wish(text: str) -> None:
    assert person_wish(text) is not True


@pytest.mark.parametrize("text", NEGATED)
def test_praise_that_is_negated_is_none(text: str) -> None:
    assert judge_mood(text).sentiment < -0.3


@pytest.mark.parametrize("text", PRAISE)
def test_praise_beside_a_word_like_now_or_again_stays_praise(text: str) -> None:
    assert judge_mood(text).sentiment > 0.3


@pytest.mark.parametrize("text", URGENT)
def test_outages_losses_and_theft_are_urgent_in_any_language(text: str) -> None:
    assert judge_urgency(text).value >= 0.5


@pytest.mark.parametrize("text", CALM)
def test_a_calm_question_is_not_urgent(text: str) -> None:
    assert judge_urgency(text).value < 0.3
