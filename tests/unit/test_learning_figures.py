"""Figures keep assumed answers apart, and sums of them are those of their decisions."""

from __future__ import annotations

import pytest

from firstline.domain.learning_context import parent_of, segments, share_of
from firstline.domain.learning_figures import Cell, Figures, added_up, regret_estimate
from firstline.domain.rewards import Part


def figures(arm: str, rewards: list[int | None], segment: str = "bug_report.chat") -> tuple[Cell, Figures]:
    counted = Figures()
    for reward in rewards:
        counted.count(reward, {Part.THANKED: 1.0} if reward else {}, assumed=reward is None)
    return Cell("2026-06-01T12", segment, arm, "learned"), counted


def test_assumed_answers_are_counted_apart_and_in_no_mean() -> None:
    _, counted = figures("guided", [1_000_000, None, None, 0])
    assert (counted.decisions, counted.rewards, counted.assumed, counted.open) == (4, 2, 2, 0)
    assert counted.mean == 0.5
    assert Figures().mean is None


def test_sums_of_cells_are_those_of_all_their_decisions() -> None:
    cells = [figures("guided", [1_000_000, 0]), figures("guided", [500_000]), figures("concise", [None])]
    sums = added_up(cells, "arm")
    assert sums["guided",].mean == pytest.approx(0.5)
    assert sums["guided",].parts == {"thanked": [2, 2_000_000]}
    assert sums["concise",].assumed == 1
    assert added_up(cells)[()].decisions == 4


def test_regret_is_what_the_other_arms_missed_and_unknown_where_nothing_can_be_compared() -> None:
    good, bad = figures("guided", [1_000_000] * 20), figures("concise", [500_000] * 10)
    assert regret_estimate([good, bad]) == pytest.approx(5.0)
    assert regret_estimate([good]) is None
    assert regret_estimate([good, figures("concise", [0] * 9)]) is None


def test_agreement_compares_only_answers_with_both() -> None:
    counted = Figures()
    counted.count(0, {Part.RATING: 1.0, Part.RESOLVED: 1.0}, assumed=False)
    counted.count(0, {Part.RATING: 0.0, Part.RESOLVED: 1.0}, assumed=False)
    counted.count(0, {Part.RATING: 1.0}, assumed=False)
    assert (counted.compared, counted.agreed) == (2, 1)


def test_every_segment_has_its_category_as_parent_which_has_none() -> None:
    known = segments()
    assert len(set(known)) == len(known)
    assert all(parent_of(segment) in ("", *known) for segment in known)
    assert {parent_of(parent_of(segment)) for segment in known} == {""}


def test_shares_are_even_sticky_and_independent_between_purposes() -> None:
    ids = [f"conversation-{number}" for number in range(4_000)]
    held = {found for found in ids if share_of("holdout", found) < 0.05}
    assert held == {found for found in ids if share_of("holdout", found) < 0.05}
    assert abs(len(held) - 200) < 4 * 14
    both = {found for found in held if share_of("experiment", found) < 0.5}
    assert abs(len(both) - len(held) / 2) < 4 * 7
