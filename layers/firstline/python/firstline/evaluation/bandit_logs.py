"""Open Bandit logs: how far each off-policy estimate is from what the other policy was then seen to earn."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.domain.logged_decisions import LoggedDecisions, UnsupportedPolicyError
from firstline.domain.off_policy import Estimator, estimate_value
from firstline.evaluation.errors import InvalidDataError

Floats = NDArray[np.float64]

_NAME = re.compile(r"obd_(?P<policy>[^_.]+)_(?P<campaign>[^.]+)\.csv(\.gz)?")
MAX_LEVELS = 20


@dataclass(frozen=True)
class BanditLog:
    """Decisions of one policy in one campaign."""

    policy: str
    campaign: str
    actions: NDArray[np.int64]
    positions: NDArray[np.int64]
    rewards: Floats
    propensities: Floats
    users: list[tuple[str, ...]]
    """The user's features, which are names."""


def log_files(folder: Path) -> list[Path]:
    """Return the Open Bandit logs of a folder, by name."""
    return sorted(file for file in folder.iterdir() if _NAME.fullmatch(file.name))


def is_item_table(file: Path) -> bool:
    """Return whether a file lists a log's items, which are no classification set."""
    return file.name.startswith("item_context")


def read_log(file: Path) -> BanditLog:
    """Read ``obd_<policy>_<campaign>.csv[.gz]``.

    Raises
    ------
    InvalidDataError
        A column is missing or holds no number, or there are no rows.
    """
    name = _NAME.fullmatch(file.name)
    if name is None:
        raise InvalidDataError(file, 0, "named obd_<policy>_<campaign>.csv.gz")
    columns: dict[str, list[float]] = {key: [] for key in ("item_id", "position", "click", "propensity_score")}
    users = []
    for line, row in _rows(file):
        try:
            for key, values in columns.items():
                values.append(float(row[key]))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidDataError(file, line, "item_id, position, click and propensity_score are numbers") from error
        users.append(tuple(row[key] for key in sorted(row) if key.startswith("user_feature")))
    if not users:
        raise InvalidDataError(file, 0, "no rows")
    numbers = {key: np.array(values) for key, values in columns.items()}
    return BanditLog(
        name["policy"],
        name["campaign"],
        numbers["item_id"].astype(np.int64),
        np.unique(numbers["position"], return_inverse=True)[1],
        numbers["click"],
        numbers["propensity_score"],
        users,
    )


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            yield from enumerate(csv.DictReader(lines), start=2)
    except (OSError, EOFError) as error:
        raise InvalidDataError(file, 0, f"cannot be read: {error}") from error


@dataclass(frozen=True)
class Comparison:
    """One policy's value as estimated from another's log."""

    name: str
    known: float
    """What the policy earned when it decided itself: mean reward."""
    known_error: float
    """Standard error of that."""
    estimates: dict[str, float]
    """By estimator; those that the log cannot support are missing."""
    relative_errors: dict[str, float]
    """abs(estimate - known) / known."""
    refusals: dict[str, str]


def compare_logs(logs: list[BanditLog], *, seed: int) -> list[Comparison]:
    """Estimate each policy from the log of each other policy of its campaign.

    A policy's probability of an item at a position is the mean of its logged propensities there: the policies of Open
    Bandit look at no context (Saito et al. 2021, NeurIPS Datasets and Benchmarks).
    """
    compared = []
    for source, target in permutations(logs, 2):
        if source.campaign != target.campaign or not target.rewards.any():
            continue
        n_arms = int(max(source.actions.max(), target.actions.max())) + 1
        shape = (int(max(source.positions.max(), target.positions.max())) + 1, n_arms)
        probabilities = _mean_propensities(target, shape)[source.positions]
        contexts = np.hstack(
            [_levels(source.positions.tolist()), *(_levels(column) for column in zip(*source.users, strict=True))]
        )
        log = LoggedDecisions(source.actions, source.rewards, source.propensities, contexts, n_arms)
        known = float(target.rewards.mean())
        estimates, refusals = {}, {}
        for estimator in Estimator:
            try:
                found = estimate_value(log, probabilities, estimator, np.random.default_rng(seed), n_resamples=2)
                estimates[estimator.value] = found.value
            except UnsupportedPolicyError as error:
                refusals[estimator.value] = str(error)
        compared.append(
            Comparison(
                f"{target.campaign}: {target.policy} from {source.policy}",
                known,
                float(target.rewards.std(ddof=1) / np.sqrt(len(target.rewards))),
                estimates,
                {name: abs(value - known) / known for name, value in estimates.items()},
                refusals,
            )
        )
    return compared


def _mean_propensities(log: BanditLog, shape: tuple[int, int]) -> Floats:
    places = (log.positions, log.actions)
    totals, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(totals, places, log.propensities)
    np.add.at(counts, places, 1.0)
    means = totals / np.maximum(counts, 1.0)
    # What an item that was never shown would have got: an equal part of what is left.
    unseen = counts == 0
    left = np.maximum(1.0 - means.sum(axis=1, keepdims=True), 0.0)
    means += unseen * left / np.maximum(unseen.sum(axis=1, keepdims=True), 1)
    means += (means.sum(axis=1, keepdims=True) == 0.0) / shape[1]
    return np.asarray(means / means.sum(axis=1, keepdims=True), dtype=np.float64)


def _levels(values: list[int] | tuple[str, ...]) -> Floats:
    names, places, counts = np.unique(np.array(values), return_inverse=True, return_counts=True)
    kept = np.argsort(-counts, kind="stable")[: min(MAX_LEVELS, len(names) - 1)]
    levels: Floats = np.equal.outer(places, kept).astype(np.float64)
    return levels
