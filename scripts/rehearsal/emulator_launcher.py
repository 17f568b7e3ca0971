"""Runs the AWS emulator with what Lambda does and it does not; executed by the emulator's own Python.

- An exception of a handler comes back under its class name, which Retry and Catch of a state machine go by.
- Layers are unpacked once and laid over one another, as in Lambda's ``/opt``, and settings that point into ``/opt``
  point there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

LAYERS = Path(os.environ["FIRSTLINE_EMULATOR_LAYERS"])
# Between the name and the message of an exception, on the way from a worker.
_MARK = "\x1e"
_TOLD = '"error": str(e), "trace"'
_TOLD_WITH_NAME = f'"error": type(e).__name__ + "{_MARK}" + str(e), "trace"'


def name_errors() -> None:
    """Have workers tell an exception's class, and answers carry it."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_TOLD) != 1:
        raise SystemExit("the emulator's worker has changed: rehearsal/emulator_launcher.py does not fit it")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_TOLD, _TOLD_WITH_NAME)
    execute = lambda_svc._execute_function_warm

    def execute_and_name(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = execute(func, event, request_id)
        if answer.get("error") and _MARK in answer["body"].get("errorMessage", ""):
            name, message = answer["body"]["errorMessage"].split(_MARK, 1)
            answer["body"] = {"errorMessage": message, "errorType": name}
        return answer

    lambda_svc._execute_function_warm = execute_and_name


def share_layers() -> None:
    """Give every worker of a function the same unpacked layers."""
    spawn = lambda_runtime.Worker._spawn

    def spawn_with_shared_layers(worker: Any) -> None:
        if worker.config.get("Layers"):
            worker.config = _with_layers(worker.config)
        spawn(worker)

    lambda_runtime.Worker._spawn = spawn_with_shared_layers


def take_metric_math() -> None:
    """Keep an alarm on a metric expression as if it were on one metric: it is made and removed, never evaluated."""
    put = provisioners._cw_metric_alarm_put

    def put_without_math(name: str, props: dict[str, Any]) -> Any:
        if props.get("Metrics"):
            props = {**props, "Metrics": None, "MetricName": "Expression", "Namespace": "Recorded"}
        return put(name, props)

    provisioners._cw_metric_alarm_put = put_without_math


def _with_layers(config: dict[str, Any]) -> dict[str, Any]:
    opt = str(_unpacked(config["Layers"]))
    variables = config.get("Environment", {}).get("Variables", {})
    variables = {name: value.replace("/opt/", f"{opt}/", 1) for name, value in variables.items()}
    return {**config, "Layers": [], "Environment": {"Variables": {**variables, "_LAMBDA_LAYERS_DIRS": opt}}}


def _unpacked(attachments: list[Any]) -> Path:
    key = hashlib.sha256(repr(attachments).encode()).hexdigest()[:16]
    opt = LAYERS / key
    if not opt.exists():
        unfinished = LAYERS / f"{key}-{os.urandom(4).hex()}"
        for attachment in attachments:
            with zipfile.ZipFile(_zip_of(attachment)) as archive:
                archive.extractall(unfinished)
        try:
            unfinished.replace(opt)
        except OSError:
            # Another worker of the function was faster.
            shutil.rmtree(unfinished)
    return opt


def _zip_of(attachment: Any) -> Any:
    import io

    return io.BytesIO(lambda_svc._resolve_layer_zip(attachment))


name_errors()
share_layers()
take_metric_math()
app.main()
