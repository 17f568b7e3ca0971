"""When an arm must no longer be chosen: its ratings or reopened conversations are beyond their bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firstline.domain.confidence_sequences import RewardSums, mean_interval
from firstline.domain.rewards import REWARD_SCALE

ALPHA = 0.01
"""Probability with which an arm within its bounds is ever frozen, per bound: the intervals hold at all times."""


@dataclass(frozen=True)
class Bounds:
    """What an arm is held to; both in [0, 1]."""

    least_rating: float
    """Mean rating, 1 star being 0 and 5 stars 1, that an arm may surely be below."""
    most_reopened: float
    """Share of settled answers after which the conversation or ticket was opened again."""


def why_frozen(counts: Mapping[str, int], bounds: Bounds, *, since: Mapping[str, int] | None = None) -> str:
    """Return why an arm is to be frozen, empty where it is not.

    Parameters
    ----------
    counts : mapping of str to int
        The guard's counts of the arm, as ``settle_rewards.contribution`` names them.
    since : mapping, optional
        Counts that are not looked at any more, because a person has lifted a freeze after them.

    Notes
    -----
    An arm is frozen once the whole interval of its mean, valid at all times at once, is beyond the bound, so that
    looking at every snapshot freezes no arm by chance more often than ``ALPHA``.
    """
    left = {name: max(0, amount - (since or {}).get(name, 0)) for name, amount in counts.items()}
    rated = _sums(left, "guard_rated", "guard_rating_sum", "guard_rating_squares", scale=REWARD_SCALE)
    if rated.n and (high := mean_interval(rated, alpha=ALPHA).high) < bounds.least_rating:
        return f"ratings: {rated.n} with a mean of at most {high:.2f}, bound {bounds.least_rating:.2f}"
    reopened = _sums(left, "guard_closed", "guard_reopened", "guard_reopened")
    if reopened.n and (low := mean_interval(reopened, alpha=ALPHA).low) > bounds.most_reopened:
        return f"reopened: at least {low:.0%} of {reopened.n} answers, bound {bounds.most_reopened:.0%}"
    return ""


def _sums(counts: Mapping[str, int], n: str, total: str, squares: str, *, scale: int = 1) -> RewardSums:
    found, summed = counts.get(n, 0), min(counts.get(total, 0) / scale, counts.get(n, 0))
    return RewardSums().plus(found, summed, min(counts.get(squares, 0) / scale, summed))
