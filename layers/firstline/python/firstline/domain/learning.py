"""Which strategy answers: Thompson sampling over stored arms, and what a message says of the answer before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import InvalidPosteriorError
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.turn import Classification, Intent

POLICY_VERSION = "thompson-1"

SIGNAL_WEIGHTS: Mapping[str, float] = {
    "thanked": 1.0,
    "resolved": 2.0,
    "unresolved": 2.0,
    "repeated": 1.5,
    "asked_for_person": 2.0,
    "frustrated": 1.0,
}
"""How much each observed signal counts. A signal's value is 1 for good and 0 for bad."""


@dataclass(frozen=True)
class ArmChoice:
    """A drawn arm and the probability with which it is drawn."""

    arm: int
    propensity: float
    """In (0, 1]."""


def choose_arm(
    successes: NDArray[np.float64],
    failures: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    exploration_rate: float = 0.0,
    n_draws: int = 1_000,
) -> ArmChoice:
    """Pick an arm and estimate the probability that it would be picked.

    Parameters
    ----------
    successes, failures : ndarray, shape (n_arms,)
        Rewarded and unrewarded answers per arm; each finite and >= 0, fractions allowed.
    rng : numpy.random.Generator
        The only source of randomness: seed it to replay a decision.
    exploration_rate : float
        Share of choices drawn uniformly over the arms, in [0, 1].
    n_draws : int
        Posterior draws behind the propensity, >= 1.

    Returns
    -------
    ArmChoice
        The Thompson part of its propensity is biased upwards by less than ``1 / n_draws``.

    Raises
    ------
    InvalidPosteriorError
        The shapes differ, there is no arm, or a count is negative or not finite.

    Notes
    -----
    Beta(1, 1) prior. Thompson (1933), Biometrika 25, 285-294. The uniform share bounds the propensity from below by
    ``exploration_rate / n_arms``, which off-policy estimators need.
    """
    if successes.ndim != 1 or successes.shape != failures.shape or successes.size == 0:
        raise InvalidPosteriorError("successes and failures must be of one shape (n_arms,), n_arms >= 1")
    if not (np.isfinite(successes).all() and np.isfinite(failures).all()):
        raise InvalidPosteriorError("counts must be finite")
    if (successes < 0).any() or (failures < 0).any():
        raise InvalidPosteriorError("counts must not be negative")
    draws = rng.beta(1 + successes, 1 + failures, size=(n_draws, successes.size))
    winners = draws.argmax(axis=1)  # (n_draws,)
    explores = rng.random() < exploration_rate
    # The first draw decides, so the propensity can never be logged as zero.
    arm = int(rng.integers(successes.size)) if explores else int(winners[0])
    thompson = float(np.mean(winners == arm))
    propensity = exploration_rate / successes.size + (1.0 - exploration_rate) * thompson
    return ArmChoice(arm=arm, propensity=max(propensity, 1.0 / n_draws))


def observed_signals(text: str, classification: Classification, previous_question: str) -> dict[str, float]:
    """Return what a message says of the answer before it; a signal that is not there is missing, not zero.

    Parameters
    ----------
    text : str
        The new message.
    previous_question : str
        What the answer was given to; empty where unknown.
    """
    lists, plain = lexicon(), normalised(text)
    signals: dict[str, float] = {}
    unresolved = bool(phrases_in(plain, lists["unresolved"]))
    if unresolved:
        signals["unresolved"] = 0.0
    elif phrases_in(plain, lists["resolved"]):
        signals["resolved"] = 1.0
    if phrases_in(plain, lists["intents"]["thanks"]) and not unresolved:
        signals["thanked"] = 1.0
    if classification.intent is Intent.HUMAN_REQUEST:
        signals["asked_for_person"] = 0.0
    if classification.frustration >= 0.5:
        signals["frustrated"] = 0.0
    if previous_question and similarity(text, previous_question) >= 0.6:
        signals["repeated"] = 0.0
    return signals


def reward_of(signals: Mapping[str, float], *, normalise: bool = True) -> float | None:
    """Return the reward in [0, 1], or None where nothing was observed.

    With ``normalise`` it is the mean of the signals weighted by ``SIGNAL_WEIGHTS``; without, 1/2 plus half the
    weighted sum of (2 value - 1), cut to [0, 1].
    """
    if not signals:
        return None
    total = sum(SIGNAL_WEIGHTS[name] for name in signals)
    if normalise:
        return sum(SIGNAL_WEIGHTS[name] * value for name, value in signals.items()) / total
    balance = sum(SIGNAL_WEIGHTS[name] * (2 * value - 1) for name, value in signals.items())
    return min(1.0, max(0.0, 0.5 + balance / 2))


def similarity(left: str, right: str) -> float:
    """Return the Jaccard similarity of two texts' words of three and more letters, in [0, 1]."""
    a, b = (set(re.findall(r"\w{3,}", normalised(text))) for text in (left, right))
    return len(a & b) / len(a | b) if a and b else 0.0
