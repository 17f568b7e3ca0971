"""The rewards of settled answers by day and group: what learning is compared with the holdout by."""

from __future__ import annotations

from datetime import UTC, date, datetime

from firstline.domain.confidence_sequences import RewardSums, sums_of_batches
from firstline.domain.ports import Table
from firstline.domain.rewards import REWARD_SCALE
from firstline.domain.table import Operation, Update
from firstline.repositories import learning_keys
from firstline.repositories.decisions import Decision, Group
from firstline.repositories.schema import Schema

EFFECT = Schema("learning_effect", version=1)


class EffectRepository:
    """Keys: ``LEARN#EFFECT#<policy version>`` / ``<day>#<group>``; the day is the one in which the window ended."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def added(self, decision: Decision, *, now: datetime, is_first: bool) -> Operation:
        """Return the operation that counts a decision in the transaction that closes it, and only there.

        Parameters
        ----------
        is_first : bool
            No other answer of the conversation has counted with its reward (``DecisionRepository.first_in_effect``):
            answers of one conversation are not independent, which the intervals take rewards to be.
        """
        reward = decision.reward if is_first else None
        counts = {"closed": 1, f"outcome_{decision.outcome.value}": 1}
        if reward is not None:
            counts |= {"rewards": 1, "sum": reward, "squares": round(reward * reward / REWARD_SCALE)}
        return Update(
            learning_keys.effect(decision.policy),
            f"{now.astimezone(UTC).date().isoformat()}#{decision.group.value}",
            set=EFFECT.stamp({}),
            add={name: amount for name, amount in counts.items() if amount},
        )

    def days(self, policy: str) -> list[tuple[date, Group, dict[str, int]]]:
        """Return closed, rewarded and assumed answers with their sums, by day and group, oldest first."""
        rows = []
        for item in self._table.query(learning_keys.effect(policy)).items:
            day, _, group = str(item["sk"]).partition("#")
            names = ("closed", "rewards", "sum", "squares", "outcome_observed", "outcome_assumed")
            counts = {name: int(item.get(name, 0)) for name in names}
            rows.append((date.fromisoformat(day), Group(group), counts))
        return rows

    def sums(self, policy: str, group: Group) -> RewardSums:
        """Return a group's rewards as a confidence sequence takes them: a batch per day, in the order of days."""
        return sums_of_batches(
            (row["rewards"], row["sum"] / REWARD_SCALE, row["squares"] / REWARD_SCALE)
            for _, found, row in self.days(policy)
            if found is group and row["rewards"]
        )
