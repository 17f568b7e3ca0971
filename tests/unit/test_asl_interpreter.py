"""What the interpreter promises beyond the language's own rules, which the contract tests hold against moto."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from firstline.adapters.local.asl import load_state_machine
from firstline.adapters.local.asl_execution import MAX_DOCUMENT_BYTES, DocumentTooLargeError, ExecutionResult
from firstline.adapters.local.asl_interpreter import Interpreter
from firstline.adapters.local.asl_model import StateMachine
from firstline.adapters.local.daemon_threads import DaemonThreads, Watchdog

RETRY_ALL = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 30, "MaxAttempts": 5}]


def machine_of(*tasks: dict[str, Any], **fields: Any) -> StateMachine:
    """Make a machine of tasks S0, S1 ... in a row, each keeping its result under its own name."""
    states = {}
    for number, task in enumerate(tasks):
        following = {"Next": f"S{number + 1}"} if number + 1 < len(tasks) else {"End": True}
        states[f"S{number}"] = {"Type": "Task", "Resource": "f", "ResultPath": f"$.s{number}"} | following | task
    return load_state_machine(json.dumps({"StartAt": "S0", "States": states} | fields), substitutions={})


class Laboratory:
    """An interpreter with threads of its own, which a test may stop."""

    def __init__(self, **options: Any) -> None:
        self.threads = DaemonThreads("test")
        self.watchdog = Watchdog()
        self.stop = threading.Event()
        self.interpreter = Interpreter(self.threads, self.watchdog, stop=self.stop, **options)

    def run(self, machine: StateMachine, task: Callable[[Any], Any], document: Any = None) -> ExecutionResult:
        given = {"n": 1} if document is None else document
        return self.interpreter.run(machine, given, tasks={"f": task}, execution_id="e1", execution_name="turn")

    def close(self) -> None:
        self.stop.set()
        self.threads.close()
        self.watchdog.close()


@pytest.fixture
def laboratory() -> Iterator[Laboratory]:
    laboratory = Laboratory()
    yield laboratory
    laboratory.close()


def test_a_task_cannot_change_the_document_or_what_another_task_gets(laboratory: Laboratory):
    kept: list[Any] = []
    given = {"list": [1]}

    def task(event: Any) -> Any:
        kept.append(event)
        event["list"].append("spoilt")
        event["s0"] = "spoilt"
        return kept

    result = laboratory.run(machine_of({}, {}), task, given)

    assert given == {"list": [1]}
    assert result.output["list"] == [1]
    assert kept[1]["s0"] == "spoilt" and result.output["s0"] == [{"list": [1, "spoilt"], "s0": "spoilt"}]


def test_a_result_changed_after_the_task_returned_stays_as_it_was(laboratory: Laboratory):
    answer: dict[str, Any] = {"text": "as returned"}

    def task(event: Any) -> Any:
        if "s0" in event:
            answer["text"] = "changed"
            return None
        return answer

    assert laboratory.run(machine_of({}, {}), task).output["s0"] == {"text": "as returned"}


@pytest.mark.parametrize("result", [object(), {1, 2}, b"bytes", float("nan"), "\ud800", {("a", "b"): 1}])
def test_a_result_that_is_not_json_fails_as_in_lambda(laboratory: Laboratory, result: Any):
    ended = laboratory.run(machine_of({}), lambda event: result)
    assert (ended.status, ended.error) == ("FAILED", "Runtime.MarshalError")


def test_a_result_that_contains_itself_fails_as_in_lambda(laboratory: Laboratory):
    circle: list[Any] = []
    circle.append(circle)
    assert laboratory.run(machine_of({}), lambda event: circle).error == "Runtime.MarshalError"


def test_a_task_that_ends_its_process_fails_as_in_lambda_and_harms_nothing_else(laboratory: Laboratory):
    def task(event: Any) -> Any:
        raise SystemExit(1)

    assert laboratory.run(machine_of({}), task).error == "Runtime.ExitError"
    assert laboratory.run(machine_of({}), lambda event: "fine").status == "SUCCEEDED"


def test_the_cause_is_lambdas_and_the_failure_tells_the_line_without_the_message(laboratory: Laboratory):
    def task(event: Any) -> Any:
        raise LookupError("no \ud800 such \u00e9")

    ended = laboratory.run(machine_of({}), task)

    assert ended.cause is not None
    assert json.loads(ended.cause) == {"errorMessage": "no \ud800 such \u00e9", "errorType": "LookupError"}
    assert ended.failures[0].where.startswith("test_asl_interpreter.py:")
    assert ended.cause.encode() and "such" not in ended.failures[0].where


def test_a_message_without_end_does_not_outgrow_the_document(laboratory: Laboratory):
    def task(event: Any) -> Any:
        if "error" in event:
            return "reached"
        raise ValueError("x" * MAX_DOCUMENT_BYTES)

    catch = [{"ErrorEquals": ["States.ALL"], "Next": "S1", "ResultPath": "$.error"}]
    assert laboratory.run(machine_of({"Catch": catch}, {}), task).output["s1"] == "reached"


def test_a_resource_that_nobody_serves_is_lambdas_unknown_function(laboratory: Laboratory):
    ended = laboratory.interpreter.run(machine_of({}), {}, tasks={}, execution_id="e1")
    assert (ended.status, ended.error) == ("FAILED", "Lambda.ResourceNotFoundException")


def test_a_result_path_through_a_value_that_is_no_object_fails_by_its_name(laboratory: Laboratory):
    ended = laboratory.run(machine_of({"ResultPath": "$.n.deeper"}), lambda event: "x")
    assert (ended.status, ended.error) == ("FAILED", "States.ResultPathMatchFailure")


def test_an_input_over_256_kib_is_refused_and_one_of_256_kib_is_not(laboratory: Laboratory):
    machine = machine_of({"Parameters": {"small": 1}, "ResultPath": "$"})
    fits = "x" * (MAX_DOCUMENT_BYTES - 2)
    assert laboratory.run(machine, lambda event: fits, fits).output == fits
    with pytest.raises(DocumentTooLargeError):
        laboratory.run(machine, lambda event: "", fits + "x")
    with pytest.raises(DocumentTooLargeError):
        laboratory.run(machine, lambda event: "", "\u00e9" * (MAX_DOCUMENT_BYTES // 2))


def test_results_that_fit_alone_but_not_together_fail_by_name(laboratory: Laboratory):
    half = "x" * (MAX_DOCUMENT_BYTES // 2)
    small = {"Parameters": {"small": 1}}
    ended = laboratory.run(machine_of(small, small, small), lambda event: half)
    assert (ended.error, ended.history) == ("States.DataLimitExceeded", ("S0", "S1"))


def test_a_payload_over_256_kib_fails_by_name_before_the_task_is_called(laboratory: Laboratory):
    called: list[Any] = []
    twice = {"Parameters": {"a.$": "$.text", "b.$": "$.text"}}
    ended = laboratory.run(machine_of(twice), called.append, {"text": "x" * (MAX_DOCUMENT_BYTES // 2)})
    assert (ended.error, called) == ("States.DataLimitExceeded", [])


def test_replacing_large_results_again_and_again_does_not_count_them_twice(laboratory: Laboratory):
    most = "x" * (MAX_DOCUMENT_BYTES // 2)
    tasks = [{"Parameters": {"small": 1}, "ResultPath": "$.same"}] * 6
    assert laboratory.run(machine_of(*tasks), lambda event: most).output == {"n": 1, "same": most}


def test_an_execution_goes_on_at_once_when_its_task_hangs_and_the_late_result_is_dropped(laboratory: Laboratory):
    release, returned = threading.Event(), threading.Event()

    def task(event: Any) -> Any:
        if "error" in event:
            return threading.current_thread().name
        release.wait(30)
        returned.set()
        return "late"

    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "S1", "ResultPath": "$.error"}]
    ended = laboratory.run(machine_of({"TimeoutSeconds": 1, "Catch": catch}, {"ResultPath": "$.s1"}), task)
    assert not returned.is_set()
    release.set()

    assert returned.wait(60)
    assert ended.output == {"n": 1, "error": {"Error": "States.Timeout", "Cause": ""}, "s1": "test-2"}


def test_when_too_many_tasks_hang_the_next_ones_fail_as_lambda_throttles_until_one_returns():
    laboratory = Laboratory(max_given_up=1)
    release, returned = threading.Event(), threading.Event()

    def hang(event: Any) -> Any:
        release.wait(30)
        returned.set()

    assert laboratory.run(machine_of({"TimeoutSeconds": 1}), hang).error == "States.Timeout"
    assert laboratory.run(machine_of({}), lambda event: "x").error == "Lambda.TooManyRequestsException"
    release.set()
    assert returned.wait(60)
    deadline = time.monotonic() + 60
    while (ended := laboratory.run(machine_of({}), lambda event: "x")).status != "SUCCEEDED":
        assert time.monotonic() < deadline, ended
    laboratory.close()


def test_a_retry_that_would_end_after_the_execution_s_time_ends_it_at_that_time(laboratory: Laboratory):
    tried = []

    def task(event: Any) -> Any:
        tried.append(event)
        raise OSError

    ended = laboratory.run(machine_of({"Retry": RETRY_ALL}, TimeoutSeconds=1), task)
    assert (ended.status, ended.error) == ("TIMED_OUT", "States.Timeout")
    assert len(tried) == 1


def test_a_stop_ends_the_wait_for_a_retry(laboratory: Laboratory):
    def task(event: Any) -> Any:
        laboratory.stop.set()
        raise OSError

    assert laboratory.run(machine_of({"Retry": RETRY_ALL}), task).status == "ABORTED"


def test_a_stop_lets_the_task_at_work_finish_and_enters_no_other(laboratory: Laboratory):
    called: list[Any] = []

    def task(event: Any) -> Any:
        called.append(event)
        laboratory.stop.set()

    ended = laboratory.run(machine_of({}, {}), task)
    assert (ended.status, ended.output, len(called)) == ("ABORTED", None, 1)


def test_an_error_of_the_interpreter_itself_still_ends_the_execution():
    def broken(low: float, high: float) -> float:
        raise ZeroDivisionError

    laboratory = Laboratory(uniform=broken)
    retry = [{"ErrorEquals": ["OSError"], "JitterStrategy": "FULL"}]

    def task(event: Any) -> Any:
        raise OSError

    ended = laboratory.run(machine_of({"Retry": retry}), task)
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert ended.cause is not None and ended.cause.startswith("ZeroDivisionError at test_asl_interpreter.py:")
    laboratory.close()
