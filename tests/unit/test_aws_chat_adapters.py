"""Sockets and state machine of AWS: what their errors become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from firstline.adapters.aws.connections import ApiGatewayConnections
from firstline.adapters.aws.workflow_engine import StepFunctionsWorkflowEngine
from firstline.domain.errors import ConnectionGoneError, WorkflowUnavailableError

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:support-turn"
_ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=0.2)


@pytest.fixture
def sockets() -> Iterator[tuple[ApiGatewayConnections, Stubber]]:
    client = boto3.client("apigatewaymanagementapi", endpoint_url="https://sockets.example/prod", config=_ONCE)
    with Stubber(client) as stub:
        yield ApiGatewayConnections(client), stub
        stub.assert_no_pending_responses()


@pytest.fixture
def engine() -> Iterator[tuple[StepFunctionsWorkflowEngine, Stubber]]:
    client = boto3.client("stepfunctions", config=_ONCE)
    with Stubber(client) as stub:
        yield StepFunctionsWorkflowEngine(client, ARN), stub
        stub.assert_no_pending_responses()


def test_a_frame_is_posted_as_utf_8(sockets: tuple[ApiGatewayConnections, Stubber]) -> None:
    connections, stub = sockets
    stub.add_response("post_to_connection", {}, {"ConnectionId": "c1", "Data": "\u4f60\u597d".encode()})
    connections.post("c1", "\u4f60\u597d")


def test_a_closed_socket_is_gone(sockets: tuple[ApiGatewayConnections, Stubber]) -> None:
    connections, stub = sockets
    stub.add_client_error("post_to_connection", "GoneException", http_status_code=410)
    with pytest.raises(ConnectionGoneError):
        connections.post("c1", "a")


def test_a_socket_that_stays_throttled_is_closed_so_that_its_client_comes_back(
    sockets: tuple[ApiGatewayConnections, Stubber],
) -> None:
    connections, stub = sockets
    stub.add_client_error("post_to_connection", "LimitExceededException", http_status_code=429)
    stub.add_response("delete_connection", {}, {"ConnectionId": "c1"})
    with pytest.raises(ConnectionGoneError):
        connections.post("c1", "a")


def test_closing_a_closed_socket_is_no_error(sockets: tuple[ApiGatewayConnections, Stubber]) -> None:
    connections, stub = sockets
    stub.add_client_error("delete_connection", "GoneException", http_status_code=410)
    connections.close("c1")


def test_a_permission_that_is_missing_passes_through(sockets: tuple[ApiGatewayConnections, Stubber]) -> None:
    connections, stub = sockets
    stub.add_client_error("post_to_connection", "ForbiddenException", http_status_code=403)
    with pytest.raises(ClientError):
        connections.post("c1", "a")
    stub.add_client_error("delete_connection", "ForbiddenException", http_status_code=403)
    with pytest.raises(ClientError):
        connections.close("c1")


def test_a_network_that_fails_is_gone_for_sockets_and_unavailable_for_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sockets.example")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", fail)
    connections = ApiGatewayConnections(boto3.client("apigatewaymanagementapi", endpoint_url="https://s.example"))
    with pytest.raises(ConnectionGoneError):
        connections.post("c1", "a")
    connections.close("c1")
    with pytest.raises(WorkflowUnavailableError):
        StepFunctionsWorkflowEngine(boto3.client("stepfunctions"), ARN).start("t1-1", {})


def test_a_turn_is_started_under_its_name(engine: tuple[StepFunctionsWorkflowEngine, Stubber]) -> None:
    workflow, stub = engine
    document = {"turn_id": "t1", "text": "\u4f60\u597d"}
    expected = {"stateMachineArn": ARN, "name": "t1-1", "input": json.dumps(document)}
    answer = {"executionArn": f"{ARN}:t1-1", "startDate": "2026-06-01T12:00:00Z"}
    stub.add_response("start_execution", answer, expected)
    workflow.start("t1-1", document)
    stub.add_response("start_execution", answer, expected | {"name": "a-b-" + "x" * 76})
    workflow.start("a/b:" + "x" * 100, document)


def test_a_throttled_start_waits_for_the_sweep(engine: tuple[StepFunctionsWorkflowEngine, Stubber]) -> None:
    workflow, stub = engine
    for code in ("ExecutionLimitExceeded", "ThrottlingException", "ServiceUnavailable"):
        stub.add_client_error("start_execution", code)
        with pytest.raises(WorkflowUnavailableError, match=code):
            workflow.start("t1-1", {})


def test_a_wrong_state_machine_passes_through(engine: tuple[StepFunctionsWorkflowEngine, Stubber]) -> None:
    workflow, stub = engine
    stub.add_client_error("start_execution", "StateMachineDoesNotExist")
    with pytest.raises(ClientError):
        workflow.start("t1-1", {})
