"""How the version fares that a canary is trying: its own calls alone, however few they are."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra_cdk.app_constructs.alarm import alarm_above
from infra_cdk.app_constructs.python_function import LIVE, PythonFunction
from infra_cdk.app_constructs.service_alarms import CRITICAL_MS

PERIOD = Duration.minutes(1)


class CanaryAlarms(Construct):
    """One call of the newest version that fails, or one slow minute, is enough: it gets few, for five minutes.

    An answer "500" of the REST API is no failure of its function; the alarms of the API count those.
    """

    def __init__(self, scope: Construct, id: str, *, function: PythonFunction) -> None:
        super().__init__(scope, id)
        name = function.record.name
        self.all = [
            alarm_above(
                self, "Failures", _metric(function, "Errors"), 0, f"{name}: the new version fails. Runbook: roll back"
            ),
            alarm_above(
                self,
                "Latency",
                _metric(function, "Duration", "p95"),
                CRITICAL_MS,
                f"{name}: the new version is slow. Runbook: roll back",
            ),
        ]


def _metric(function: PythonFunction, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    # The alias by its name, not by reference: it waits for this alarm, to be moved under its eyes.
    function_name = function.function.function_name
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={
            "FunctionName": function_name,
            "Resource": f"{function_name}:{LIVE}",
            "ExecutedVersion": function.function.current_version.version,
        },
        period=PERIOD,
        statistic=statistic,
    )
