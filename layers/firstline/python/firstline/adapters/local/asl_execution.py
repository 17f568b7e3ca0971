"""One running execution of a state machine: its document, its history, and how failures are named."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from types import TracebackType
from typing import Any, Literal

import orjson

from firstline.adapters.local.asl_model import StateMachine, TaskState
from firstline.adapters.local.asl_paths import PathNotFoundError, ReferencePath, ResultPathMismatchError
from firstline.domain.errors import FirstlineError

Task = Callable[[Any], Any]
Status = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_DOCUMENT_BYTES = 256 * 1024
# A cause may have 32,768 characters: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
_LONGEST_MESSAGE = 4_000


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class DocumentTooLargeError(FirstlineError):
    """A document is larger than the 256 KiB that Step Functions passes on."""


class StateFailedError(FirstlineError):
    """A state failed with a named error, which its Retry and Catch may be waiting for."""

    def __init__(self, error: str, cause: str, where: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause
        self.where = where


class ExecutionTimedOutError(FirstlineError):
    """The time of the whole execution is over; nothing can catch this."""


class ExecutionAbortedError(FirstlineError):
    """The execution was told to stop; nothing can catch this."""


class _ResultNotJsonError(FirstlineError):
    """What a task returned cannot be written as JSON."""


@dataclass(slots=True)
class Outcome:
    """What became of a call: the value it returned, or whatever it raised inside the ``with`` block."""

    value: Any = None
    error: BaseException | None = None

    def __enter__(self) -> Outcome:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self.error = error
        return True


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """One failed try of a state.

    Parameters
    ----------
    state : str
    error : str
        The error's name: the class of what the task raised, or a name of the states language or of Lambda.
    cause : str
        As AWS has it: for a task's own error a JSON object with ``errorMessage`` and ``errorType``. It may hold a
        customer's words: never log it.
    where : str
        File and line that raised it; empty where no line of a task did.
    """

    state: str
    error: str
    cause: str
    where: str


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """How an execution ended.

    Parameters
    ----------
    status : str
        ``TIMED_OUT`` only for the whole execution's time; ``ABORTED`` if it was told to stop.
    output : object
        The document at the end; None unless it succeeded.
    error, cause : str or None
        What it failed with.
    history : tuple of str
        States in the order they were entered; a retry does not enter its state again.
    failures : tuple of TaskFailure
        Every failed try in order, those that were retried or caught included.
    """

    status: Status
    output: Any
    error: str | None
    cause: str | None
    history: tuple[str, ...]
    failures: tuple[TaskFailure, ...]


@dataclass(slots=True)
class Execution:
    """What an execution has come to; whichever thread holds it may go on with it.

    Parameters
    ----------
    machine : StateMachine
    tasks : mapping of str to Task
    on_end : callable
        Told once how the execution ended.
    document : object
        Input of the present state.
    size_bound : int
        Upper bound of the document's size, in bytes.
    context : dict
        The context object, as ``$$`` paths read it.
    deadline : float
        When the execution's time is over, on the interpreter's clock, in seconds.
    state : TaskState or None
        The present state; None once there is nothing left to do.
    retries : list of int
        Retries of the present state so far, for each of its retriers.
    """

    machine: StateMachine
    tasks: Mapping[str, Task]
    on_end: Callable[[ExecutionResult], None]
    document: Any
    size_bound: int
    context: dict[str, dict[str, Any]]
    deadline: float = float("inf")
    state: TaskState | None = None
    retries: list[int] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    failures: list[TaskFailure] = field(default_factory=list)

    def enter(self, name: str | None) -> None:
        """Make this state the present one; None and a Succeed state leave nothing to do."""
        state = None if name is None else self.machine.states[name]
        self.state = state if isinstance(state, TaskState) else None
        if state is not None:
            self.history.append(state.name)
        if self.state is not None:
            self.retries = [0] * len(self.state.retriers)
            self.context["State"] = {"Name": self.state.name, "RetryCount": 0}

    def count_retry(self, position: int) -> None:
        """Count one more retry of the present state for the retrier at this position."""
        self.retries[position] += 1
        self.context["State"]["RetryCount"] += 1

    def payload(self, state: TaskState) -> bytes:
        """Return what the state's task is called with, as JSON.

        Raises
        ------
        StateFailedError
            ``States.Runtime`` if a path leads nowhere, ``States.DataLimitExceeded``.
        """
        try:
            payload = (
                self.document if state.parameters is None else state.parameters.render(self.document, self.context)
            )
        except PathNotFoundError as error:
            raise StateFailedError("States.Runtime", f"the path {error} leads to nothing in the input") from error
        # The document was JSON already, so what is faster is exact here.
        return _within_limit(orjson.dumps(payload), f"the payload of {state.name}")

    def put(self, path: ReferencePath, value: Any, size: int) -> None:
        """Put a result of so many bytes of JSON into the document.

        Raises
        ------
        StateFailedError
            ``States.ResultPathMatchFailure`` if the path cannot be applied, ``States.DataLimitExceeded``.
        """
        try:
            document = path.write(self.document, value)
        except ResultPathMismatchError as error:
            raise StateFailedError(
                "States.ResultPathMatchFailure", f"{error} cannot be applied to the input"
            ) from error
        # Each step costs at most its own name, quotes, colon, comma and braces.
        size_bound = size + (self.size_bound + len(path.text) + 8 * len(path.steps) if path.steps else 0)
        if size_bound > MAX_DOCUMENT_BYTES:
            size_bound = len(_within_limit(to_json(document), "the document"))
        self.document, self.size_bound = document, size_bound

    def result(self, status: Status, error: str | None = None, cause: str | None = None) -> ExecutionResult:
        """Return how it ended."""
        output = self.document if status == "SUCCEEDED" else None
        return ExecutionResult(status, output, error, cause, tuple(self.history), tuple(self.failures))


def to_json(value: Any) -> bytes:
    """Return the value as compact JSON in UTF-8.

    Raises
    ------
    TypeError, ValueError, RecursionError
        It holds something that JSON cannot: an object, a cycle, a number that is not finite, a lone surrogate.
    """
    return _ENCODER.encode(value).encode()


def invoke(task: Task, payload: bytes) -> bytes:
    """Call a task with its payload and return its result, both as JSON, as Lambda's runtime does."""
    result = task(orjson.loads(payload))
    try:
        return to_json(result)
    except (TypeError, ValueError, RecursionError) as error:
        raise _ResultNotJsonError(str(error)) from error


def as_lambda_reports(error: BaseException) -> StateFailedError:
    """Return the failure of a state whose task raised this, named and described as Lambda does."""
    name = type(error).__name__
    if isinstance(error, _ResultNotJsonError):
        name = "Runtime.MarshalError"
    elif isinstance(error, SystemExit):
        name = "Runtime.ExitError"
    # ASCII, so that a lone surrogate in a message stays an escape instead of breaking the document.
    cause = json.dumps({"errorMessage": str(error)[:_LONGEST_MESSAGE], "errorType": name}, separators=(",", ":"))
    frames = [] if isinstance(error, _ResultNotJsonError) else traceback.extract_tb(error.__traceback__, limit=-1)
    where = f"{PurePath(frames[0].filename).name}:{frames[0].lineno}" if frames else ""
    return StateFailedError(name, cause, where)


def _within_limit(text: bytes, what: str) -> bytes:
    if len(text) > MAX_DOCUMENT_BYTES:
        raise StateFailedError("States.DataLimitExceeded", f"{what} has {len(text)} bytes, over 256 KiB")
    return text
