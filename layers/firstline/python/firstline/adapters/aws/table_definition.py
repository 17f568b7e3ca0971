"""The DynamoDB table as data: keys, secondary indexes and expiry, for tests and for the infrastructure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstline.domain.table import EXPIRY_ATTRIBUTE, INDEXES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeDefinitionTypeDef, CreateTableInputTypeDef

PARTITION_KEY = "pk"
SORT_KEY = "sk"
TTL_ATTRIBUTE = EXPIRY_ATTRIBUTE
INDEX_KEYS = {index: (f"{index}_pk", f"{index}_sk") for index in INDEXES}
"""Partition and sort key of each secondary index; all are strings, and every index projects all attributes."""


def table_definition(name: str) -> CreateTableInputTypeDef:
    """Return the arguments of ``create_table`` for a table of this name, billed per request."""
    key_names = [PARTITION_KEY, SORT_KEY, *(key for keys in INDEX_KEYS.values() for key in keys)]
    attributes: list[AttributeDefinitionTypeDef] = [
        {"AttributeName": key_name, "AttributeType": "S"} for key_name in key_names
    ]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": [
            {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": index_pk, "KeyType": "HASH"},
                    {"AttributeName": index_sk, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, (index_pk, index_sk) in INDEX_KEYS.items()
        ],
    }


def create_table(client: DynamoDBClient, name: str) -> None:
    """Create the table with its indexes and expiry, and wait until it can be used."""
    client.create_table(**table_definition(name))
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
    )
