"""Alarms on mail: what waits or was given up on its way in, and how many of our own bounce or are complained of."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.app_constructs.alarm import alarm_above
from infra_cdk.app_constructs.mail_intake import MailIntake
from infra_cdk.configuration import Configuration

PERIOD = Duration.minutes(5)
OLDEST_S = 900
FAILED = 2
# Shares of mail at which SES puts an account under review; it pauses sending at twice and five times as much.
BOUNCES, COMPLAINTS = 0.05, 0.001


class MailAlarms(Construct):
    """Made where a mail domain is; a single bounce is nobody's alarm, it suppresses the address."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        intake: MailIntake,
        function: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, id)
        given_up = intake.dead_letters.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
        oldest = intake.arrivals.metric_approximate_age_of_oldest_message(period=PERIOD, statistic="Maximum")
        errors = function.metric_errors(period=PERIOD, statistic="Sum")
        self.all = [
            alarm_above(self, "GivenUp", given_up, 0, "a mail was given up. Runbook: mail waits"),
            alarm_above(self, "Oldest", oldest, OLDEST_S, "mail waits for more than 15 minutes. Runbook: mail waits"),
            alarm_above(self, "Errors", errors, FAILED, "the intake of mail breaks off. Runbook: mail waits"),
            *(
                alarm_above(self, kind, reputation(kind, configuration), share, f"{what}. Runbook: mail blocked")
                for kind, share, what in (
                    ("Bounce", BOUNCES, "more than 5 % of our mail bounce"),
                    ("Complaint", COMPLAINTS, "more than 0.1 % of our mail are complained of"),
                )
            ),
        ]


def reputation(kind: str, configuration: Configuration) -> cloudwatch.Metric:
    """Return SES's share, 0 to 1, of ``Bounce`` or ``Complaint`` among the mail of our configuration set."""
    return cloudwatch.Metric(
        namespace="AWS/SES",
        metric_name=f"Reputation.{kind}Rate",
        dimensions_map={"ses:configuration-set": configuration.mail_configuration_set},
        period=PERIOD,
        statistic="Maximum",
    )
