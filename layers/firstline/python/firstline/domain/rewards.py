"""What was observed of an answer, part by part, and the reward that a versioned set of weights makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from firstline.domain.errors import InvalidInputError

REWARD_SCALE = 1_000_000
"""Fixed point: a whole reward; integers, so that the order of sums does not matter."""

DEFAULT_PRESET = "observed-1"
_DATA = Path(__file__).with_name("rewards.json")


class Part(StrEnum):
    """One kind of evidence about an answer. Values in [0, 1]: 1 is good, 0 is bad."""

    RATING = "rating"
    """The customer's score or thumb for this answer; at any time."""
    CONVERSATION_RATING = "conversation_rating"
    """The customer's score for the whole conversation, told of its last answer; at its end."""
    RESOLVED = "resolved"
    """The next message says that it worked."""
    UNRESOLVED = "unresolved"
    """The next message says that it did not."""
    THANKED = "thanked"
    """The next message says thanks, and nothing against it."""
    FRUSTRATED = "frustrated"
    """The next message is frustrated."""
    MOOD = "mood"
    """Sentiment or frustration turned clearly, from the question to the next message: 1 for the better."""
    REPEATED = "repeated"
    """The next message asks the same again."""
    ASKED_AGAIN = "asked_again"
    """The same customer asks the same in another conversation; within 72 hours."""
    REOPENED = "reopened"
    """The conversation was closed, and the customer wrote on; within 72 hours."""
    ASKED_FOR_PERSON = "asked_for_person"
    """The next message asks for a person."""
    TICKET_REOPENED = "ticket_reopened"
    """The conversation's ticket was resolved, and opened again; within 72 hours."""
    DRAFT_EDIT = "draft_edit"
    """A person sent the answer in their own words: how much of it was left as it was."""
    ANSWER_USED = "answer_used"
    """A person sent the answer as it was."""


NEXT_MESSAGE = frozenset(
    {Part.RESOLVED, Part.UNRESOLVED, Part.THANKED, Part.FRUSTRATED, Part.MOOD, Part.REPEATED, Part.ASKED_FOR_PERSON}
)
"""Parts that come with the next message of the conversation."""

EXPLICIT = frozenset({Part.RATING, Part.CONVERSATION_RATING})
"""Parts that the customer states as a score; the others are inferred."""


@dataclass(frozen=True)
class Observed:
    """One piece of evidence."""

    part: Part
    value: float
    """In [0, 1]."""
    at: datetime
    evidence: str = ""
    """Where it was seen: the id of a turn, ticket or message; never its text."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise InvalidInputError(f"{self.part} must be in [0, 1]")


Parts = Mapping[Part, Observed]


def merged(known: Parts, new: Iterable[Observed]) -> dict[Part, Observed]:
    """Return what is known with more evidence: of each part the latest stands, of two at one time the worse.

    The same set of evidence gives the same result in any order and however often a piece is told.
    """
    result = dict(known)
    for observed in new:
        before = result.get(observed.part)
        if before is None or _rank(observed) > _rank(before):
            result[observed.part] = observed
    return result


def _rank(observed: Observed) -> tuple[datetime, float, str]:
    return observed.at, -observed.value, observed.evidence


@dataclass(frozen=True)
class Preset:
    """One way to make a reward of parts; versioned data."""

    name: str
    weights: Mapping[str, float]
    answer_time: Mapping[str, float]
    absent_is_good: Mapping[str, list[str]] = field(default_factory=dict)
    """Weights whose value is 1 unless one of these parts was observed as bad."""
    assumed: str | None = None
    """None: an answer of which nothing was observed has no reward."""


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return loaded


def presets() -> list[str]:
    """Return the names of all presets."""
    return list(_data()["presets"])


def preset(name: str = DEFAULT_PRESET) -> Preset:
    """Return a preset. Raises ``InvalidInputError`` where there is none of this name."""
    found = _data()["presets"].get(name)
    if found is None:
        raise InvalidInputError(f"there are no reward weights {name!r:.40}; known are {', '.join(presets())}")
    return Preset(
        name=name,
        weights=found["weights"],
        answer_time=found["answer_time"],
        absent_is_good=found["absent_is_good"],
        assumed=found["assumed"],
    )


def window() -> timedelta:
    """Return how long after an answer its outcome is waited for."""
    return timedelta(hours=float(_data()["window_hours"]))


def reward_of(
    parts: Mapping[Part, float], *, answer_s: float = 0.0, weights: Preset | None = None, normalise: bool = True
) -> float | None:
    """Return the reward in [0, 1], or None where nothing was observed that has a weight.

    Parameters
    ----------
    parts : mapping of Part to float
        Values in [0, 1] of what was observed; what is missing is missing, not zero and not one.
    answer_s : float
        Seconds from the message to the answer, >= 0: a small cost, never a gain.
    weights : Preset, optional
        By default ``observed-1``.
    normalise : bool
        True: the mean of the parts by their weights. False: 1/2 and half the weighted sum of (2 value - 1), cut to
        [0, 1], so that more evidence counts for more.

    Notes
    -----
    A preset with ``absent_is_good`` counts what was not observed as success, as published designs do; it is there to be
    compared with.
    """
    chosen = weights or preset()
    if chosen.absent_is_good:
        return _with_assumptions(parts, answer_s, chosen)
    weighted = [(chosen.weights[part], value) for part, value in parts.items() if part in chosen.weights]
    total = sum(weight for weight, _ in weighted)
    if not total:
        return None
    if normalise:
        gained = sum(weight * value for weight, value in weighted) / total
    else:
        gained = 0.5 + sum(weight * (2 * value - 1) for weight, value in weighted) / 2
    cost = chosen.answer_time["cost"] * min(1.0, answer_s / chosen.answer_time["full_at_s"])
    return min(1.0, max(0.0, gained - cost))


def _with_assumptions(parts: Mapping[Part, float], answer_s: float, chosen: Preset) -> float:
    values = {
        name: min((parts[Part(bad)] for bad in bads if Part(bad) in parts), default=1.0)
        for name, bads in chosen.absent_is_good.items()
    }
    values["answer_time"] = min(1.0, chosen.answer_time["seconds"] / answer_s) if answer_s > 0 else 1.0
    total = sum(chosen.weights.values())
    return sum(weight * values[name] for name, weight in chosen.weights.items()) / total


def inferred_satisfaction(parts: Mapping[Part, float]) -> bool | None:
    """Return whether a customer seems satisfied by what they did and not by their score; None where nothing tells."""
    reward = reward_of({part: value for part, value in parts.items() if part not in EXPLICIT})
    return None if reward is None or reward == 0.5 else reward > 0.5


def stated_satisfaction(parts: Mapping[Part, float]) -> bool | None:
    """Return whether a customer says that they are satisfied; None where they say nothing, or give the middle score."""
    stated = parts.get(Part.RATING, parts.get(Part.CONVERSATION_RATING))
    return None if stated is None or stated == 0.5 else stated > 0.5
