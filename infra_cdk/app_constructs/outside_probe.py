"""A health check from outside, by Route 53."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_route53 as route53
from constructs import Construct

from infra_cdk.configuration import Configuration

# Route 53 is global, and writes its metrics there.
METRICS_REGION = "us-east-1"
# Three are the least, and every one asks several times a minute.
PROBE_REGIONS = ["us-east-1", "eu-west-1", "us-west-2"]
PATH = "/health/readiness"


class OutsideProbe(Construct):
    """Asks every 30 seconds from three regions; an alarm in us-east-1 only, elsewhere the dashboard shows it."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, host: str) -> None:
        super().__init__(scope, id)
        check = route53.CfnHealthCheck(
            self,
            "Check",
            health_check_config=route53.CfnHealthCheck.HealthCheckConfigProperty(
                type="HTTPS",
                fully_qualified_domain_name=host,
                port=443,
                resource_path=PATH,
                request_interval=30,
                failure_threshold=3,
                enable_sni=True,
                regions=PROBE_REGIONS,
            ),
        )
        self.availability = cloudwatch.Metric(
            namespace="AWS/Route53",
            metric_name="HealthCheckPercentageHealthy",
            dimensions_map={"HealthCheckId": check.attr_health_check_id},
            period=Duration.minutes(5),
            statistic="Average",
            region=METRICS_REGION,
            label="healthy, % of places",
        )
        self.alarms: list[cloudwatch.Alarm] = []
        if configuration.region == METRICS_REGION:
            self.alarms.append(
                cloudwatch.Alarm(
                    self,
                    "Down",
                    metric=cloudwatch.Metric(
                        namespace="AWS/Route53",
                        metric_name="HealthCheckStatus",
                        dimensions_map={"HealthCheckId": check.attr_health_check_id},
                        period=Duration.minutes(1),
                        statistic="Minimum",
                    ),
                    threshold=1,
                    comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                    evaluation_periods=3,
                    treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
                    alarm_description="not reachable from outside. Runbook: many errors",
                )
            )
