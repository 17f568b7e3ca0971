"""Both single-table stores, empty, with a clock that tests set."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from firstline.adapters.aws.table import DynamoDBTable
from firstline.adapters.aws.table_definition import TTL_ATTRIBUTE, create_table
from firstline.adapters.aws.table_retries import client_config
from firstline.adapters.local.table import SQLiteTable
from firstline.domain.ports import Table
from tests.contract.knowledge_fixtures import (  # noqa: F401
    index,
    opensearch_client,
    opensearch_index,
    opensearch_parts,
    opensearch_port,
    sqlite_index,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_numbers = itertools.count(1)


class SettableClock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.moment = datetime(2030, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def now_s(self) -> int:
        return int(self.moment.timestamp())

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "table.db"


@pytest.fixture
def sqlite_table(sqlite_path: Path, clock: SettableClock) -> Iterator[SQLiteTable]:
    table = SQLiteTable(sqlite_path, clock=clock, rng=random.Random(1))
    yield table
    table.close()


@pytest.fixture(scope="session")
def dynamodb_client(ministack_endpoint: str) -> Iterator[DynamoDBClient]:
    client = boto3.client("dynamodb", endpoint_url=ministack_endpoint, config=client_config())
    yield client
    client.close()


@pytest.fixture
def dynamodb_table_name(dynamodb_client: DynamoDBClient) -> Iterator[str]:
    name = f"table-{next(_numbers)}"
    create_table(dynamodb_client, name)
    # Tests have a clock of their own; by the emulator's, what they write has expired, and it removes that now and then.
    dynamodb_client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": False, "AttributeName": TTL_ATTRIBUTE}
    )
    yield name
    dynamodb_client.delete_table(TableName=name)


@pytest.fixture
def dynamodb_table(dynamodb_client: DynamoDBClient, dynamodb_table_name: str, clock: SettableClock) -> DynamoDBTable:
    return DynamoDBTable(dynamodb_client, dynamodb_table_name, clock=clock, sleep=lambda seconds: None)


@pytest.fixture(params=["sqlite", "dynamodb"])
def table(request: pytest.FixtureRequest) -> Table:
    chosen: Table = request.getfixturevalue(f"{request.param}_table")
    return chosen
