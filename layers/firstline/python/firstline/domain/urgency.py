"""How soon a message needs an answer, by what is at stake."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstline.domain.hashed_ngrams import hashed_ngrams, plain_text
from firstline.domain.judged import Evidence
from firstline.domain.mood_signs import english_share

Floats = NDArray[np.float64]

RULES_FILE = Path(__file__).with_name("urgency_rules.json")
WEIGHTS_FILE = Path(__file__).with_name("urgency.npy")
CARD_FILE = Path(__file__).with_name("urgency.json")
LEAST = 0.05
"""Of a text in which nothing is at stake."""
_SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s*|\n+")
_SHORTEST_SENTENCE, _MOST_SENTENCES = 8, 40
_MOST_REASONS = 6


@dataclass(frozen=True, slots=True)
class Urgency:
    """How urgent a message is."""

    value: float
    """In [0, 1]: about 0.1 a question out of interest, 0.4 one person's fault, 0.7 a deadline or work at a stop, 0.9
    danger, an outage for all, a theft under way."""
    because: tuple[Evidence, ...] = ()
    """What is at stake, strongest first."""


class Stake(NamedTuple):
    """A kind of thing at stake, and how it is said."""

    weight: float
    """In [-1, 1]; below 0 it speaks against haste."""
    english: re.Pattern[str]
    others: re.Pattern[str]


@dataclass(frozen=True)
class UrgencyModel:
    """A linear judge of English messages."""

    weights: NDArray[np.int8]
    """Shape (BUCKETS,)."""
    scale: float
    vector_weights: Floats
    """Shape (384,)."""
    stake_weights: Floats
    """Shape (n_stakes + 1,): the last for how many stakes there are."""
    bias: float
    bias_without_vector: float

    def wording(self, plain: str) -> float:
        """Return what the hashed wording adds to the log-odds."""
        buckets, values = hashed_ngrams(plain)
        return self.scale * float(self.weights[buckets].astype(np.float64) @ values)


def judge_urgency(text: str, vector: NDArray[np.float32] | None = None) -> Urgency:
    """Judge how urgent a message is.

    Parameters
    ----------
    text : str
        Any length and language; of a long one the beginning and the end are looked at.
    vector : ndarray of float32, shape (384,), optional
        Mean-pooled unit vector of the text.

    Notes
    -----
    English: logistic in the hashed wording (half of the whole text's and half of its most urgent sentence's, so that
    a long story does not hide its point), in the vector and in the stakes. Other languages: noisy-or of the stakes
    named, lowered by words that speak against haste. What is partly English is judged by both in that measure.
    """
    plain = plain_text(text)
    if not any(character.isalnum() for character in plain):
        return Urgency(0.0)
    english = english_share(text)
    found = stakes_in(plain, english)
    by_rules = _noisy_or(found)
    value = by_rules
    if english > 0.0:
        value = english * _by_model(plain, found, vector) + (1.0 - english) * by_rules
    return Urgency(round(value, 3), _because(found))


def stakes_in(plain: str, english: float) -> dict[str, tuple[str, ...]]:
    """Return the phrases found by the name of the stake; ``english`` in [0, 1] says which patterns are looked for."""
    found = {}
    for name, stake in stakes().items():
        phrases = dict.fromkeys(match[0] for match in stake.english.finditer(plain)) if english > 0.0 else {}
        if english < 1.0:
            phrases |= dict.fromkeys(match[0] for match in stake.others.finditer(plain))
        found[name] = tuple(phrases)
    return found


def stake_values(found: dict[str, tuple[str, ...]]) -> Floats:
    """Return the model's inputs, shape (n_stakes + 1,): 0, 1 for one phrase, up to 2 for more; then how many stakes."""
    counts = [min(2.0, math.log2(1 + len(phrases))) for phrases in found.values()]
    named = sum(bool(phrases) and stakes()[name].weight > 0 for name, phrases in found.items())
    return np.array([*counts, min(1.0, named / 4.0)])


@lru_cache(maxsize=1)
def stakes() -> dict[str, Stake]:
    """Return what can be at stake, by name."""
    read: dict[str, Any] = json.loads(RULES_FILE.read_text(encoding="utf-8"))["stakes"]
    return {
        name: Stake(stake["weight"], re.compile(stake["english"]), re.compile(stake["others"]))
        for name, stake in read.items()
    }


@lru_cache(maxsize=1)
def shipped_urgency_model() -> UrgencyModel:
    """Return the model beside this file; its card says what it was trained on."""
    card = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    return UrgencyModel(
        np.load(WEIGHTS_FILE, allow_pickle=False),
        card["scale"],
        np.array(card["vector_weights"]),
        np.array(card["stake_weights"]),
        card["bias"],
        card["bias_without_vector"],
    )


def log_odds(
    model: UrgencyModel, plain: str, found: dict[str, tuple[str, ...]], vector: NDArray[np.float32] | None
) -> float:
    """Return the log-odds of a text that ``plain_text`` returned, with its stakes and vector."""
    sentences = [part for part in _SENTENCE.split(plain) if len(part) >= _SHORTEST_SENTENCE]
    whole = model.wording(plain)
    if len(sentences) > 2:
        worst = max(model.wording(part) for part in sentences[:_MOST_SENTENCES])
        whole = (whole + max(whole, worst)) / 2
    by_stakes = float(model.stake_weights @ stake_values(found))
    if vector is None:
        return whole + by_stakes + model.bias_without_vector
    return whole + by_stakes + float(model.vector_weights @ vector.astype(np.float64)) + model.bias


def _by_model(plain: str, found: dict[str, tuple[str, ...]], vector: NDArray[np.float32] | None) -> float:
    value = log_odds(shipped_urgency_model(), plain, found, vector)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


def _noisy_or(found: dict[str, tuple[str, ...]]) -> float:
    calm, haste = 1.0 - LEAST, 1.0
    for name, phrases in found.items():
        weight = stakes()[name].weight
        if phrases and weight > 0:
            calm *= 1.0 - weight
        elif phrases:
            haste *= 1.0 + weight
    return LEAST + (1.0 - calm - LEAST) * haste


def _because(found: dict[str, tuple[str, ...]]) -> tuple[Evidence, ...]:
    reasons = [
        Evidence("rule", f"{name}: {', '.join(phrases[:3])}", stakes()[name].weight)
        for name, phrases in found.items()
        if phrases
    ]
    return tuple(sorted(reasons, key=lambda one: -abs(one.weight))[:_MOST_REASONS])
