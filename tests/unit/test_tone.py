"""How answers begin and end for whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from firstline.domain.classification import classify
from firstline.domain.conversation import CommunicationStyle, Customer
from firstline.domain.tone import Expertise, Mood, Tone, closing, opening, tone_of
from firstline.domain.turn import Strategy


def tone(text: str, style: CommunicationStyle = CommunicationStyle.NEUTRAL, name: str = "") -> Tone:
    customer = Customer(customer_id="c", communication_style=style, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    return tone_of(classify(text), customer, text, name=name)


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("How do I export my shifts?", Mood.CALM),
        ("This is ridiculous, how do I export?", Mood.DISPLEASED),
        ("It still does not work and nobody answers, I am angry", Mood.VERY_DISPLEASED),
        ("How do I unlock it? Everything is down in production, payroll is due today", Mood.HURRIED),
    ],
)
def test_the_mood_is_read_from_the_words(text: str, mood: Mood) -> None:
    assert tone(text).mood is mood


def test_a_greeting_is_given_back_in_the_customers_style() -> None:
    said = "Hi there, how do I export my shifts?"
    assert opening(tone(said, name="Anna Maria"), Strategy.CONCISE) == "Hello Anna."
    assert opening(tone(said, CommunicationStyle.CASUAL), Strategy.CONCISE) == "Hi!"
    assert opening(tone(said, CommunicationStyle.FORMAL), Strategy.CONCISE) == "Good day."
    assert opening(tone("How do I say hello to members?"), Strategy.CONCISE) == ""


def test_a_displeased_customer_is_met_before_anything_else_and_offered_a_person() -> None:
    upset = tone("It still does not work and nobody answers, I am angry")
    for strategy in Strategy:
        assert opening(upset, strategy).startswith("I am sorry")
        assert "talk to a person" in closing(upset, strategy, has_steps=True)
    assert opening(upset, Strategy.EMPATHETIC).endswith("Let us get this sorted.")


def test_experts_are_spared_what_they_need_not_be_told() -> None:
    expert = tone("How do I verify the signature?", CommunicationStyle.TECHNICAL)
    assert expert.expertise is Expertise.EXPERT
    assert closing(expert, Strategy.GUIDED, has_steps=True) == ""
    assert "If a step does not work" in closing(tone("How?"), Strategy.STEP_BY_STEP, has_steps=True)


def test_a_model_is_told_the_same() -> None:
    assert tone("How do I export?", CommunicationStyle.FORMAL).as_data == {
        "mood": "calm",
        "style": "formal",
        "expertise": "new",
    }
