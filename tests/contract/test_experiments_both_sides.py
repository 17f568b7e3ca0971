"""Experiments on both stores: kept under their version, and what they change is claimed once."""

from __future__ import annotations

import pytest

from firstline.adapters.system import SystemClock
from firstline.domain.experiments import ExperimentChangedError, ExperimentContent, Status
from firstline.domain.ports import Table
from firstline.repositories.experiments import ExperimentRepository
from firstline.services.manage_experiments import ManageExperiments

CHUNKS = {"variants": [{"name": "all", "share": 0.5}, {"name": "one", "share": 0.5, "retrieved": 1}]}


def test_an_experiment_is_started_from_the_version_that_was_read_and_no_other_with_the_same_change(
    table: Table,
) -> None:
    repository = ExperimentRepository(table)
    experiments = ManageExperiments(repository, clock=SystemClock())
    content = ExperimentContent.model_validate(CHUNKS)
    made = experiments.create("chunks", content, by="test")
    experiments.create("others", content, by="test")
    with pytest.raises(ExperimentChangedError, match="already"):
        experiments.create("chunks", content, by="test")
    started = experiments.start("chunks")
    assert repository.get("chunks") == started
    assert (started.version, started.status) == (2, Status.RUNNING)
    with pytest.raises(ExperimentChangedError, match="meanwhile"):
        repository.stop(made, seen=made)
    with pytest.raises(ExperimentChangedError, match="changes the same"):
        experiments.start("others")
    assert experiments.stop("chunks").status is Status.STOPPED
    assert experiments.start("others").status is Status.RUNNING
    assert [found.status for found in experiments.all()] == [Status.STOPPED, Status.RUNNING]
