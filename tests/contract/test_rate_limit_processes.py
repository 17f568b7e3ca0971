"""Eight processes on one token bucket take exactly the tokens that it has, on both stores."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HAMMER = Path(__file__).resolve().parents[2] / "scripts" / "benchmarks" / "rate_limits.py"
PROCESSES = 8


def hammered(*arguments: object) -> dict[str, int]:
    finished = subprocess.run(
        [sys.executable, "-W", "error", str(HAMMER), *map(str, arguments)], capture_output=True, text=True, timeout=110
    )
    assert finished.returncode == 0, finished.stderr + finished.stdout
    came: dict[str, int] = json.loads(finished.stdout)
    return came


@pytest.mark.parametrize(("limit", "allowed"), [(300, 300), (1000, 480)])
def test_of_480_requests_at_one_moment_as_many_are_let_in_as_the_bucket_holds(
    tmp_path: Path, limit: int, allowed: int
) -> None:
    came = hammered("sqlite", tmp_path / "table.db", "-", PROCESSES, 60, limit)
    assert (came["allowed"], came["refused"], came["stored"]) == (allowed, 480 - allowed, allowed)


@pytest.mark.usefixtures("dynamodb_table")
def test_the_same_holds_on_dynamodb(ministack_endpoint: str, dynamodb_table_name: str) -> None:
    came = hammered("dynamodb", ministack_endpoint, dynamodb_table_name, PROCESSES, 10, 50)
    assert (came["allowed"], came["refused"], came["stored"]) == (50, 30, 50)
