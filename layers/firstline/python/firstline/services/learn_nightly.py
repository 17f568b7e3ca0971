"""What is done once a night: windows settled, figures rolled up, arms checked and kept, gaps and reviews told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date
from typing import Any

from firstline.domain.errors import FirstlineError
from firstline.domain.learning_context import segments
from firstline.domain.policies.policy import AdditivePolicy
from firstline.domain.ports import Clock
from firstline.domain.rewards import window
from firstline.domain.turn import Strategy
from firstline.repositories.arms import ArmRepository
from firstline.repositories.decisions import DecisionRepository
from firstline.repositories.learning_hours import LearningHours
from firstline.services.choose_strategy import LearningOptions
from firstline.services.guard_arms import GuardArms
from firstline.services.learning_policies import LearningPolicies
from firstline.services.report_gaps import ReportGaps
from firstline.services.report_learning import ReportLearning
from firstline.services.review_conversations import ReviewConversations
from firstline.services.settle_rewards import SettleRewards

GAP_DAYS = 30


class NightFailedError(FirstlineError):
    """A step of the nightly run failed, the others are done; the run may be repeated."""


class LearnNightly:
    """Every step may be repeated: what was done is found done, and what is counted is counted anew.

    A step that fails is told and holds up no other; the next night makes up for it.
    """

    def __init__(
        self,
        options: LearningOptions,
        settle: SettleRewards,
        guard: GuardArms,
        policies: LearningPolicies,
        arms: ArmRepository,
        decisions: DecisionRepository,
        hours: LearningHours,
        report: ReportLearning,
        gaps: ReportGaps,
        review: Callable[[], ReviewConversations],
        *,
        clock: Clock,
        on_failure: Callable[[str, FirstlineError], None],
    ) -> None:
        self._options = options
        self._settle = settle
        self._guard = guard
        self._policies = policies
        self._arms = arms
        self._decisions = decisions
        self._hours = hours
        self._report = report
        self._gaps = gaps
        self._review = review
        self._clock = clock
        self._on_failure = on_failure

    def run(self) -> dict[str, Any]:
        """Do all of it, and return and keep what it came to, by step; a failed step tells the error's name."""
        now = self._clock.now()
        today = now.astimezone(UTC).date()
        told: dict[str, Any] = {}
        for step, act in (
            ("settled", self._settled),
            ("frozen", self._frozen),
            ("hours", lambda: self._rolled(today)),
            ("kept_arms", lambda: self._kept(today)),
            ("forgotten", self._forgotten),
            ("gaps", self._clustered),
            ("review", lambda: asdict(self._review().run())),
            ("effect", self._effect),
        ):
            try:
                told[step] = act()
            except FirstlineError as error:
                told[step] = {"error": type(error).__name__}
                self._on_failure(step, error)
        self._hours.told_night(today, told, now=now)
        return told

    def _settled(self) -> dict[str, Any]:
        return asdict(self._settle.close_due())

    def _frozen(self) -> list[str]:
        return [f"{category} {arm.value}" for category, arm in self._guard.check_all(self._version)]

    def _rolled(self, today: date) -> int:
        # Evidence comes for as long as a window is open; the figures of those days are made anew.
        days = window().days + 2
        n_cells = 0
        for policy in self._policies_of(today, days):
            for cell, figures in self._report.cells_of_days(policy, today, days):
                self._hours.put(policy, cell, figures, now=self._clock.now())
                n_cells += 1
        return n_cells

    def _policies_of(self, today: date, days: int) -> list[str]:
        return sorted({decision.policy for decision in self._decisions.of_days(today, days)})

    def _kept(self, today: date) -> int:
        return self._arms.keep(self._version, segments(), today, now=self._clock.now())

    def _forgotten(self) -> int:
        """Remove the sums of days that a discounted or sliding policy no longer looks at."""
        policy = self._policies.empty(self._options.policy)
        if not isinstance(policy, AdditivePolicy):
            return 0
        n_names, now = 0, self._clock.now().timestamp()
        for segment in segments():
            for arm, statistics in zip(Strategy, self._arms.read(self._version, segment), strict=True):
                names = policy.outdated(statistics, now=now)
                if names:
                    self._arms.forget(self._version, segment, arm, names)
                n_names += len(names)
        return n_names

    def _clustered(self) -> dict[str, Any]:
        report = self._gaps.report(days=GAP_DAYS)
        return {
            "questions": report.questions,
            "clusters": report.total_clusters,
            # No words: a customer may have their conversation forgotten, and this is kept.
            "largest": [cluster.count for cluster in report.clusters[:5]],
        }

    def _effect(self) -> dict[str, Any]:
        return self._report.effect(self._version).model_dump(mode="json")

    @property
    def _version(self) -> str:
        return self._options.version_of()
