"""Alarms on queues and the table."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.app_constructs.alarm import alarm_above

WAITING = 100
PERIOD = Duration.minutes(5)


class ResourceAlarms(Construct):
    """Work that piles up or was given up, and a table that refuses requests."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        table: dynamodb.TableV2,
        changes: sqs.IQueue,
        dead_letters: Mapping[str, sqs.IQueue],
    ) -> None:
        super().__init__(scope, id)
        waiting = changes.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
        throttled = throttled_requests(table, PERIOD)
        self.all = [
            alarm_above(self, "Waiting", waiting, WAITING, "more than 100 documents wait. Runbook: search down"),
            alarm_above(self, "Throttled", throttled, 0, "the table refused requests. Runbook: table throttled"),
            *(
                alarm_above(
                    self,
                    f"DeadLetters{name.capitalize()}",
                    queue.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum"),
                    0,
                    f"something was given up: {name}. Runbook: many errors",
                )
                for name, queue in dead_letters.items()
            ),
        ]


def throttled_requests(table: dynamodb.TableV2, period: Duration) -> cloudwatch.IMetric:
    """Return how many requests the table refused; ``ThrottledRequests`` is told per operation only."""
    return cloudwatch.MathExpression(
        expression="SUM([FILL(reads, 0), FILL(writes, 0)])",
        using_metrics={
            name: table.metric(f"{kind}ThrottleEvents", period=period, statistic="Sum")
            for name, kind in (("reads", "Read"), ("writes", "Write"))
        },
        period=period,
        label="refused",
    )
