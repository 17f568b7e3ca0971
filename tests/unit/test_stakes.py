"""What is at stake is told by words with their context, in twelve languages."""

from __future__ import annotations

import pytest

from firstline.domain.stakes import judge_stakes, unquoted

# None of these is in knowledge/evaluation/handover.jsonl: the rules were written beside that table.
THREATS = [
    "Expect a letter from my solicitor.",
    "I shall see you in court, then.",
    "If nothing happens, we take legal steps.",
    "I have already complained to the data protection authority.",
    "Mi abogado ya tiene toda la documentaci\u00f3n.",
    "Je vais porter plainte contre vous.",
    "Dann sehen wir uns eben vor Gericht.",
    "Passeremo alle vie legali.",
    "Vou entrar com uma a\u00e7\u00e3o judicial.",
    "Dan stap ik naar de rechter.",
    "Spotkamy si\u0119 i p\u00f3jd\u0119 z tym do s\u0105du.",
    "D\u00e5 blir det r\u00e4ttsliga \u00e5tg\u00e4rder.",
    "Gerekirse dava a\u00e7aca\u011f\u0131m.",
    "\u6cd5\u7684\u63aa\u7f6e\u3092\u53d6\u308a\u307e\u3059\u3002",
    "\u6211\u4f1a\u901a\u8fc7\u6cd5\u5f8b\u9014\u5f84\u89e3\u51b3\u3002",
]
NO_THREATS = [
    "Which fields does the GDPR export hold?",
    "How can my lawyer get a seat that is read-only?",
    "We sell software to courts and law firms.",
    "Sue from accounting needs a new badge.",
    "Is it legal to keep clock-in photos for a year?",
    "\u00bfC\u00f3mo cambio la raz\u00f3n social en el aviso legal?",
    "Wo steht das Impressum und wer ist der Datenschutzbeauftragte?",
    "Wie lege ich meinen Anwalt als Gast an?",
    "Comment ajouter notre avocat comme invit\u00e9 ?",
    'He wrote "I will sue you" in the review field, how long may that text be?',
]
DANGER = [
    "The battery exploded and my hand is bleeding.",
    "There is smoke coming out of the router.",
    "I do not want to live any more.",
    "Der Akku ist explodiert.",
    "Huele a gas en el local.",
    "\u5145\u7535\u5668\u7740\u706b\u4e86",
]
NO_DANGER = [
    "How do I kill the old session?",
    "The number of rows exploded after the import.",
    "Can I set a smoke test for the webhook?",
    "How do I report that an employee was injured at work?",
    "Our fire brigade uses your schedule.",
    "The app dies when I open it.",
]


@pytest.mark.parametrize("text", THREATS)
def test_a_threat_of_legal_action_is_legal_in_every_language(text: str) -> None:
    judged = judge_stakes(text)
    assert judged.legal
    assert judged.at_stake == "law"
    assert judged.because


@pytest.mark.parametrize("text", NO_THREATS)
def test_words_of_law_in_a_question_or_a_quotation_are_no_threat(text: str) -> None:
    assert not judge_stakes(text).legal


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_told(text: str) -> None:
    assert judge_stakes(text).safety


@pytest.mark.parametrize("text", NO_DANGER)
def test_words_that_only_sound_dangerous_are_not(text: str) -> None:
    assert not judge_stakes(text).safety


@pytest.mark.parametrize(
    ("text", "at_stake"),
    [
        ("There is a payment that I never made.", "money"),
        ("You have charged us twice in March.", "money"),
        ("My parcel was sent twice.", ""),
        ("How do I pay by card?", ""),
        ("Someone logged in from another country and changed my password.", "security"),
        ("Ich wurde zweimal abgebucht.", "money"),
        ("Mon compte a \u00e9t\u00e9 pirat\u00e9.", "security"),
        ("\u30a2\u30ab\u30a6\u30f3\u30c8\u304c\u4e57\u3063\u53d6\u3089\u308c\u307e\u3057\u305f", "security"),
        ("How do I change the colour?", ""),
    ],
)
def test_money_and_security_are_at_stake_where_something_is_wrong_with_them(text: str, at_stake: str) -> None:
    assert judge_stakes(text).at_stake == at_stake


def test_the_graver_of_two_is_named_and_both_sides_of_the_judgement_are_explained() -> None:
    judged = judge_stakes("My lawyer knows that you have charged me twice, and the charger caught fire.")
    assert (judged.legal, judged.safety, judged.at_stake) == (True, True, "law")
    told = [one.text for one in judged.because]
    assert any(text.startswith("legal: my lawyer") for text in told)
    assert any(text.startswith("safety: caught fire") for text in told)


@pytest.mark.parametrize(
    "quote", ['"{}"', "\u201c{}\u201d", "\u00ab{}\u00bb", "\u300c{}\u300d", "\u201e{}\u201c", "'{}'"]
)
def test_what_others_said_is_left_out(quote: str) -> None:
    assert unquoted(f"He says {quote.format('I will sue you')} all day") == "he says all day"


def test_an_apostrophe_begins_no_quotation() -> None:
    assert unquoted("I can't and won't, that's it") == "i can't and won't, that's it"


@pytest.mark.parametrize(
    "text", ["", " ", "\U0001f600" * 300, "a" * 50_000, "sue you " * 10_000, "'\"" * 5_000, "\ud800", "\u202e" * 99]
)
def test_odd_text_is_judged(text: str) -> None:
    assert judge_stakes(text).safety is False
