"""A choice of the learner, and what is known of it since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from firstline.domain.rewards import DEFAULT_PRESET, REWARD_SCALE, Observed, Part
from firstline.domain.turn import Strategy


class Group(StrEnum):
    """Whether a decision teaches the learner."""

    LEARNED = "learned"
    HOLDOUT = "holdout"
    """Always the fixed default, to be compared with."""
    CAUTIOUS = "cautious"
    """The fixed default, because the topic is not explored or what was learned cannot be read."""


class Outcome(StrEnum):
    """What became of an answer."""

    OPEN = "open"
    """Nothing observed so far; its window has not ended."""
    OBSERVED = "observed"
    ASSUMED = "assumed"
    """Nothing was observed until its window ended: that nothing more comes is assumed, and success is not."""


@dataclass(frozen=True)
class Decision:
    """A choice that was shown to a customer, and what is known of it."""

    conversation_id: str
    turn_id: str
    policy: str
    """Version of the policy: name, features and weights."""
    segment: str
    arm: Strategy
    propensity: float
    """Probability of this arm by the snapshot that was used, in (0, 1]."""
    decided_at: datetime
    policy_name: str = ""
    """One of ``RL_POLICY``."""
    features_version: int = 0
    context: tuple[int, ...] = ()
    """In ``CONTEXT_SCALE``."""
    probabilities: tuple[float, ...] = ()
    """Of every arm in the order of ``Strategy``; empty where not known."""
    snapshot_age_s: float = 0.0
    group: Group = Group.LEARNED
    category: str = ""
    customer_id: str = ""
    because: str = ""
    """Why this strategy, for people to read."""
    variants: Mapping[str, str] = field(default_factory=dict)
    """Variant by experiment."""
    answer_s: float = 0.0
    """Seconds from the message to the answer."""
    question_vector: str = ""
    """``message_vectors.packed``; empty where there was none."""
    question_mood: tuple[float, float] = (0.0, 0.0)
    """Sentiment and frustration of the question."""
    weights: str = DEFAULT_PRESET
    """The preset of reward weights."""
    parts: Mapping[Part, Observed] = field(default_factory=dict)
    reward: int | None = None
    """In ``REWARD_SCALE``; None where nothing was observed."""
    rewarded_at: datetime | None = None
    """When the first evidence came."""
    revision: int = 0
    """Goes up with every change of what is observed."""
    closed_at: datetime | None = None
    """When its window ended and was settled; what comes later still counts for the learner, not for the effect."""

    @property
    def told(self) -> dict[str, str]:
        """What the receipt says of it beside arm and propensity."""
        return {"strategy_because": self.because, "group": self.group.value, "learner": self.policy}

    @property
    def learns(self) -> bool:
        """Whether its reward goes into the arms."""
        return self.group is Group.LEARNED

    @property
    def settled(self) -> bool:
        """Whether it has a reward."""
        return self.reward is not None

    @property
    def outcome(self) -> Outcome:
        """What became of the answer."""
        if self.parts:
            return Outcome.OBSERVED
        return Outcome.ASSUMED if self.closed_at else Outcome.OPEN

    @property
    def reward_value(self) -> float | None:
        """The reward in [0, 1]."""
        return None if self.reward is None else self.reward / REWARD_SCALE

    @property
    def values(self) -> dict[Part, float]:
        """What was observed, by part."""
        return {part: observed.value for part, observed in self.parts.items()}
