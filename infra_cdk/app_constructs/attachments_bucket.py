"""The bucket of files that customers attach: put and got by presigned addresses, gone when their time is over."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra_cdk.app_constructs.private_bucket import PrivateBucket
from infra_cdk.configuration import Configuration

RETENTION_DAYS = 90
"""Unless the context's settings say otherwise."""


class AttachmentsBucket(Construct):
    """``incoming/`` is emptied after a day, ``files/`` after the retention; what was deleted is gone a day later."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, key: kms.IKey | None) -> None:
        super().__init__(scope, id)
        kept_days = int(configuration.settings.get("RETENTION_DAYS", RETENTION_DAYS))
        self.bucket: s3.Bucket = PrivateBucket(
            self, "Files", configuration=configuration, key=key, old_versions_kept_days=1
        ).bucket
        for prefix, days in (("incoming/", 1), ("files/", kept_days)):
            self.bucket.add_lifecycle_rule(id=prefix.rstrip("/"), prefix=prefix, expiration=Duration.days(days))
        # The widget runs on the company's own sites; who may put or get what is in the signed address.
        self.bucket.add_cors_rule(
            allowed_origins=["*"],
            allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.PUT],
            allowed_headers=["content-type", "if-none-match"],
            max_age=3600,
        )
