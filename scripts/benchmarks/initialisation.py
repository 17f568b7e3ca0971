"""What a fresh process spends before a handler can serve: its import, and the making of what it is built of."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HANDLERS = ("api", "websocket", "workflow", "ingest_knowledge")
_MEASURE = """
import importlib, json, sys, time
started = time.perf_counter()
importlib.import_module(f"functions.{sys.argv[1]}.handler")
imported = time.perf_counter()
from firstline import bootstrap
bootstrap.container()
print(json.dumps([imported - started, time.perf_counter() - imported]))
"""


def measure_handlers(
    folder: Path, *, model: Path, n_runs: int = 5, progress: Callable[[str, int, int], None]
) -> dict[str, dict[str, float]]:
    """Return the median milliseconds of ``import`` and ``container`` per handler, each run in a fresh process.

    Parameters
    ----------
    folder : Path
        Gets the processes' data.
    n_runs : int
        Processes per handler, >= 1.

    Raises
    ------
    subprocess.CalledProcessError
        A handler cannot be imported.
    """
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "DATA_PATH": str(folder / "data"),
        "DOCUMENTS_PATH": str(folder),
        "EMBEDDING_MODEL_PATH": str(model),
    }
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in HANDLERS}
    for done in range(n_runs * len(HANDLERS)):
        name = HANDLERS[done % len(HANDLERS)]
        printed = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", _MEASURE, name], env=environ, capture_output=True, text=True, check=True
        ).stdout
        imported, made = json.loads(printed.splitlines()[-1])
        runs[name].append((1000 * imported, 1000 * made))
        progress("fresh processes", done + 1, n_runs * len(HANDLERS))
    return {
        name: {
            "import": statistics.median(imported for imported, _ in measured),
            "container": statistics.median(made for _, made in measured),
        }
        for name, measured in runs.items()
    }
