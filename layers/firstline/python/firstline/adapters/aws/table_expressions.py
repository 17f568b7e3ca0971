"""Operations and queries of the store as DynamoDB requests, every name and value behind a placeholder."""

from __future__ import annotations

from typing import Any, assert_never

from firstline.adapters.aws.table_codec import encode_attributes, encode_value
from firstline.domain.table import (
    EXPIRY_ATTRIBUTE,
    Absent,
    AllOf,
    AnyOf,
    Check,
    Compare,
    Condition,
    Delete,
    Exists,
    NotExists,
    Operation,
    Present,
    Put,
    Update,
)
from firstline.domain.table_conditions import fulfils
from firstline.domain.table_operations import condition_of
from firstline.domain.table_query import QueryShape
from firstline.domain.table_values import kind

Request = dict[str, Any]


class Placeholders:
    """Names and values of one request, each given once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        """Return the placeholder of an attribute's name."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, value: Any) -> str:
        """Return a new placeholder for a value."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = encode_value(value)
        return placeholder

    def arguments(self) -> Request:
        """Return the arguments of a request that explain the placeholders; none where none was used."""
        arguments: Request = {}
        if self._names:
            arguments["ExpressionAttributeNames"] = {short: name for name, short in self._names.items()}
        if self._values:
            arguments["ExpressionAttributeValues"] = self._values
        return arguments


def operation_request(operation: Operation, table_name: str, now_s: int) -> tuple[str, Request]:
    """Return the kind of a transaction's element (``Put``, ``Update``, ``Delete``, ``ConditionCheck``) and itself.

    An expired item counts as absent in the condition. An update is refused on an expired item, because it would keep
    the old attributes; the caller removes that item and tries again.
    """
    placeholders = Placeholders()
    request: Request = {"TableName": table_name}
    if isinstance(operation, Update):
        request["UpdateExpression"] = _update_expression(operation, placeholders)
    condition = _condition_expression(operation, placeholders, now_s)
    if condition is not None:
        request["ConditionExpression"] = condition
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    request |= placeholders.arguments()
    match operation:
        case Put(item):
            return "Put", request | {"Item": encode_attributes(item)}
        case Update(pk, sk):
            return "Update", request | {"Key": key_request(pk, sk)}
        case Delete(pk, sk):
            return "Delete", request | {"Key": key_request(pk, sk)}
        case Check(pk, sk):
            return "ConditionCheck", request | {"Key": key_request(pk, sk)}
        case _:
            assert_never(operation)


def key_request(pk: str, sk: str) -> Request:
    """Return a primary key as DynamoDB takes it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def query_request(shape: QueryShape, table_name: str, now_s: int, *, consistent: bool) -> Request:
    """Return a query for the items of a shape that have not expired; the shape is not empty."""
    placeholders = Placeholders()
    pk_name, sk_name = shape.key_names
    key_condition = f"{placeholders.name(pk_name)} = {placeholders.value(shape.pk)}"
    if shape.sk_prefix is not None:
        key_condition += f" AND begins_with({placeholders.name(sk_name)}, {placeholders.value(shape.sk_prefix)})"
    elif shape.sk_from is not None and shape.sk_to is not None:
        bounds = f"{placeholders.value(shape.sk_from)} AND {placeholders.value(shape.sk_to)}"
        key_condition += f" AND {placeholders.name(sk_name)} BETWEEN {bounds}"
    elif shape.sk_from is not None:
        key_condition += f" AND {placeholders.name(sk_name)} >= {placeholders.value(shape.sk_from)}"
    elif shape.sk_to is not None:
        key_condition += f" AND {placeholders.name(sk_name)} <= {placeholders.value(shape.sk_to)}"
    request: Request = {
        "TableName": table_name,
        "KeyConditionExpression": key_condition,
        "FilterExpression": _not_expired(placeholders, now_s),
        "ScanIndexForward": not shape.reverse,
        "ConsistentRead": consistent,
    }
    if shape.index is not None:
        request["IndexName"] = shape.index
    return request | placeholders.arguments()


def start_key(shape: QueryShape, position: tuple[str, ...]) -> Request:
    """Return the place after which a query goes on; ``position`` is from ``QueryShape.position_of``."""
    if shape.index is None:
        return key_request(shape.pk, position[0])
    index_pk, index_sk = shape.key_names
    return {index_pk: {"S": shape.pk}, index_sk: {"S": position[0]}, **key_request(position[1], position[2])}


def _update_expression(update: Update, placeholders: Placeholders) -> str:
    clauses = {
        "SET": [f"{placeholders.name(name)}={placeholders.value(value)}" for name, value in update.set.items()],
        "ADD": [f"{placeholders.name(name)} {placeholders.value(amount)}" for name, amount in update.add.items()],
        "REMOVE": [placeholders.name(name) for name in update.remove],
    }
    return " ".join(f"{word} {','.join(parts)}" for word, parts in clauses.items() if parts)


def _condition_expression(operation: Operation, placeholders: Placeholders, now_s: int) -> str | None:
    condition = condition_of(operation)
    if condition is None:
        return _not_expired(placeholders, now_s) if isinstance(operation, Update) else None
    wanted = _condition(condition, placeholders)
    if isinstance(operation, Update) or not fulfils(None, condition):
        return f"({_not_expired(placeholders, now_s)}) AND {wanted}"
    return f"{placeholders.name(EXPIRY_ATTRIBUTE)} <= {placeholders.value(now_s)} OR {wanted}"


def _not_expired(placeholders: Placeholders, now_s: int) -> str:
    name = placeholders.name(EXPIRY_ATTRIBUTE)
    return f"attribute_not_exists({name}) OR {name} > {placeholders.value(now_s)}"


def _condition(condition: Condition, placeholders: Placeholders) -> str:
    match condition:
        case Exists():
            return f"attribute_exists({placeholders.name('pk')})"
        case NotExists():
            return f"attribute_not_exists({placeholders.name('pk')})"
        case Compare(attribute, "<>", value):
            # DynamoDB's own <> also holds where the attribute is missing or of another type; ours does not.
            name = placeholders.name(attribute)
            same_type = f"attribute_type({name}, {placeholders.value(kind(value))})"
            return f"({same_type} AND {name} <> {placeholders.value(value)})"
        case Compare(attribute, symbol, value):
            return f"{placeholders.name(attribute)} {symbol} {placeholders.value(value)}"
        case Present(attribute):
            return f"attribute_exists({placeholders.name(attribute)})"
        case Absent(attribute):
            return f"attribute_not_exists({placeholders.name(attribute)})"
        case AllOf(conditions):
            return f"({' AND '.join(_condition(one, placeholders) for one in conditions)})"
        case AnyOf(conditions):
            return f"({' OR '.join(_condition(one, placeholders) for one in conditions)})"
        case _:
            assert_never(condition)
