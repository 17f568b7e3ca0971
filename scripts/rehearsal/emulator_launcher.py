"""Runs the AWS emulator with what Lambda does and it does not; executed by the emulator's own Python.

- An exception of a handler comes back under its class name, which Retry and Catch of a state machine go by.
- A layer is unpacked once, not for every worker, and settings that point into ``/opt`` point there.
- What a handler raised is told in the log, also where a socket's frame made it.
- Alarms on metric expressions are taken, without the expression.
- Receipt rules of SES are recorded, the records of a domain's signature told, and mail that is sent is kept as it was.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.core import lambda_runtime  # type: ignore[import-not-found]
from ministack.services import lambda_svc, ses_v2  # type: ignore[import-not-found]
from ministack.services.cloudformation import provisioners  # type: ignore[import-not-found]

LAYERS = Path(os.environ["FIRSTLINE_EMULATOR_LAYERS"])
SENT = Path(os.environ["FIRSTLINE_EMULATOR_SENT"])
_unpacking = threading.Lock()
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


def tell_errors() -> None:
    """Write what a handler raised into the emulator's log: for frames of a socket it is told nowhere else."""
    invoke = lambda_runtime.Worker.invoke

    def invoke_and_tell(worker: Any, *given: Any, **named: Any) -> Any:
        answer = invoke(worker, *given, **named)
        if answer.get("status") == "error":
            print(f"FAILED {worker.func_name}: {answer.get('trace') or answer.get('error')}", flush=True)
        return answer

    lambda_runtime.Worker.invoke = invoke_and_tell


def share_layers() -> None:
    """Unpack every layer once, whichever workers it is for, and have settings that point into /opt point there."""
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


def record_receipt_rules() -> None:
    """Take rule sets and rules of SES, by which nothing is received here: the rehearsal puts mail into the bucket."""

    def create(name_of: Callable[[dict[str, Any]], str]) -> Callable[..., Any]:
        return lambda logical_id, props, stack_name: (name_of(props), {})

    for kind, name_of in (
        ("AWS::SES::ReceiptRuleSet", lambda props: props["RuleSetName"]),
        ("AWS::SES::ReceiptRule", lambda props: props["Rule"]["Name"]),
    ):
        provisioners._RESOURCE_HANDLERS[kind] = {
            "create": create(name_of),
            "update": lambda physical_id, old, new, stack_name: (physical_id, {}),
            "delete": lambda physical_id, props: None,
        }


def tell_signatures() -> None:
    """Have a mail identity tell the three DNS records of its signature, as SES does."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SES::EmailIdentity"]
    create, update = handlers["create"], handlers["update"]
    records = {
        f"DkimDNSToken{part}{number}": f"recorded{number}.{end}"
        for number in (1, 2, 3)
        for part, end in (("Name", "_domainkey.example"), ("Value", "dkim.example"))
    }

    def with_records(done: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
        return done[0], {**done[1], **records}

    handlers["create"] = lambda *given: with_records(create(*given))
    handlers["update"] = lambda *given, **named: with_records(update(*given, **named))


def keep_sent_mail() -> None:
    """Write every raw mail that is sent into a folder: the emulator keeps its subject and body, but no headers."""
    parse = ses_v2._parse_raw_mime

    def keep_and_parse(raw: Any) -> Any:
        SENT.mkdir(parents=True, exist_ok=True)
        (SENT / f"{time.time_ns()}.eml").write_bytes(base64.b64decode(raw))
        return parse(raw)

    ses_v2._parse_raw_mime = keep_and_parse


def _with_layers(config: dict[str, Any]) -> dict[str, Any]:
    folders = [_unpacked(attachment) for attachment in config["Layers"]]
    given = config.get("Environment", {}).get("Variables", {})
    variables = {name: _in_layers(value, folders) for name, value in given.items()}
    variables["_LAMBDA_LAYERS_DIRS"] = os.pathsep.join(map(str, folders))
    return {**config, "Layers": [], "Environment": {"Variables": variables}}


def _in_layers(value: str, folders: list[Path]) -> str:
    inside = value.removeprefix("/opt/")
    found = [folder / inside for folder in folders if inside != value and (folder / inside).exists()]
    return str(found[-1]) if found else value


def _unpacked(attachment: Any) -> Path:
    arn = attachment if isinstance(attachment, str) else attachment["Arn"]
    folder = LAYERS / hashlib.sha256(arn.encode()).hexdigest()[:16]
    with _unpacking:
        if not folder.exists():
            content = lambda_svc._resolve_layer_zip(attachment)
            if content is None:
                raise RuntimeError(f"there is no layer {arn}")
            unfinished = folder.with_suffix(".unfinished")
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(unfinished)
            unfinished.replace(folder)
    return folder


name_errors()
tell_errors()
share_layers()
take_metric_math()
record_receipt_rules()
tell_signatures()
keep_sent_mail()
app.main()
