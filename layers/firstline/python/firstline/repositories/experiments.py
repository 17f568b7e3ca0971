"""Experiments as they are stored."""

from __future__ import annotations

from collections.abc import Sequence

from firstline.domain.errors import ConditionFailedError
from firstline.domain.experiments import Experiment, ExperimentChangedError, Status
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Delete, Operation, Put, Update
from firstline.repositories.schema import Schema

EXPERIMENT = Schema("experiment", version=1)
CLAIM = Schema("experiment_claim", version=1)
PARTITION = "EXPERIMENTS"
CLAIMS = "EXPERIMENTS#RUNNING"


class ExperimentRepository:
    """Keys: ``EXPERIMENTS`` / ``<experiment id>``; ``EXPERIMENTS#RUNNING`` / what a running one changes."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> list[Experiment]:
        """Return every experiment, by id, read consistently."""
        page = self._table.query(PARTITION, consistent=True)
        return [Experiment.model_validate_json(EXPERIMENT.load(item)["body"]) for item in page.items]

    def get(self, experiment_id: str) -> Experiment | None:
        """Return an experiment, or None."""
        item = self._table.get(PARTITION, experiment_id)
        return Experiment.model_validate_json(EXPERIMENT.load(item)["body"]) if item else None

    def add(self, experiment: Experiment) -> None:
        """Store a new experiment. Raises ``ExperimentChangedError`` where its id is taken."""
        item = {"pk": PARTITION, "sk": experiment.experiment_id, **_attributes(experiment)}
        try:
            self._table.put(EXPERIMENT.stamp(item), if_absent=True)
        except ConditionFailedError as error:
            raise ExperimentChangedError(f"there is an experiment {experiment.experiment_id} already") from error

    def start(self, experiment: Experiment, *, seen: Experiment) -> Experiment:
        """Store a started experiment in the place of the version seen, and return it.

        What it changes is claimed in the same transaction, so that no two that run change the same thing.

        Raises
        ------
        ExperimentChangedError
        """
        claims = [
            Put(CLAIM.stamp({"pk": CLAIMS, "sk": change, "experiment_id": experiment.experiment_id}), if_absent=True)
            for change in sorted(experiment.changes)
        ]
        return self._replace(experiment, seen, claims)

    def stop(self, experiment: Experiment, *, seen: Experiment) -> Experiment:
        """Store a stopped experiment in the place of the version seen, and return it.

        Raises
        ------
        ExperimentChangedError
        """
        held = sorted(experiment.changes) if seen.status is Status.RUNNING else []
        return self._replace(experiment, seen, [Delete(CLAIMS, change) for change in held])

    def _replace(self, experiment: Experiment, seen: Experiment, also: Sequence[Operation]) -> Experiment:
        after = experiment.model_copy(update={"version": seen.version + 1})
        stored = Update(
            PARTITION,
            after.experiment_id,
            set=EXPERIMENT.stamp(_attributes(after)),
            condition=Compare("version", "=", seen.version),
        )
        try:
            self._table.transact([stored, *also])
        except ConditionFailedError as error:
            if error.failed[:1] == (0,):
                raise ExperimentChangedError(f"experiment {after.experiment_id} has changed meanwhile") from error
            raise ExperimentChangedError(
                "another experiment that runs changes the same thing; stop it first"
            ) from error
        return after


def _attributes(experiment: Experiment) -> dict[str, str | int]:
    return {"version": experiment.version, "body": experiment.model_dump_json()}
