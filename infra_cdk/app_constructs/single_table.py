"""The one DynamoDB table."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration

INDEXES = ("by_due", "by_customer", "by_queue", "by_conversation")
EXPIRY = "expires_at"


class SingleTable(Construct):
    """Billed per request, recoverable to any second of the last 35 days, protected in prod.

    Keys, indexes and expiry are those of the package's ``table_definition``; a test compares them.
    """

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, key: kms.IKey | None) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing=dynamodb.Billing.on_demand(),
            time_to_live_attribute=EXPIRY,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=_encryption(key),
            deletion_protection=configuration.is_prod,
            removal_policy=removal_policy(configuration),
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=name, partition_key=_text(f"{name}_pk"), sort_key=_text(f"{name}_sk")
                )
                for name in INDEXES
            ],
            replicas=_replicas(configuration),
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _encryption(key: kms.IKey | None) -> dynamodb.TableEncryptionV2:
    if key is None:
        return dynamodb.TableEncryptionV2.dynamo_owned_key()
    return dynamodb.TableEncryptionV2.customer_managed_key(key)


def _replicas(configuration: Configuration) -> list[dynamodb.ReplicaTableProps] | None:
    if not configuration.replica_region:
        return None
    return [
        dynamodb.ReplicaTableProps(
            region=configuration.replica_region,
            deletion_protection=configuration.is_prod,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
    ]
