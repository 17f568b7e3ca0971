"""Settings of the learner that cannot be are refused by name."""

from __future__ import annotations

import pytest

from firstline.domain.classified import Category
from firstline.domain.learning_names import TOPICS
from firstline.settings import InvalidSettingError, Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RL_CAUTIOUS_TOPICS", "secruity, bananas"),
        ("RL_CAUTIOUS_TOPICS", "security; law"),
        ("RL_SNAPSHOT_S", "inf"),
        ("RL_SNAPSHOT_S", "nan"),
        ("RL_SNAPSHOT_S", "-1"),
        ("RL_POLICY", "nonsense"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSettingError, match=name):
        Settings.from_env({name: value})


def test_every_category_and_stake_may_be_left_unexplored() -> None:
    assert set(TOPICS) == {*Category, "money", "security", "law", "billing_dispute"}
    read = Settings.from_env({"RL_CAUTIOUS_TOPICS": "security,law , bug_report,"})
    assert read.rl_cautious_topics == "security,law , bug_report,"
