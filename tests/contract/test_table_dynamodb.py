"""What only the DynamoDB store has: throttling, conflicts, lost answers, and errors that are not ours to hide.

The real service's rarer answers are put before or after the emulator's by botocore's own event hooks.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import ClientError, ReadTimeoutError

from firstline.adapters.aws.table import DynamoDBTable
from firstline.adapters.aws.table_retries import client_config
from firstline.domain.errors import ConditionFailedError, StoreUnavailableError, TransactionConflictError
from firstline.domain.table import Exists, NotExists, Put, Update

if TYPE_CHECKING:
    from tests.contract.conftest import SettableClock

TRIES = 5


class Body:
    """The raw body of an answer, as botocore reads it."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = json.dumps(content).encode()

    def stream(self) -> Iterator[bytes]:
        yield self._content


class Trouble:
    """Replaces the service's answers by errors while there are any left, and keeps what was sent."""

    def __init__(self, client: Any) -> None:
        self.before: list[dict[str, Any]] = []
        self.lost_answers = 0
        self.sent: list[dict[str, Any]] = []
        self.sleeps_s: list[float] = []
        client.meta.events.register("before-send.dynamodb", self._before_send)
        client.meta.events.register("before-parse.dynamodb", self._before_parse)

    def _before_send(self, request: Any, **_: Any) -> AWSResponse | None:
        self.sent.append(json.loads(request.body))
        if not self.before:
            return None
        body = self.before.pop(0)
        response = AWSResponse(
            request.url, 400 if body["__type"] != "InternalServerError" else 500, HTTPHeaders(), Body(body)
        )
        return response

    def _before_parse(self, **_: Any) -> None:
        if self.lost_answers:
            self.lost_answers -= 1
            raise ReadTimeoutError(endpoint_url="the emulator")


@pytest.fixture
def client(ministack_endpoint: str) -> Iterator[Any]:
    client = boto3.client("dynamodb", endpoint_url=ministack_endpoint, config=client_config())
    yield client
    client.close()


@pytest.fixture
def trouble(client: Any) -> Trouble:
    return Trouble(client)


@pytest.fixture
def table(client: Any, trouble: Trouble, dynamodb_table_name: str, clock: SettableClock) -> DynamoDBTable:
    return DynamoDBTable(
        client,
        dynamodb_table_name,
        clock=clock,
        # The emulator remembers the tokens of earlier tests, so each test draws others.
        rng=random.Random(dynamodb_table_name),
        sleep=trouble.sleeps_s.append,
        max_tries=TRIES,
    )


def throttled(code: str = "ThrottlingException") -> dict[str, Any]:
    return {"__type": code, "message": "slow down"}


def cancelled(*codes: str) -> dict[str, Any]:
    return {
        "__type": "TransactionCanceledException",
        "Message": "cancelled",
        "CancellationReasons": [{"Code": code, "Message": code} for code in codes],
    }


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
    ],
)
def test_a_busy_service_is_asked_again_after_growing_random_waits(
    table: DynamoDBTable, trouble: Trouble, code: str
) -> None:
    trouble.before = [throttled(code)] * (TRIES - 1)
    assert table.update("P", "S", add={"n": 1})["n"] == 1
    assert len(set(trouble.sleeps_s)) == TRIES - 1
    assert all(0 <= delay_s <= 0.025 * 2**tried for tried, delay_s in enumerate(trouble.sleeps_s))


def test_a_service_that_stays_busy_is_unavailable(table: DynamoDBTable, trouble: Trouble) -> None:
    trouble.before = [throttled()] * TRIES
    with pytest.raises(StoreUnavailableError) as failed:
        table.get("P", "S")
    assert isinstance(failed.value.__cause__, ClientError)
    assert table.get("P", "S") is None


def test_a_conflict_that_stays_is_named(table: DynamoDBTable, trouble: Trouble) -> None:
    trouble.before = [cancelled("None", "TransactionConflict")] * TRIES
    operations = [Put({"pk": "P", "sk": "a"}), Put({"pk": "P", "sk": "b"})]
    with pytest.raises(TransactionConflictError):
        table.transact(operations)
    assert table.query("P").items == []
    trouble.before = [cancelled("TransactionConflict", "None"), cancelled("ThrottlingError", "None")]
    table.transact(operations)
    assert len(table.query("P").items) == 2


def test_a_cancelled_transaction_is_sent_under_a_new_token(table: DynamoDBTable, trouble: Trouble) -> None:
    trouble.before = [cancelled("TransactionConflict"), throttled("TransactionInProgressException")]
    table.transact([Put({"pk": "P", "sk": "a"})])
    tokens = [request["ClientRequestToken"] for request in trouble.sent]
    assert tokens[0] != tokens[1] == tokens[2]


def test_a_transaction_whose_answer_is_lost_counts_once(table: DynamoDBTable, trouble: Trouble) -> None:
    trouble.lost_answers = 2
    table.transact([Update("P", "counter", add={"n": 1}), Put({"pk": "P", "sk": "once"}, if_absent=True)])
    assert [item.get("n") for item in table.query("P").items] == [1, None]


def test_an_addition_whose_answer_is_lost_is_not_repeated(table: DynamoDBTable, trouble: Trouble) -> None:
    trouble.lost_answers = 1
    with pytest.raises(StoreUnavailableError) as failed:
        table.update("P", "counter", add={"n": 1})
    assert isinstance(failed.value.__cause__, ReadTimeoutError)
    assert table.get("P", "counter") == {"pk": "P", "sk": "counter", "n": 1}
    trouble.before = [{"__type": "InternalServerError", "message": "who knows"}]
    with pytest.raises(StoreUnavailableError):
        table.put({"pk": "P", "sk": "new"}, if_absent=True)


def test_what_may_be_repeated_is_repeated_when_the_answer_is_lost(table: DynamoDBTable, trouble: Trouble) -> None:
    repeatable: list[Callable[[], Any]] = [
        lambda: table.put({"pk": "P", "sk": "S", "n": 1}),
        lambda: table.update("P", "S", set={"m": 2}),
        lambda: table.get("P", "S"),
        lambda: table.delete("P", "other"),
    ]
    for work in repeatable:
        trouble.lost_answers = 1
        work()
        assert trouble.lost_answers == 0
    assert table.get("P", "S") == {"pk": "P", "sk": "S", "n": 1, "m": 2}


def test_a_failed_condition_outweighs_a_conflict(table: DynamoDBTable, trouble: Trouble) -> None:
    trouble.before = [cancelled("TransactionConflict", "ConditionalCheckFailed")]
    with pytest.raises(ConditionFailedError) as refused:
        table.transact([Put({"pk": "P", "sk": "a"}), Update("P", "b", set={"n": 1}, condition=Exists())])
    assert refused.value.failed == (1,)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_missing_permission_a_missing_table_and_bugs_pass_through(
    table: DynamoDBTable, trouble: Trouble, code: str
) -> None:
    trouble.before = [throttled(code)] * 3
    with pytest.raises(ClientError, match=code):
        table.get("P", "S")
    with pytest.raises(ClientError, match=code):
        table.put({"pk": "P", "sk": "S"})
    with pytest.raises(ClientError, match=code):
        table.transact([Put({"pk": "P", "sk": "S"})])
    assert len(trouble.sent) == 3


def test_a_service_that_is_not_there_is_unavailable(clock: SettableClock) -> None:
    client = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9", config=client_config())
    table = DynamoDBTable(client, "none", clock=clock, sleep=lambda seconds: None, max_tries=2)
    with pytest.raises(StoreUnavailableError):
        table.get("P", "S")
    client.close()


def test_an_expired_item_that_another_writer_renews_meanwhile_is_kept(
    table: DynamoDBTable, client: Any, trouble: Trouble, clock: SettableClock
) -> None:
    table.put({"pk": "P", "sk": "S", "n": 5, "expires_at": clock.now_s() + 1})
    clock.advance(1)
    renewal = iter([{"pk": "P", "sk": "S", "n": 7}])
    other = DynamoDBTable(client, table._table_name, clock=clock)

    def renew(**_: Any) -> None:
        for item in renewal:
            other.put(item)

    client.meta.events.register("provide-client-params.dynamodb.DeleteItem", renew)
    assert table.update("P", "S", add={"n": 1}) == {"pk": "P", "sk": "S", "n": 8}


def test_a_guard_against_the_renewed_item_then_fails(table: DynamoDBTable, client: Any, clock: SettableClock) -> None:
    table.put({"pk": "P", "sk": "S", "n": 5, "expires_at": clock.now_s() + 1})
    clock.advance(1)
    renewal = iter([{"pk": "P", "sk": "S", "n": 7}])
    other = DynamoDBTable(client, table._table_name, clock=clock)

    def renew(**_: Any) -> None:
        for item in renewal:
            other.put(item)

    client.meta.events.register("provide-client-params.dynamodb.DeleteItem", renew)
    with pytest.raises(ConditionFailedError):
        table.transact([Update("P", "S", add={"n": 1}, condition=NotExists())])
    assert table.get("P", "S") == {"pk": "P", "sk": "S", "n": 7}
