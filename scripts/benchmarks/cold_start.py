"""What a cold start costs: fresh interpreters on one core, with nothing but the built layers on the path.

Counted is the time that the core worked: what else the machine does at that moment is not in it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environment

ROOT = environment.ROOT
PEER = "plain FastAPI + Mangum + boto3"
_PEER = """
import boto3
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
table = boto3.client("dynamodb")
lambda_handler = Mangum(app, lifespan="off")
"""
_MEASURE = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
started = time.process_time()
if sys.argv[2]:
    exec(compile(sys.argv[2], "peer", "exec"))
    done = time.process_time()
else:
    import handler
    from firstline import bootstrap
    bootstrap.container()
    done = time.process_time()
    if sys.argv[3]:
        import anthropic
print(json.dumps([done - started, time.process_time() - done]))
"""
# As on Lambda, but for the addresses, which nothing is sent to while starting.
_AWS = {
    "AWS_LAMBDA_FUNCTION_NAME": "measured",
    "RUNTIME": "aws",
    "TABLE_NAME": "table",
    "KNOWLEDGE_BUCKET": "bucket",
    "OPENSEARCH_ENDPOINT": "https://search.example",
    "WEBSOCKET_ENDPOINT": "https://socket.example/live",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:turn",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
}


def measure(layers: Path, *, n_runs: int, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Return median and worst milliseconds of a core for import and init per handler; the peer's take turns.

    Parameters
    ----------
    layers : Path
        Built for this machine's processor and Python.
    n_runs : int
        Fresh interpreters per handler, >= 1.
    """
    from infra_cdk.function_records import FUNCTIONS

    peer = [str(layers / name / "python") for name in ("dependencies", "web")]
    starts: dict[str, list[str]] = {PEER: [json.dumps(peer), _PEER, ""]}
    for record in FUNCTIONS:
        path = [str(ROOT / "functions" / record.name), *(str(layers / name / "python") for name in record.layers)]
        starts[record.name] = [json.dumps(path), "", "anthropic" if "language_model" in record.layers else ""]
    times: dict[str, list[float]] = {name: [] for name in starts}
    model: list[float] = []
    for done in range(n_runs * len(starts)):
        name = list(starts)[done % len(starts)]
        started, imported = _run(starts[name], layers)
        times[name].append(1000 * started)
        if starts[name][2]:
            model.append(1000 * imported)
        progress("fresh interpreters", done + 1, n_runs * len(starts))
    return {
        "bench": "cold_start",
        "runs": n_runs,
        "milliseconds": {name: _figures(measured) for name, measured in times.items()},
        "anthropic_on_first_use": _figures(model),
    }


def table(result: dict[str, Any]) -> str:
    """Return the figures for people."""
    rows = [f"import and init in a fresh interpreter, ms of one core, {result['runs']} runs each"]
    rows += [f"{'':34} {'median':>8} {'worst':>8}"]
    named = {**result["milliseconds"], "workflow: anthropic on first use": result["anthropic_on_first_use"]}
    rows += [f"{name:34} {found['median']:8.0f} {found['worst']:8.0f}" for name, found in named.items()]
    return "\n".join(rows)


def _run(start: list[str], layers: Path) -> tuple[float, float]:
    environ = {**_AWS, "EMBEDDING_MODEL_PATH": str(layers / "embedding" / "embedding"), "PATH": ""}
    command = [sys.executable, "-I", "-S", "-c", _MEASURE, *start]
    done = subprocess.run(  # noqa: S603 - our own code
        command, env=environ, capture_output=True, text=True, check=True, preexec_fn=_one_core
    )
    started, imported = json.loads(done.stdout.splitlines()[-1])
    return started, imported


def _one_core() -> None:
    # A Lambda function of 1769 MB has one; not every system lets us choose.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _figures(milliseconds: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(milliseconds), 1), "worst": round(max(milliseconds), 1)}
