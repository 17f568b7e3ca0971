"""A table brought back beside the live one, and what was lost copied over."""

import io
import json
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from firstline.adapters.aws.table_definition import create_table
from infra_cdk.recovery import (
    copy_items,
    count_items,
    drill_object,
    rebuild_index,
    restore_object,
    restore_table,
)


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


@pytest.fixture
def s3():
    with mock_aws():
        found = boto3.client("s3", region_name="us-east-1")
        found.create_bucket(Bucket="documents")
        found.put_bucket_versioning(Bucket="documents", VersioningConfiguration={"Status": "Enabled"})
        yield found


def read(s3, key):
    return s3.get_object(Bucket="documents", Key=key)["Body"].read().decode()


def test_a_deleted_document_comes_back_as_it_was_last_and_an_overwritten_one_as_it_was_then(s3):
    for text in ("first", "second"):
        s3.put_object(Bucket="documents", Key="a.md", Body=text.encode())
    s3.put_object(Bucket="documents", Key="a.md.old", Body=b"another object")
    s3.delete_object(Bucket="documents", Key="a.md")
    restore_object(s3, "documents", "a.md")
    assert read(s3, "a.md") == "second"
    restore_object(s3, "documents", "a.md", at=datetime.now(UTC))
    assert read(s3, "a.md") == "second"
    with pytest.raises(LookupError, match=r"no version of a\.md"):
        restore_object(s3, "documents", "a.md", at=datetime(2020, 1, 1, tzinfo=UTC))


def test_the_drill_of_an_object_leaves_no_version_of_it_and_fails_where_none_are_kept(s3):
    s3.put_object(Bucket="documents", Key="a.md", Body=b"kept")
    drill_object(s3, "documents", "x.drill")
    left = s3.list_object_versions(Bucket="documents")
    assert [version["Key"] for version in left["Versions"]] == ["a.md"]
    assert "DeleteMarkers" not in left
    s3.create_bucket(Bucket="careless")
    with pytest.raises(LookupError):
        drill_object(s3, "careless", "x.drill")


class Ingestion:
    def __init__(self, **answer):
        self.answer = answer

    def invoke(self, FunctionName, Payload):  # noqa: N803 - as boto3 has it
        assert (FunctionName, json.loads(Payload)) == ("ingest", {"rebuild": True})
        payload = io.BytesIO(json.dumps(self.answer.pop("told")).encode())
        return {"StatusCode": 200, "Payload": payload, **self.answer}


def test_the_index_is_rebuilt_or_the_failure_is_told():
    assert rebuild_index(Ingestion(told={"reports": []}), "ingest") == {"reports": []}
    failed = Ingestion(told={"errorType": "EmbedderUnavailableError", "errorMessage": "no"}, FunctionError="Unhandled")
    with pytest.raises(RuntimeError, match="EmbedderUnavailableError"):
        rebuild_index(failed, "ingest")
