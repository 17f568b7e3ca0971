"""What a mail wants besides its questions, in twelve languages; and what only looks as if it wanted something."""

from __future__ import annotations

import time

import pytest

from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.locales import text
from firstline.domain.mail.asked import asked_in, only_manners, told_after
from firstline.domain.mail.handover_words import mail_handover_text
from firstline.domain.mail.own_words import own_words
from firstline.domain.mail.strange_words import answers_something_else, is_about_something_else
from firstline.domain.turn import Intent, Reason

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "tr", "ja", "zh")


@pytest.mark.parametrize(
    ("mail", "kept"),
    [
        ("How can I set a new password? Also I would like to change the card we pay with. Thanks", 2),
        ("What does the plan cost? Please cancel my trial in the meantime. Best, Joe", 2),
        ("Take me off the list. We need 20 more seats. Where is the rota?", 3),
        ("Was kostet der Versand? Bitte kündigen Sie mein Abo. Danke!", 2),
        ("Wie lange dauert es bis Wien? Außerdem möchte ich die Karte ändern.", 2),
        ("Hiermit kündige ich meinen Vertrag. Wann endet die Laufzeit? Löschen Sie mein Konto.", 3),
        ("Combien coûte la livraison ? Je voudrais aussi changer la carte. Merci d'annuler mon abonnement.", 3),
        ("¿Cuánto cuesta el envío? También quiero cambiar la tarjeta. Por favor, cancelen mi suscripción.", 3),
        ("Quanto costa la spedizione? Vorrei anche cambiare la carta. Vi prego di annullare il mio abbonamento.", 3),
        ("Quanto custa o envio? Gostaria de trocar o cartão. Peço que alterem o meu endereço.", 3),
        ("Wat kost verzending? Ik wil ook de kaart wijzigen. Zeg mijn abonnement alstublieft op.", 3),
        ("Vad kostar frakten? Jag vill också byta kortet. Ändra min leveransadress, tack.", 3),
        ("Ile kosztuje wysyłka? Chciałabym też zmienić kartę. Proszę anulować moją subskrypcję.", 3),
        ("Kargo ücreti ne kadar? Kart\u0131 değiştirmek istiyorum. Lütfen aboneliğimi iptal edin.", 3),
        ("送料はいくらですか。カードを変更したいです。定期購入を解約してください。", 3),
        ("运费是多少\uff1f我想更换银行卡。请取消我的订阅。", 3),
    ],
)
def test_what_a_mail_wants_done_is_kept_beside_its_questions(mail: str, kept: int) -> None:
    assert len(asked_in(mail)) == kept


@pytest.mark.parametrize(
    "mail",
    [
        "I hope you are well. How do I reset my password? I look forward to hearing from you. Please reply soon.",
        "Please find attached a picture. Why does it look like this? I would like to thank you for your service.",
        "Wie lösche ich einen Nutzer? Bitte antworten Sie schnell. Ich würde mich über eine Rückmeldung sehr freuen.",
        "Comment changer le mot de passe ? Merci de me répondre. Je vous prie d'agréer mes salutations distinguées.",
        "¿Cómo cambio la contraseña? Por favor, respondan pronto. Quiero agradecerles su ayuda.",
        "Come cambio la password? Vi prego di rispondere al più presto. Vorrei ringraziarvi.",
        "Como mudo a senha? Por favor, respondam logo. Gostaria de agradecer a atenção.",
        "Hoe wijzig ik mijn wachtwoord? Graag hoor ik van u. Ik wil u alvast bedanken.",
        "Hur byter jag lösenord? Vänligen återkom snarast. Jag vill tacka för hjälpen.",
        "Jak zmienić hasło? Proszę o szybką odpowiedź. Chciałbym podziękować za pomoc.",
        "Şifremi nas\u0131l değiştiririm? Lütfen en k\u0131sa sürede cevap verin.",
        "パスワードはどう変更しますか。ご返信お待ちしております。よろしくお願いいたします。",
        "怎么修改密码\uff1f请尽快回复。请见谅。",
    ],
)
def test_manners_are_no_request(mail: str) -> None:
    assert len(asked_in(mail)) == 1


def test_a_request_and_the_question_that_leans_on_it_are_one_and_nothing_of_it_is_lost() -> None:
    (asked,) = asked_in("I want to reset my password. How do I do that?")
    assert asked.question == asked.searched == "I want to reset my password. How do I do that?"


def test_thanks_with_a_request_are_more_than_manners() -> None:
    assert only_manners("Thank you so much!", Intent.THANKS, 0.9)
    assert not only_manners("Thank you so much! Please cancel my subscription.", Intent.THANKS, 0.9)


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("And how can I export my schedule?", "How can I export my schedule?"),
        ("Und wie exportiere ich den Plan?", "Wie exportiere ich den Plan?"),
        ("Et comment annuler mon abonnement ?", "Comment annuler mon abonnement ?"),
        ("\u00bfY cómo exporto los turnos?", "\u00bfCómo exporto los turnos?"),
        ("E come posso esportare i dati?", "Come posso esportare i dati?"),
        ("E como exporto os dados?", "Como exporto os dados?"),
        ("En hoe exporteer ik mijn rooster?", "Hoe exporteer ik mijn rooster?"),
        ("I jak wyeksportować grafik?", "Jak wyeksportować grafik?"),
        ("Och hur exporterar jag mitt schema?", "Hur exporterar jag mitt schema?"),
        ("Ve iade formu nerede?", "\u0130ade formu nerede?"),
        ("また、シフト表を出す方法を教えてください。", "シフト表を出す方法を教えてください。"),
        ("另外\uff0c如何导出排班表\uff1f", "如何导出排班表\uff1f"),
        ("A parcel of mine is lost, where is it?", "A parcel of mine is lost, where is it?"),
        ("O pacote chegou onde?", "O pacote chegou onde?"),
        ("A quelle heure ouvrez-vous la boutique ?", "A quelle heure ouvrez-vous la boutique ?"),
        ("Außerdem möchte ich die Karte ändern.", "Außerdem möchte ich die Karte ändern."),
    ],
)
def test_a_question_is_named_without_the_and_that_joins_it_to_another(question: str, alone: str) -> None:
    assert [one.question for one in asked_in(question)] == [alone]


def test_quoted_lines_between_answers_are_nobodys_question_and_alone_they_are_all_there_is() -> None:
    mail = "> What is your order number?\n4711\n> reply with these words: I want to talk to a human\nIt is late."
    assert own_words(mail) == "4711\nIt is late."
    assert asked_in(mail) == []
    assert own_words("> only this") == "> only this"


def test_long_sentences_after_the_question_that_are_neither_searched_for_nor_manners_count() -> None:
    told = "The parcel stood in the hall of our neighbours until Friday."
    assert told_after(f"How do I pay? {told} Thank you very much for all your help.") == 1
    assert told_after(f"{told} How do I pay?") == 0
    assert told_after("How do I pay? Also, the coupon of last week does not work.") == 0


def chunk(body: str, language: str = "en") -> RankedChunk:
    of = {"chunk_id": body[:8], "source": "a.md", "title": "Pay", "text": body, "content_hash": "0"}
    return RankedChunk(chunk=Chunk(**of, position=0, language=language), score=1.0, distance=0.5)


def test_words_that_no_passage_has_are_about_something_else_unless_what_was_found_is_surely_right() -> None:
    found = [chunk("We accept Visa and Mastercard, and PayPal."), chunk("Parcels are shipped within three days.")]
    strange = "Do you ship espresso machines to Iceland?"
    assert answers_something_else(strange, found, 0.7)
    assert not answers_something_else(strange, found, 0.99)
    assert not is_about_something_else("Do you accept Visa or PayPals for parcels?", found)
    assert not is_about_something_else("Do you accept Bitcoin?", found)
    assert not is_about_something_else(strange, [])


def test_words_of_another_language_are_not_compared() -> None:
    found = [chunk("Wir nehmen Visa und Mastercard.", "de-AT")]
    assert not is_about_something_else("Which payment options exist here?", found, language="en")
    assert is_about_something_else("Liefern Sie Kaminholz und Briketts?", found, language="de")
    assert not is_about_something_else("コーヒーメーカーを発送しますか。", found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_is_never_told_by_mail_how_sure_an_answer_was(language: str) -> None:
    told = mail_handover_text(Reason.LOW_CONFIDENCE, already_open=False, language=language)
    assert text("handover_low_confidence", language) not in told
    assert text("mail.handover_other", language) in told


def test_a_long_run_of_accented_letters_takes_no_longer_than_one_of_plain_letters() -> None:
    def seconds(letter: str) -> float:
        started = time.process_time()
        asked_in(letter * 8000)
        return time.process_time() - started

    asked_in("How do I pay?")
    assert min(seconds("\u00e9") for _ in range(2)) < 6 * max(seconds("a") for _ in range(3))


def test_good_wishes_are_no_requests() -> None:
    for wish in (
        "Ansonsten wünsche ich Ihnen allen schöne Ostern.",
        "Por último, les deseo a todos unas felices fiestas.",
        "Slutligen önskar jag hela laget en fin sommar.",
        "皆様どうぞよいお年をお迎えください。",
    ):
        assert asked_in(wish) == []
