"""The single-table store on DynamoDB."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from firstline.adapters.aws.table_codec import decode_attributes
from firstline.adapters.aws.table_expressions import key_request, operation_request, query_request, start_key
from firstline.adapters.aws.table_retries import CONFLICTS, THROTTLED, Retries, invalid_data_error
from firstline.domain.errors import (
    ConditionFailedError,
    FirstlineError,
    StoreUnavailableError,
    TransactionConflictError,
)
from firstline.domain.ports import Clock
from firstline.domain.table import Condition, Delete, Item, Operation, Page, Put, Update
from firstline.domain.table_conditions import fulfils, has_expired
from firstline.domain.table_operations import checked_operation, checked_operations, condition_of, key_of
from firstline.domain.table_query import checked_query
from firstline.domain.table_rules import check_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDBTable:
    """``Table`` on one DynamoDB table (see ``table_definition``).

    Parameters
    ----------
    client : DynamoDBClient
        A boto3 client made with ``client_config()``.
    table_name : str
        Name or ARN of the table.
    clock : Clock
        Decides what has expired.
    rng : random.Random, optional
        Jitter and the tokens of transactions, which no two processes may share; by default the operating system's
        randomness.
    sleep : callable
        Waits the given seconds.
    max_tries : int
        Tries of one request in all, >= 1.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        clock: Clock,
        rng: random.Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
        max_tries: int = 10,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._clock = clock
        self._rng = rng or random.SystemRandom()
        self._retries = Retries(rng=self._rng, sleep=sleep, max_tries=max_tries)

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """See ``Table.get``."""
        check_key(pk, sk)
        response = self._retries.call(
            lambda: self._client.get_item(
                TableName=self._table_name, Key=key_request(pk, sk), ConsistentRead=consistent
            ),
            repeatable=True,
        )
        if "Item" not in response:
            return None
        item = decode_attributes(response["Item"])
        return None if has_expired(item, self._now_s()) else item

    def put(self, item: Item, *, if_absent: bool = False) -> None:
        """See ``Table.put``."""
        self._write(Put(item, if_absent=if_absent))

    def update(
        self,
        pk: str,
        sk: str,
        *,
        set: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        remove: Sequence[str] = (),
        condition: Condition | None = None,
    ) -> Item:
        """See ``Table.update``."""
        operation = Update(pk, sk, set=set or {}, add=add or {}, remove=tuple(remove), condition=condition)
        return decode_attributes(self._write(operation)["Attributes"])

    def delete(self, pk: str, sk: str, *, condition: Condition | None = None) -> None:
        """See ``Table.delete``."""
        self._write(Delete(pk, sk, condition))

    def query(
        self,
        pk: str,
        *,
        sk_prefix: str | None = None,
        sk_from: str | None = None,
        sk_to: str | None = None,
        index: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page:
        """See ``Table.query``."""
        shape = checked_query(
            pk,
            sk_prefix=sk_prefix,
            sk_from=sk_from,
            sk_to=sk_to,
            index=index,
            limit=limit,
            reverse=reverse,
            consistent=consistent,
        )
        position = shape.position_of(cursor) if cursor is not None else None
        if shape.is_empty:
            return Page([])
        request = query_request(shape, self._table_name, self._now_s(), consistent=consistent)
        if position is not None:
            request["ExclusiveStartKey"] = start_key(shape, position)
        items: list[Item] = []
        while True:
            if limit is not None:
                # One more than asked tells whether there is another page.
                request["Limit"] = limit + 1 - len(items)
            response = self._retries.call(lambda: self._client.query(**request), repeatable=True)
            items += map(decode_attributes, response["Items"])
            if limit is not None and len(items) > limit:
                return Page(items[:limit], shape.cursor_after(items[limit - 1]))
            if "LastEvaluatedKey" not in response:
                return Page(items)
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def count(self, pk: str, *, index: str | None = None) -> int:
        """See ``Table.count``."""
        request = query_request(checked_query(pk, index=index), self._table_name, self._now_s(), consistent=False)
        request["Select"] = "COUNT"
        total = 0
        while True:
            response = self._retries.call(lambda: self._client.query(**request), repeatable=True)
            total += int(response["Count"])
            if "LastEvaluatedKey" not in response:
                return total
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def transact(self, operations: Sequence[Operation]) -> None:
        """See ``Table.transact``."""
        checked = checked_operations(operations)
        request: dict[str, Any] = {}

        def send() -> None:
            # The same request goes out again under the same token while it is not known to be cancelled, so that a
            # transaction whose answer was lost is carried out once.
            if not request:
                request["TransactItems"] = self._transaction(checked)
                request["ClientRequestToken"] = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
            try:
                self._client.transact_write_items(**request)
            except self._client.exceptions.TransactionCanceledException as error:
                request.clear()
                raise self._cancellation(checked, error) from error

        if checked:
            self._retries.call(send, repeatable=True)

    def _transaction(self, operations: Sequence[Operation]) -> list[dict[str, Any]]:
        now_s = self._now_s()
        return [dict([operation_request(operation, self._table_name, now_s)]) for operation in operations]

    def _write(self, operation: Operation) -> Any:
        checked, _ = checked_operation(operation)

        def send() -> Any:
            verb, request = operation_request(checked, self._table_name, self._now_s())
            try:
                if verb == "Put":
                    return self._client.put_item(**request)
                if verb == "Delete":
                    return self._client.delete_item(**request)
                return self._client.update_item(**request, ReturnValues="ALL_NEW")
            except self._client.exceptions.ConditionalCheckFailedException as error:
                response: Any = error.response
                if self._removed_expired(checked, response.get("Item")):
                    raise TransactionConflictError("an expired item was in the way") from error
                key = " / ".join(key_of(checked))
                raise ConditionFailedError(f"a condition did not hold on {key}") from error

        once_is_twice = condition_of(checked) is None and not (isinstance(checked, Update) and checked.add)
        return self._retries.call(send, repeatable=once_is_twice)

    def _cancellation(self, operations: Sequence[Operation], error: ClientError) -> Exception:
        response: Any = error.response
        reasons: list[dict[str, Any]] = response["CancellationReasons"]
        failed: list[int] = []
        removed = False
        for position, (operation, reason) in enumerate(zip(operations, reasons, strict=True)):
            if reason["Code"] == "ConditionalCheckFailed":
                if self._removed_expired(operation, reason.get("Item")):
                    removed = True
                else:
                    failed.append(position)
        codes = {reason["Code"] for reason in reasons}
        if failed:
            keys = ", ".join(" / ".join(key_of(operations[position])) for position in failed)
            return ConditionFailedError(f"a condition did not hold on {keys}", tuple(failed))
        if "ValidationError" in codes:
            messages = (reason.get("Message", "") for reason in reasons if reason["Code"] == "ValidationError")
            invalid: FirstlineError | None = invalid_data_error(" ".join(messages))
            return invalid or error
        if removed or codes & CONFLICTS:
            return TransactionConflictError(str(error))
        return StoreUnavailableError(str(error)) if codes & THROTTLED else error

    def _removed_expired(self, operation: Operation, found: Mapping[str, Any] | None) -> bool:
        """Tell whether only an expired item stood in the way of an update; it has then been removed."""
        if not isinstance(operation, Update) or not found:
            return False
        now_s = self._now_s()
        if not has_expired(decode_attributes(found), now_s):
            return False
        if operation.condition is not None and not fulfils(None, operation.condition):
            return False
        try:
            self._client.delete_item(
                TableName=self._table_name,
                Key=key_request(operation.pk, operation.sk),
                ConditionExpression="expires_at <= :now",
                ExpressionAttributeValues={":now": {"N": str(now_s)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            # Another writer was faster; the update is tried again on what it wrote.
            return True
        return True

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())
