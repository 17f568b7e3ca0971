"""The learner's arms: additive fixed-point statistics per policy version and segment, in shards."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from firstline.domain.ports import Table
from firstline.domain.rewards import REWARD_SCALE as REWARD_SCALE
from firstline.domain.table import Item, Operation, Update
from firstline.domain.turn import Strategy
from firstline.repositories import keys, learning_keys
from firstline.repositories.all_items import all_items
from firstline.repositories.schema import Schema

ARM = Schema("arm", version=1)
ROLLBACK = Schema("arm_rollback", version=1)

N_SHARDS = 4
"""Items of one arm, so that writers of a busy one seldom meet."""

_MOST_NAMES = 280
"""Names that one update removes or adds to; DynamoDB takes 300 operators."""
_NOT_STATISTICS = frozenset({"pk", "sk", "type", "schema", "expires_at"})

Statistics = Mapping[str, int]


class ArmRepository:
    """Keys: ``ARM#<policy version>#<segment>`` / ``<arm>#<shard>``, and ``LEARN#KEPT#<day>#<policy>`` for copies.

    Nothing is ever set, only added: sums do not depend on the order of writers, and none overwrites another.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def read(self, policy: str, segment: str) -> list[dict[str, int]]:
        """Return the statistics of every arm, in the order of ``Strategy``; one query, one page in practice."""
        sums: dict[str, Counter[str]] = {arm.value: Counter() for arm in Strategy}
        for item in self._items(keys.arms(policy, segment)):
            arm = str(item["sk"]).rpartition("#")[0]
            if arm in sums:
                sums[arm].update(_statistics(item))
        return [dict(sums[arm.value]) for arm in Strategy]

    def added(self, policy: str, segment: str, arm: Strategy, statistics: Statistics, *, by: str) -> list[Operation]:
        """Return the operations that add to an arm; none where there is nothing to add.

        Parameters
        ----------
        statistics : mapping of str to int
            Fixed-point increments, at most 290 of them.
        by : str
            What adds, such as the turn's id; it chooses the shard.
        """
        changes = {name: amount for name, amount in statistics.items() if amount}
        if not changes:
            return []
        place = learning_keys.arm(arm.value, _shard(by))
        return [Update(keys.arms(policy, segment), place, set=ARM.stamp({}), add=changes)]

    def forget(self, policy: str, segment: str, arm: Strategy, names: Sequence[str]) -> None:
        """Remove statistics that no longer count."""
        for shard in range(N_SHARDS):
            for start in range(0, len(names), _MOST_NAMES):
                some = tuple(names[start : start + _MOST_NAMES])
                place = learning_keys.arm(arm.value, shard)
                self._table.update(keys.arms(policy, segment), place, set=ARM.stamp({}), remove=some)

    def keep(self, policy: str, segments: Sequence[str], day: date, *, now: datetime) -> int:
        """Copy the arms of these segments as they are, for a rollback; a second copy of a day replaces the first.

        Returns
        -------
        int
            Arms with statistics.
        """
        n_kept = 0
        for segment in segments:
            for arm, statistics in zip(Strategy, self.read(policy, segment), strict=True):
                if statistics:
                    item = {
                        "pk": learning_keys.kept_arms(day, policy),
                        "sk": f"{segment}#{arm.value}",
                        "statistics": statistics,
                        "expires_at": keys.expiry(now, self._retention_days),
                    }
                    self._table.put(ARM.stamp(item))
                    n_kept += 1
        return n_kept

    def kept(self, policy: str, day: date) -> dict[tuple[str, Strategy], dict[str, int]]:
        """Return the copies of a day by segment and arm; empty where there are none."""
        found = {}
        for item in self._items(learning_keys.kept_arms(day, policy)):
            segment, _, arm = str(item["sk"]).rpartition("#")
            statistics = ARM.load(item)["statistics"]
            found[segment, Strategy(arm)] = {str(name): int(amount) for name, amount in statistics.items()}
        return found

    def roll_back(self, policy: str, segments: Sequence[str], day: date, *, now: datetime) -> int:
        """Make the arms what they were at that day's copy, and return how many changed.

        The difference is added, so that no reward that comes meanwhile is lost; a second call changes nothing. What an
        answer counts for whose first evidence came before ``now`` stays as it is from here on (``rolled_back_at``):
        part of it may be taken back, so that the difference which later evidence makes would have nothing to stand on.
        """
        self._table.put(ROLLBACK.stamp({"pk": learning_keys.ROLLBACKS, "sk": policy, "at": now.isoformat()}))
        kept, n_changed = self.kept(policy, day), 0
        for segment in segments:
            for arm, present in zip(Strategy, self.read(policy, segment), strict=True):
                then = kept.get((segment, arm), {})
                difference = {name: then.get(name, 0) - present.get(name, 0) for name in {*then, *present}}
                changes = {name: amount for name, amount in difference.items() if amount}
                names = sorted(changes)
                for start in range(0, len(names), _MOST_NAMES):
                    some = {name: changes[name] for name in names[start : start + _MOST_NAMES]}
                    self._table.transact(self.added(policy, segment, arm, some, by=f"rollback {day}"))
                n_changed += bool(changes)
        return n_changed

    def rolled_back_at(self, policy: str) -> datetime | None:
        """Return when the arms of a policy version were last rolled back, read consistently; None: never."""
        item = self._table.get(learning_keys.ROLLBACKS, policy)
        return datetime.fromisoformat(ROLLBACK.load(item)["at"]) if item else None

    def _items(self, partition: str) -> Iterator[Item]:
        return all_items(self._table, partition)


def _statistics(item: Item) -> dict[str, int]:
    loaded = ARM.load(item)
    return {name: int(amount) for name, amount in loaded.items() if name not in _NOT_STATISTICS}


def _shard(by: str) -> int:
    return int(hashlib.sha256(by.encode()).hexdigest()[:8], 16) % N_SHARDS
