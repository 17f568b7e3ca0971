"""Proof: killed between any two of its writes, or left without the store's answer, nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tests.component.killed_functions import STORIES, Death, Mortal, walk


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("death", get_args(Death))
def test_after_a_death_at_any_write_the_log_is_that_of_a_life_without(tmp_path: Path, death: Death, story: str) -> None:
    mortal = Mortal(tmp_path, death)
    n_writes = walk(mortal, STORIES[story])
    mortal.close()
    assert n_writes > 5


@pytest.mark.parametrize("story", ["a question", "a wish for a person"])
def test_after_three_deaths_as_far_apart_a_person_or_the_bot_has_answered_once(tmp_path: Path, story: str) -> None:
    mortal = Mortal(tmp_path, "execution lost")
    walk(mortal, STORIES[story], n_kills=3)
    mortal.close()
