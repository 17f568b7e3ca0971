"""``scripts/bench learning``: its options, and its figures as they are printed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

import environment
from setup_steps import Step

PARTS = ("speed", "regret", "drift", "propensities", "intervals", "writers")
DESCRIPTION = """The long proofs of learning. speed: choose and update in memory at 5 arms and 12 features, next to
MABWiser's in the same run. regret: what each policy earns of what could be earned, on made-up customers. drift: how
much of what a swap of the arms costs is earned again within 1,000 rounds. propensities: 100,000 choices of every
policy, logged probabilities against how often arms were drawn. intervals: how often the interval of the holdout
effect misses the truth when it is looked at every day, in 1,000 runs. writers: rewards from 8 processes, each
delivered twice and out of order, on SQLite and on the emulator's DynamoDB. Ends with 1 where a bound does not hold."""


def add(what: Any, positive: Callable[[str], int]) -> None:
    """Add the command to the sub-parsers ``what``, whose class argparse does not publish."""
    learning: argparse.ArgumentParser = what.add_parser(
        "learning", help="policies, propensities, intervals, writers", description=DESCRIPTION
    )
    learning.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help=f"parts (default: {' '.join(PARTS)})")
    learning.add_argument("--rounds", type=positive, default=10_000, help="of regret and drift (default: 10000)")
    learning.add_argument("--seeds", type=positive, default=5, help="runs of regret and drift (default: 5)")
    learning.add_argument("--choices", type=positive, default=100_000, help="of each policy (default: 100000)")
    learning.add_argument("--runs", type=positive, default=1_000, help="of the intervals (default: 1000)")
    learning.add_argument("--rewards", type=positive, default=10_000, help="that are written (default: 10000)")
    learning.add_argument("--seed", type=int, default=13, help="draws everything (default: 13)")
    learning.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def steps(options: argparse.Namespace) -> list[Step]:
    """Return what else must be there: the writers need the tests' environment and the emulator."""
    if "writers" not in options.only:
        return []
    return [*environment.steps(environment.TEST), *environment.steps(environment.MINISTACK)[1:]]


def run(options: argparse.Namespace, progress: Callable[[str, int, int], None]) -> int:
    """Measure, print, and return the exit code."""
    from benchmarks import learning, report

    sizes = learning.Sizes(
        rounds=options.rounds,
        seeds=options.seeds,
        choices=options.choices,
        runs=options.runs,
        rewards=options.rewards,
        seed=options.seed,
    )
    result = learning.measure(options.only, sizes, progress)
    figures = {"bench": "learning", **result, "machine": report.machine()}
    print(json.dumps(figures) if options.json else learning.table(result))
    return 1 if learning.violations(result) else 0
