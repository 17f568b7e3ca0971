"""Where received mail arrives, and what SES tells of sent mail: a bucket, a topic, and one queue behind both."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.app_constructs.attachments_bucket import RETENTION_DAYS
from infra_cdk.app_constructs.private_bucket import PrivateBucket
from infra_cdk.app_constructs.work_queue import WorkQueue
from infra_cdk.configuration import Configuration
from infra_cdk.mail_choices import rule_name, rule_set

INCOMING, KEPT = "incoming/", "kept/"
INCOMING_DAYS = 15
"""A day longer than the dead-letter queue keeps the message that names the mail."""
_SES = "ses.amazonaws.com"


class MailIntake(Construct):
    """``arrivals`` tells of each mail that SES has put below ``incoming/``, and of each event of sent mail.

    Bounces, complaints and the rest come by a topic with raw delivery: what the queue holds then is SES's own JSON, and
    a message that the queue refuses goes to the dead letters. EventBridge would wrap it, and give no more.
    """

    def __init__(
        self, scope: Construct, id: str, *, configuration: Configuration, key: kms.Key | None, function_timeout_s: int
    ) -> None:
        super().__init__(scope, id)
        work = WorkQueue(self, "Arrivals", function_timeout_s=function_timeout_s)
        self.arrivals: sqs.Queue = work.queue
        self.dead_letters: sqs.Queue = work.dead_letters
        self.bucket: s3.Bucket = PrivateBucket(
            self, "Received", configuration=configuration, key=key, old_versions_kept_days=1
        ).bucket
        kept_days = int(configuration.settings.get("RETENTION_DAYS", RETENTION_DAYS)) + 1
        for prefix, days in ((INCOMING, INCOMING_DAYS), (KEPT, kept_days)):
            self.bucket.add_lifecycle_rule(id=prefix.rstrip("/"), prefix=prefix, expiration=Duration.days(days))
        self._tell_of_objects()
        self.events = sns.Topic(self, "Events", enforce_ssl=True)
        self.events.add_subscription(
            subscriptions.SqsSubscription(self.arrivals, raw_message_delivery=True, dead_letter_queue=self.dead_letters)
        )
        if configuration.mail_domain:
            self._let_ses_tell(configuration)
        if configuration.support_addresses:
            self._let_ses_write(configuration, key)

    def _tell_of_objects(self) -> None:
        # The account, not the bucket: see the knowledge bucket.
        allowed = self.arrivals.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.arrivals.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows the type that CDK hides
        below = s3.CfnBucket.FilterRuleProperty(name="prefix", value=INCOMING)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=self.arrivals.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=[below])
                    ),
                )
            ]
        )
        if allowed.policy_dependable:
            resource.node.add_dependency(allowed.policy_dependable)

    def _let_ses_tell(self, configuration: Configuration) -> None:
        self.events.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(_SES)],
                actions=["sns:Publish"],
                resources=[self.events.topic_arn],
                conditions=self._of_ses("configuration-set", configuration.mail_configuration_set),
            )
        )

    def _let_ses_write(self, configuration: Configuration, key: kms.Key | None) -> None:
        of_rule = self._of_ses("receipt-rule-set", f"{rule_set(configuration)}:receipt-rule/{rule_name(configuration)}")
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(_SES)],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{INCOMING}*")],
                conditions=of_rule,
            )
        )
        if key:
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(_SES)],
                    # A large mail is put in parts, which takes the second.
                    actions=["kms:GenerateDataKey", "kms:Decrypt"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
                )
            )

    def _of_ses(self, resource: str, name: str) -> dict[str, dict[str, str]]:
        stack = Stack.of(self)
        arn = stack.format_arn(service="ses", resource=resource, resource_name=name)
        return {"StringEquals": {"aws:SourceAccount": stack.account, "aws:SourceArn": arn}}
