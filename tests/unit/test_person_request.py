"""Wishes for a person in many wordings, and persons who are only named."""

from __future__ import annotations

import pytest

from firstline.domain.person_request import person_wish

# None of these is in knowledge/evaluation/handover.jsonl: the rules were written beside that table.
WISHES = [
    "I'd like to speak with somebody from your team",
    "can a human look at this pls",
    "Are you a bot? I want a real agent",
    "connect me to support staff",
    "Could one of your colleagues give me a call?",
    "this isn't helping, let me talk to a manager",
    "live agent",
    "Human please!",
    "enough of this bot, I need a person",
    "Necesito hablar con alguien de soporte",
    "Je veux une vraie personne",
    "Kann mich bitte jemand zur\u00fcckrufen?",
    "Ich will mit einem echten Menschen reden",
    "Posso parlare con una persona?",
    "Prefiro falar com um humano",
    "Mag ik een echt persoon spreken?",
    "Czy mog\u0119 porozmawia\u0107 z konsultantem?",
    "Kan n\u00e5gon ringa mig?",
    "Canl\u0131 destek temsilcisine ba\u011flan\u0131r m\u0131s\u0131n?",
    "\u30aa\u30da\u30ec\u30fc\u30bf\u30fc\u3068\u8a71\u3057\u305f\u3044",
    "\u8bf7\u8f6c\u63a5\u4eba\u5de5\u5ba2\u670d",
]
MENTIONS = [
    "Does the human resources export hold salaries?",
    "How do I give an agent the right to close tickets?",
    "Can two people share one seat?",
    "I spoke to your colleague Tom on Monday, he fixed it. Where do I see the credit?",
    "How do I remove a person from the rota?",
    "Can a manager see the notes of their staff?",
    "Which operator do I use for greater or equal in filters?",
    "Is the user agent logged?",
    "Where do I change the sales representative of an account?",
    "Wie entferne ich einen Mitarbeiter aus dem Plan?",
    "Comment supprimer un agent du planning ?",
    "\u00bfCu\u00e1ntas personas caben en el plan gratuito?",
    "Quantas pessoas posso convidar?",
    "Hoeveel medewerkers mag ik toevoegen?",
    "Ilu pracownik\u00f3w mog\u0119 doda\u0107?",
    "\u62c5\u5f53\u8005\u306e\u6a29\u9650\u3092\u5909\u66f4\u3057\u305f\u3044",
    "\u600e\u4e48\u7ed9\u5458\u5de5\u5206\u914d\u89d2\u8272\uff1f",
]
OFFER = "I could not find that. If you would rather talk to a person, just say so."


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_for_a_person_is_one_in_any_wording(text: str) -> None:
    assert person_wish(text) is True


@pytest.mark.parametrize("text", MENTIONS)
def test_persons_who_are_only_named_are_no_wish(text: str) -> None:
    assert person_wish(text) is not True


@pytest.mark.parametrize(
    "text", ["yes", "Yes please", "ok, that would be great", "Ja, gerne", "oui", "\u597d\u7684", "sim"]
)
def test_a_yes_to_the_offer_of_a_person_is_a_wish_and_to_anything_else_is_not(text: str) -> None:
    assert person_wish(text, OFFER) is True
    assert person_wish(text, "Do you mean the weekly report?") is None


def test_what_another_said_is_no_wish() -> None:
    assert person_wish('Customers write "I want to talk to a human" in the survey. Can I filter that?') is not True


@pytest.mark.parametrize("text", ["", "?", "\U0001f600", "agent " * 9_000, "a" * 50_000, "\ud800"])
def test_odd_text_is_no_wish(text: str) -> None:
    assert person_wish(text) is not True
