"""The company's mail domain at SES, sending and receiving; made only where the context names one."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra_cdk.app_constructs.mail_intake import INCOMING, MailIntake
from infra_cdk.configuration import Configuration
from infra_cdk.mail_choices import BOUNCES_LABEL, domains, rule_name, rule_set

# What is to be known of a sent mail; what comes of it is told to the function that takes mail in.
EVENTS = ("send", "reject", "delivery", "deliveryDelay", "bounce", "complaint")


class MailStack(Stack):
    """A verified identity signed by DKIM, TLS on the way out, every sent mail's fate told, mail of customers received.

    The DNS records to set are in the outputs.
    """

    def __init__(
        self, scope: Construct, id: str, *, configuration: Configuration, intake: MailIntake, **rest: Any
    ) -> None:
        super().__init__(scope, id, **rest)
        self._configuration = configuration
        sending = ses.ConfigurationSet(
            self,
            "Sending",
            configuration_set_name=configuration.mail_configuration_set,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        bounces = f"{BOUNCES_LABEL}.{configuration.mail_domain}"
        identity = ses.EmailIdentity(
            self,
            "Domain",
            identity=ses.Identity.domain(configuration.mail_domain),
            configuration_set=sending,
            mail_from_domain=bounces,
        )
        # The topic lets SES publish already; CDK's own way would have it depend on this stack.
        ses.CfnConfigurationSetEventDestination(
            self,
            "Fates",
            configuration_set_name=sending.configuration_set_name,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                enabled=True,
                matching_event_types=list(EVENTS),
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=intake.events.topic_arn
                ),
            ),
        )
        for number, record in enumerate(identity.dkim_records, start=1):
            CfnOutput(self, f"DkimRecord{number}", value=f"{record.name} CNAME {record.value}")
        CfnOutput(self, "MailFromMxRecord", value=f"{bounces} MX 10 feedback-smtp.{self.region}.amazonses.com")
        CfnOutput(self, "MailFromSpfRecord", value=f'{bounces} TXT "v=spf1 include:amazonses.com ~all"')
        if configuration.support_addresses:
            self._receive(intake)

    def _receive(self, intake: MailIntake) -> None:
        chosen, name = self._configuration, rule_set(self._configuration)
        own = None
        if not chosen.mail_rule_set:
            own = ses.CfnReceiptRuleSet(self, "RuleSet", rule_set_name=name)
        rule = ses.CfnReceiptRule(
            self,
            "Rule",
            rule_set_name=name,
            rule=ses.CfnReceiptRule.RuleProperty(
                name=rule_name(chosen),
                enabled=True,
                recipients=list(chosen.support_addresses),
                scan_enabled=True,
                tls_policy=chosen.mail_tls,
                actions=[
                    ses.CfnReceiptRule.ActionProperty(
                        s3_action=ses.CfnReceiptRule.S3ActionProperty(
                            bucket_name=intake.bucket.bucket_name, object_key_prefix=INCOMING
                        )
                    ),
                    # Of the rules after it none is for these addresses; the set may be the company's.
                    ses.CfnReceiptRule.ActionProperty(
                        stop_action=ses.CfnReceiptRule.StopActionProperty(scope="RuleSet")
                    ),
                ],
            ),
        )
        if own:
            rule.add_dependency(own)
        for number, domain in enumerate(domains(chosen.support_addresses), start=1):
            record = f"{domain} MX 10 inbound-smtp.{self.region}.amazonaws.com"
            warning = " (not if another mail server has its mailboxes: SES would get all its mail)"
            CfnOutput(self, f"MxRecord{number}", value=record + (warning if domain == chosen.mail_domain else ""))
        CfnOutput(self, "ReceivingCommand", value=_activation(name, chosen.region))


def _activation(rule_set_name: str, region: str) -> str:
    """Return the command that has SES use the rule set, if it uses none: one is active per account and region."""
    ask = f"aws ses describe-active-receipt-rule-set --region {region} --query Metadata.Name --output text"
    activate = f"aws ses set-active-receipt-rule-set --region {region} --rule-set-name {rule_set_name}"
    return f'active=$({ask}); if [ "$active" = None ]; then {activate}; else echo "already active: $active"; fi'
