"""What an account still holds of us, and what our functions wrote into their logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.deployment import Deployment

_MOST_LINES = 25
_LINE_CHARACTERS = 700
_OF_THE_RUNTIME = ("START ", "END ", "REPORT ", "INIT_START")
# Service, operation, list in the answer, name in its entries; of each kind a stage has something that is called ours.
_LISTS = (
    ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("dynamodb", "list_tables", "TableNames", ""),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_layers", "Layers", "LayerName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "FunctionArn"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    ("apigatewayv2", "get_apis", "Items", "Name"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("sesv2", "list_configuration_sets", "ConfigurationSets", ""),
    ("cognito-idp", "list_user_pools", "UserPools", "Name"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
)


def leftovers(deployment: Deployment) -> dict[str, list[str]]:
    """Return all that is in the account but what ``cdk bootstrap`` made: names by kind, of kinds that there are."""
    found: dict[str, list[str]] = {}
    for service, operation, entries, name in _LISTS:
        client = deployment.client(service)
        options = {"MaxResults": 60} if operation == "list_user_pools" else {}
        if client.can_paginate(operation):
            pages = client.get_paginator(operation).paginate(**options)
        else:
            pages = [getattr(client, operation)(**options)]
        called = [str(entry[name] if name else entry) for page in pages for entry in page.get(entries, [])]
        if ours := [each for each in called if "firstline" in each.lower()]:
            found[f"{service} {entries}"] = ours
    return found


def unseen(found: Mapping[str, list[str]]) -> list[str]:
    """Return the kinds of which nothing was found, so that what is left of them would not be found either."""
    return [kind for service, _, entries, _ in _LISTS if (kind := f"{service} {entries}") not in found]


def log_lines(deployment: Deployment, since_s: float) -> list[str]:
    """Return what the functions have written since then, the last lines of each.

    Parameters
    ----------
    since_s : float
        Seconds since 1970.
    """
    client = deployment.client("logs")
    lines: list[str] = []
    for group in (group["logGroupName"] for group in client.describe_log_groups()["logGroups"]):
        if "Firstline" in group:
            events = client.filter_log_events(logGroupName=group, startTime=int(since_s * 1000))["events"]
            told = [line for line in _messages(events) if not line.startswith(_OF_THE_RUNTIME) and '"_aws"' not in line]
            lines += [f"{group.rsplit('/', 1)[-1]}: {line[:_LINE_CHARACTERS]}" for line in told[-_MOST_LINES:]]
    return lines


def _messages(events: Iterable[dict[str, Any]]) -> Iterable[str]:
    for event in events:
        yield from event["message"].rstrip().splitlines()
