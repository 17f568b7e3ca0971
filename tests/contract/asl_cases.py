"""Small state machines, what their tasks do, and the way through them that the language prescribes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.asl_judges import FUNCTION_ARN, Fails, Hangs


def task(name: str, **fields: Any) -> dict[str, Any]:
    following = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": f"{FUNCTION_ARN}{name}", **following, **fields}


def machine_of(**states: dict[str, Any]) -> str:
    return json.dumps({"StartAt": next(iter(states)), "States": states})


def retrier(*errors: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), **fields}


def catcher(*errors: str, to: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), "Next": to, **fields}


DONE = {"Type": "Succeed"}


@dataclass(frozen=True)
class Case:
    """A state machine, what its tasks do, and the order of states that the language prescribes."""

    definition: str
    outcomes: Mapping[str, list[Any]]
    history: list[str]
    status: str = "SUCCEEDED"
    document: Any = field(default_factory=lambda: {"message": {"text": "hello"}, "seq": 3})


CASES = {
    "states follow one another and each result replaces the document": Case(
        machine_of(A=task("A", Next="B"), B=task("B", Next="C"), C=DONE), {}, ["A", "B", "C"]
    ),
    "a result path adds to the document": Case(
        machine_of(A=task("A", ResultPath="$.a", Next="B"), B=task("B", ResultPath="$.b")), {}, ["A", "B"]
    ),
    "a nested result path makes the objects on its way": Case(
        machine_of(A=task("A", ResultPath="$.made.on.the_way", Next="B"), B=task("B", ResultPath="$.message.kept")),
        {},
        ["A", "B"],
    ),
    "a result path replaces what was there": Case(machine_of(A=task("A", ResultPath="$.message")), {}, ["A"]),
    "results may be any JSON": Case(
        machine_of(**{name: task(name, ResultPath=f"$.{name}", Next="Done") for name in "A"}, Done=DONE),
        {"A": [[1, 2.5, None, True, "Zo\u00eb \U0001f600"]]},
        ["A", "Done"],
    ),
    "a result may be null": Case(machine_of(A=task("A", ResultPath="$.a")), {"A": [None]}, ["A"]),
    "parameters take constants, parts of the document and of the context": Case(
        machine_of(
            A=task(
                "A",
                Parameters={
                    "whole.$": "$",
                    "text.$": "$.message.text",
                    "execution.$": "$$.Execution.Id",
                    "name.$": "$$.Execution.Name",
                    "state.$": "$$.State.Name",
                    "constant": [1, "two", None],
                    "within": {"seq.$": "$.seq", "flag": True},
                },
                ResultPath="$.a",
            )
        ),
        {},
        ["A"],
    ),
    "parameters leave the document alone": Case(
        machine_of(A=task("A", Parameters={"x": 1}, ResultPath="$.a", Next="B"), B=task("B")), {}, ["A", "B"]
    ),
    "the context counts retries": Case(
        machine_of(A=task("A", Parameters={"retry.$": "$$.State.RetryCount"}, Retry=[retrier("BusyError")])),
        {"A": [Fails("BusyError"), Fails("BusyError"), {"ok": 1}]},
        ["A"],
    ),
    "an error is retried by its name with growing waits": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError", IntervalSeconds=3, MaxAttempts=4, BackoffRate=1.5)])),
        {"A": [Fails("BusyError")] * 4 + [{"ok": 1}]},
        ["A"],
    ),
    "defaults of a retrier are three retries after 1, 2 and 4 seconds": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError")])), {"A": [Fails("BusyError")]}, ["A"], "FAILED"
    ),
    "waits are capped": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError", MaxAttempts=6, BackoffRate=3.0, MaxDelaySeconds=5)])),
        {"A": [Fails("BusyError")]},
        ["A"],
        "FAILED",
    ),
    "full jitter draws the wait": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError", MaxAttempts=4, MaxDelaySeconds=5, JitterStrategy="FULL")])),
        {"A": [Fails("BusyError")]},
        ["A"],
        "FAILED",
    ),
    "an error of another name is not retried": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError")])), {"A": [Fails("OtherError")]}, ["A"], "FAILED"
    ),
    "names match exactly and not by beginning": Case(
        machine_of(A=task("A", Retry=[retrier("Busy")])), {"A": [Fails("BusyError")]}, ["A"], "FAILED"
    ),
    "each retrier counts for itself": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError", MaxAttempts=2), retrier("LostError", IntervalSeconds=5)])),
        {"A": [Fails("BusyError"), Fails("BusyError"), Fails("LostError"), Fails("BusyError")]},
        ["A"],
        "FAILED",
    ),
    "names of one retrier share its count": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError", "LostError", MaxAttempts=2)])),
        {"A": [Fails("BusyError"), Fails("LostError"), Fails("BusyError")]},
        ["A"],
        "FAILED",
    ),
    "a retrier that is used up does not pass the error on to a later one": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError", MaxAttempts=1), retrier("States.ALL", MaxAttempts=5)])),
        {"A": [Fails("BusyError")]},
        ["A"],
        "FAILED",
    ),
    "no attempts means no retry": Case(
        machine_of(A=task("A", Retry=[retrier("BusyError", MaxAttempts=0), retrier("States.ALL")])),
        {"A": [Fails("BusyError")]},
        ["A"],
        "FAILED",
    ),
    "retries start anew in the next state": Case(
        machine_of(
            A=task("A", Retry=[retrier("BusyError", MaxAttempts=1)], Next="B"),
            B=task("B", Retry=[retrier("BusyError", MaxAttempts=1)]),
        ),
        {"A": [Fails("BusyError"), {}], "B": [Fails("BusyError"), {}]},
        ["A", "B"],
    ),
    "an error is caught after its retries": Case(
        machine_of(
            A=task(
                "A",
                Retry=[retrier("BusyError", MaxAttempts=2)],
                Catch=[catcher("BusyError", to="B", ResultPath="$.error")],
                Next="C",
            ),
            B=task("B", ResultPath="$.b", Next="C"),
            C=DONE,
        ),
        {"A": [Fails("BusyError")]},
        ["A", "B", "C"],
    ),
    "the error output replaces the document without a result path": Case(
        machine_of(A=task("A", Catch=[catcher("BusyError", to="B")]), B=task("B", ResultPath="$.b")),
        {"A": [Fails("BusyError", 'quotes " and \u00e9')]},
        ["A", "B"],
    ),
    "the first catcher that names the error is taken": Case(
        machine_of(
            A=task(
                "A",
                Catch=[
                    catcher("OtherError", to="B"),
                    catcher("BusyError", to="C"),
                    catcher("BusyError", to="B"),
                    catcher("States.ALL", to="B"),
                ],
            ),
            B=DONE,
            C=DONE,
        ),
        {"A": [Fails("BusyError")]},
        ["A", "C"],
    ),
    "States.ALL catches what no other catcher names": Case(
        machine_of(A=task("A", Catch=[catcher("OtherError", to="B"), catcher("States.ALL", to="C")]), B=DONE, C=DONE),
        {"A": [Fails("BusyError")]},
        ["A", "C"],
    ),
    "States.TaskFailed means any error of a task": Case(
        machine_of(A=task("A", Catch=[catcher("States.TaskFailed", to="B")]), B=DONE),
        {"A": [Fails("BusyError")]},
        ["A", "B"],
    ),
    "States.TaskFailed does not mean a timeout": Case(
        machine_of(
            A=task("A", TimeoutSeconds=1, Catch=[catcher("States.TaskFailed", to="B"), catcher("States.ALL", to="C")]),
            B=DONE,
            C=DONE,
        ),
        {"A": [Hangs()]},
        ["A", "C"],
    ),
    "a timeout is caught by its name": Case(
        machine_of(
            A=task("A", TimeoutSeconds=1, Catch=[catcher("States.Timeout", to="B", ResultPath="$.error")]), B=DONE
        ),
        {"A": [Hangs()]},
        ["A", "B"],
    ),
    "a timeout is retried by its name": Case(
        machine_of(A=task("A", TimeoutSeconds=1, Retry=[retrier("States.Timeout", MaxAttempts=2)])),
        {"A": [Hangs(), Hangs(), {"ok": 1}]},
        ["A"],
    ),
    "States.ALL retries a timeout": Case(
        machine_of(A=task("A", TimeoutSeconds=1, Retry=[retrier("States.ALL", MaxAttempts=1)])),
        {"A": [Hangs(), {"ok": 1}]},
        ["A"],
    ),
    "an uncaught timeout fails the execution": Case(
        machine_of(A=task("A", TimeoutSeconds=1)), {"A": [Hangs()]}, ["A"], "FAILED"
    ),
    "an uncaught error fails the execution by its name": Case(
        machine_of(A=task("A", Next="B"), B=task("B")), {"B": [Fails("BusyError", "why")]}, ["A", "B"], "FAILED"
    ),
    "an error in the state that follows a catch is not caught again": Case(
        machine_of(A=task("A", Catch=[catcher("States.ALL", to="B")]), B=task("B")),
        {"A": [Fails("BusyError")], "B": [Fails("LostError")]},
        ["A", "B"],
        "FAILED",
    ),
}
