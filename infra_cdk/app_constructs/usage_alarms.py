"""Alarms on what the functions tell of the day's work: what the language model costs, and tickets that wait."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra_cdk.app_constructs.alarm import alarm_above
from infra_cdk.configuration import Configuration

NAMESPACE, SERVICE = "Firstline", "firstline"
# Micro-dollars a day: 200 and 300 dollars.
SPENT_WARNING, SPENT_CRITICAL = 200_000_000, 300_000_000
WAITING_WARNING, WAITING_CRITICAL = 100, 500
METRICS = (
    *(
        "ArmsFrozen",
        "ChunksEmbedded",
        "ConversationsClosedAsQuiet",
        "EventsDelivered",
        "EventsFailed",
        "MailsReceived",
        "ModelBudgetAlerts",
    ),
    *("MailsDead", "MailsFailed", "MailsHeldBack", "MailsLeftAlone", "MailsSent", "MailsUnknown"),
    *("ModelCostMicroUSD", "ModelFailures", "NoticesDelivered", "NoticesFailed", "TicketsWaitingForAssistant"),
    *("TicketsWaitingForPeople", "TurnLatency", "TurnsAnswered", "TurnsHandedOverBySweep", "TurnsRestarted"),
)
"""Every metric that the functions tell; a test compares them with the code."""


class UsageAlarms(Construct):
    """Money that goes, and customers who wait for a person."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration) -> None:
        super().__init__(scope, id)
        stage = configuration.stage
        waiting = told("TicketsWaitingForPeople", stage, period=Duration.minutes(5), statistic="Maximum")
        self.all = self._pair(
            "Tickets",
            waiting,
            (WAITING_WARNING, WAITING_CRITICAL),
            "100 or 500 tickets wait for people. Runbook: tickets waiting",
        )
        if configuration.provider != "none":
            spent = told("ModelCostMicroUSD", stage, period=Duration.days(1), statistic="Sum")
            self.all += self._pair(
                "ModelSpend",
                spent,
                (SPENT_WARNING, SPENT_CRITICAL),
                "the model cost 200 or 300 dollars today. Runbook: budget hit",
            )
            # Without a model the ways of answering differ little: each quotes the articles.
            frozen = told("ArmsFrozen", stage, period=Duration.hours(1), statistic="Sum")
            what = "an arm's ratings or reopened answers are beyond their bound. Runbook: arm frozen"
            self.all.append(alarm_above(self, "ArmsFrozen", frozen, 0, what))

    def _pair(
        self, id: str, metric: cloudwatch.IMetric, thresholds: tuple[int, int], what: str
    ) -> list[cloudwatch.Alarm]:
        return [
            alarm_above(self, f"{id}{degree}", metric, threshold, f"{degree}: {what}")
            for degree, threshold in zip(("Warning", "Critical"), thresholds, strict=True)
        ]


def told(name: str, stage: str, *, period: Duration, statistic: str) -> cloudwatch.Metric:
    """Return a metric as ``observability.count`` tells it."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"stage": stage, "service": SERVICE},
        period=period,
        statistic=statistic,
    )
