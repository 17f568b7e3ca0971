"""Figures of decisions: counted by hour, segment, arm and group, and what follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from firstline.domain.rewards import REWARD_SCALE, Part, inferred_satisfaction, stated_satisfaction

_ENOUGH = 10
"""Rewards that an arm's mean takes to be compared."""


class Cell(NamedTuple):
    """What is counted together."""

    hour: str
    """UTC, ``2026-06-01T12``."""
    segment: str
    arm: str
    group: str


@dataclass
class Figures:
    """Counts of decisions; rewards in ``REWARD_SCALE``. Adding two is adding their numbers."""

    decisions: int = 0
    rewards: int = 0
    reward_sum: int = 0
    reward_squares: int = 0
    assumed: int = 0
    """Nothing was observed until the window ended; kept apart from every mean."""
    open: int = 0
    """Nothing observed so far."""
    parts: dict[str, list[int]] = field(default_factory=dict)
    """By part: how often it was observed, and the sum of its values in ``REWARD_SCALE``."""
    compared: int = 0
    """Answers with a stated and an inferred satisfaction."""
    agreed: int = 0
    """Those of them where both say the same."""

    @property
    def mean(self) -> float | None:
        """Mean observed reward."""
        return self.reward_sum / (REWARD_SCALE * self.rewards) if self.rewards else None

    def add(self, other: Figures) -> None:
        """Add another's numbers."""
        for name in ("decisions", "rewards", "reward_sum", "reward_squares", "assumed", "open", "compared", "agreed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for part, (n, total) in other.parts.items():
            known = self.parts.setdefault(part, [0, 0])
            known[0] += n
            known[1] += total

    def count(self, reward: int | None, values: Mapping[Part, float], *, assumed: bool) -> None:
        """Count one decision."""
        self.decisions += 1
        if reward is not None:
            self.rewards += 1
            self.reward_sum += reward
            self.reward_squares += round(reward * reward / REWARD_SCALE)
        self.assumed += assumed
        self.open += reward is None and not assumed
        for part, value in values.items():
            known = self.parts.setdefault(part.value, [0, 0])
            known[0] += 1
            known[1] += round(value * REWARD_SCALE)
        stated, inferred = stated_satisfaction(values), inferred_satisfaction(values)
        if stated is not None and inferred is not None:
            self.compared += 1
            self.agreed += stated is inferred


def hour_of(moment: datetime) -> str:
    """Return the hour that a moment lies in, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H}"


def added_up(cells: Iterable[tuple[Cell, Figures]], *by: str) -> dict[tuple[str, ...], Figures]:
    """Return the figures added up by some of a cell's names, such as ``segment`` and ``arm``."""
    sums: dict[tuple[str, ...], Figures] = defaultdict(Figures)
    for cell, figures in cells:
        sums[tuple(getattr(cell, name) for name in by)].add(figures)
    return dict(sums)


def regret_estimate(cells: Iterable[tuple[Cell, Figures]]) -> float | None:
    """Return the reward that was missed by not always choosing the arm whose mean now is the best in its segment.

    Of learned decisions, in rewards; arms with fewer than 10 rewards are left out. None where no segment has two such
    arms. An estimate: it takes today's best mean for the truth, and is too high where that is luck.
    """
    by_arm: dict[str, dict[str, Figures]] = defaultdict(dict)
    for (segment, arm, group), figures in added_up(cells, "segment", "arm", "group").items():
        if group == "learned" and figures.rewards >= _ENOUGH:
            by_arm[segment][arm] = figures
    missed = []
    for arms in by_arm.values():
        if len(arms) > 1:
            best = max(figures.mean or 0.0 for figures in arms.values())
            missed += [figures.decisions * (best - (figures.mean or 0.0)) for figures in arms.values()]
    return sum(missed) if missed else None
