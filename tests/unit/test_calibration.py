"""Confidence is fitted to what was observed, and the threshold follows its stated rule."""

import numpy as np
import pytest

from firstline.domain.ranking import ConfidenceFeatures
from firstline.evaluation.calibration import JudgedFeatures, fit_calibration, fit_logistic

N_FEATURES = len(ConfidenceFeatures.__dataclass_fields__)


def judged(n: int, seed: int, *, slope: float = 3.0) -> JudgedFeatures:
    """Questions whose first feature alone decides, by a logistic of known slope."""
    drawn = np.random.default_rng(seed)
    features = drawn.normal(size=(n, N_FEATURES))
    answerable = drawn.random(n) < 0.8
    features[~answerable, 0] -= 2.0
    answered = answerable & (drawn.random(n) < 1 / (1 + np.exp(-slope * features[:, 0])))
    flags = np.ones(n, np.bool_)
    return JudgedFeatures(features, answered, answered, answerable, flags, ~flags, np.arange(n))


def test_a_logistic_regression_finds_the_weights_that_made_the_data() -> None:
    drawn = np.random.default_rng(3)
    features = drawn.normal(size=(20_000, 2))
    answered = drawn.random(20_000) < 1 / (1 + np.exp(-(2.0 * features[:, 0] - 1.0 * features[:, 1] + 0.5)))
    weights, intercept = fit_logistic(features, answered, np.ones(20_000))
    assert [*weights, intercept] == pytest.approx([2.0, -1.0, 0.5], abs=0.1)


def test_the_probability_is_calibrated_and_useless_features_weigh_little() -> None:
    fitted = fit_calibration({"one": judged(3000, 1), "two": judged(3000, 2)})
    weights = fitted["weights"]
    assert isinstance(weights, dict)
    first, *others = weights.values()
    assert first > 2
    assert all(abs(weight) < 0.3 for weight in others)
    measured = fitted["measured_in_folds"]
    assert isinstance(measured, dict)
    for figures in measured.values():
        assert figures["mean_confidence"] == pytest.approx(figures["answered_by_the_best"], abs=0.03)
        assert figures["abstention_auroc"] > 0.8


def test_the_threshold_of_a_calibrated_confidence_with_equal_costs_is_near_one_half() -> None:
    fitted = fit_calibration({"one": judged(4000, 5)})
    assert fitted["threshold"] == pytest.approx(0.5, abs=0.12)


def test_what_is_fitted_without_a_folder_never_saw_it() -> None:
    alike, reversed_one = judged(1500, 7), judged(1500, 8, slope=-3.0)
    fitted = fit_calibration({"alike": alike, "reversed": reversed_one})
    without = fitted["fitted_without"]
    assert isinstance(without, dict)
    name = next(iter(ConfidenceFeatures.__dataclass_fields__))
    assert without["reversed"]["weights"][name] > 1
    assert without["alike"]["weights"][name] < without["reversed"]["weights"][name]
