"""What outlives every release: table, buckets, secrets, accounts, and the topic that alarms go to."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra_cdk.app_constructs.alarm_topic import AlarmTopic
from infra_cdk.app_constructs.attachments_bucket import AttachmentsBucket
from infra_cdk.app_constructs.knowledge_bucket import KnowledgeBucket
from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.app_constructs.mail_intake import MailIntake
from infra_cdk.app_constructs.secrets import Secrets
from infra_cdk.app_constructs.shared_value import Shared, publish
from infra_cdk.app_constructs.single_table import SingleTable
from infra_cdk.app_constructs.user_pool import UserPool
from infra_cdk.configuration import Configuration
from infra_cdk.function_records import FUNCTIONS


class DataStack(Stack):
    """Retained and protected in prod; gone with ``cdk destroy`` in dev."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, **rest: Any) -> None:
        super().__init__(scope, id, termination_protection=configuration.is_prod, **rest)
        self.key = self._customer_key(configuration) if configuration.encryption == "customer" else None
        self.table = SingleTable(self, "Store", configuration=configuration, key=self.key).table
        ingest = next(record for record in FUNCTIONS if record.name == "ingest_knowledge")
        knowledge = KnowledgeBucket(
            self, "Knowledge", configuration=configuration, key=self.key, function_timeout_s=ingest.timeout_s
        )
        self.knowledge_bucket = knowledge.bucket
        self.knowledge_changes = knowledge.changes
        self.knowledge_dead_letters = knowledge.dead_letters
        self.attachments_bucket = AttachmentsBucket(
            self, "Attachments", configuration=configuration, key=self.key
        ).bucket
        intake = next(record for record in FUNCTIONS if record.name == "email_intake")
        self.mail = MailIntake(
            self, "Mail", configuration=configuration, key=self.key, function_timeout_s=intake.timeout_s
        )
        self.secrets = Secrets(self, "Secrets", configuration=configuration, key=self.key)
        self.users = UserPool(self, "Users", configuration=configuration)
        self.alarm_topic = AlarmTopic(self, "Alarms", configuration=configuration).topic
        CfnOutput(self, "TableName", value=self.table.table_name)
        CfnOutput(self, "KnowledgeBucketName", value=self.knowledge_bucket.bucket_name)
        CfnOutput(self, "UserPoolId", value=self.users.pool.user_pool_id)
        CfnOutput(self, "UserPoolClientId", value=self.users.client.user_pool_client_id)
        CfnOutput(self, "AlarmTopicArn", value=self.alarm_topic.topic_arn)
        CfnOutput(self, "IdentitySecretArn", value=self.secrets.identity.secret_arn)
        CfnOutput(self, "SessionKeySecretArn", value=self.secrets.session_key.secret_arn)
        CfnOutput(self, "KnowledgeDeadLettersArn", value=self.knowledge_dead_letters.queue_arn)
        CfnOutput(self, "MailBucketName", value=self.mail.bucket.bucket_name)
        CfnOutput(self, "MailEventsTopicArn", value=self.mail.events.topic_arn)
        CfnOutput(self, "MailDeadLettersArn", value=self.mail.dead_letters.queue_arn)
        # Read by other stacks or not, as the context chooses: an export that goes while it is read cannot be deployed.
        for exported in (self.mail.events.topic_arn, self.mail.arrivals.queue_name, self.mail.dead_letters.queue_name):
            self.export_value(exported)
        if self.secrets.anthropic:
            CfnOutput(self, "AnthropicSecretArn", value=self.secrets.anthropic.secret_arn)
            publish(self, configuration, Shared.ANTHROPIC_SECRET_ARN, self.secrets.anthropic.secret_arn)
        if self.key:
            publish(self, configuration, Shared.KEY_ARN, self.key.key_arn)

    def _customer_key(self, configuration: Configuration) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            description=f"Firstline {configuration.stage}",
            enable_key_rotation=True,
            removal_policy=removal_policy(configuration),
        )
