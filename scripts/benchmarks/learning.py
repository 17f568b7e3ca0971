"""The long proofs of learning: speed beside a peer, regret, drift, propensities, intervals, concurrent writers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

import environment
import numpy as np

from firstline.domain.policies.policy import Policy
from firstline.domain.policies.registry import CONTROLS, DEFAULT_IN_MEMORY, STORED_POLICIES, make_policy
from firstline.evaluation.bandit_runs import MakePolicy, calibrate, play_stream, recovered_share, support_stream
from firstline.evaluation.interval_coverage import share_covered

Progress = Callable[[str, int, int], None]

N_ARMS, N_FEATURES = 5, 12
PROCESSES = 8
BLOCKS, PER_BLOCK = 15, 40
MOST_OF_PEER = 0.2
LEAST_RECOVERED = 0.8
RECOVERING = ("discounted-linucb", "sliding-linucb", "discounted-lints", "sliding-lints")
"""Contextual policies that forget: the target under drift is theirs."""
BUCKET, BUCKETS, DISCOUNT = 100.0, 6, 0.8
"""Rounds of a time bucket under drift, buckets of the window, what a bucket counts beside the next."""
MOST_STANDARD_ERRORS = 4.5
CURVE_POINTS = 10


@dataclass(frozen=True)
class Sizes:
    """How much of each is done."""

    rounds: int
    seeds: int
    choices: int
    runs: int
    rewards: int
    seed: int


def measure(only: Collection[str], sizes: Sizes, progress: Progress) -> dict[str, Any]:
    """Return the figures of the chosen parts, each with its ``violations``."""
    parts: dict[str, Callable[[Sizes, Progress], dict[str, Any]]] = {
        "speed": _speed,
        "regret": _regret,
        "drift": _drift,
        "propensities": _propensities,
        "intervals": _intervals,
        "writers": _writers,
    }
    return {name: part(sizes, progress) for name, part in parts.items() if name in only}


def violations(result: dict[str, Any]) -> list[str]:
    """Return what does not hold, over all parts."""
    return [f"{name}: {text}" for name, part in result.items() for text in part["violations"]]


def _made(name: str, *, exploration_rate: float = 0.0, bucket: float = BUCKET) -> Policy:
    return make_policy(
        name,
        n_arms=N_ARMS,
        n_features=N_FEATURES,
        exploration_rate=exploration_rate,
        discount_factor=DISCOUNT,
        bucket=bucket,
        buckets=BUCKETS,
        levels=(2,) * N_FEATURES,
    )


def _maker(name: str) -> MakePolicy:
    return lambda n_arms, n_features: _made(name)


def _speed(sizes: Sizes, progress: Progress) -> dict[str, Any]:
    if find_spec("mabwiser") is None:
        raise RuntimeError("MABWiser is not installed in this environment")
    from mabwiser.mab import MAB, LearningPolicy

    stream = support_stream(BLOCKS * PER_BLOCK + 1, sizes.seed, n_arms=N_ARMS, n_features=N_FEATURES, swap=False)
    peers: dict[str, Any] = {"linucb": LearningPolicy.LinUCB(), "lints": LearningPolicy.LinTS()}
    result: dict[str, Any] = {"violations": []}
    for number, (name, learning_policy) in enumerate(peers.items(), start=1):
        rng, ours = np.random.default_rng(sizes.seed), _made(name)
        peer: Any = MAB(list(range(N_ARMS)), learning_policy, seed=sizes.seed)
        peer.fit([0], [0], stream.contexts[-1:])
        ours_s, peer_s = [], []
        for block in range(BLOCKS):
            rows = range(block * PER_BLOCK, (block + 1) * PER_BLOCK)
            started = time.perf_counter()
            for row in rows:
                arm = ours.choose(stream.contexts[row], rng).arm
                ours.update(arm, stream.contexts[row], float(row % 2))
            ours_s.append(time.perf_counter() - started)
            started = time.perf_counter()
            for row in rows:
                arm = int(peer.predict(stream.contexts[row : row + 1]))
                peer.partial_fit([arm], [row % 2], stream.contexts[row : row + 1])
            peer_s.append(time.perf_counter() - started)
        ratio = median(ours_s) / median(peer_s)
        result[name] = {
            "firstline_us": round(median(ours_s) / PER_BLOCK * 1e6, 1),
            "mabwiser_us": round(median(peer_s) / PER_BLOCK * 1e6, 1),
            "ratio": round(ratio, 4),
        }
        if ratio > MOST_OF_PEER:
            result["violations"].append(f"{name} takes {ratio:.2f} of MABWiser's time, over {MOST_OF_PEER}")
        progress("speed", number, len(peers))
    return result


def _regret(sizes: Sizes, progress: Progress) -> dict[str, Any]:
    names = ["uniform", "epsilon-greedy", "ucb1", "thompson", "linucb", "lints", DEFAULT_IN_MEMORY]
    result: dict[str, Any] = {"violations": []}
    for number, name in enumerate(names, start=1):
        shares = []
        for run in range(sizes.seeds):
            stream = support_stream(sizes.rounds, sizes.seed + run, n_arms=N_ARMS, n_features=N_FEATURES, swap=False)
            earned = play_stream(_made(name), stream, sizes.seed + run)
            best, chance = stream.success.max(axis=1), stream.success.mean(axis=1)
            # 0: what chance earns, 1: what the best arm of each context earns.
            pieces = [np.array_split(values, CURVE_POINTS) for values in (earned, chance, best)]
            shares.append([(got - low).sum() / (high - low).sum() for got, low, high in zip(*pieces, strict=True)])
        result[name] = [round(float(value), 3) for value in np.mean(shares, axis=0)]
        progress("regret", number, len(names))
    if result["linucb"][-1] < max(result["thompson"][-1], 0.5):
        result["violations"].append("linucb learns no more from the context than a policy that sees none")
    return result


def _drift(sizes: Sizes, progress: Progress) -> dict[str, Any]:
    names = ["linucb", "lints", *RECOVERING]
    result: dict[str, Any] = {"violations": []}
    for number, name in enumerate(names, start=1):
        make = _maker(name)
        shares = [recovered_share(make, rounds=sizes.rounds, seed=sizes.seed + run) for run in range(sizes.seeds)]
        result[name] = {"mean": round(float(np.mean(shares)), 3), "least": round(min(shares), 3)}
        if name in RECOVERING and np.mean(shares) < LEAST_RECOVERED:
            result["violations"].append(f"{name} recovers {np.mean(shares):.2f} of the loss, under {LEAST_RECOVERED}")
        progress("drift", number, len(names))
    return result


def _propensities(sizes: Sizes, progress: Progress) -> dict[str, Any]:
    result: dict[str, Any] = {"violations": []}
    for number, name in enumerate(STORED_POLICIES, start=1):
        explored = 0.05 if name in CONTROLS or "thompson" not in name else 0.0
        policy = _made(name, exploration_rate=explored, bucket=sizes.choices / 20)
        found = calibrate(policy, sizes.choices, sizes.seed, learn_every=10)
        worst = float(np.abs(found.z_scores).max())
        result[name] = {
            "worst_z": round(worst, 2),
            "mean_of_inverse": round(found.inverse_mean, 3),
            "least": found.least,
        }
        if worst > MOST_STANDARD_ERRORS:
            result["violations"].append(f"{name}: an arm's propensities are {worst:.1f} standard errors off")
        progress("propensities", number, len(STORED_POLICIES))
    return result


def _intervals(sizes: Sizes, progress: Progress) -> dict[str, Any]:
    rng, alpha = np.random.default_rng(sizes.seed), 0.05
    result: dict[str, Any] = {"violations": []}
    cases = ((0.7, 0.7), (0.75, 0.7), (0.95, 0.9))
    for number, (treated, control) in enumerate(cases, start=1):
        covered = share_covered(treated, control, rng, n_runs=sizes.runs, alpha=alpha)
        result[f"{treated} against {control}"] = round(covered, 4)
        # Three standard errors below the stated rate would be chance once in some 700 runs.
        if covered < 1 - alpha - 3 * (alpha * (1 - alpha) / sizes.runs) ** 0.5:
            result["violations"].append(f"{treated} against {control}: {covered:.3f} of the runs are covered")
        progress("intervals", number, len(cases))
    return result


def _writers(sizes: Sizes, progress: Progress) -> dict[str, Any]:
    # The tests' environment has the client of DynamoDB; and the processes are forked from one without threads.
    script = environment.ROOT / "scripts" / "benchmarks" / "learning_store.py"
    command = [str(environment.TEST.python), str(script), str(sizes.rewards), str(PROCESSES)]
    finished = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if finished.returncode:
        raise RuntimeError(f"the writers' processes failed:\n{finished.stderr[-2000:]}")
    found = json.loads(finished.stdout)
    wrong = [one["store"] for one in found if not one["exact"] or one["failed"]]
    progress("writers", len(found), len(found))
    return {
        **{one["store"]: one for one in found},
        "violations": [f"{store}: the sums are not those of the rewards" for store in wrong],
    }


def table(result: dict[str, Any]) -> str:
    """Return the figures for people."""
    lines = []
    for part, figures in result.items():
        lines.append(part)
        lines += [f"  {name:<24}{_shown(value)}" for name, value in figures.items() if name != "violations"]
    return "\n".join([*lines, *(violations(result) or ["every bound holds"])])


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {inner}" for name, inner in value.items())
    return "  ".join(map(str, value)) if isinstance(value, list) else str(value)
