"""The table as it was at a moment, beside the live one; nothing here writes to the live table but ``copy_items``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

WAIT_S = 10.0
_WAITS = 1440


def restore_table(client: DynamoDBClient, table: str, copy: str, at: datetime, *, wait_s: float = WAIT_S) -> None:
    """Make ``copy`` of ``table`` as it was then, and wait until it can be read.

    Parameters
    ----------
    at : datetime
        With its time zone; from 35 days to 5 minutes ago.

    Raises
    ------
    TimeoutError
        It is not there after four hours.
    """
    client.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=copy, RestoreDateTime=at)
    for _ in range(_WAITS):
        if client.describe_table(TableName=copy)["Table"]["TableStatus"] == "ACTIVE":
            return
        time.sleep(wait_s)
    raise TimeoutError(f"{copy} is not there after {_WAITS * wait_s:.0f} s")


def copy_items(client: DynamoDBClient, source: str, target: str, pk: str) -> int:
    """Write every item of one partition into ``target``, over what is there; return how many."""
    copied = 0
    for item in _partition(client, source, pk):
        client.put_item(TableName=target, Item=item)
        copied += 1
    return copied


def count_items(client: DynamoDBClient, table: str) -> int:
    """Count by reading every key: exact, and as dear as a scan."""
    pages = client.get_paginator("scan").paginate(TableName=table, Select="COUNT")
    return sum(page["Count"] for page in pages)


def _partition(client: DynamoDBClient, table: str, pk: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]
