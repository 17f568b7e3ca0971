"""Rewards of observed parts: missing is missing, and the order of evidence does not matter."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from firstline.domain.errors import InvalidInputError
from firstline.domain.learning_names import POLICIES, REWARD_PRESETS
from firstline.domain.policies.registry import STORED_POLICIES
from firstline.domain.rewards import (
    Observed,
    Part,
    inferred_satisfaction,
    merged,
    preset,
    presets,
    reward_of,
    stated_satisfaction,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_nothing_observed_is_no_reward_and_not_zero() -> None:
    assert reward_of({}) is None
    assert reward_of({}, normalise=False) is None
    assert reward_of({}, answer_s=100.0) is None


def test_the_reward_is_the_weighted_mean_of_what_was_observed() -> None:
    assert reward_of({Part.THANKED: 1.0}) == 1.0
    assert reward_of({Part.UNRESOLVED: 0.0}) == 0.0
    assert reward_of({Part.THANKED: 1.0, Part.ASKED_FOR_PERSON: 0.0}) == pytest.approx(1 / 3)
    assert reward_of({Part.THANKED: 1.0, Part.ASKED_FOR_PERSON: 0.0}, normalise=False) == 0.0
    # What was not observed has no weight at all.
    assert reward_of({Part.RATING: 0.75}) == 0.75


def test_time_only_costs() -> None:
    quick, slow, slower = (reward_of({Part.THANKED: 1.0}, answer_s=s) for s in (0.0, 15.0, 3_000.0))
    assert quick == 1.0
    assert slow == pytest.approx(0.975)
    assert slower == pytest.approx(0.95)
    assert reward_of({Part.UNRESOLVED: 0.0}, answer_s=3_000.0) == 0.0


def test_the_published_weights_take_silence_for_success_and_ours_do_not() -> None:
    published = preset("published-1")
    assert reward_of({}, answer_s=1.0, weights=published) == 1.0
    assert reward_of({}, answer_s=10.0, weights=published) == pytest.approx((0.5 + 0.9 + 0.8 + 0.7) / 3.4)
    escalated = reward_of({Part.ASKED_FOR_PERSON: 0.0}, answer_s=1.0, weights=published)
    assert escalated == pytest.approx((1 + 0.9 + 0.7) / 3.4)
    assert preset().name == "observed-1"
    with pytest.raises(InvalidInputError):
        preset("of nobody")


def test_evidence_in_any_order_and_however_often_gives_the_same() -> None:
    seen = [
        Observed(Part.RATING, 1.0, NOW, "seq 2"),
        Observed(Part.RATING, 0.25, NOW + timedelta(hours=1), "seq 2"),
        Observed(Part.RATING, 0.0, NOW + timedelta(hours=1), "seq 2"),
        Observed(Part.THANKED, 1.0, NOW, "T2"),
    ]
    results = [merged(merged({}, order), random.Random(7).sample(seen, 4)) for order in itertools.permutations(seen)]
    assert all(result == results[0] for result in results)
    # Of each part the latest stands; of two at one moment the worse.
    assert results[0][Part.RATING].value == 0.0
    assert merged(results[0], []) == results[0]


def test_a_part_beyond_its_bounds_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        Observed(Part.RATING, 1.5, NOW)


def test_every_part_has_a_weight_in_the_default_preset() -> None:
    assert set(preset().weights) == {part.value for part in Part}


def test_inferred_satisfaction_does_not_look_at_the_score() -> None:
    assert inferred_satisfaction({Part.RATING: 0.0, Part.RESOLVED: 1.0}) is True
    assert inferred_satisfaction({Part.RATING: 1.0}) is None
    assert stated_satisfaction({Part.RATING: 0.0, Part.RESOLVED: 1.0}) is False
    assert stated_satisfaction({Part.RESOLVED: 1.0}) is None
    assert stated_satisfaction({Part.CONVERSATION_RATING: 0.5}) is None


def test_the_settings_know_the_names_of_all_stored_policies_and_presets() -> None:
    assert set(POLICIES) == set(STORED_POLICIES)
    assert list(REWARD_PRESETS) == presets()
