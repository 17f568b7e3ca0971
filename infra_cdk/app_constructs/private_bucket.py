"""A bucket that nobody outside reads: TLS only, no public access, old versions expire."""

from __future__ import annotations

from aws_cdk import CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration

OLD_VERSIONS_KEPT_DAYS = 35


class PrivateBucket(Construct):
    """Versioned; retained in prod, emptied and removed with its stack in dev (an emulator only removes)."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        key: kms.IKey | None,
        old_versions_kept_days: int = OLD_VERSIONS_KEPT_DAYS,
    ) -> None:
        super().__init__(scope, id)
        emptied = not configuration.is_prod and not configuration.emulator_endpoint
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            removal_policy=removal_policy(configuration),
            auto_delete_objects=emptied,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old-versions",
                    noncurrent_version_expiration=Duration.days(old_versions_kept_days),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
        )
        if emptied:
            _log_of_emptying(Stack.of(self))
        acknowledge(
            self.bucket,
            {"AwsSolutions-S1": "Only functions of ours and the owner's people reach it; CloudTrail records those."},
        )


def _log_of_emptying(stack: Stack) -> None:
    """Give CDK's function that empties buckets a log that goes with the stack; its own would stay behind."""
    id = "EmptyingLogs"
    if stack.node.try_find_child(id):
        return
    group = logs.LogGroup(stack, id, retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY)
    function = stack.node.find_child("Custom::S3AutoDeleteObjectsCustomResourceProvider").node.find_child("Handler")
    assert isinstance(function, CfnResource)  # noqa: S101 - narrows the type that CDK hides
    function.add_property_override("LoggingConfig", {"LogGroup": group.log_group_name})
