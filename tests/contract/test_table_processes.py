"""Eight processes on one counter and one transaction agree, on both stores."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Compare

HAMMER = Path(__file__).with_name("hammer_table.py")
WORKERS = 8
ROUNDS = 15
UNITS = 100


@pytest.fixture(params=["sqlite", "dynamodb"])
def store(request: pytest.FixtureRequest) -> tuple[Table, list[str]]:
    """A table, and how another process finds it."""
    table: Table = request.getfixturevalue(f"{request.param}_table")
    if request.param == "sqlite":
        return table, ["sqlite", str(request.getfixturevalue("sqlite_path")), "-"]
    endpoint = request.getfixturevalue("ministack_endpoint")
    return table, ["dynamodb", endpoint, request.getfixturevalue("dynamodb_table_name")]


def test_eight_processes_lose_no_count_and_move_each_unit_once(store: tuple[Table, list[str]]) -> None:
    table, address = store
    table.put({"pk": "P", "sk": "from", "n": UNITS})
    table.put({"pk": "P", "sk": "to", "n": 0})
    finished = subprocess.run(
        [sys.executable, "-W", "error", str(HAMMER), *address, str(WORKERS), str(ROUNDS)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    moved = json.loads(finished.stdout)
    assert len(moved) == WORKERS
    items = {item["sk"]: item["n"] for item in table.query("P", consistent=True).items}
    assert items == {"counter": WORKERS * ROUNDS, "from": 0, "to": UNITS}
    assert sum(moved) == UNITS
    assert len(table.query("MOVE", consistent=True).items) == UNITS
    counter = table.get("P", "counter")
    assert counter is not None
    assert counter["weighted"] == WORKERS * sum(range(ROUNDS))


def test_of_sixteen_threads_one_wins_a_guarded_version(table: Table) -> None:
    table.put({"pk": "P", "sk": "S", "version": 1})

    def take(thread: int) -> bool:
        try:
            table.update("P", "S", set={"owner": thread}, add={"version": 1}, condition=Compare("version", "=", 1))
        except ConditionFailedError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        winners = [thread for thread, won in enumerate(pool.map(take, range(16))) if won]
    assert len(winners) == 1
    assert table.get("P", "S") == {"pk": "P", "sk": "S", "version": 2, "owner": winners[0]}
