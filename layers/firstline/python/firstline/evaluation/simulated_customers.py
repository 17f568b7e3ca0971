"""Customers that are played: what pleases each kind, what they say, whether and when they rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from firstline.domain.turn import Strategy


class Manner(StrEnum):
    """How a customer's scores and words follow from what they think."""

    HONEST = "honest"
    SPITEFUL = "spiteful"
    """Rates every answer with 1."""
    CONTRARY = "contrary"
    """Rates the opposite of what they think."""


@dataclass(frozen=True)
class Kind:
    """One kind of customer. Probabilities in [0, 1]."""

    name: str
    share: float
    """Of all customers."""
    pleased: Mapping[Strategy, float]
    """Probability that an answer of that kind helps them; what is true, which the learner never sees."""
    openings: tuple[str, ...] = ("{}",)
    speaks: float = 0.5
    """That they write again after an answer and say how it was."""
    rates: float = 0.3
    rating_delay_h: float = 6.0
    """Mean of the exponential delay of a rating; some come after the window has ended."""
    manner: Manner = Manner.HONEST


def _likes(*chances: float) -> dict[Strategy, float]:
    """Return the chances of concise, step by step, empathetic, detailed and guided answers."""
    return dict(zip(Strategy, chances, strict=True))


KINDS: tuple[Kind, ...] = (
    Kind("patient", 0.15, _likes(0.65, 0.7, 0.65, 0.8, 0.7), ("Hello, {}", "{} Thanks in advance."), 0.6, 0.5, 12),
    Kind("hurried", 0.12, _likes(0.85, 0.4, 0.4, 0.35, 0.3), ("{}", "{} It is urgent."), 0.4, 0.15, 1),
    Kind("novice", 0.45, _likes(0.3, 0.9, 0.55, 0.35, 0.8), ("I am new to this. {}", "Sorry, {}"), 0.6, 0.3, 24),
    Kind("expert", 0.13, _likes(0.7, 0.45, 0.3, 0.85, 0.35), ("{}", "Quick one: {}"), 0.35, 0.2, 6),
    Kind(
        "angry",
        0.1,
        _likes(0.35, 0.35, 0.75, 0.3, 0.35),
        ("Why is this so hard? {}", "{} I have no time for this!"),
        0.7,
        0.4,
        2,
    ),
    Kind("spiteful", 0.03, _likes(0.6, 0.6, 0.6, 0.6, 0.6), manner=Manner.SPITEFUL, rates=1.0, speaks=0.2),
    Kind("contrary", 0.02, _likes(0.6, 0.6, 0.6, 0.6, 0.6), manner=Manner.CONTRARY, rates=1.0, speaks=0.0),
)

GOOD = ("Thanks, that solved it.", "Great, it works now, thank you!", "Perfect, that helped. Thanks")
BAD = ("That did not help.", "No, it still does not work.", "That does not answer my question.")
ANGRY = ("This is useless, it still does not work!", "I want to talk to a person.")


def swapped(kinds: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """Return the kinds after a drift: every kind is pleased by what pleased it least before, and the reverse."""
    return tuple(_turned(kind) for kind in kinds)


def _turned(kind: Kind) -> Kind:
    best_first = sorted(kind.pleased, key=lambda strategy: -kind.pleased[strategy])
    chances = sorted(kind.pleased.values())
    return Kind(
        kind.name,
        kind.share,
        dict(zip(best_first, chances, strict=True)),
        kind.openings,
        kind.speaks,
        kind.rates,
        kind.rating_delay_h,
        kind.manner,
    )


def drawn(kinds: tuple[Kind, ...], rng: np.random.Generator) -> Kind:
    """Return one of the kinds, by their shares."""
    shares = np.array([kind.share for kind in kinds])
    return kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]


def follow_up(kind: Kind, question: str, *, is_pleased: bool, rng: np.random.Generator) -> str:
    """Return what a customer writes about an answer; the same question again is one way of saying that it was bad."""
    if is_pleased and kind.manner is not Manner.SPITEFUL:
        return str(rng.choice(GOOD))
    return str(rng.choice((*(ANGRY if kind.name == "angry" else BAD), question)))


def score_of(kind: Kind, *, is_pleased: bool, rng: np.random.Generator) -> int:
    """Return the 1 to 5 stars that a customer gives."""
    if kind.manner is Manner.SPITEFUL:
        return 1
    thinks_good = is_pleased is not (kind.manner is Manner.CONTRARY)
    return int(rng.choice((4, 5, 5) if thinks_good else (1, 1, 2)))
