"""A table brought back beside the live one, and what was lost copied over."""

from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from firstline.adapters.aws.table_definition import create_table
from infra_cdk.recovery import copy_items, count_items, restore_table


@pytest.fixture
def client():
    with mock_aws():
        found = boto3.client("dynamodb", region_name="us-east-1")
        create_table(found, "live")
        for number in range(3):
            put(found, "CONV#1", f"EVT#{number}", f"said {number}")
        put(found, "CONV#2", "META", "another conversation")
        found.update_continuous_backups(
            TableName="live", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        yield found


def put(client, pk, sk, text, table="live"):
    client.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}, "text": {"S": text}})


def text(client, pk, sk):
    item = client.get_item(TableName="live", Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")
    return item and item["text"]["S"]


def test_a_restored_copy_has_the_items_and_leaves_the_live_table_alone(client):
    restore_table(client, "live", "copy", datetime.now(UTC), wait_s=0)
    put(client, "CONV#1", "EVT#9", "later")
    assert (count_items(client, "live"), count_items(client, "copy")) == (5, 4)


def test_what_was_lost_is_copied_back_and_nothing_else_changes(client):
    restore_table(client, "live", "copy", datetime.now(UTC), wait_s=0)
    client.delete_item(TableName="live", Key={"pk": {"S": "CONV#1"}, "sk": {"S": "EVT#1"}})
    put(client, "CONV#1", "EVT#2", "spoilt")
    put(client, "CONV#2", "META", "changed since")
    assert copy_items(client, "copy", "live", "CONV#1") == 3
    assert text(client, "CONV#1", "EVT#1") == "said 1"
    assert text(client, "CONV#1", "EVT#2") == "said 2"
    assert text(client, "CONV#2", "META") == "changed since"
