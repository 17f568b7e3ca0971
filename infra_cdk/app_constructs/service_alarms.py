"""Error rate and latency of something that a visitor waits for: warnings, and what rolls a canary back."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

PERIOD = Duration.minutes(1)
WARNING_PERCENT, CRITICAL_PERCENT = 2, 5
WARNING_MS, CRITICAL_MS = 5_000, 10_000


class ServiceAlarms(Construct):
    """Two alarms each on the share of failures and, if somebody waits, on the 95th percentile of the time taken.

    ``rolling_back`` are those that take a new version back.

    Parameters
    ----------
    failures, calls : sequence of IMetric
        Sums per minute, which are added up.
    latency : IMetric, optional
        Milliseconds, p95 per minute; None where nobody waits for the answer.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        failures: Sequence[cloudwatch.IMetric],
        calls: Sequence[cloudwatch.IMetric],
        latency: cloudwatch.IMetric | None,
    ) -> None:
        super().__init__(scope, id)
        failed, called = _sum("failures", failures), _sum("calls", calls)
        rate = cloudwatch.MathExpression(
            expression=f"IF({called} > 0, 100 * {failed} / {called}, 0)",
            using_metrics={
                f"{name}{number}": metric
                for name, metrics in (("failures", failures), ("calls", calls))
                for number, metric in enumerate(metrics)
            },
            period=PERIOD,
            label=f"{name}: failures, %",
        )
        warning = self._alarm(
            "FailuresWarning", rate, WARNING_PERCENT, f"{name}: more than 2 % fail. Runbook: many errors"
        )
        critical = self._alarm(
            "FailuresCritical", rate, CRITICAL_PERCENT, f"{name}: more than 5 % fail. Runbook: many errors"
        )
        self.all = [warning, critical]
        # Of calls of which one in twenty goes to a new version, never more than 5 % fail because of it.
        self.rolling_back = [warning]
        if latency:
            slow = self._alarm("LatencyCritical", latency, CRITICAL_MS, f"{name}: p95 above 10 s. Runbook: slow")
            self.all += [
                self._alarm("LatencyWarning", latency, WARNING_MS, f"{name}: p95 above 5 s. Runbook: slow"),
                slow,
            ]
            self.rolling_back.append(slow)

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


def _sum(name: str, metrics: Sequence[cloudwatch.IMetric]) -> str:
    # A plus would give nothing where one of them has no value; what never happened has none.
    return "SUM([" + ", ".join(f"FILL({name}{number}, 0)" for number in range(len(metrics))) + "])"
