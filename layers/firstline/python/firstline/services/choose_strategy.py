"""Choose the response strategy by what was learned, and remember the choice for its reward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import InvalidPosteriorError
from firstline.domain.learning_context import (
    FEATURES_VERSION,
    context_of,
    parent_of,
    segment_of,
    share_of,
    topics_of,
)
from firstline.domain.policies.policy import Policy, bounded, draw
from firstline.domain.ports import Clock, Random
from firstline.domain.turn import Strategy, Turn
from firstline.repositories.arm_controls import ArmControl, of_segment
from firstline.repositories.decisions import Decision, Group
from firstline.services.guard_arms import DEFAULT_ARM, GuardArms
from firstline.services.learning_policies import LearningPolicies, context_for

ARMS = tuple(Strategy)


@dataclass(frozen=True)
class LearningOptions:
    """How the learner is set."""

    policy: str
    snapshot_s: float
    """Seconds for which what was read of the arms is used, >= 0."""
    holdout_share: float
    """Share of conversations that always get the fixed default, in [0, 1]."""
    cautious_topics: frozenset[str]
    """Topics, as ``topics_of`` names them, that always get the fixed default."""
    weights: str
    """Preset of reward weights."""

    def version_of(self, policy: str = "") -> str:
        """Return the version under which a policy keeps its arms: other features or weights start beside the old."""
        return f"{policy or self.policy}.f{FEATURES_VERSION}.{self.weights}"


@dataclass(frozen=True)
class _Snapshot:
    policy: Policy
    read_at: datetime


class ChooseStrategy:
    """Reads a segment's arms and its parent's once per ``snapshot_s``, and nothing in between."""

    def __init__(
        self,
        policies: LearningPolicies,
        guard: GuardArms,
        random: Random,
        clock: Clock,
        options: LearningOptions,
        *,
        on_unreadable: Callable[[str, str, InvalidPosteriorError], None],
    ) -> None:
        """Begin without a snapshot; ``on_unreadable`` is told version, segment and why sums cannot be."""
        self._on_unreadable = on_unreadable
        self._policies = policies
        self._guard = guard
        self._random = random
        self._clock = clock
        self._options = options
        self._snapshots: dict[tuple[str, str], _Snapshot] = {}
        self._controls: tuple[datetime, Sequence[ArmControl]] | None = None

    def choose(self, turn: Turn, *, policy: str = "", variants: Mapping[str, str] | None = None) -> Decision:
        """Return the choice for a turn after ``RetrieveKnowledge``, with the propensity that goes into the log.

        Parameters
        ----------
        policy : str
            Another policy than ``RL_POLICY``, such as an experiment's.
        variants : mapping of str to str
            The variant of each experiment that the conversation is in.
        """
        name = policy or self._options.policy
        segment, context = segment_of(turn), context_of(turn)
        group, because = self._group(turn)
        age_s = 0.0
        snapshot: _Snapshot | None = None
        if group is Group.LEARNED:
            try:
                snapshot = self._snapshot(name, segment)
            except InvalidPosteriorError as error:
                self._on_unreadable(self._options.version_of(name), segment, error)
                group, because = Group.CAUTIOUS, "the fixed default: what was learned cannot be read"
        if snapshot is not None:
            age_s = max(0.0, (self._clock.now() - snapshot.read_at).total_seconds())
            shares = self._shares(snapshot.policy, segment, context)
            choice = draw(shares, self._random.generator())
            arm, propensity = ARMS[choice.arm], choice.propensity
            because = f"{name} in {segment}: {propensity:.0%} for it; " + _told(shares)
        else:
            shares = np.array([float(strategy is DEFAULT_ARM) for strategy in ARMS])
            arm, propensity = DEFAULT_ARM, 1.0
        mood = turn.classified
        return Decision(
            conversation_id=turn.conversation_id,
            turn_id=turn.turn_id,
            policy=self._options.version_of(name),
            policy_name=name,
            segment=segment,
            arm=arm,
            propensity=propensity,
            decided_at=self._clock.now(),
            features_version=FEATURES_VERSION,
            context=context,
            probabilities=tuple(float(share) for share in shares),
            snapshot_age_s=age_s,
            group=group,
            category=mood.category.value,
            customer_id=turn.identified.customer.customer_id,
            because=because,
            variants=dict(variants or {}),
            question_vector=mood.query_vector,
            question_mood=(mood.sentiment, mood.frustration),
            weights=self._options.weights,
        )

    def _group(self, turn: Turn) -> tuple[Group, str]:
        # Topics first: else the holdout would have what the learner has not, and the two could not be compared.
        cautious = sorted(topics_of(turn) & self._options.cautious_topics)
        if cautious:
            return Group.CAUTIOUS, f"the fixed default: {cautious[0]} is not explored"
        if share_of("holdout", turn.conversation_id) < self._options.holdout_share:
            return Group.HOLDOUT, "the fixed default: the conversation is in the holdout"
        return Group.LEARNED, ""

    def _snapshot(self, name: str, segment: str) -> _Snapshot:
        now = self._clock.now()
        known = self._snapshots.get((name, segment))
        if known is not None and (now - known.read_at).total_seconds() < self._options.snapshot_s:
            return known
        policy, counts = self._policies.read(name, self._options.version_of(name), segment, now=now)
        if self._guard.check(self._options.version_of(name), parent_of(segment), counts, self._held(now)):
            self._controls = None
        fresh = _Snapshot(policy, now)
        self._snapshots[name, segment] = fresh
        return fresh

    def _held(self, now: datetime) -> Sequence[ArmControl]:
        if self._controls is None or (now - self._controls[0]).total_seconds() >= self._options.snapshot_s:
            self._controls = (now, self._guard.controls())
        return self._controls[1]

    def _shares(self, policy: Policy, segment: str, context: Sequence[int]) -> NDArray[np.float64]:
        shares = policy.probabilities(context_for(policy, context), self._random.generator())
        held = of_segment(self._held(self._clock.now()), segment, parent_of(segment))
        if not any(held.values()):
            return shares
        allowed = [not any(control.paused or control.frozen for control in held[arm]) for arm in ARMS]
        caps = [min((control.cap for control in held[arm]), default=1.0) for arm in ARMS]
        least = [max((control.least for control in held[arm]), default=0.0) for arm in ARMS]
        return bounded(shares, allowed=allowed, least=least, most=caps)


def _told(shares: NDArray[np.float64]) -> str:
    return ", ".join(f"{arm.value} {share:.0%}" for arm, share in zip(ARMS, shares, strict=True))
