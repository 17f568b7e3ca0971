"""Proof: a function killed between any two of its writes loses and doubles nothing on DynamoDB either."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.adapters.aws.table import DynamoDBTable
from tests.component.killed_functions import STORIES, Death, Mortal, walk
from tests.contract.conftest import SettableClock


@pytest.mark.parametrize(
    ("death", "story", "stride"),
    [
        ("function lost", "a wish for a person", 1),
        ("answer lost", "a question", 3),
        ("execution lost", "a takeover", 3),
    ],
)
def test_after_a_death_at_any_write_the_log_is_that_of_a_life_without(
    dynamodb_table: DynamoDBTable, clock: SettableClock, tmp_path: Path, death: Death, story: str, stride: int
) -> None:
    mortal = Mortal(tmp_path, death, table=dynamodb_table)
    mortal.world.clock.moment = clock.now()
    n_writes = walk(mortal, STORIES[story], stride=stride)
    mortal.close()
    assert n_writes > 5
