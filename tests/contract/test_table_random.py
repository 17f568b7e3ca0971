"""Random programs give the same answers on both stores."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstline.adapters.aws.table import DynamoDBTable
from firstline.adapters.local.table import SQLiteTable
from firstline.domain.errors import ConditionFailedError, StoreError
from firstline.domain.ports import Table
from firstline.domain.table import (
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

_programs = itertools.count()
NOW_S = 1_893_456_000
sort_keys = st.sampled_from(["a", "b", "c#1", "c#2"])
names = st.sampled_from(["n", "m", "text"])
numbers = st.integers(-3, 3)
values = st.one_of(
    numbers,
    st.sampled_from(["", "x", "y", True, None, b"", b"\xff", Decimal("0.5"), [1, "a"], {"n": None}]),
)
leaves = st.one_of(
    st.just(Exists()),
    st.just(NotExists()),
    st.builds(Present, names),
    st.builds(Absent, names),
    st.builds(Compare, names, st.sampled_from(["=", "<>"]), values),
    st.builds(Compare, names, st.sampled_from(["<", "<=", ">", ">="]), numbers),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(AllOf, st.tuples(inner, inner)),
        st.builds(AnyOf, st.tuples(inner, inner)),
    ),
    max_leaves=4,
)
maybe = st.one_of(st.none(), conditions)
attributes = st.dictionaries(names, values, max_size=3)
expiries = st.sampled_from([{}, {}, {"expires_at": NOW_S}, {"expires_at": NOW_S + 1}])
index_keys = st.sampled_from([{}, {"by_due_sk": "1"}, {"by_due_sk": "2"}])


@dataclass(frozen=True)
class Query:
    shape: dict[str, Any]


def _update(
    sk: str, set_: dict[str, Any], add: dict[str, int], remove: tuple[str, ...], on: Condition | None
) -> Update:
    return Update("P", sk, set=set_, add=add, remove=remove, condition=on)


puts = st.builds(
    lambda sk, content, expiry, index, once: Put({"sk": sk, **content, **expiry, **index}, if_absent=once),
    sort_keys,
    attributes,
    expiries,
    index_keys,
    st.booleans(),
)
updates = st.builds(
    _update,
    sort_keys,
    st.dictionaries(st.sampled_from(["n", "text"]), values, max_size=2),
    st.dictionaries(st.just("m"), numbers, max_size=1),
    st.sampled_from([(), ("by_due_sk",), ("other",)]),
    maybe,
)
writes: st.SearchStrategy[Operation] = st.one_of(
    puts,
    updates,
    st.builds(Delete, st.just("P"), sort_keys, maybe),
    st.builds(Check, st.just("P"), sort_keys, conditions),
)
queries = st.builds(
    Query,
    st.fixed_dictionaries(
        {},
        optional={"limit": st.integers(1, 3), "reverse": st.booleans(), "sk_prefix": st.sampled_from(["c", "c#", "a"])},
    ),
)
steps = st.one_of(st.lists(writes, min_size=1, max_size=4), st.lists(writes, min_size=1, max_size=1), queries)


def in_partition(operation: Operation, pk: str) -> Operation:
    if isinstance(operation, Put):
        index = {"by_due_pk": pk} if "by_due_sk" in operation.item else {}
        return Put({"pk": pk, **operation.item, **index}, if_absent=operation.if_absent)
    if isinstance(operation, Update):
        return Update(pk, operation.sk, operation.set, operation.add, operation.remove, operation.condition)
    if isinstance(operation, Delete):
        return Delete(pk, operation.sk, operation.condition)
    return Check(pk, operation.sk, operation.condition)


def carry_out(table: Table, pk: str, step: Sequence[Operation] | Query) -> Any:
    if isinstance(step, Query):
        return table.query(pk, **step.shape)
    operations = [in_partition(operation, pk) for operation in step]
    try:
        if len(operations) > 1 or isinstance(operations[0], Check):
            return table.transact(operations)
        (only,) = operations
        if isinstance(only, Put):
            return table.put(only.item, if_absent=only.if_absent)
        if isinstance(only, Delete):
            return table.delete(only.pk, only.sk, condition=only.condition)
        if isinstance(only, Update):
            return table.update(pk, only.sk, set=only.set, add=only.add, remove=only.remove, condition=only.condition)
    except ConditionFailedError as error:
        return "ConditionFailedError", error.failed
    except StoreError as error:
        return type(error).__name__
    raise AssertionError(f"no such step: {step}")


@given(program=st.lists(steps, min_size=1, max_size=10))
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_both_stores_answer_a_random_program_alike(
    sqlite_table: SQLiteTable, dynamodb_table: DynamoDBTable, program: list[Sequence[Operation] | Query]
) -> None:
    # A partition of its own, so that no example sees another's items.
    pk = f"P{next(_programs)}"
    for step in program:
        assert carry_out(sqlite_table, pk, step) == carry_out(dynamodb_table, pk, step), step
    assert sqlite_table.query(pk).items == dynamodb_table.query(pk).items
    assert indexed(sqlite_table, pk) == indexed(dynamodb_table, pk)


def indexed(table: Table, pk: str) -> list[tuple[str, str]]:
    return sorted((item["by_due_sk"], item["sk"]) for item in table.query(pk, index="by_due").items)
