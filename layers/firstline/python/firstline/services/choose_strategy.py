"""Choose the response strategy by what was learned, and remember the choice for its reward."""

from __future__ import annotations

from firstline.domain.learning import POLICY_VERSION, choose_arm
from firstline.domain.ports import Random
from firstline.domain.turn import Category, Strategy
from firstline.repositories.arms import ArmRepository, Decision


class ChooseStrategy:
    """Thompson sampling over the arms of the question's category."""

    def __init__(self, arms: ArmRepository, random: Random, *, exploration_rate: float) -> None:
        self._arms = arms
        self._random = random
        self._exploration_rate = exploration_rate

    def choose(self, turn_id: str, category: Category) -> Decision:
        """Return the choice with the propensity that goes into the log."""
        successes, failures = self._arms.counts(POLICY_VERSION, category.value)
        choice = choose_arm(successes, failures, self._random.generator(), exploration_rate=self._exploration_rate)
        return Decision(
            turn_id=turn_id,
            policy=POLICY_VERSION,
            segment=category.value,
            arm=tuple(Strategy)[choice.arm],
            propensity=choice.propensity,
            settled=False,
        )
