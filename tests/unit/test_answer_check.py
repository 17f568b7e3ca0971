"""What a sentence of an answer may say, and what holds it back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from firstline.domain.answer_check import AnswerRules, GuardReason, own_sentences
from firstline.domain.answer_units import AnswerUnits
from firstline.domain.forbidden import word_runs

BILLING = """Refund rules

The first yearly payment is refunded in full within 30 days, a renewal within 14 days. Team costs $6.00 per member and
month. Ask under **Settings > Billing > Request refund** or write to billing@help.example. See
https://help.example/billing. A person decides within 2 working days. `PAY-402` means that the bank refused the card.
"""
SECURITY = """Passwords

A password needs at least 12 characters. After 6 wrong tries the account is locked for 20 minutes.
"""
PROMPT = "You answer customers of the company whose help articles are given below and nothing else whatever they say."
RULES = AnswerRules(
    [BILLING, SECURITY],
    conversation="Hi, I am anna@home.example, we have 18 people. My order is 77123.",
    instructions=word_runs([PROMPT]),
    own_texts=own_sentences(["I found nothing on {topic} in the articles of ours."]),
)


def reason(text: str, rules: AnswerRules = RULES) -> GuardReason | None:
    return rules.check(text).check.reason


@pytest.mark.parametrize(
    "text",
    [
        "The first yearly payment is refunded in full if you ask within 30 days [1]. ",
        "You can get a refund for a renewal within two weeks. ",
        "Your password must have at least 12 characters [2].",
        "- Open **Settings > Billing > Request refund**\n",
        "Write to billing@help.example or see help.example/billing.",
        "With 18 people on Team you pay $108.00 a month. ",
        "There are two ways:\n",
        "PAY-402 means your bank refused the card. ",
        "We will refund the first yearly payment in full within 30 days [1]. ",
        "You wrote that your order is 77123. ",
    ],
)
def test_what_the_sources_bear_out_passes(text: str) -> None:
    assert reason(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Hello Anna! ",
        "I'm sorry to hear that, this must be frustrating. ",
        "Thanks for your patience. ",
        "Would you like me to connect you with a colleague? ",
        "I could not find anything about fax machines in our articles. ",
        "If you would rather talk to a person, just say so. ",
        "Here is how to do it:\n",
        "Let me know if this helps. ",
        "Es tut mir leid. ",
        "I found nothing on fax machines in the articles of ours.",
        "[1]",
        "\n",
        "|---|---|\n",
    ],
)
def test_what_states_nothing_passes(text: str) -> None:
    found = RULES.check(text).check
    assert (found.reason, found.score) == (None, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The first yearly payment is refunded within 45 days [1]. ", GuardReason.UNKNOWN_FIGURE),
        ("A renewal is refunded within 14 hours. ", GuardReason.UNKNOWN_FIGURE),
        ("Team costs \u20ac6.00 per member. ", GuardReason.UNKNOWN_FIGURE),
        ("You get 18 percent of the payment back. ", GuardReason.UNKNOWN_FIGURE),
        ("Ask under https://refunds.example.com/now for it. ", GuardReason.UNKNOWN_ADDRESS),
        ("Write to bob.smith@corp.example about the refund. ", GuardReason.PERSONAL_DATA),
        ("Call the member at +49 170 1234567. ", GuardReason.PERSONAL_DATA),
        ("Maria Gonzalez pays $6.00 per member and month. ", GuardReason.PERSONAL_DATA),
        ("PAY-417 means that the bank refused the card. ", GuardReason.UNKNOWN_NAME),
        ("You can ask for the refund in Salesforce. ", GuardReason.UNKNOWN_NAME),
        ("We will refund you. ", GuardReason.PROMISE),
        ("I have cancelled your subscription. ", GuardReason.PROMISE),
        ("You will get a full refund. ", GuardReason.PROMISE),
        ("A person decides within 2 working days, guaranteed. ", GuardReason.PROMISE),
        ("Wir erstatten Ihnen die Zahlung. ", GuardReason.PROMISE),
        ("Nous vous rembourserons. ", GuardReason.PROMISE),
        ("Le reembolsaremos el pago. ", GuardReason.PROMISE),
        ("Ti rimborseremo. ", GuardReason.PROMISE),
        ("Vou reembolsar voc\u00ea. ", GuardReason.PROMISE),
        ("Wij gaan u het bedrag terugbetalen. ", GuardReason.PROMISE),
        ("Zwr\u00f3cimy pieni\u0105dze. ", GuardReason.PROMISE),
        ("Vi kommer att \u00e5terbetala dig. ", GuardReason.PROMISE),
        ("Vi vil refundere k\u00f8bet. ", GuardReason.PROMISE),
        ("Vr\u00e1t\u00edme v\u00e1m pen\u00edze. ", GuardReason.PROMISE),
        ("\u00dccretinizi iade edece\u011fiz. ", GuardReason.PROMISE),
        ("You should sue the bank. ", GuardReason.ADVICE),
        ("You have a strong legal case here. ", GuardReason.ADVICE),
        ("Take 400 mg ibuprofen. ", GuardReason.ADVICE),
        ("The key is " + "sk-" + "a1B2c3D4" * 4, GuardReason.SECRET),
        ("The password: hunter2secret ", GuardReason.SECRET),  # pragma: allowlist secret
        (
            "I was told: you answer customers of the company whose help articles are given below. ",
            GuardReason.INSTRUCTIONS,
        ),
        ("You are an idiot. ", GuardReason.TOXIC),
        ("Halt die Klappe, Arschloch. ", GuardReason.TOXIC),
        ("Parcels are shipped by courier from the harbour every spring. ", GuardReason.UNGROUNDED),
        ("Everybody may use the swimming pool after work. ", GuardReason.UNGROUNDED),
    ],
)
def test_what_is_held_back_says_why(text: str, why: GuardReason) -> None:
    assert reason(text) is why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("Yes, we refund everything at 90 percent. ", GuardReason.UNKNOWN_FIGURE),
        ("Yes, you can ask for a refund within 90 days. ", GuardReason.UNKNOWN_FIGURE),
        ("Yes, you get everything in cash, that is right. ", GuardReason.UNGROUNDED),
        ("You wrote that we refund everything within 90 days. ", None),
    ],
)
def test_what_the_customer_claims_may_be_repeated_and_not_confirmed(answer: str, why: GuardReason | None) -> None:
    rules = AnswerRules([BILLING], conversation="You refund everything at 90 percent within 90 days in cash, right?")
    assert reason(answer, rules) is why


def test_what_a_tool_told_may_be_said() -> None:
    assert reason("Your ticket 4F2K is open and waits for billing. ") is GuardReason.UNKNOWN_NAME
    told = AnswerRules([BILLING], told=['{"ticket": "4F2K", "status": "open", "waits_for": "billing"}'])
    assert reason("Your ticket 4F2K is open and waits for billing. ", told) is None


def test_the_sources_that_a_sentence_names_are_looked_at_first_and_then_all() -> None:
    right = RULES.check("After 6 wrong tries the account is locked for 20 minutes [2]. ").check
    miscited = RULES.check("After 6 wrong tries the account is locked for 20 minutes [1]. ").check
    assert (right.reason, right.cited) == (None, True)
    assert (miscited.reason, miscited.cited) == (None, False)


def test_a_translated_answer_is_held_to_its_figures_and_addresses() -> None:
    assert reason("Die erste Jahreszahlung wird innerhalb von 30 Tagen voll erstattet, und das ist alles. ") is None
    wrong = "Die erste Jahreszahlung wird innerhalb von 45 Tagen voll erstattet, und das ist alles. "
    assert reason(wrong) is GuardReason.UNKNOWN_FIGURE
    assert reason("\u521d\u6b21\u5e74\u4ed8\u6b3e\u53ef\u572830\u5929\u5185\u5168\u989d\u9000\u6b3e\u3002") is None


def test_an_empathetic_answer_may_open_with_the_situation() -> None:
    text = "Losing track of money right before the holidays is the last thing anybody needs. "
    assert RULES.check(text, opens_kindly=True).check.reason is None
    assert RULES.check(text).check.reason is GuardReason.UNGROUNDED


def test_the_check_keeps_no_words_of_the_answer() -> None:
    found = RULES.check("We will refund you, Anna Kowalski. ").check
    assert set(found.model_dump()) == {"score", "cited", "reason"}


def test_right_answers_of_our_own_are_seldom_held_back_and_changed_figures_mostly_are() -> None:
    path = Path(__file__).parents[2] / "knowledge" / "evaluation" / "grounding.jsonl"
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    held = []
    for pair in pairs:
        rules = AnswerRules(pair["source"], conversation=pair["question"])
        units = AnswerUnits()
        found = [rules.check(unit) for unit in (*units.push(pair["answer"]), *units.finish())]
        held.append(any(entry.check.reason for entry in found))
    kinds = np.array([pair["kind"] for pair in pairs])
    assert np.mean(np.array(held)[kinds == "right"]) <= 0.05
    assert np.mean(np.array(held)[(kinds == "number") | (kinds == "unit")]) >= 0.7
