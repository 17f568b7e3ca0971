"""Loading a state machine: what is read, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.local.asl import load_state_machine
from firstline.adapters.local.asl_fields import UnsupportedStateMachineError
from firstline.adapters.local.asl_model import ErrorMatcher, StateMachine, TaskState

SUPPORT_TURN = Path(__file__).parents[2] / "statemachines" / "support_turn.asl.json"


def machine_with(state: dict[str, Any] | None = None, /, **fields: Any) -> str:
    """Write a machine of one task, ``Ask``, and its end, ``Done``; ``state`` is laid over the task."""
    task = {"Type": "Task", "Resource": "ask", "Next": "Done"} | (state or {})
    states = {"Ask": {name: value for name, value in task.items() if value is not ...}, "Done": {"Type": "Succeed"}}
    return json.dumps({"StartAt": "Ask", "States": states} | fields)


def load(text: str) -> StateMachine:
    return load_state_machine(text, substitutions={"Function": "arn:f"})


def ask(machine: StateMachine) -> TaskState:
    state = machine.states["Ask"]
    assert isinstance(state, TaskState)
    return state


def test_our_own_state_machine_loads_and_calls_one_function():
    text = SUPPORT_TURN.read_text(encoding="utf-8")
    machine = load_state_machine(text, substitutions={"WorkflowFunctionArn": "workflow"})
    assert machine.resources == {"workflow"}
    assert machine.start_at == "IdentifyCustomer"
    timeouts = {name: state.timeout_s for name, state in machine.states.items() if isinstance(state, TaskState)}
    assert timeouts == {
        "IdentifyCustomer": 10,
        "ClassifyQuery": 10,
        "RetrieveKnowledge": 15,
        "GenerateResponse": 60,
        "AnalyzeGraph": 15,
        "CollectFeedback": 15,
        "HandOverToPerson": 20,
    }
    assert sum(timeouts.values()) < machine.timeout_s <= 300


def test_a_retrier_has_the_defaults_of_the_language():
    retrier = ask(load(machine_with({"Retry": [{"ErrorEquals": ["BusyError"]}]}))).retriers[0]
    assert (retrier.interval_s, retrier.max_attempts, retrier.backoff_rate, retrier.full_jitter) == (1, 3, 2.0, False)
    assert [retrier.delay_s(retries) for retries in range(4)] == [1, 2, 4, 8]


def test_the_wait_of_a_thousandth_retry_is_the_cap_and_no_overflow():
    fields = {"ErrorEquals": ["BusyError"], "MaxAttempts": 5_000, "BackoffRate": 10.0, "MaxDelaySeconds": 30}
    assert ask(load(machine_with({"Retry": [fields]}))).retriers[0].delay_s(4_999) == 30


def test_substitutions_are_made_within_strings():
    assert ask(load(machine_with({"Resource": "${Function}:live"}))).resource == "arn:f:live"


@pytest.mark.parametrize(
    ("names", "error", "meant"),
    [
        ({"BusyError"}, "BusyError", True),
        ({"BusyError"}, "busyerror", False),
        ({"States.ALL"}, "BusyError", True),
        ({"States.ALL"}, "States.Timeout", True),
        ({"States.ALL"}, "States.DataLimitExceeded", False),
        ({"States.ALL"}, "States.Runtime", False),
        ({"States.TaskFailed"}, "BusyError", True),
        ({"States.TaskFailed"}, "States.Timeout", False),
        ({"States.TaskFailed", "States.Timeout"}, "States.Timeout", True),
        ({"States.DataLimitExceeded"}, "States.DataLimitExceeded", True),
    ],
)
def test_error_names_mean_what_aws_documents(names: set[str], error: str, meant: bool):
    assert ErrorMatcher(frozenset(names)).matches(error) is meant


RETRY = {"ErrorEquals": ["BusyError"]}
CATCH = {"ErrorEquals": ["BusyError"], "Next": "Done"}
# What is wrong with the task, and the words that the refusal must have beside the state's name.
REFUSED_TASKS = {
    **{
        f"field {field}": ({field: value}, f"'{field}'")
        for field, value in {
            "InputPath": "$",
            "OutputPath": "$",
            "ResultSelector": {},
            "TimeoutSecondsPath": "$.t",
            "HeartbeatSeconds": 5,
            "HeartbeatSecondsPath": "$.t",
            "Credentials": {},
            "Assign": {},
            "Arguments": {},
            "Output": {},
            "QueryLanguage": "JSONPath",
            "Result": 1,
            "Typo": 1,
        }.items()
    },
    **{
        f"type {kind}": ({"Type": kind}, "'Type'")
        for kind in ("Pass", "Choice", "Wait", "Fail", "Parallel", "Map", "task", None, ["Task"])
    },
    "no resource": ({"Resource": ...}, "'Resource'"),
    "empty resource": ({"Resource": ""}, "'Resource'"),
    "no next and no end": ({"Next": ...}, "'Next'"),
    "next and end": ({"End": True}, "'Next'"),
    "end that is not true": ({"Next": ..., "End": False}, "'End'"),
    "next that is no name": ({"Next": 3}, "'Next'"),
    "next to nowhere": ({"Next": "Nowhere"}, "'Nowhere'"),
    "catch to nowhere": ({"Catch": [CATCH | {"Next": "Nowhere"}]}, "'Nowhere'"),
    "timeout of zero": ({"TimeoutSeconds": 0}, "'TimeoutSeconds'"),
    "timeout of half a second": ({"TimeoutSeconds": 0.5}, "'TimeoutSeconds'"),
    "timeout that is a boolean": ({"TimeoutSeconds": True}, "'TimeoutSeconds'"),
    "parameters that are no object": ({"Parameters": "$"}, "'Parameters'"),
    "parameter with an index": ({"Parameters": {"a.$": "$.list[0]"}}, "'Parameters'"),
    "parameter with a filter": ({"Parameters": {"a.$": "$..b"}}, "'Parameters'"),
    "parameter with an intrinsic function": ({"Parameters": {"a.$": "States.UUID()"}}, "'Parameters'"),
    "parameter that is no path": ({"Parameters": {"a.$": 3}}, "'Parameters'"),
    "parameter from an unknown part of the context": ({"Parameters": {"a.$": "$$.Task.Token"}}, "'Parameters'"),
    "parameter given twice": ({"Parameters": {"a.$": "$", "a": 1}}, "'Parameters'"),
    "parameter path deep within": ({"Parameters": {"a": {"b": {"c.$": "$['x']"}}}}, "'Parameters'"),
    "parameter path in an array": ({"Parameters": {"a": [[{"c.$": "$.x"}]]}}, "'Parameters'"),
    "result path that is null": ({"ResultPath": None}, "'ResultPath'"),
    "result path with an index": ({"ResultPath": "$.a[0]"}, "'ResultPath'"),
    "result path into the context": ({"ResultPath": "$$.State.Name"}, "'ResultPath'"),
    "retry that is no array": ({"Retry": RETRY}, "'Retry'"),
    "retrier that is no object": ({"Retry": ["BusyError"]}, "Retry[0]"),
    "retrier with a foreign field": ({"Retry": [RETRY | {"Typo": 1}]}, "'Typo'"),
    "retrier without errors": ({"Retry": [{}]}, "'ErrorEquals'"),
    "retrier with no error": ({"Retry": [{"ErrorEquals": []}]}, "'ErrorEquals'"),
    "retrier with an error that is no name": ({"Retry": [{"ErrorEquals": [3]}]}, "'ErrorEquals'"),
    "retrier for an error never reported": ({"Retry": [{"ErrorEquals": ["States.Runtime"]}]}, "'States.Runtime'"),
    "States.ALL in company": ({"Retry": [{"ErrorEquals": ["States.ALL", "BusyError"]}]}, "States.ALL"),
    "States.ALL before another retrier": ({"Retry": [{"ErrorEquals": ["States.ALL"]}, RETRY]}, "Retry[0]"),
    "interval of zero": ({"Retry": [RETRY | {"IntervalSeconds": 0}]}, "'IntervalSeconds'"),
    "attempts below zero": ({"Retry": [RETRY | {"MaxAttempts": -1}]}, "'MaxAttempts'"),
    "backoff below one": ({"Retry": [RETRY | {"BackoffRate": 0.5}]}, "'BackoffRate'"),
    "backoff that is no number": ({"Retry": [RETRY | {"BackoffRate": "2"}]}, "'BackoffRate'"),
    "backoff without end": ({"Retry": [RETRY | {"BackoffRate": float("inf")}]}, "'BackoffRate'"),
    "longest wait of zero": ({"Retry": [RETRY | {"MaxDelaySeconds": 0}]}, "'MaxDelaySeconds'"),
    "unknown jitter": ({"Retry": [RETRY | {"JitterStrategy": "SOME"}]}, "'JitterStrategy'"),
    "catcher without next": ({"Catch": [{"ErrorEquals": ["BusyError"]}]}, "'Next'"),
    "catcher with a foreign field": ({"Catch": [CATCH | {"Output": "$"}]}, "'Output'"),
    "States.ALL before another catcher": ({"Catch": [CATCH | {"ErrorEquals": ["States.ALL"]}, CATCH]}, "Catch[0]"),
    "comment that is no text": ({"Comment": 3}, "'Comment'"),
}


@pytest.mark.parametrize("name", REFUSED_TASKS)
def test_a_task_is_refused_for_its(name: str):
    fields, words = REFUSED_TASKS[name]
    with pytest.raises(UnsupportedStateMachineError) as refused:
        load(machine_with(fields))
    assert "state 'Ask'" in str(refused.value)
    assert words in str(refused.value)


REFUSED_MACHINES = {
    "text that is not JSON": ("{", "not JSON"),
    "substitution outside a string": ('{"StartAt": ${Function}}', "not JSON"),
    "JSON that is no object": ("[]", "object"),
    "field twice": ('{"StartAt": "A", "StartAt": "B"}', "twice"),
    "foreign field": (machine_with(QueryLanguage="JSONata"), "'QueryLanguage'"),
    "version": (machine_with(Version="1.0"), "'Version'"),
    "unknown start": (machine_with(StartAt="Nowhere"), "'Nowhere'"),
    "no states": (machine_with(States={}), "'States'"),
    "no start": (machine_with(StartAt=None), "'StartAt'"),
    "timeout of zero": (machine_with(TimeoutSeconds=0), "'TimeoutSeconds'"),
    "state that nothing leads to": (machine_with({"Next": ..., "End": True}), "'Done'"),
    "state that is no object": (machine_with(States={"Ask": "Task"}), "state 'Ask'"),
    "Succeed with a next state": (
        machine_with(States={"Ask": {"Type": "Succeed", "Next": "Ask"}}),
        "state 'Ask': field 'Next'",
    ),
    "circle without an end": (machine_with(States={"Ask": {"Type": "Task", "Resource": "r", "Next": "Ask"}}), "ends"),
    "substitution that is not given": (machine_with({"Resource": "${Other}"}), "${Other}"),
    "nameless substitution": (machine_with({"Comment": "${}"}), "${}"),
}


@pytest.mark.parametrize("name", REFUSED_MACHINES)
def test_a_machine_is_refused_for_its(name: str):
    text, words = REFUSED_MACHINES[name]
    with pytest.raises(UnsupportedStateMachineError) as refused:
        load(text)
    assert words in str(refused.value)
