"""Processes that hammer one counter and move one unit at a time between two items.

They are forked after the imports, so that it is the hammering that takes the time.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import boto3

from firstline.adapters.aws.table import DynamoDBTable
from firstline.adapters.aws.table_retries import client_config
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Put, Update


def hammer(store: str, address: str, name: str, worker: int, rounds: int, results: SimpleQueue[int]) -> None:
    table: Table
    if store == "sqlite":
        table = SQLiteTable(Path(address), clock=SystemClock(), busy_timeout_s=30)
    else:
        client = boto3.client("dynamodb", endpoint_url=address, config=client_config())
        table = DynamoDBTable(client, name, clock=SystemClock(), max_tries=30)
    moved = 0
    for number in range(rounds):
        table.update("P", "counter", add={"n": 1, "weighted": number})
        try:
            table.transact(
                [
                    Update("P", "from", add={"n": -1}, condition=Compare("n", ">", 0)),
                    Update("P", "to", add={"n": 1}),
                    Put({"pk": "MOVE", "sk": f"{worker}-{number}"}, if_absent=True),
                ]
            )
            moved += 1
        except ConditionFailedError as error:
            if error.failed != (0,):
                raise
    results.put(moved)


def main(store: str, address: str, name: str, n_workers: int, rounds: int) -> int:
    forking = multiprocessing.get_context("fork")
    results: SimpleQueue[int] = forking.SimpleQueue()
    workers = [
        forking.Process(target=hammer, args=(store, address, name, worker, rounds, results))
        for worker in range(n_workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        return 1
    print(json.dumps([results.get() for _ in workers]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
