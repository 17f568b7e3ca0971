"""The table as it was at a moment, beside the live one; objects as they were; the index, made anew from the bucket.

Nothing here writes to the live table but ``copy_items``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

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


def restore_object(client: S3Client, bucket: str, key: str, at: datetime | None = None) -> str:
    """Make the newest version of an object the present one, whether it was overwritten or deleted; return its id.

    Parameters
    ----------
    at : datetime, optional
        The newest of then, with its time zone; by default the newest there is.

    Raises
    ------
    LookupError
        There was none.
    """
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    versions = [version for page in pages for version in page.get("Versions", []) if version["Key"] == key]
    kept = [version for version in versions if at is None or version["LastModified"] <= at]
    if not kept:
        raise LookupError(f"no version of {key} is kept")
    # S3 names the one that was stored last first.
    version_id = kept[0]["VersionId"]
    client.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key, "VersionId": version_id})
    return version_id


def drill_object(client: S3Client, bucket: str, key: str) -> None:
    """Write an object twice, delete it, bring it back, and leave nothing of it.

    Parameters
    ----------
    key : str
        Of no other object, and none that anything reads.

    Raises
    ------
    RuntimeError
        What came back is not what was written last.
    """
    try:
        for text in (b"one", b"two"):
            client.put_object(Bucket=bucket, Key=key, Body=text)
        client.delete_object(Bucket=bucket, Key=key)
        restore_object(client, bucket, key)
        if client.get_object(Bucket=bucket, Key=key)["Body"].read() != b"two":
            raise RuntimeError(f"another version of {key} came back than the last")
    finally:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                client.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])


def rebuild_index(client: Any, function: str) -> dict[str, Any]:
    """Have the ingestion function make the index anew from the bucket, beside the one in use; return what it reports.

    Parameters
    ----------
    client : Lambda client
        Whose read timeout is longer than the function's.

    Raises
    ------
    RuntimeError
        It failed; the index in use is as it was.
    """
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"rebuild": True}).encode())
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RuntimeError(f"the index was not rebuilt: {told.get('errorType')}: {told.get('errorMessage')}")
    return told


def _partition(client: DynamoDBClient, table: str, pk: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]
