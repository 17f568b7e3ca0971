"""What is logged in a function carries the ids of the frame that set it off."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from firstline import observability
from firstline.domain.conversation import Channel
from firstline.nodes import run_node
from firstline.observability import logger
from functions.ingest_knowledge import handler as ingest_knowledge
from functions.sweep import handler as sweep
from functions.websocket import handler as websocket
from functions.workflow import handler as workflow
from tests.component.conftest import LoadEvent
from tests.component.world import World


def test_lines_of_the_socket_function_carry_connection_and_correlation_id_and_no_later_line_does(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(
        world.container.connect_socket, "disconnect", lambda connection: seen.append(dict(logger.get_current_keys()))
    )
    event = load_event("websocket_disconnect")
    websocket.lambda_handler(event, None)  # type: ignore[arg-type]
    assert seen[0]["connection_id"] == event["requestContext"]["connectionId"]
    assert seen[0]["correlation_id"] == event["requestContext"]["requestId"]
    assert "correlation_id" not in logger.get_current_keys()


def test_lines_of_every_node_carry_the_ids_of_the_turn(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    run = run_node

    def run_and_look(*given: Any) -> Any:
        seen.append(dict(logger.get_current_keys()))
        return run(*given)

    monkeypatch.setattr(workflow, "run_node", run_and_look)
    opened = world.container.open_session.open(channel=Channel.CHAT)
    turn = world.document(
        opened.session.conversation_id, world.say(opened.session.conversation_id, "Where is my invoice?")
    )
    workflow.lambda_handler({"node": "IdentifyCustomer", "execution_id": "e-1", "turn": turn}, None)  # type: ignore[arg-type]
    assert seen[0]["correlation_id"] == turn["correlation_id"] != ""
    assert (seen[0]["turn_id"], seen[0]["node"]) == (turn["turn_id"], "IdentifyCustomer")
    assert seen[0]["conversation_id"] == opened.session.conversation_id
    assert "turn_id" not in logger.get_current_keys()


def test_metrics_of_two_stages_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    with logger.append_context_keys(env="prod"):
        observability.count({"TurnsAnswered": (MetricUnit.Count, 1)})
    line = json.loads(capsys.readouterr().out)
    assert line["stage"] == "prod"
    assert "stage" in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]


def test_lines_of_the_sweep_carry_the_id_of_its_event_or_one_of_their_own(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    recover = world.container.sweep_turns.sweep

    def sweep_and_look() -> Any:
        seen.append(logger.get_current_keys()["correlation_id"])
        return recover()

    monkeypatch.setattr(world.container.sweep_turns, "sweep", sweep_and_look)
    event = load_event("schedule_sweep")
    for given in (event, {}, {}):
        sweep.lambda_handler(given, None)  # type: ignore[arg-type]
    assert seen[0] == event["id"]
    assert len(set(seen)) == 3
    assert "correlation_id" not in logger.get_current_keys()


def test_lines_about_a_changed_document_carry_the_id_of_the_message_that_told_of_it(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []
    ingest = world.container.ingest_knowledge.ingest

    def ingest_and_look(key: str) -> Any:
        seen.append((key, logger.get_current_keys()["correlation_id"]))
        return ingest(key)

    monkeypatch.setattr(world.container.ingest_knowledge, "ingest", ingest_and_look)
    batch = load_event("sqs_knowledge_changes")
    ingest_knowledge.lambda_handler({"Records": batch["Records"][:3]}, None)  # type: ignore[arg-type]
    ingest_knowledge.lambda_handler(load_event("s3_object_created"), None)  # type: ignore[arg-type]
    ids = [record["messageId"] for record in batch["Records"]]
    assert dict(seen[:2]) == {"articles/refunds.md": ids[0], "articles/login.md": ids[2]}
    assert seen[2][1] not in {"", *ids}
    assert "correlation_id" not in logger.get_current_keys()
