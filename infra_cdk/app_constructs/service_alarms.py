"""Error rate and latency of something that a visitor waits for: warnings, and what rolls a canary back."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

PERIOD = Duration.minutes(1)
WARNING_PERCENT, CRITICAL_PERCENT = 2, 5
WARNING_MS, CRITICAL_MS = 5_000, 10_000


class ServiceAlarms(Construct):
    """Two alarms each on the share of failures and on the 95th percentile of the time taken.

    Parameters
    ----------
    failures, calls : IMetric
        Sums per minute.
    latency : IMetric
        Milliseconds, p95 per minute.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        failures: cloudwatch.IMetric,
        calls: cloudwatch.IMetric,
        latency: cloudwatch.IMetric,
    ) -> None:
        super().__init__(scope, id)
        rate = cloudwatch.MathExpression(
            expression="IF(calls > 0, 100 * failures / calls, 0)",
            using_metrics={"failures": failures, "calls": calls},
            period=PERIOD,
            label=f"{name}: failures, %",
        )
        self.critical = [
            self._alarm(
                "FailuresCritical", rate, CRITICAL_PERCENT, f"{name}: more than 5 % fail. Runbook: many errors"
            ),
            self._alarm("LatencyCritical", latency, CRITICAL_MS, f"{name}: p95 above 10 s. Runbook: slow"),
        ]
        self.all = [
            self._alarm("FailuresWarning", rate, WARNING_PERCENT, f"{name}: more than 2 % fail. Runbook: many errors"),
            self._alarm("LatencyWarning", latency, WARNING_MS, f"{name}: p95 above 5 s. Runbook: slow"),
            *self.critical,
        ]

    def _alarm(self, id: str, metric: cloudwatch.IMetric, threshold: float, description: str) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
