"""The bucket of articles and FAQs, with the queue of its changes."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.app_constructs.private_bucket import PrivateBucket
from infra_cdk.app_constructs.work_queue import WorkQueue
from infra_cdk.configuration import Configuration

EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")


class KnowledgeBucket(Construct):
    """Every change to an object arrives in ``changes``.

    The notification is set on the bucket itself: CDK's own way is a function that may change every bucket's.
    """

    def __init__(
        self, scope: Construct, id: str, *, configuration: Configuration, key: kms.IKey | None, function_timeout_s: int
    ) -> None:
        super().__init__(scope, id)
        work = WorkQueue(self, "Changes", function_timeout_s=function_timeout_s)
        self.changes: sqs.Queue = work.queue
        self.dead_letters: sqs.Queue = work.dead_letters
        self.bucket: s3.Bucket = PrivateBucket(self, "Documents", configuration=configuration, key=key).bucket
        # The account, not the bucket: a policy that named the bucket could not be made before it, nor the bucket
        # before the policy.
        allowed = self.changes.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.changes.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows the type that CDK hides
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(event=event, queue=self.changes.queue_arn) for event in EVENTS
            ]
        )
        if allowed.policy_dependable:
            resource.node.add_dependency(allowed.policy_dependable)
