"""What one stack tells another though it may be gone with the next deployment, such as the address of our own search.

CloudFormation refuses to drop an export that another stack still reads, and the stack that has it is deployed first: a
choice taken back could never be deployed. A parameter in Systems Manager may go at any time; it costs nothing.
"""

from __future__ import annotations

from enum import StrEnum

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra_cdk.configuration import Configuration


class Shared(StrEnum):
    """The values, by the names of their parameters."""

    ANTHROPIC_SECRET_ARN = "anthropic-secret-arn"  # noqa: S105  # pragma: allowlist secret
    KEY_ARN = "key-arn"
    SEARCH_ENDPOINT = "search-endpoint"


def publish(scope: Construct, configuration: Configuration, shared: Shared, value: str) -> None:
    """Write a value that later stacks read."""
    name = f"{shared.name.title().replace('_', '')}Parameter"
    ssm.StringParameter(scope, name, parameter_name=_name(configuration, shared), string_value=value)


def read(scope: Construct, configuration: Configuration, shared: Shared) -> str:
    """Return a value that an earlier stack published, as it is when this one is deployed."""
    return ssm.StringParameter.value_for_string_parameter(scope, _name(configuration, shared))


def _name(configuration: Configuration, shared: Shared) -> str:
    return f"/firstline/{configuration.stage}/{shared.value}"
