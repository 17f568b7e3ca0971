"""Experiments: who gets which variant, whether the shares are right, how many answers are needed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from firstline.domain.errors import InvalidInputError
from firstline.domain.experiments import (
    MISMATCH_ALPHA,
    Experiment,
    ExperimentContent,
    assigned,
    mismatch_p_value,
    sample_size,
    treatment_of,
)
from firstline.domain.treatment import Treatment

UNITS = [f"customer-{number}" for number in range(6_000)]
HALVES = [{"name": "control", "share": 0.5}, {"name": "few", "share": 0.5, "retrieved": 2}]


def experiment(experiment_id: str = "chunks", variants: list[dict[str, Any]] | None = None) -> Experiment:
    return Experiment.model_validate(
        {
            "experiment_id": experiment_id,
            "variants": variants or HALVES,
            "created_at": datetime(2026, 6, 1, tzinfo=UTC),
        }
    )


def test_a_customer_keeps_their_variant_and_the_shares_come_out_as_stated() -> None:
    shares = {"a": 0.1, "b": 0.3, "c": 0.6}
    three = experiment(
        variants=[{"name": n, "share": s, "retrieved": i + 1} for i, (n, s) in enumerate(shares.items())]
    )
    first = [assigned(three, unit).name for unit in UNITS]
    assert first == [assigned(three.model_copy(update={"version": 9}), unit).name for unit in UNITS]
    for name, count in Counter(first).items():
        error = np.sqrt(shares[name] * (1 - shares[name]) / len(UNITS))
        assert abs(count / len(UNITS) - shares[name]) < 4 * error


def test_two_experiments_assign_independently_of_each_other() -> None:
    one, other = experiment("one"), experiment("other")
    both = Counter((assigned(one, unit).name, assigned(other, unit).name) for unit in UNITS)
    assert all(abs(count / len(UNITS) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / len(UNITS)) for count in both.values())
    assert len(both) == 4


def test_what_running_experiments_change_is_put_together() -> None:
    prompt = experiment("words", [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "prompt": "Be brief."}])
    found = [treatment_of([experiment(), prompt], unit) for unit in UNITS[:50]]
    assert {(one.retrieved, one.prompt) for one in found} == {
        (None, ""),
        (None, "Be brief."),
        (2, ""),
        (2, "Be brief."),
    }
    assert all(set(one.variants) == {"chunks", "words"} for one in found)
    assert len({one.unit for one in found}) == 50
    assert not any(unit in one.unit for unit, one in zip(UNITS, found, strict=False))
    assert treatment_of([], "anybody") == Treatment()


def test_right_shares_are_never_called_wrong_by_looking_often_and_wrong_ones_are() -> None:
    rng = np.random.default_rng(5)
    variants = experiment().variants
    lowest, wrong = [], []
    for _ in range(40):
        few = (rng.random(2_000) < 0.5).cumsum()
        looks = range(50, 2_000, 50)
        lowest.append(
            min(mismatch_p_value({"few": int(few[n]), "control": n + 1 - int(few[n])}, variants) for n in looks)
        )
        lost = int(rng.binomial(2_000, 0.42))
        wrong.append(mismatch_p_value({"few": lost, "control": 2_000 - lost}, variants))
    assert min(lowest) > MISMATCH_ALPHA
    assert np.mean(np.array(wrong) < MISMATCH_ALPHA) > 0.9
    assert mismatch_p_value({}, variants) == 1.0
    assert mismatch_p_value({"few": 100_000}, variants) == 0.0


def test_smaller_effects_and_smaller_shares_need_more_answers_and_looking_always_more_than_once() -> None:
    once, always = sample_size(0.7, 0.05)
    by_hand = 2 * (1.96 + 0.8416) ** 2 * (0.7 * 0.3 + 0.75 * 0.25) / 0.05**2
    assert once == pytest.approx(by_hand, rel=0.01)
    assert once < always < 5 * once
    assert sample_size(0.7, 0.025)[0] > 3 * once
    assert sample_size(0.7, 0.05, share=0.05)[0] > 4 * once
    assert sample_size(0.3, -0.05)[0] == once


@pytest.mark.parametrize(
    ("baseline", "effect", "more"),
    [
        (0.0, 0.1, {}),
        (0.9, 0.2, {}),
        (0.5, 0.0, {}),
        (0.5, 1e-9, {}),
        (0.5, float("nan"), {}),
        (0.5, 0.1, {"share": 1.0}),
    ],
)
def test_sizes_of_what_cannot_be_are_refused(baseline: float, effect: float, more: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError):
        sample_size(baseline, effect, **more)


@pytest.mark.parametrize(
    "variants",
    [
        [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}],
        [{"name": "a", "share": 0.5}, {"name": "a", "share": 0.5, "retrieved": 2}],
        [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.4, "retrieved": 2}],
        [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "policy": "magic"}],
        [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "colour": "red"}],
        [{"name": "a", "share": 0.5}, {"name": "B c", "share": 0.5, "retrieved": 2}],
        [{"name": "a", "share": 1.0, "retrieved": 2}],
    ],
)
def test_experiments_that_compare_nothing_are_refused(variants: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        ExperimentContent.model_validate({"variants": variants})
