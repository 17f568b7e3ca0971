"""Eight processes deliver rewards to one learner, each of them twice and out of order; the sums must be exact.

``reward_writers.py sqlite PATH - REWARDS PROCESSES`` or ``reward_writers.py dynamodb ENDPOINT TABLE REWARDS PROCESSES``
prints what was delivered and what is stored; it fails where they differ.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from firstline.adapters.local.table import SQLiteTable
from firstline.domain.decisions import Decision
from firstline.domain.learning_context import N_FEATURES
from firstline.domain.policies.registry import make_policy
from firstline.domain.ports import Table
from firstline.domain.rewards import REWARD_SCALE, Observed, Part, merged, preset, reward_of
from firstline.domain.turn import Strategy
from firstline.repositories.arms import ArmRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.decisions import DecisionRepository
from firstline.repositories.effects import EffectRepository
from firstline.repositories.q_values import QValueRepository
from firstline.services.learning_policies import LearningPolicies
from firstline.services.settle_rewards import SettleRewards, contribution

NOW = datetime(2030, 1, 1, tzinfo=UTC)
POLICY = "thompson"
VERSION = "thompson.bench"
SEGMENT, PARENT = "bug_report.chat", "bug_report"
_BATCH = 50


class FixedClock:
    """Stands still."""

    def now(self) -> datetime:
        """Return the first moment of 2030."""
        return NOW


def open_table(store: str, address: str, name: str) -> Table:
    """Return a table of one process's own."""
    if store == "sqlite":
        return SQLiteTable(Path(address), clock=FixedClock(), busy_timeout_s=60)
    import boto3

    from firstline.adapters.aws.table import DynamoDBTable
    from firstline.adapters.aws.table_retries import client_config

    client = boto3.client("dynamodb", endpoint_url=address, config=client_config())
    return DynamoDBTable(client, name, clock=FixedClock(), max_tries=60)


def decisions(n: int, policy: str = POLICY) -> list[Decision]:
    """Return so many decisions of one segment."""
    rng = random.Random(13)  # noqa: S311 - the same in every run
    return [
        Decision(
            conversation_id=f"C{number}",
            turn_id=f"T{number}",
            policy=VERSION,
            policy_name=policy,
            segment=SEGMENT,
            arm=rng.choice(list(Strategy)),
            propensity=0.2,
            decided_at=NOW,
            context=tuple(rng.randrange(1_001) for _ in range(N_FEATURES)),
        )
        for number in range(n)
    ]


def evidence(n: int) -> list[tuple[int, Observed]]:
    """Return one or two pieces of evidence per decision, each of them twice, with the decision's number."""
    rng = random.Random(17)  # noqa: S311 - the same in every run
    pieces = []
    for number in range(n):
        pieces.append((number, Observed(Part.RATING, rng.randrange(5) / 4, NOW, "seq 2")))
        if number % 3 == 0:
            later = NOW + timedelta(seconds=rng.randrange(100))
            pieces.append((number, Observed(Part.RATING, rng.randrange(5) / 4, later, "seq 2")))
        if number % 4 == 0:
            pieces.append((number, Observed(Part.UNRESOLVED, 0.0, NOW, "T")))
    return pieces * 2


def settling(table: Table) -> SettleRewards:
    """Return the product's own service over a table."""
    days = 90
    arms = ArmRepository(table, retention_days=days)
    make = partial(make_policy, n_arms=len(Strategy), n_features=N_FEATURES)
    return SettleRewards(
        DecisionRepository(table, retention_days=days),
        arms,
        EffectRepository(table),
        CustomerRepository(table, retention_days=days),
        lambda _: [],
        LearningPolicies(arms, QValueRepository(table), make),
        clock=FixedClock(),
        normalise=True,
    )


def expected(n: int, policy: str = POLICY) -> list[dict[str, int]]:
    """Return what the arms must hold when all evidence has come: computed at once, from nothing stored."""
    seen: dict[int, list[Observed]] = {}
    for number, piece in evidence(n):
        seen.setdefault(number, []).append(piece)
    made = make_policy(policy, n_arms=len(Strategy), n_features=N_FEATURES)
    sums: list[Counter[str]] = [Counter() for _ in Strategy]
    for number, decision in enumerate(decisions(n, policy)):
        parts = merged({}, seen[number])
        reward = reward_of({part: found.value for part, found in parts.items()}, weights=preset())
        done = replace(decision, parts=parts, reward=round((reward or 0.0) * REWARD_SCALE))
        sums[list(Strategy).index(decision.arm)].update(contribution(done, made))
    return [{name: amount for name, amount in total.items() if amount} for total in sums]


def stored(table: Table, segment: str) -> list[dict[str, int]]:
    """Return what the arms hold, zeros left out."""
    arms = ArmRepository(table, retention_days=90)
    return [{name: n for name, n in arm.items() if n} for arm in arms.read(VERSION, segment)]


def _deliver(store: str, address: str, name: str, worker: int, n_workers: int, n: int, policy: str) -> None:
    settle = settling(open_table(store, address, name))
    mine = evidence(n)[worker::n_workers]
    random.Random(worker).shuffle(mine)  # noqa: S311 - the same in every run
    for number, piece in mine:
        settle.observe(f"C{number}", f"T{number}", [piece])


def run(store: str, address: str, name: str, n: int, n_workers: int, policy: str = POLICY) -> dict[str, Any]:
    """Have processes deliver all evidence about ``n`` decisions, and return what came of it.

    Returns
    -------
    dict
        ``exact`` (the sums are those of ``expected``, in the segment and in its parent), ``deliveries``, ``rewards``,
        ``seconds``, ``failed`` (processes that did not end well).
    """
    table = open_table(store, address, name)
    kept = DecisionRepository(table, retention_days=90)
    operations = [kept.added(decision, due=NOW) for decision in decisions(n, policy)]
    for start in range(0, n, _BATCH):
        table.transact(operations[start : start + _BATCH])
    forking: Any = multiprocessing.get_context("fork" if store == "sqlite" else "spawn")
    given = (store, address, name)
    workers = [
        forking.Process(target=_deliver, args=(*given, worker, n_workers, n, policy)) for worker in range(n_workers)
    ]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    right = expected(n, policy)
    return {
        "store": store,
        "policy": policy,
        "exact": stored(table, SEGMENT) == right and stored(table, PARENT) == right,
        "deliveries": len(evidence(n)),
        "rewards": n,
        "seconds": round(time.monotonic() - began, 1),
        "failed": sum(worker.exitcode != 0 for worker in workers),
    }


if __name__ == "__main__":
    result = run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), *sys.argv[6:7])
    print(json.dumps(result))
    sys.exit(0 if result["exact"] and not result["failed"] else 1)
