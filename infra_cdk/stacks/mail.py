"""The company's mail domain at SES; made only where the context names one."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra_cdk.configuration import Configuration


class MailStack(Stack):
    """A verified identity signed by DKIM, TLS on the way out, bounces and complaints to the alarm topic.

    The DNS records to set are in the outputs.
    """

    def __init__(
        self, scope: Construct, id: str, *, configuration: Configuration, alarm_topic: sns.ITopic, **rest: Any
    ) -> None:
        super().__init__(scope, id, **rest)
        sending = ses.ConfigurationSet(
            self,
            "Sending",
            configuration_set_name=configuration.mail_configuration_set,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        identity = ses.EmailIdentity(
            self,
            "Domain",
            identity=ses.Identity.domain(configuration.mail_domain),
            configuration_set=sending,
            mail_from_domain=f"mail.{configuration.mail_domain}",
        )
        # The topic lets SES publish already; CDK's own way would have it depend on this stack.
        ses.CfnConfigurationSetEventDestination(
            self,
            "Problems",
            configuration_set_name=sending.configuration_set_name,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                enabled=True,
                matching_event_types=["bounce", "complaint", "reject"],
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=alarm_topic.topic_arn
                ),
            ),
        )
        for number, record in enumerate(identity.dkim_records, start=1):
            CfnOutput(self, f"DkimRecord{number}", value=f"{record.name} CNAME {record.value}")
