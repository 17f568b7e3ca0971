"""The first classifier."""

from __future__ import annotations

import pytest

from firstline.domain.classification import classify, level_of
from firstline.domain.turn import Category, Intent, Level


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("why was my card charged twice, I want a refund for the invoice", Category.BILLING_INQUIRY),
        ("the app crashed with an exception, looks like a bug, here is a stack trace", Category.BUG_REPORT),
        ("it would be great if you could add dark mode, any plans on the roadmap?", Category.FEATURE_REQUEST),
        ("please reset my password, I lost admin permission on my account", Category.ACCOUNT_MANAGEMENT),
        ("how do I connect the scanner to the wifi in our shop?", Category.TECHNICAL_SUPPORT),
        ("zzz qqq", Category.GENERAL_INQUIRY),
    ],
)
def test_the_category_with_most_phrases_wins(text: str, category: Category) -> None:
    assert classify(text).category is category


def test_category_confidence_is_low_where_nothing_is_said_and_high_where_much_is() -> None:
    none, much = (classify(t).category_confidence for t in ("zzz qqq", "refund of the invoice that I paid by card"))
    assert none < 0.4
    assert much > 0.6


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hi there", Intent.GREETING),
        ("hi, my invoice is wrong, what do I do?", Intent.QUESTION),
        ("thank you so much!", Intent.THANKS),
        ("bye", Intent.GOODBYE),
        ("I want to talk to a human", Intent.HUMAN_REQUEST),
        ("this is unacceptable", Intent.COMPLAINT),
        ("please send me the invoice", Intent.REQUEST),
        ("How can I invite my team", Intent.QUESTION),
    ],
)
def test_intent(text: str, intent: Intent) -> None:
    assert classify(text).intent is intent


def test_negation_turns_a_word_round() -> None:
    assert classify("this is good").sentiment > 0
    assert classify("this is not good").sentiment < 0
    assert classify("not bad at all").sentiment > 0


def test_anger_shows_in_frustration_and_calm_does_not() -> None:
    assert classify("STILL NOT WORKING!!! this is ridiculous, third time").frustration > 0.7
    assert classify("how do I change my address").frustration < 0.3


def test_what_is_at_stake_makes_urgency() -> None:
    assert classify("everything is down in production, payroll is today").urgency > 0.55
    assert classify("how do I change the colour").urgency_level is Level.LOW


def test_levels_cover_the_whole_range() -> None:
    assert [level_of(x) for x in (0.0, 0.3, 0.55, 0.8, 1.0)] == [
        Level.LOW,
        Level.MEDIUM,
        Level.HIGH,
        Level.CRITICAL,
        Level.CRITICAL,
    ]


@pytest.mark.parametrize("text", ["", "   ", "\U0001f600" * 50, "a" * 4000, "\u202e!", "'" * 100])
def test_odd_text_is_classified_within_its_ranges(text: str) -> None:
    result = classify(text)
    assert 0 <= result.frustration <= 1
    assert -1 <= result.sentiment <= 1
