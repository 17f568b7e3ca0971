"""State machines in the Amazon States Language: reading a file, and refusing what the interpreter cannot do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from firstline.adapters.local.asl_fields import Fields, UnsupportedStateMachineError
from firstline.adapters.local.asl_model import Catcher, ErrorMatcher, Retrier, StateMachine, SucceedState, TaskState

_MACHINE_FIELDS = frozenset({"Comment", "StartAt", "States", "TimeoutSeconds"})
_STATE_FIELDS = {
    "Task": frozenset(
        {"Type", "Comment", "Resource", "Parameters", "ResultPath", "Next", "End", "Retry", "Catch", "TimeoutSeconds"}
    ),
    "Succeed": frozenset({"Type", "Comment"}),
}
_RETRIER_FIELDS = frozenset(
    {"Comment", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
)
_CATCHER_FIELDS = frozenset({"Comment", "ErrorEquals", "ResultPath", "Next"})
_STATES_ERRORS = frozenset(
    {"States.ALL", "States.TaskFailed", "States.Timeout", "States.DataLimitExceeded", "States.ResultPathMatchFailure"}
)
_LONGEST_S = 99_999_999
_LONGEST_DELAY_S = 31_622_400
_SUBSTITUTION = re.compile(r"\$\{([^{}]*)\}")


def load_state_machine(text: str, *, substitutions: Mapping[str, str]) -> StateMachine:
    """Read a state machine.

    Parameters
    ----------
    text : str
        The file's JSON; ``${Name}`` within its strings stands for a substitution.
    substitutions : mapping of str to str

    Raises
    ------
    UnsupportedStateMachineError
        It is not JSON, not a state machine, or has a state type, field, path or value that the local interpreter does
        not carry out as AWS would. The message names the state and the field.
    """
    try:
        definition = json.loads(text, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        raise UnsupportedStateMachineError(f"the state machine is not JSON: {error}") from error
    machine = Fields("state machine", _substitute(definition, substitutions), _MACHINE_FIELDS)
    machine.text("Comment", "")
    states = {name: _read_state(name, state) for name, state in machine.mapping("States").items()}
    loaded = StateMachine(
        start_at=machine.text("StartAt"),
        states=states,
        timeout_s=machine.integer("TimeoutSeconds", _LONGEST_S, least=1, most=_LONGEST_S),
    )
    _check_transitions(loaded)
    return loaded


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnsupportedStateMachineError(f"an object gives a field twice: {[name for name, _ in pairs]}")
    return found


def _substitute(value: Any, substitutions: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {field: _substitute(part, substitutions) for field, part in value.items()}
    if isinstance(value, list):
        return [_substitute(part, substitutions) for part in value]
    if not isinstance(value, str):
        return value
    for name in _SUBSTITUTION.findall(value):
        if name not in substitutions:
            raise UnsupportedStateMachineError(f"nothing is given for ${{{name}}} in {value!r}")
    return _SUBSTITUTION.sub(lambda match: substitutions[match[1]], value)


def _read_state(name: str, definition: Any) -> TaskState | SucceedState:
    where = f"state {name!r}"
    kind = definition.get("Type") if isinstance(definition, dict) else None
    if not isinstance(kind, str) or kind not in _STATE_FIELDS:
        raise UnsupportedStateMachineError(f"{where}: field 'Type': {kind!r} is not one of {sorted(_STATE_FIELDS)}")
    fields = Fields(where, definition, _STATE_FIELDS[kind])
    fields.text("Comment", "")
    if kind == "Succeed":
        return SucceedState(name)
    return TaskState(
        name=name,
        resource=fields.text("Resource"),
        parameters=fields.template("Parameters") if "Parameters" in definition else None,
        result_path=fields.result_path("ResultPath"),
        next_state=_next_state(fields, definition),
        timeout_s=fields.integer("TimeoutSeconds", _LONGEST_S, least=1, most=_LONGEST_S),
        retriers=tuple(_read_retrier(retrier) for retrier in _in_order(fields, "Retry", _RETRIER_FIELDS)),
        catchers=tuple(_read_catcher(catcher) for catcher in _in_order(fields, "Catch", _CATCHER_FIELDS)),
    )


def _next_state(fields: Fields, definition: Mapping[str, Any]) -> str | None:
    if ("Next" in definition) == ("End" in definition):
        raise fields.refusal("Next", "exactly one of Next and End must be given")
    if "Next" in definition:
        return fields.text("Next")
    if definition["End"] is not True:
        raise fields.refusal("End", "must be true")
    return None


def _in_order(fields: Fields, name: str, known: frozenset[str]) -> list[Fields]:
    entries = fields.objects(name, known)
    for entry in entries[:-1]:
        if "States.ALL" in entry.error_names(_STATES_ERRORS):
            raise entry.refusal("ErrorEquals", "States.ALL must stand in the last entry")
    return entries


def _read_retrier(fields: Fields) -> Retrier:
    fields.text("Comment", "")
    return Retrier(
        errors=ErrorMatcher(fields.error_names(_STATES_ERRORS)),
        interval_s=fields.integer("IntervalSeconds", 1, least=1, most=_LONGEST_S),
        max_attempts=fields.integer("MaxAttempts", 3, least=0, most=_LONGEST_S),
        backoff_rate=fields.number("BackoffRate", 2.0, least=1.0),
        max_delay_s=fields.integer("MaxDelaySeconds", _LONGEST_DELAY_S, least=1, most=_LONGEST_DELAY_S),
        full_jitter=fields.choice("JitterStrategy", "NONE", ("NONE", "FULL")) == "FULL",
    )


def _read_catcher(fields: Fields) -> Catcher:
    fields.text("Comment", "")
    return Catcher(
        errors=ErrorMatcher(fields.error_names(_STATES_ERRORS)),
        result_path=fields.result_path("ResultPath"),
        next_state=fields.text("Next"),
    )


def _check_transitions(machine: StateMachine) -> None:
    if machine.start_at not in machine.states:
        raise UnsupportedStateMachineError(f"state machine: field 'StartAt': there is no state {machine.start_at!r}")
    for state in machine.states.values():
        for follower in sorted(state.successors() - machine.states.keys()):
            raise UnsupportedStateMachineError(f"state {state.name!r}: field 'Next': there is no state {follower!r}")
    reached: set[str] = set()
    waiting = {machine.start_at}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= machine.states[name].successors() - reached
    for name in machine.states:
        if name not in reached:
            raise UnsupportedStateMachineError(f"state {name!r}: no other state leads to it")
    if not any(isinstance(state, SucceedState) or state.next_state is None for state in machine.states.values()):
        raise UnsupportedStateMachineError("state machine: field 'States': no state ends the execution")
