"""A model learnt from a company's examples is kept whole on SQLite and on DynamoDB."""

from __future__ import annotations

import pytest

from firstline.domain.errors import NotFoundError
from firstline.domain.own_labels import IntentsTrainedError, TrainingReport
from firstline.domain.ports import Table
from firstline.repositories.own_labels import OwnModels

FIRST, SECOND = bytes(range(256)) * 3_000, b"second" * 100


def report(version: int) -> TrainingReport:
    return TrainingReport(
        version=version, labels={}, examples=0, accuracy={}, right={"a": 0.5}, collisions=[], seconds=0.5
    )


def test_a_version_takes_the_place_of_the_one_before_it_and_of_no_other(table: Table) -> None:
    models = OwnModels(table)
    assert models.current() is None
    models.put(report(1), FIRST, replaces=0)
    assert (models.current(), models.read(1)) == (report(1), FIRST)
    with pytest.raises(IntentsTrainedError):
        models.put(report(1), SECOND, replaces=0)
    models.put(report(2), SECOND, replaces=1)
    with pytest.raises(IntentsTrainedError):
        models.put(report(2), FIRST, replaces=1)
    assert (models.current(), models.read(2)) == (report(2), SECOND)
    with pytest.raises(NotFoundError):
        models.read(1)
