"""The local interpreter and moto's, driven by the same scripts and observed alike."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.backend.execution import SyncExecution

from firstline.adapters.local.asl import load_state_machine
from firstline.adapters.local.asl_interpreter import Interpreter
from firstline.adapters.local.daemon_threads import DaemonThreads, Guard, Watchdog

FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
WORKFLOW_ARN = f"{FUNCTION_ARN}workflow"
EXECUTION_ID = "arn:aws:states:us-east-1:123456789012:express:support_turn:turn-1:run-1"


@dataclass(frozen=True)
class Fails:
    """A task that raises an error of this name."""

    error: str
    message: str = "no luck"


@dataclass(frozen=True)
class Hangs:
    """A task that does not return in its time."""


@dataclass
class Script:
    """What each node does, call by call; the last outcome repeats, and a node without outcomes returns its name."""

    outcomes: Mapping[str, list[Any]]
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def next_outcome(self, function: str, event: Any) -> Any:
        node = event.get("node", function) if isinstance(event, dict) else function
        tries = sum(1 for name, _ in self.calls if name == node)
        self.calls.append((node, event))
        outcomes = self.outcomes.get(node, [{"by": node}])
        return outcomes[min(tries, len(outcomes) - 1)]


@dataclass(frozen=True)
class Observed:
    """All that is compared of one execution."""

    status: str
    output: Any
    error: str | None
    history: list[str]
    calls: list[tuple[str, Any]]
    failures: list[str]
    waits: list[float]


class WatchdogInHand(Watchdog):
    """A watchdog whose only clock is the test."""

    def __init__(self) -> None:
        super().__init__()
        self._watched: list[Guard] = []

    def guard(self, timeout_s: float, on_timeout: Callable[[], None]) -> Guard:
        guard = Guard(self, timeout_s, on_timeout)
        self._watched.append(guard)
        return guard

    def release(self, guard: Guard) -> bool:
        in_time = guard in self._watched
        if in_time:
            self._watched.remove(guard)
        return in_time

    def let_time_pass(self) -> None:
        self._watched.pop().on_timeout()


class NoWaiting:
    """A stop signal that is never given and on which waiting takes no time."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        return False


def run_ours(definition: str, document: Any, outcomes: Mapping[str, list[Any]]) -> Observed:
    script = Script(outcomes)
    watchdog = WatchdogInHand()
    stop = NoWaiting()

    def task_of(function: str) -> Callable[[Any], Any]:
        def task(event: Any) -> Any:
            outcome = script.next_outcome(function, event)
            if isinstance(outcome, Hangs):
                watchdog.let_time_pass()
            if isinstance(outcome, Fails):
                raise type(outcome.error, (Exception,), {})(outcome.message)
            return outcome

        return task

    machine = load_state_machine(definition, substitutions={"WorkflowFunctionArn": WORKFLOW_ARN})
    threads = DaemonThreads("test")
    interpreter = Interpreter(threads, watchdog, stop=stop, uniform=lambda low, high: low + (high - low) / 2)
    tasks = {resource: task_of(resource.removeprefix(FUNCTION_ARN)) for resource in machine.resources}
    result = interpreter.run(machine, document, tasks=tasks, execution_id=EXECUTION_ID, execution_name="turn-1")
    threads.close()
    return Observed(
        status=result.status,
        output=result.output,
        error=result.error,
        history=list(result.history),
        calls=script.calls,
        failures=[failure.error for failure in result.failures],
        waits=stop.waits,
    )


class MotoJudge:
    """Drives moto's interpreter with the same scripts."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._script = Script({})

    def invoke(self, parameters: dict[str, Any], region: str, state_credentials: object) -> dict[str, Any]:
        function = parameters["FunctionName"].removeprefix(FUNCTION_ARN)
        outcome = self._script.next_outcome(function, json.loads(parameters["Payload"]))
        if isinstance(outcome, Hangs):
            # What moto's own timeout raises, without the wait for it.
            raise TimeoutError
        if isinstance(outcome, Fails):
            payload = {"errorMessage": outcome.message, "errorType": outcome.error}
            return {"FunctionError": "Unhandled", "Payload": payload}
        return {"StatusCode": 200, "Payload": json.loads(json.dumps(outcome))}

    def run(self, definition: str, document: Any, outcomes: Mapping[str, list[Any]]) -> Observed:
        self._script = Script(outcomes)
        self.waits.clear()
        machine = SimpleNamespace(
            arn="arn:aws:states:us-east-1:123456789012:stateMachine:support_turn",
            name="support_turn",
            sm_type=StateMachineType.STANDARD,
            definition=definition.replace("${WorkflowFunctionArn}", WORKFLOW_ARN),
        )
        execution = SyncExecution(
            name="turn-1",
            sm_type=StateMachineType.STANDARD,
            role_arn="arn:aws:iam::123456789012:role/states",
            exec_arn=EXECUTION_ID,
            account_id="123456789012",
            region_name="us-east-1",
            state_machine=machine,  # type: ignore[arg-type]
            start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            cloud_watch_logging_session=None,
            activity_store={},
            input_data=json.dumps(document),
        )
        execution.start()
        events: list[Any] = execution.to_history_output()["events"]
        return Observed(
            status=execution.status,
            output=execution.output,
            error=execution.error,
            history=[
                event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event
            ],
            calls=self._script.calls,
            failures=[
                event[details]["error"]
                for event in events
                for details in ("lambdaFunctionFailedEventDetails", "lambdaFunctionTimedOutEventDetails")
                if details in event
            ],
            waits=list(self.waits),
        )
