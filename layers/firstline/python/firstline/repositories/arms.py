"""The learner's arms and decisions: additive fixed-point statistics and what was chosen with which propensity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, Exists, Operation, Put, Update
from firstline.domain.turn import Strategy
from firstline.repositories import keys
from firstline.repositories.schema import Schema

ARM = Schema("arm", version=1)
DECISION = Schema("decision", version=1)

REWARD_SCALE = 1_000_000
"""Fixed point: a whole reward; integers, so that the order of sums does not matter."""


@dataclass(frozen=True)
class Decision:
    """A choice that was shown to a customer and may still be rewarded."""

    turn_id: str
    policy: str
    segment: str
    arm: Strategy
    propensity: float
    settled: bool


class ArmRepository:
    """Keys: ``ARM#<policy>#<segment>`` / ``<arm>``; ``CONV#<id>`` / ``DEC#<turn>``."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def counts(self, policy: str, segment: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return rewarded and unrewarded answers per arm in the order of ``Strategy``, each of shape (n_arms,)."""
        page = self._table.query(keys.arms(policy, segment))
        stored = {str(item["sk"]): ARM.load(item) for item in page.items}
        sums = [
            [int(stored.get(arm.value, {}).get(name, 0)) / REWARD_SCALE for arm in Strategy]
            for name in ("reward_sum", "loss_sum")
        ]
        return np.array(sums[0]), np.array(sums[1])

    def decided(self, conversation_id: str, decision: Decision, *, now: datetime) -> Operation:
        """Return the operation that records a decision."""
        item = {
            "pk": keys.conversation(conversation_id),
            "sk": keys.decision(decision.turn_id),
            "policy": decision.policy,
            "segment": decision.segment,
            "arm": decision.arm.value,
            "propensity": f"{decision.propensity:.6f}",
            "expires_at": keys.expiry(now, self._retention_days),
        }
        return Put(DECISION.stamp(item), if_absent=True)

    def decision(self, conversation_id: str, turn_id: str) -> Decision | None:
        """Return what was decided in a turn, or None where nothing was."""
        item = self._table.get(keys.conversation(conversation_id), keys.decision(turn_id))
        if item is None:
            return None
        item = DECISION.load(item)
        return Decision(
            turn_id=turn_id,
            policy=str(item["policy"]),
            segment=str(item["segment"]),
            arm=Strategy(item["arm"]),
            propensity=float(item["propensity"]),
            settled="reward" in item,
        )

    def settle(
        self, conversation_id: str, decision: Decision, reward: float, *, signals: str, also: list[Operation]
    ) -> bool:
        """Count a reward in [0, 1] for a decision, once; return whether this call counted it.

        The marker on the decision, the arm's sums and ``also`` are one transaction.
        """
        gained = round(reward * REWARD_SCALE)
        marker = Update(
            keys.conversation(conversation_id),
            keys.decision(decision.turn_id),
            set={"reward": gained, "signals": signals},
            condition=AllOf((Exists(), Absent("reward"))),
        )
        arm = Update(
            keys.arms(decision.policy, decision.segment),
            decision.arm.value,
            set=ARM.stamp({}),
            add={"reward_sum": gained, "loss_sum": REWARD_SCALE - gained, "rewards": 1},
        )
        try:
            self._table.transact([marker, arm, *also])
        except ConditionFailedError as error:
            if error.failed == (0,):
                return False
            raise
        return True
