"""Proof: a takeover at any moment of a turn never lets a word of the bot through."""

from __future__ import annotations

from pathlib import Path

from tests.component.takeovers import take_over_at_random_moments


def test_after_a_takeover_at_a_random_moment_the_bot_says_nothing_and_nothing_unsaid_is_shown(tmp_path: Path) -> None:
    tally = take_over_at_random_moments(tmp_path, n=40, seed=6)
    assert tally.violations == []
    # The moments were not all before the first word, nor after the last.
    assert tally.outcomes["stopped"] > 10
    assert tally.outcomes["mid_stream"] > 5
    assert tally.outcomes["late_delta"] > 0
    assert tally.outcomes["answered_before"] > 0
