"""Carries out a loaded state machine as AWS Step Functions does."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Any, Protocol

import orjson

from firstline.adapters.local.asl_execution import (
    MAX_DOCUMENT_BYTES,
    DocumentTooLargeError,
    Execution,
    ExecutionAbortedError,
    ExecutionResult,
    ExecutionTimedOutError,
    Outcome,
    StateFailedError,
    Task,
    TaskFailure,
    as_lambda_reports,
    invoke,
    to_json,
)
from firstline.adapters.local.asl_model import Catcher, Retrier, StateMachine, TaskState
from firstline.adapters.local.daemon_threads import DaemonThreads, Guard, Watchdog
from firstline.domain.errors import FirstlineError


class StopSignal(Protocol):
    """Tells executions to stop, and is what they wait on between retries; ``threading.Event`` is one."""

    def is_set(self) -> bool:
        """Tell whether executions are to stop."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, less if the signal is given; return whether it is."""
        ...


class Interpreter:
    """Runs executions; may be used by many threads at once.

    An execution stays on one thread, which also carries out its tasks. When a task takes too long, that thread is
    given up with it and the execution goes on on another: nothing can stop the task, which is what fencing is for.

    Parameters
    ----------
    threads : DaemonThreads
        Carry the executions.
    watchdog : Watchdog
        Watches over tasks.
    stop : StopSignal, optional
        Once it is set, executions end as ABORTED at their next state or wait.
    max_given_up : int, optional
        Most tasks that may still hang after their timeout; beyond that, tasks fail by the name that Lambda throttles
        with.
    monotonic : callable, optional
        Seconds of a clock that never goes back.
    uniform : callable, optional
        ``random.uniform``, for the jitter of retries.
    """

    def __init__(
        self,
        threads: DaemonThreads,
        watchdog: Watchdog,
        *,
        stop: StopSignal | None = None,
        max_given_up: int = 32,
        monotonic: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._threads = threads
        self._watchdog = watchdog
        self._stop = threading.Event() if stop is None else stop
        self._max_given_up = max_given_up
        self._monotonic = monotonic
        self._uniform = uniform
        self._given_up = 0
        self._lock = threading.Lock()

    def run(
        self,
        machine: StateMachine,
        document: Any,
        *,
        tasks: Mapping[str, Task],
        execution_id: str,
        execution_name: str = "",
    ) -> ExecutionResult:
        """Carry out one execution and wait for its end; the parameters and errors are those of ``prepare``."""
        ends: SimpleQueue[ExecutionResult] = SimpleQueue()
        self.launch(
            self.prepare(
                machine,
                document,
                tasks=tasks,
                execution_id=execution_id,
                execution_name=execution_name,
                on_end=ends.put,
            )
        )
        return ends.get()

    def prepare(
        self,
        machine: StateMachine,
        document: Any,
        *,
        tasks: Mapping[str, Task],
        execution_id: str,
        on_end: Callable[[ExecutionResult], None],
        execution_name: str = "",
    ) -> Execution:
        """Make an execution that ``launch`` can start; it keeps a copy of the document.

        Parameters
        ----------
        document : object
            The input, as JSON can hold it; at most 256 KiB.
        tasks : mapping of str to callable
            What each resource does. A task gets a copy of its payload, and what it returns is copied.
        on_end : callable
            Called once, on the execution's thread, with how it ended.

        Raises
        ------
        DocumentTooLargeError
            The input is too large. A document that grows too large later fails the execution, as on AWS.
        TypeError, ValueError
            The input is not JSON.
        """
        text = to_json(document)
        if len(text) > MAX_DOCUMENT_BYTES:
            raise DocumentTooLargeError(f"the input has {len(text)} bytes, over 256 KiB")
        return Execution(
            machine=machine,
            tasks=tasks,
            on_end=on_end,
            document=orjson.loads(text),
            size_bound=len(text),
            context={"Execution": {"Id": execution_id, "Name": execution_name}},
        )

    def launch(self, execution: Execution) -> None:
        """Start a prepared execution and return at once; its time begins now."""
        execution.deadline = self._monotonic() + execution.machine.timeout_s
        execution.enter(execution.machine.start_at)
        self._threads.submit(lambda: self._go_on(execution))

    def _go_on(self, execution: Execution, failed: FirstlineError | None = None) -> None:
        # An error of the interpreter itself ends the execution by AWS's name for it: none may be left without an end.
        with Outcome() as outcome:
            outcome.value = self._advance(execution, failed)
        if outcome.error is not None:
            own = as_lambda_reports(outcome.error)
            outcome.value = execution.result("FAILED", "States.Runtime", f"{own.error} at {own.where}")
        if outcome.value is not None:
            execution.on_end(outcome.value)

    def _advance(self, execution: Execution, failed: FirstlineError | None) -> ExecutionResult | None:
        """Go on to the end and return it, or None where the execution has gone to another thread."""
        try:
            while (state := execution.state) is not None:
                try:
                    if failed is not None:
                        raise failed
                    if self._stop.is_set():
                        raise ExecutionAbortedError
                    if not self._attempt(execution, state):
                        return None
                except StateFailedError as error:
                    failed = None
                    self._recover(execution, state, error)
        except StateFailedError as error:
            return execution.result("FAILED", error.error, error.cause)
        except ExecutionTimedOutError:
            return execution.result("TIMED_OUT", "States.Timeout", "")
        except ExecutionAbortedError:
            return execution.result("ABORTED")
        return execution.result("SUCCEEDED")

    def _attempt(self, execution: Execution, state: TaskState) -> bool:
        """Call the state's task and enter the next state; False if it took so long that this thread was given up."""
        payload = execution.payload(state)
        task = execution.tasks.get(state.resource)
        if task is None:
            raise StateFailedError("Lambda.ResourceNotFoundException", f"there is no function {state.resource}")
        if self._given_up >= self._max_given_up:
            raise StateFailedError("Lambda.TooManyRequestsException", f"{self._given_up} tasks hang")
        guard = self._guard(execution, state)
        with Outcome() as outcome:
            outcome.value = invoke(task, payload)
        if not guard.release():
            with self._lock:
                self._given_up -= 1
            return False
        if outcome.error is not None:
            raise as_lambda_reports(outcome.error) from outcome.error
        if len(outcome.value) > MAX_DOCUMENT_BYTES:
            raise StateFailedError("States.DataLimitExceeded", f"the result of {state.name} is over 256 KiB")
        execution.put(state.result_path, orjson.loads(outcome.value), len(outcome.value))
        execution.enter(state.next_state)
        return True

    def _guard(self, execution: Execution, state: TaskState) -> Guard:
        remaining_s = execution.deadline - self._monotonic()
        if remaining_s <= 0:
            raise ExecutionTimedOutError

        def give_up() -> None:
            with self._lock:
                self._given_up += 1
            late: FirstlineError = (
                ExecutionTimedOutError() if remaining_s <= state.timeout_s else StateFailedError("States.Timeout", "")
            )
            self._threads.submit(lambda: self._go_on(execution, late))

        return self._watchdog.guard(min(state.timeout_s, remaining_s), give_up)

    def _recover(self, execution: Execution, state: TaskState, failed: StateFailedError) -> None:
        execution.failures.append(TaskFailure(state.name, failed.error, failed.cause, failed.where))
        position = _first_match(state.retriers, failed.error)
        # Only the first retrier that names the error counts; once it is used up, the catchers are asked.
        if position is not None and execution.retries[position] < state.retriers[position].max_attempts:
            self._wait(execution, state.retriers[position], execution.retries[position])
            execution.count_retry(position)
            return
        caught = _first_match(state.catchers, failed.error)
        if caught is None:
            raise failed
        output = {"Error": failed.error, "Cause": failed.cause}
        execution.put(state.catchers[caught].result_path, output, len(to_json(output)))
        execution.enter(state.catchers[caught].next_state)

    def _wait(self, execution: Execution, retrier: Retrier, retries_before: int) -> None:
        delay_s = retrier.delay_s(retries_before)
        if retrier.full_jitter:
            delay_s = self._uniform(0.0, delay_s)
        remaining_s = execution.deadline - self._monotonic()
        if self._stop.wait(max(0.0, min(delay_s, remaining_s))):
            raise ExecutionAbortedError
        if delay_s >= remaining_s:
            raise ExecutionTimedOutError


def _first_match(policies: Sequence[Retrier | Catcher], error: str) -> int | None:
    return next((position for position, policy in enumerate(policies) if policy.errors.matches(error)), None)
