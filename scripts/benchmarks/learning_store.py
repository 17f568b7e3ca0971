"""Rewards from many processes on both stores, in the tests' environment: ``learning_store.py REWARDS PROCESSES``.

Prints a list of what ``reward_writers.run`` found on SQLite and on the AWS emulator's DynamoDB.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
TABLE = "firstline-bench"


def main(argv: list[str]) -> int:
    """Measure and print; 0 always, the caller judges."""
    # Run as a file, only its own folder is on the path; the emulator's launcher lies beside it.
    sys.path.insert(0, str(SCRIPTS))
    import boto3
    from rehearsal.emulator import credentials, emulator
    from rehearsal.programs import free_port

    from benchmarks import reward_writers
    from firstline.adapters.aws.table_definition import create_table

    n, n_workers = int(argv[0]), int(argv[1])
    with tempfile.TemporaryDirectory(prefix="firstline-bench-") as folder:
        results = [reward_writers.run("sqlite", str(Path(folder) / "rewards.db"), "-", n, n_workers)]
        port = free_port()
        endpoint = f"http://127.0.0.1:{port}"
        program = emulator(Path(folder) / "emulator", port)
        os.environ.update(credentials(endpoint))
        program.start()
        try:
            create_table(boto3.client("dynamodb", endpoint_url=endpoint), TABLE)
            results.append(reward_writers.run("dynamodb", endpoint, TABLE, n, n_workers))
        finally:
            program.stop()
    print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
