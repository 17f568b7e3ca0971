"""Make, start and stop experiments, and tell what those that run change for a customer."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.domain.experiments import (
    Experiment,
    ExperimentChangedError,
    ExperimentContent,
    Status,
    treatment_of,
)
from firstline.domain.ports import Clock
from firstline.domain.treatment import Treatment
from firstline.repositories.experiments import ExperimentRepository

_FRESH = timedelta(seconds=10)


class ManageExperiments:
    """What is started or stopped takes effect within ten seconds in every process: so long the list is kept."""

    def __init__(self, experiments: ExperimentRepository, *, clock: Clock) -> None:
        self._experiments = experiments
        self._clock = clock
        self._running: list[Experiment] = []
        self._kept_until: datetime | None = None

    def all(self) -> list[Experiment]:
        """Return every experiment, by id."""
        return self._experiments.all()

    def get(self, experiment_id: str) -> Experiment:
        """Return an experiment. Raises ``NotFoundError``."""
        found = self._experiments.get(experiment_id)
        if found is None:
            raise NotFoundError("there is no such experiment")
        return found

    def create(self, experiment_id: str, content: ExperimentContent, *, by: str) -> Experiment:
        """Make an experiment that does not run yet. Raises ``ExperimentChangedError`` where the id is taken."""
        said = content.model_dump(include=set(ExperimentContent.model_fields))
        made = Experiment(**said, experiment_id=experiment_id, by=by, created_at=self._clock.now())
        self._experiments.add(made)
        return made

    def start(self, experiment_id: str) -> Experiment:
        """Begin to assign customers; one that runs already stays as it is.

        Raises
        ------
        NotFoundError
        ExperimentChangedError
            It was stopped, or another that runs changes the same thing, so that the two could not be told apart.
        """
        seen = self.get(experiment_id)
        if seen.status is Status.RUNNING:
            return seen
        if seen.status is Status.STOPPED:
            raise ExperimentChangedError("it was stopped; make another one, so that both can be read")
        return self._experiments.start(self._moved(seen, Status.RUNNING, "started_at"), seen=seen)

    def stop(self, experiment_id: str) -> Experiment:
        """End an experiment for good; one that is stopped stays as it is.

        Raises
        ------
        NotFoundError, ExperimentChangedError
        """
        seen = self.get(experiment_id)
        if seen.status is Status.STOPPED:
            return seen
        return self._experiments.stop(self._moved(seen, Status.STOPPED, "stopped_at"), seen=seen)

    def treatment(self, unit: str) -> Treatment:
        """Return what the running experiments change for a customer; nothing is read while the list is fresh."""
        now = self._clock.now()
        if self._kept_until is None or now >= self._kept_until:
            # Where the store does not answer, what ran last still does: an answer does not wait for an experiment.
            with suppress(StoreUnavailableError):
                self._running = [found for found in self._experiments.all() if found.status is Status.RUNNING]
            self._kept_until = now + _FRESH
        return treatment_of(self._running, unit)

    def _moved(self, seen: Experiment, status: Status, moment: str) -> Experiment:
        self._kept_until = None
        return seen.model_copy(update={"status": status, moment: self._clock.now()})
