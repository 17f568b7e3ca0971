"""The workflow engine of a laptop: executions of one state machine on threads of this process."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from firstline.adapters.local.asl_execution import Execution, ExecutionResult
from firstline.adapters.local.asl_interpreter import Interpreter
from firstline.adapters.local.asl_model import StateMachine
from firstline.adapters.local.daemon_threads import DaemonThreads, Watchdog
from firstline.adapters.local.lambda_context import LocalLambdaContext
from firstline.domain.errors import ConflictError, WorkflowUnavailableError
from firstline.domain.ports import Ids

logger = logging.getLogger(__name__)

# Losing a turn to another attempt or to a person is everyday life; every other failure deserves a look.
_EVERYDAY_ERRORS = frozenset(error.__name__ for error in ConflictError.__subclasses__())

Handler = Callable[[dict[str, Any], Any], Any]
"""As Lambda calls one: the event and a context."""


@dataclass(frozen=True, slots=True)
class FinishedExecution:
    """An execution that came to its end: the name it was started by, its own id, and how it ended."""

    name: str
    execution_id: str
    result: ExecutionResult


class LocalWorkflowEngine:
    """Implements ``WorkflowEngine`` with the same state machine file that is deployed to AWS.

    Executions that cannot run at once wait in line; what waits or runs when the process ends is lost, as with an
    Express workflow that fails, and the sweep over pending turns starts it again.

    Parameters
    ----------
    machine : StateMachine
    ids : Ids
        Makes the ids of executions and invocations.
    max_workers : int
        Most executions at a time, >= 1. Twice as many tasks may hang after they were given up at their timeout;
        beyond that, tasks fail by the name that Lambda throttles with.
    max_waiting : int
        Most executions in line.
    function_timeout_s : float
        What ``get_remaining_time_in_millis`` of a handler's context starts from, in seconds.
    on_failure : callable, optional
        Called, on the execution's thread, with every execution that did not succeed.
    monotonic, uniform : callable, optional
        Clock and jitter.
    """

    def __init__(
        self,
        machine: StateMachine,
        *,
        ids: Ids,
        max_workers: int = 16,
        max_waiting: int = 1_000,
        function_timeout_s: float = 120.0,
        on_failure: Callable[[FinishedExecution], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._machine = machine
        self._ids = ids
        self._max_workers = max_workers
        self._max_waiting = max_waiting
        self._function_timeout_s = function_timeout_s
        self._on_failure = on_failure
        self._monotonic = monotonic
        self._tasks: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self._threads = DaemonThreads("workflow")
        self._watchdog = Watchdog(monotonic=monotonic)
        self._stop = threading.Event()
        self._interpreter = Interpreter(
            self._threads,
            self._watchdog,
            stop=self._stop,
            max_given_up=2 * max_workers,
            monotonic=monotonic,
            uniform=uniform,
        )
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, Execution]] = deque()
        self._running: set[str] = set()
        self._closed = False

    def register(self, resource: str, handler: Handler) -> None:
        """Have a handler serve a resource of the state machine; a second one takes the first one's place."""

        def invoke(event: dict[str, Any]) -> Any:
            context = LocalLambdaContext(
                function_name=resource.rsplit(":", 1)[-1],
                aws_request_id=self._ids.new(),
                deadline=self._monotonic() + self._function_timeout_s,
                monotonic=self._monotonic,
            )
            return handler(event, context)

        self._tasks[resource] = invoke

    def start(self, name: str, document: Mapping[str, Any]) -> None:
        """Start an execution and return at once.

        Two executions may have one name, as on Express; their ids differ.

        Raises
        ------
        WorkflowUnavailableError
            The engine is closed, a resource has no handler, or too many executions wait.
        DocumentTooLargeError
            The document is over 256 KiB.
        """
        missing = self._machine.resources - self._tasks.keys()
        if missing:
            raise WorkflowUnavailableError(f"no handler is registered for {sorted(missing)}")
        execution_id = f"local:express:{name}:{self._ids.new()}"
        execution = self._interpreter.prepare(
            self._machine,
            dict(document),
            tasks=self._tasks,
            execution_id=execution_id,
            execution_name=name,
            on_end=lambda result: self._end(FinishedExecution(name, execution_id, result)),
        )
        with self._changed:
            if self._closed:
                raise WorkflowUnavailableError("the workflow engine is closed")
            if len(self._running) >= self._max_workers:
                if len(self._waiting) >= self._max_waiting:
                    raise WorkflowUnavailableError(f"{len(self._waiting)} executions are waiting")
                self._waiting.append((execution_id, execution))
                return
            self._running.add(execution_id)
        self._interpreter.launch(execution)

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until no execution runs or waits, at most so many seconds; return whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running and not self._waiting, timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Take no more executions, and let those there are come to their end within so many seconds.

        After that time the executions in line are dropped and the running ones stop at their next state or retry;
        a task at work is not waited for.

        Returns
        -------
        bool
            Whether every execution came to its end.
        """
        with self._changed:
            self._closed = True
        drained = self.wait_idle(timeout_s)
        self._stop.set()
        with self._changed:
            given_up = [*self._running, *(execution_id for execution_id, _ in self._waiting)]
            self._waiting.clear()
        if given_up:
            logger.warning("closed with %d unfinished workflow executions: %s", len(given_up), ", ".join(given_up))
        self._threads.close()
        self._watchdog.close()
        return drained

    def _end(self, finished: FinishedExecution) -> None:
        try:
            _log(finished)
            if finished.result.status != "SUCCEEDED" and self._on_failure is not None:
                self._on_failure(finished)
        finally:
            with self._changed:
                self._running.discard(finished.execution_id)
                following = self._waiting.popleft() if self._waiting else None
                if following is not None:
                    self._running.add(following[0])
                self._changed.notify_all()
            if following is not None:
                self._interpreter.launch(following[1])


def _log(finished: FinishedExecution) -> None:
    result = finished.result
    for failure in result.failures:
        level = logging.INFO if failure.error in _EVERYDAY_ERRORS else logging.WARNING
        where = failure.where or "no line"
        logger.log(level, "%s: %s failed with %s at %s", finished.execution_id, failure.state, failure.error, where)
    if result.status != "SUCCEEDED":
        logger.error("%s: %s in %s with %s", finished.execution_id, result.status, result.history[-1], result.error)
