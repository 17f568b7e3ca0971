"""Where alarms go: a topic with the mailbox and the pager that the context names."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra_cdk.configuration import Configuration


class AlarmTopic(Construct):
    """TLS only; CloudWatch, Budgets and SES of this account may publish."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration) -> None:
        super().__init__(scope, id)
        self.topic = sns.Topic(self, "Topic", display_name=f"Firstline {configuration.stage} alarms", enforce_ssl=True)
        for service in ("cloudwatch", "budgets", "ses"):
            self.topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["sns:Publish"],
                    resources=[self.topic.topic_arn],
                    conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
                )
            )
        if configuration.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(configuration.alarm_email))
        if configuration.pager_url:
            self.topic.add_subscription(subscriptions.UrlSubscription(configuration.pager_url))
