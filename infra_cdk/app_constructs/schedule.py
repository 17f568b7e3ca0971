"""Calls a function at a fixed rate; what cannot be delivered is kept."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class Schedule(Construct):
    """An EventBridge rule.

    Parameters
    ----------
    every : Duration
        At least one minute.
    event : dict
        What the function is handed.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        description: str,
        every: Duration,
        function: lambda_.IFunction,
        event: dict[str, Any],
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        target = targets.LambdaFunction(
            function,
            event=events.RuleTargetInput.from_object(event),
            dead_letter_queue=dead_letters,
            retry_attempts=2,
            max_event_age=Duration.hours(1),
        )
        events.Rule(
            self,
            "Rule",
            description=f"Firstline: {description}",
            schedule=events.Schedule.rate(every),
            targets=[target],
        )
