"""Many processes take from one token bucket at once: exactly as many tokens as it has, and how long that takes.

Arguments: ``sqlite FILE - PROCESSES EACH LIMIT`` or ``dynamodb ENDPOINT TABLE PROCESSES EACH LIMIT``.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from firstline.adapters.system import SystemClock
from firstline.domain.ports import Table
from firstline.domain.rate_limit import Limit, Rate
from firstline.repositories.rate_limits import RateLimitRepository

SUBJECT = "address 192.0.2.1"


@dataclass(frozen=True)
class Hammered:
    """What came of it."""

    allowed: int
    refused: int
    seconds: float


def open_table(store: str, address: str, name: str) -> Table:
    """Return a table as a process of its own sees it."""
    if store == "sqlite":
        from firstline.adapters.local.table import SQLiteTable

        return SQLiteTable(Path(address), clock=SystemClock(), busy_timeout_s=60)
    import boto3

    from firstline.adapters.aws.table import DynamoDBTable
    from firstline.adapters.aws.table_retries import client_config

    client = boto3.client("dynamodb", endpoint_url=address, config=client_config())
    return DynamoDBTable(client, name, clock=SystemClock(), max_tries=30)


def hammer(
    store: str, address: str, name: str, *, n_processes: int, each: int, per_minute: int, moment: datetime
) -> Hammered:
    """Have every process ask ``each`` times at one and the same ``moment``, so that no token comes back meanwhile."""
    forking = multiprocessing.get_context("fork")
    results: SimpleQueue[int] = forking.SimpleQueue()
    started = time.perf_counter()
    processes = [
        forking.Process(target=_ask, args=(store, address, name, each, per_minute, moment, results))
        for _ in range(n_processes)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("a process failed")
    allowed = sum(results.get() for _ in processes)
    return Hammered(allowed, n_processes * each - allowed, time.perf_counter() - started)


def _ask(
    store: str, address: str, name: str, each: int, per_minute: int, moment: datetime, results: SimpleQueue[int]
) -> None:
    buckets = RateLimitRepository(open_table(store, address, name))
    rate = Rate(per_minute)
    taken = [buckets.take(Limit.REQUESTS, SUBJECT, rate, now=moment) for _ in range(each)]
    results.put(sum(one.allowed for one in taken))


def stored_tokens(table: Table, per_minute: int, moment: datetime) -> int:
    """Return how many tokens the store says were taken, by asking the next one of a process that knows nothing."""
    asked = RateLimitRepository(table).take(Limit.REQUESTS, SUBJECT, Rate(per_minute), now=moment)
    return per_minute - asked.remaining - int(asked.allowed)


def main(store: str, address: str, name: str, n_processes: int, each: int, per_minute: int) -> int:
    """Hammer once and print what came of it as JSON."""
    moment = datetime.now(UTC)
    hammered = hammer(store, address, name, n_processes=n_processes, each=each, per_minute=per_minute, moment=moment)
    stored = stored_tokens(open_table(store, address, name), per_minute, moment)
    print(json.dumps({**asdict(hammered), "stored": stored}))
    return 0 if hammered.allowed == stored == min(per_minute, n_processes * each) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6])))
