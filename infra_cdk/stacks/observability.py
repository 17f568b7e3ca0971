"""What tells people how it goes: alarms, dashboard, saved queries, budget, outside probe."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_guardduty as guardduty
from aws_cdk import aws_securityhub as securityhub
from constructs import Construct

from infra_cdk.app_constructs.budget import Budget
from infra_cdk.app_constructs.dashboard import Dashboard
from infra_cdk.app_constructs.mail_alarms import MailAlarms
from infra_cdk.app_constructs.outside_probe import OutsideProbe
from infra_cdk.app_constructs.resource_alarms import ResourceAlarms
from infra_cdk.app_constructs.saved_queries import SavedQueries
from infra_cdk.app_constructs.usage_alarms import UsageAlarms
from infra_cdk.configuration import Configuration
from infra_cdk.stacks.application import ApplicationStack
from infra_cdk.stacks.data import DataStack


class ObservabilityStack(Stack):
    """Every alarm goes to the one topic, and says when it is over."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        data: DataStack,
        application: ApplicationStack,
        **rest: Any,
    ) -> None:
        super().__init__(scope, id, **rest)
        resources = ResourceAlarms(
            self,
            "Resources",
            table=data.table,
            changes=data.knowledge_changes,
            dead_letters={"knowledge": data.knowledge_dead_letters, "undelivered": application.undelivered},
        )
        alarms: list[cloudwatch.Alarm] = [*resources.all, *UsageAlarms(self, "Usage", configuration=configuration).all]
        if configuration.mail_domain:
            function = application.functions["email_intake"].target
            alarms += MailAlarms(self, "Mail", configuration=configuration, intake=data.mail, function=function).all
        probe = None
        if configuration.health_check:
            probe = OutsideProbe(self, "Probe", configuration=configuration, host=application.rest.host)
            alarms += probe.alarms
        for alarm in alarms:
            alarm.add_alarm_action(actions.SnsAction(data.alarm_topic))
            alarm.add_ok_action(actions.SnsAction(data.alarm_topic))
        Dashboard(self, "Dashboard", configuration=configuration, data=data, application=application, probe=probe)
        if configuration.saved_queries:
            SavedQueries(self, "Queries", configuration=configuration, application=application)
        if configuration.monthly_budget_usd:
            Budget(self, "Budget", configuration=configuration, topic=data.alarm_topic)
        if configuration.threat_detection:
            guardduty.CfnDetector(self, "GuardDuty", enable=True)
            securityhub.CfnHub(self, "SecurityHub")
