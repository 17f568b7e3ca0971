"""The workflow engine of AWS: Step Functions Express."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from firstline.domain.errors import WorkflowUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_MAX_NAME = 80
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_TRANSIENT = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "ExecutionLimitExceeded",
        "ServiceUnavailable",
        "InternalFailure",
        "InternalServerError",
        "KmsThrottlingException",
    }
)


class StepFunctionsWorkflowEngine:
    """Implements ``WorkflowEngine``.

    Parameters
    ----------
    client : SFNClient
        Made by bootstrap, with its timeouts and retries.
    state_machine_arn : str
        An Express state machine; it may run two executions of one name, which the turn's lease tells apart.
    """

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, document: Mapping[str, Any]) -> None:
        """Start an execution and return at once. Raises ``WorkflowUnavailableError``."""
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

        if not self._state_machine_arn:
            raise WorkflowUnavailableError("STATE_MACHINE_ARN is not set for this function")
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn,
                name=_NOT_IN_NAMES.sub("-", name)[:_MAX_NAME],
                input=json.dumps(document),
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _TRANSIENT:
                raise
            raise WorkflowUnavailableError(f"Step Functions answered {code}") from error
        except (ConnectionError, HTTPClientError) as error:
            raise WorkflowUnavailableError("Step Functions did not answer") from error
