"""The laptop's workflow engine: many executions, bounded, closed without losing count."""

from __future__ import annotations

import itertools
import json
import logging
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest

from firstline.adapters.local.asl import load_state_machine
from firstline.adapters.local.asl_execution import DocumentTooLargeError
from firstline.adapters.local.lambda_context import LocalLambdaContext
from firstline.adapters.local.workflow_engine import FinishedExecution, LocalWorkflowEngine
from firstline.domain.errors import TurnSupersededError, WorkflowUnavailableError

MACHINE = load_state_machine(
    json.dumps(
        {
            "StartAt": "Answer",
            "States": {
                "Answer": {
                    "Type": "Task",
                    "Resource": "arn:aws:lambda:local:0:function:workflow",
                    "Parameters": {"node": "Answer", "execution_id.$": "$$.Execution.Id", "turn.$": "$"},
                    "ResultPath": "$.answer",
                    "Catch": [{"ErrorEquals": ["TurnSupersededError"], "Next": "Ended", "ResultPath": "$.ended"}],
                    "Next": "Ended",
                },
                "Ended": {"Type": "Succeed"},
            },
        }
    ),
    substitutions={},
)
(RESOURCE,) = MACHINE.resources


class CountingIds:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        return f"id{next(self._numbers)}"

    def secret(self) -> str:
        return f"secret{next(self._numbers)}"


class Bench:
    """An engine whose handler a test can hold back."""

    def __init__(self, **options: Any) -> None:
        self.failed: list[FinishedExecution] = []
        self.events: list[dict[str, Any]] = []
        self.contexts: list[LocalLambdaContext] = []
        self.error: BaseException | None = None
        self.open = threading.Event()
        self.open.set()
        self.at_work = 0
        self.most_at_work = 0
        self._changed = threading.Condition()
        self.engine = LocalWorkflowEngine(MACHINE, ids=CountingIds(), on_failure=self.failed.append, **options)
        self.engine.register(RESOURCE, self.handle)

    def handle(self, event: dict[str, Any], context: LocalLambdaContext) -> dict[str, Any]:
        with self._changed:
            self.events.append(event)
            self.contexts.append(context)
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
            self._changed.notify_all()
        self.open.wait(30)
        with self._changed:
            self.at_work -= 1
        if self.error is not None:
            raise self.error
        return {"text": "here it is"}

    def wait_at_work(self, executions: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.at_work == executions, 10)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(max_workers=2, max_waiting=3)
    yield bench
    bench.open.set()
    bench.engine.close(10)


def test_a_handler_gets_the_event_and_context_that_lambda_would_give_it(bench: Bench):
    bench.engine.start("turn-1", {"message": "hello"})
    assert bench.engine.wait_idle(10)

    assert bench.events == [
        {"node": "Answer", "execution_id": "local:express:turn-1:id1", "turn": {"message": "hello"}}
    ]
    context = bench.contexts[0]
    assert (context.function_name, context.aws_request_id, context.function_version) == ("workflow", "id2", "$LATEST")
    assert context.invoked_function_arn.endswith(":function:workflow")
    assert context.log_group_name == "/aws/lambda/workflow"
    assert 0 < context.get_remaining_time_in_millis() <= 120_000
    assert bench.failed == []


def test_a_context_whose_time_is_over_has_none_left():
    context = LocalLambdaContext("f", "r", deadline=5.0, monotonic=lambda: 6.0)
    assert context.get_remaining_time_in_millis() == 0


def test_start_does_not_wait_for_the_execution_and_keeps_its_own_copy_of_the_document(bench: Bench):
    bench.open.clear()
    document = {"message": ["as started"]}
    for _ in range(3):
        bench.engine.start("turn-1", document)
    document["message"].append("changed")
    assert not bench.engine.wait_idle(0.01)
    bench.open.set()
    assert bench.engine.wait_idle(10)
    assert [event["turn"] for event in bench.events] == [{"message": ["as started"]}] * 3


def test_executions_of_one_name_run_side_by_side_under_different_ids(bench: Bench):
    bench.open.clear()
    bench.engine.start("turn-1", {})
    bench.engine.start("turn-1", {})
    bench.open.set()
    assert bench.engine.wait_idle(10)
    assert len({event["execution_id"] for event in bench.events}) == 2


def test_no_more_executions_run_than_allowed_those_in_line_follow_in_order_and_the_rest_is_refused(bench: Bench):
    bench.open.clear()
    for number in range(5):
        bench.engine.start(f"turn-{number}", {"number": number})
    with pytest.raises(WorkflowUnavailableError):
        bench.engine.start("turn-5", {})
    bench.wait_at_work(2)
    bench.open.set()
    assert bench.engine.wait_idle(10)
    assert bench.most_at_work == 2
    assert sorted(event["turn"]["number"] for event in bench.events) == [0, 1, 2, 3, 4]
    assert {event["turn"]["number"] for event in bench.events[:2]} == {0, 1}


def test_many_starters_at_once_lose_nothing():
    bench = Bench(max_workers=4, max_waiting=1_000)

    def start_many(starter: int) -> None:
        for number in range(50):
            bench.engine.start("turn", {"n": starter * 50 + number})

    starters = [threading.Thread(target=start_many, args=(starter,)) for starter in range(8)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(30)
    assert bench.engine.wait_idle(30)
    assert sorted(event["turn"]["n"] for event in bench.events) == list(range(400))
    assert bench.most_at_work <= 4
    assert bench.engine.close(10)


def test_a_failed_execution_is_reported_and_logged_by_ids_and_names_but_never_by_its_texts(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    bench.error = LookupError("Jane's parcel")
    bench.engine.start("turn-1", {"message": "Jane's parcel"})
    assert bench.engine.wait_idle(10)

    assert [(failed.name, failed.result.status, failed.result.error) for failed in bench.failed] == [
        ("turn-1", "FAILED", "LookupError")
    ]
    records = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in records] == [logging.WARNING, logging.ERROR]
    assert all(bench.failed[0].execution_id in message and "LookupError" in message for _, message in records)
    assert "test_workflow_engine.py:" in records[0][1]
    assert "Jane" not in caplog.text


def test_losing_a_turn_is_no_failure_and_no_warning(bench: Bench, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    bench.error = TurnSupersededError("newer message")
    bench.engine.start("turn-1", {})
    assert bench.engine.wait_idle(10)
    assert bench.failed == []
    assert [record.levelno for record in caplog.records] == [logging.INFO]


def test_a_callback_that_breaks_is_reported_and_does_not_hold_up_the_line(monkeypatch: pytest.MonkeyPatch):
    reported: SimpleQueue[threading.ExceptHookArgs] = SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", reported.put)

    def broken(failed: FinishedExecution) -> None:
        raise ZeroDivisionError

    engine = LocalWorkflowEngine(MACHINE, ids=CountingIds(), max_workers=1, on_failure=broken)
    engine.register(RESOURCE, lambda event, context: object())
    for _ in range(3):
        engine.start("turn", {})
    assert engine.wait_idle(10)
    assert engine.close(10)
    assert [reported.get(timeout=10).exc_type for _ in range(3)] == [ZeroDivisionError] * 3


def test_nothing_starts_without_a_handler_or_with_a_document_that_aws_would_refuse(bench: Bench):
    with pytest.raises(WorkflowUnavailableError):
        LocalWorkflowEngine(MACHINE, ids=CountingIds()).start("turn-1", {})
    with pytest.raises(DocumentTooLargeError):
        bench.engine.start("turn-1", {"text": "x" * 256 * 1024})
    assert bench.engine.wait_idle(0)


def test_closing_lets_running_and_waiting_executions_end_and_then_refuses_new_ones(bench: Bench):
    bench.open.clear()
    for number in range(4):
        bench.engine.start(f"turn-{number}", {})
    threading.Timer(0.05, bench.open.set).start()
    assert bench.engine.close(10)
    assert len(bench.events) == 4
    with pytest.raises(WorkflowUnavailableError):
        bench.engine.start("turn-5", {})


def test_closing_does_not_wait_longer_than_told_and_names_what_it_gives_up(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    bench.open.clear()
    for number in range(3):
        bench.engine.start(f"turn-{number}", {})
    bench.wait_at_work(2)
    assert not bench.engine.close(0.05)
    assert "3 unfinished" in caplog.text
    assert all(f":turn-{number}:" in caplog.text for number in range(3))
    bench.open.set()
    assert bench.engine.wait_idle(10)
    assert len(bench.events) == 2
