"""Task ``bandit``: what each learning policy earns on classification sets, and how far off-policy estimates err."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from firstline.domain.policies.registry import DEFAULT_IN_MEMORY, DEFAULT_STORED, make_policy
from firstline.domain.ports import Embedder
from firstline.evaluation.bandit_logs import Comparison, compare_logs, is_item_table, log_files, read_log
from firstline.evaluation.bandit_peers import peers
from firstline.evaluation.bandit_runs import play_set
from firstline.evaluation.bandit_sets import ClassificationSet, read_set
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.result import EvaluationResult, Progress

OURS = (
    DEFAULT_IN_MEMORY,
    DEFAULT_STORED,
    "fourier-linucb",
    "lints",
    "fourier-lints",
    "thompson",
    "gaussian-thompson",
    "ucb1",
    "epsilon-greedy",
    "uniform",
)
"""Each with what it has by itself; only epsilon-greedy explores besides, by ``EPSILON``."""
EPSILON = 0.05
ROUNDS, SEEDS, PEER_SEEDS = 5_000, 10, 2


class Job(NamedTuple):
    """One policy on one set with one seed."""

    data: str
    policy: str
    seed: int
    is_peer: bool


def evaluate(
    folder: Path,
    embedder: Embedder,
    *,
    limit: int | None,
    seed: int,
    progress: Progress,
    rounds: int | None = None,
    seeds: int | None = None,
    peer_seeds: int | None = None,
    processes: int | None = None,
) -> EvaluationResult:
    """Score every ``*.arff`` and ``*.csv`` with the class last, and every Open Bandit log of a folder.

    Parameters
    ----------
    rounds, seeds, peer_seeds : int, optional
        Rounds of a run; runs of each of our policies, and of each peer.
    processes : int, optional
        How many runs go side by side; as many as there are cores where None.

    Raises
    ------
    InvalidDataError
        A file does not fit, or there is none.
    """
    started = time.perf_counter()
    rounds, seeds, peer_seeds = rounds or ROUNDS, seeds or SEEDS, peer_seeds or min(seeds or SEEDS, PEER_SEEDS)
    if min(rounds, seeds, peer_seeds) < 1:
        raise InvalidDataError(folder, 0, "rounds and seeds are at least 1")
    sets = {data.name: data for data in _sets(folder, limit, seed)}
    logs = [read_log(file) for file in log_files(folder)] if folder.is_dir() else []
    if not sets and not logs:
        raise InvalidDataError(folder, 0, "no *.arff, *.csv or obd_*.csv.gz")
    jobs = [
        Job(name, policy, seed + run, is_peer)
        for is_peer, policies, runs in ((True, tuple(peers()), peer_seeds), (False, OURS, seeds))
        for name in sets
        for policy in policies
        for run in range(runs)
    ]
    rewards: dict[tuple[str, str], list[float]] = {}
    for done, (job, reward) in enumerate(_played(sets, jobs, rounds, processes or os.cpu_count() or 1), start=1):
        rewards.setdefault((job.data, job.policy), []).append(reward)
        progress("runs", done, len(jobs))
    compared = compare_logs(logs, seed=seed)
    result: EvaluationResult = {
        "task": "bandit",
        "data": folder.resolve().name,
        "n": sum(len(data.classes) for data in sets.values()) + sum(len(log.rewards) for log in logs),
        "seconds": 0.0,
        "ours": _ours(rewards, sets, compared),
        "peers": {name: _peer(rewards, sets, name) for name in peers()} if sets else {},
        "notes": _notes(sets, compared, rounds, seeds, peer_seeds),
    }
    result["seconds"] = round(time.perf_counter() - started, 1)
    return result


def _sets(folder: Path, limit: int | None, seed: int) -> Iterator[ClassificationSet]:
    files = sorted([*folder.glob("*.arff"), *folder.glob("*.csv")])
    logged = set(log_files(folder)) if folder.is_dir() else set()
    for file in files:
        if file in logged or is_item_table(file):
            continue
        data = read_set(file)
        if limit is not None and limit < len(data.classes):
            rows = np.random.default_rng(seed).choice(len(data.classes), limit, replace=False)
            data = ClassificationSet(data.name, data.contexts[rows], data.classes[rows], data.n_classes)
        yield data


def _played(
    sets: dict[str, ClassificationSet], jobs: list[Job], rounds: int, processes: int
) -> Iterator[tuple[Job, float]]:
    if processes == 1 or len(jobs) < 2:
        for job in jobs:
            yield job, _play(sets[job.data], job, rounds)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_use_one_core) as pool:
        running = {pool.submit(_play, sets[job.data], job, rounds): job for job in jobs}
        for future in as_completed(running):
            yield running[future], future.result()


def _use_one_core() -> None:
    if find_spec("threadpoolctl") is not None:
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)


def _play(data: ClassificationSet, job: Job, rounds: int) -> float:
    if job.is_peer:
        return float(peers()[job.policy](data, rounds, job.seed).mean())
    explored = EPSILON if job.policy == "epsilon-greedy" else 0.0

    def make(n_arms: int, n_features: int) -> Any:
        return make_policy(job.policy, n_arms=n_arms, n_features=n_features, exploration_rate=explored)

    return float(play_set(make, data, rounds=rounds, seed=job.seed).mean())


def _scored(values: list[float]) -> dict[str, float]:
    scored = {"reward": round(float(np.mean(values)), 4)}
    if len(values) > 1:
        scored["standard_error"] = round(float(np.std(values, ddof=1) / np.sqrt(len(values))), 4)
    return scored


def _mean(per_set: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean over sets, with the standard error of that mean where there are several runs."""
    mean = {"reward": round(float(np.mean([scores["reward"] for scores in per_set])), 4)}
    if all("standard_error" in scores for scores in per_set):
        squares = sum(scores["standard_error"] ** 2 for scores in per_set)
        mean["standard_error"] = round(float(np.sqrt(squares)) / len(per_set), 4)
    return mean


def _ours(
    rewards: dict[tuple[str, str], list[float]], sets: dict[str, ClassificationSet], compared: list[Comparison]
) -> dict[str, Any]:
    ours: dict[str, Any] = {}
    if sets:
        per_set = {name: {policy: _scored(rewards[name, policy]) for policy in OURS} for name in sets}
        for scores in per_set.values():
            scores["default"] = scores[DEFAULT_IN_MEMORY]
        means = {policy: _mean([scores[policy] for scores in per_set.values()]) for policy in ("default", *OURS)}
        ours |= means["default"]
        ours["policies"] = means
        ours |= per_set
    if compared:
        # A mean over other comparisons would flatter an estimator that refuses the hard ones.
        supported = [one for one in compared if not one.refusals]
        ours["ope_error"] = {
            name: round(float(np.mean([one.relative_errors[name] for one in supported])), 4)
            for name in (supported[0].relative_errors if supported else ())
        }
        ours["ope"] = {
            one.name: {
                "known": round(one.known, 5),
                "known_standard_error": round(one.known_error, 5),
                **{name: round(value, 5) for name, value in one.estimates.items()},
            }
            for one in compared
        }
    return ours


def _peer(
    rewards: dict[tuple[str, str], list[float]], sets: dict[str, ClassificationSet], policy: str
) -> dict[str, Any]:
    per_set = {name: _scored(rewards[name, policy]) for name in sets}
    return {**_mean(list(per_set.values())), **per_set}


def _notes(
    sets: dict[str, ClassificationSet], compared: list[Comparison], rounds: int, seeds: int, peer_seeds: int
) -> list[str]:
    notes = []
    if sets:
        notes += [
            f"{rounds} rounds, {seeds} runs of each of our policies and {peer_seeds} of each peer (--peer-seeds); "
            "standardised features, one arm per class, reward 1 if right; the same rows in the same order for all.",
            f"default is {DEFAULT_IN_MEMORY}, the same on every set. Its state is too large for the store; the nearest "
            f"that RL_POLICY takes is {DEFAULT_STORED}, which is listed too. RL_POLICY is thompson unless set.",
            "Tabular Q-learning is not among them: its state is made of five levels of a conversation.",
        ]
    for one in compared:
        notes += [f"{one.name}: {estimator} is refused: {why}" for estimator, why in one.refusals.items()]
    if compared:
        notes.append(
            "ope_error: mean of abs(estimate - known) / known over the comparisons that no estimator refuses; known is "
            "what the policy earned in its own log, itself uncertain (known_standard_error). The estimators are the "
            "published formulas; obp would bring torch."
        )
    return notes
