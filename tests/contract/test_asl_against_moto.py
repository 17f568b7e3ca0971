"""The local interpreter against moto's Step Functions interpreter, case by case, and statelint over our file."""

from __future__ import annotations

import functools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl, retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend import execution_worker
from statelint.cli import main

from firstline.adapters.local.asl import load_state_machine
from firstline.adapters.local.asl_interpreter import Interpreter
from firstline.adapters.local.daemon_threads import DaemonThreads, Watchdog
from tests.contract.asl_cases import CASES, DONE, catcher, machine_of, retrier, task
from tests.contract.asl_judges import EXECUTION_ID, WORKFLOW_ARN, Fails, Hangs, MotoJudge, run_ours

SUPPORT_TURN = Path(__file__).parents[2] / "statemachines" / "support_turn.asl.json"


@functools.cache
def parse_once(definition: str) -> Any:
    return AmazonStateLanguageParser.parse(definition)


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> MotoJudge:
    judge = MotoJudge()
    monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", judge.invoke)
    # Parsing takes moto longer than running, and a parsed program keeps nothing of its runs.
    monkeypatch.setattr(execution_worker, "AmazonStateLanguageParser", SimpleNamespace(parse=parse_once))
    monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=judge.waits.append))
    monkeypatch.setattr(
        jitter_strategy_decl, "random", SimpleNamespace(uniform=lambda low, high: low + (high - low) / 2)
    )
    return judge


@pytest.mark.parametrize("name", CASES)
def test_both_interpreters_agree_on(name: str, moto: MotoJudge) -> None:
    case = CASES[name]

    ours = run_ours(case.definition, case.document, case.outcomes)

    assert ours == moto.run(case.definition, case.document, case.outcomes)
    assert (ours.history, ours.status) == (case.history, case.status)


ROUTE = [
    "IdentifyCustomer",
    "ClassifyQuery",
    "RetrieveKnowledge",
    "GenerateResponse",
    "AnalyzeGraph",
    "CollectFeedback",
    "Finished",
]
TASKS = [*ROUTE[:-1], "HandOverToPerson"]
FENCED = ["StaleAttemptError", "TurnSupersededError", "ConversationTakenOverError", "TurnAlreadyFinishedError"]
WITHOUT_KNOWLEDGE = ["KnowledgeIndexUnavailableError", "EmbedderUnavailableError", "States.Timeout"]
LAMBDA_ERRORS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
STORE_ERRORS = ["StoreUnavailableError", "TransactionConflictError"]
ERRORS = [*FENCED, *WITHOUT_KNOWLEDGE, *LAMBDA_ERRORS, *STORE_ERRORS, "LanguageModelUnavailableError", "KeyError"]
TURN = {
    "turn_id": "01J",
    "conversation_id": "01C",
    "correlation_id": "r1",
    "channel": "chat",
    "message": {"text": "Where is my parcel?", "seq": 2},
}


def expected_history(node: str, error: str) -> list[str]:
    before = ROUTE[: ROUTE.index(node) + 1]
    if node in ("AnalyzeGraph", "CollectFeedback"):
        return ROUTE
    if error in FENCED:
        return [*before, "EndedElsewhere"]
    if node == "RetrieveKnowledge" and error in WITHOUT_KNOWLEDGE:
        return ROUTE
    return [*before, "HandOverToPerson", "Finished"]


def failing(error: str) -> Fails | Hangs:
    return Hangs() if error == "States.Timeout" else Fails(error)


@pytest.fixture(scope="module")
def support_turn() -> str:
    return SUPPORT_TURN.read_text(encoding="utf-8")


def test_a_turn_without_failures_passes_the_six_nodes_and_keeps_every_result(
    support_turn: str, moto: MotoJudge
) -> None:
    ours = run_ours(support_turn, TURN, {})

    assert ours == moto.run(support_turn, TURN, {})
    assert ours.history == ROUTE
    assert ours.output == TURN | {
        "customer": {"by": "IdentifyCustomer"},
        "classification": {"by": "ClassifyQuery"},
        "knowledge": {"by": "RetrieveKnowledge"},
        "reply": {"by": "GenerateResponse"},
        "insights": {"by": "AnalyzeGraph"},
        "feedback": {"by": "CollectFeedback"},
    }
    node, event = ours.calls[1]
    assert node == "ClassifyQuery"
    assert event == {
        "node": "ClassifyQuery",
        "execution_id": EXECUTION_ID,
        "turn": TURN | {"customer": {"by": "IdentifyCustomer"}},
    }


@pytest.mark.parametrize("node", ROUTE[:-1])
def test_whatever_keeps_failing_in_a_node_the_turn_ends_where_the_file_says(
    node: str, support_turn: str, moto: MotoJudge
) -> None:
    for error in ERRORS:
        outcomes = {node: [failing(error)]}
        ours = run_ours(support_turn, TURN, outcomes)
        assert ours == moto.run(support_turn, TURN, outcomes), error
        assert (ours.status, ours.history) == ("SUCCEEDED", expected_history(node, error)), error


@pytest.mark.parametrize("node", TASKS)
def test_a_transient_error_in_a_node_is_retried_and_leaves_no_trace(
    node: str, support_turn: str, moto: MotoJudge
) -> None:
    to_person: dict[str, list[Any]] = {"ClassifyQuery": [Fails("KeyError")]} if node == "HandOverToPerson" else {}
    undisturbed = run_ours(support_turn, TURN, to_person)
    for error in [*STORE_ERRORS, *LAMBDA_ERRORS]:
        outcomes: dict[str, list[Any]] = {**to_person, node: [failing(error), {"by": node}]}
        ours = run_ours(support_turn, TURN, outcomes)
        assert ours == moto.run(support_turn, TURN, outcomes), error
        assert (ours.history, ours.output) == (undisturbed.history, undisturbed.output), error
        assert len(ours.waits) == 1 and ours.waits[0] <= 1.0, error


def test_a_handover_that_fails_for_good_fails_the_execution_and_a_fenced_one_ends_quietly(
    support_turn: str, moto: MotoJudge
) -> None:
    for error in ERRORS:
        outcomes: dict[str, list[Any]] = {
            "GenerateResponse": [Fails("KeyError")],
            "HandOverToPerson": [failing(error)],
        }
        ours = run_ours(support_turn, TURN, outcomes)
        assert ours == moto.run(support_turn, TURN, outcomes), error
        if error in FENCED:
            assert (ours.status, ours.history[-1]) == ("SUCCEEDED", "EndedElsewhere"), error
        else:
            assert (ours.status, ours.error, ours.history[-1]) == ("FAILED", error, "HandOverToPerson")


def test_a_catcher_may_lead_back_to_its_own_state_and_the_retries_start_anew(moto: MotoJudge) -> None:
    again = catcher("BusyError", to="A", ResultPath="$.error")
    definition = machine_of(A=task("A", Retry=[retrier("BusyError", MaxAttempts=1)], Catch=[again]))
    outcomes = {"A": [Fails("BusyError"), Fails("BusyError"), Fails("BusyError"), {"ok": 1}]}

    ours = run_ours(definition, {}, outcomes)

    assert (ours.status, ours.history, ours.output, ours.waits) == ("SUCCEEDED", ["A", "A"], {"ok": 1}, [1.0, 1.0])
    # moto takes a transition to the same state for none and ends there, with the error as its output.
    assert moto.run(definition, {}, outcomes).history == ["A"]


def test_a_missing_path_ends_the_execution_although_everything_is_caught(moto: MotoJudge) -> None:
    definition = machine_of(
        A=task(
            "A", Parameters={"x.$": "$.nowhere"}, Retry=[retrier("States.ALL")], Catch=[catcher("States.ALL", to="B")]
        ),
        B=DONE,
    )

    ours = run_ours(definition, {}, {})

    # AWS reports States.Runtime, which neither a retrier nor a catcher can stop; moto retries and catches it.
    # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    assert (ours.status, ours.error, ours.history, ours.waits) == ("FAILED", "States.Runtime", ["A"], [])
    assert moto.run(definition, {}, {}).history == ["A", "B"]


def test_a_result_over_256_kib_is_caught_by_its_name_and_not_by_all_errors(moto: MotoJudge) -> None:
    outcomes = {"A": ["x" * 256 * 1024]}
    by_all = machine_of(A=task("A", Catch=[catcher("States.ALL", to="B")]), B=DONE)
    by_name = machine_of(
        A=task("A", Catch=[catcher("States.DataLimitExceeded", to="C"), catcher("States.ALL", to="B")]), B=DONE, C=DONE
    )

    # AWS documents that States.ALL leaves this error alone; moto lets it catch it.
    uncaught = run_ours(by_all, {}, outcomes)
    assert (uncaught.status, uncaught.error, uncaught.history) == ("FAILED", "States.DataLimitExceeded", ["A"])
    assert moto.run(by_all, {}, outcomes).history == ["A", "B"]

    assert run_ours(by_name, {}, outcomes).history == ["A", "C"] == moto.run(by_name, {}, outcomes).history


def test_real_timeouts_of_a_task_and_of_the_execution_end_alike(
    moto: MotoJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {
        "A": task("A", TimeoutSeconds=1, Catch=[catcher("States.Timeout", to="B", ResultPath="$.error")]),
        "B": task("B", ResultPath="$.b"),
    }
    definition = json.dumps({"StartAt": "A", "TimeoutSeconds": 2, "States": states})

    released = threading.Event()
    came_late: list[dict[str, Any]] = []

    def slow(event: dict[str, Any]) -> dict[str, Any]:
        released.wait(100)
        came_late.append(event)
        return {"late": True}

    def invoke(parameters: dict[str, Any], region: str, state_credentials: object) -> dict[str, Any]:
        return {"StatusCode": 200, "Payload": slow({})}

    monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
    machine = load_state_machine(definition, substitutions={})
    threads, watchdog = DaemonThreads("test"), Watchdog()

    with ThreadPoolExecutor(1) as pool:
        judging = pool.submit(moto.run, definition, {}, {})
        ours = Interpreter(threads, watchdog).run(
            machine, {}, tasks=dict.fromkeys(machine.resources, slow), execution_id=EXECUTION_ID
        )
        judged = judging.result()

    assert (ours.status, list(ours.history)) == ("TIMED_OUT", ["A", "B"])
    assert (judged.status, judged.history) == ("TIMED_OUT", ["A", "B"])
    assert [failure.error for failure in ours.failures] == ["States.Timeout"] == judged.failures
    assert came_late == []
    released.set()
    threads.close()
    watchdog.close()


def test_statelint_finds_nothing_in_our_state_machine(
    support_turn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    substituted = tmp_path / "support_turn.asl.json"
    substituted.write_text(support_turn.replace("${WorkflowFunctionArn}", WORKFLOW_ARN), encoding="utf-8")
    assert main([str(substituted)]) == 0, capsys.readouterr().out

    # And it does look: a target that does not exist is reported.
    broken = substituted.read_text(encoding="utf-8").replace('"Next": "ClassifyQuery"', '"Next": "Nowhere"')
    substituted.write_text(broken, encoding="utf-8")
    assert main([str(substituted)]) == 1
    assert "Nowhere" in capsys.readouterr().out
