"""The bench of learning, small: the parts that need no peer and no store."""

from __future__ import annotations

from benchmarks import learning

from firstline.domain.policies.registry import STORED_POLICIES

SIZES = learning.Sizes(rounds=100, seeds=1, choices=30, runs=10, rewards=1, seed=13)


def test_each_part_gives_its_figures_and_says_what_does_not_hold() -> None:
    told: list[tuple[str, int, int]] = []
    result = learning.measure(("propensities", "intervals", "regret"), SIZES, lambda *done: told.append(done))
    assert list(result) == ["regret", "propensities", "intervals"]
    assert set(result["propensities"]) == {*STORED_POLICIES, "violations"}
    assert all(0 < result["propensities"][name]["least"] <= 1 for name in STORED_POLICIES)
    assert result["intervals"]["violations"] == []
    assert len(result["regret"]["linucb"]) == learning.CURVE_POINTS
    assert {name for name, done, total in told if done == total} == set(result)
    table = learning.table(result)
    assert "linucb" in table
    assert ("every bound holds" in table) is (learning.violations(result) == [])


def test_what_does_not_hold_is_named_by_its_part() -> None:
    result = {"drift": {"violations": ["lints recovers 0.10 of the loss"]}, "speed": {"violations": []}}
    assert learning.violations(result) == ["drift: lints recovers 0.10 of the loss"]
    assert learning.table(result).endswith("drift: lints recovers 0.10 of the loss")
