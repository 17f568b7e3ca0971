"""Rules of the single-table store that need no store: sizes, numbers, conditions, encodings, cursors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.adapters.aws.table_codec import decode_attributes, encode_attributes
from firstline.adapters.local.table_codec import decode_item, encode_item
from firstline.domain.errors import InvalidCursorError, InvalidItemError, TransactionTooLargeError
from firstline.domain.table import (
    MAX_TRANSACTION_BYTES,
    MAX_UPDATE_EXPRESSION_BYTES,
    MAX_UPDATE_OPERATORS,
    Compare,
    Put,
    Update,
)
from firstline.domain.table_conditions import fulfils, has_expired
from firstline.domain.table_operations import apply_update, checked_operations, checked_update
from firstline.domain.table_query import QueryShape
from firstline.domain.table_rules import checked_item
from firstline.domain.table_values import add_numbers, checked_number, checked_value, same

quick = settings(deadline=None, max_examples=60, derandomize=True, database=None)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=9)
stored_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**37), 10**37), decimals, texts, st.binary(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(texts, st.sampled_from(["$d", "$b", "$", "$$d"])), inner, max_size=3),
    ),
    max_leaves=8,
)


@quick
@given(value=stored_values)
def test_both_encodings_give_back_exactly_the_stored_form(value: Any) -> None:
    item, _ = checked_item({"pk": "P", "sk": "S", "value": value})
    assert repr(decode_item(encode_item(item))) == repr(item)
    assert repr(decode_attributes(encode_attributes(item))) == repr(item)
    assert same(item["value"], checked_value(value)[0])


@pytest.mark.parametrize(
    ("value", "n_bytes"),
    [
        ("", 0),
        ("abc", 3),
        ("\u00e9\U0001f4e6", 6),
        (b"\x00\x01", 2),
        (None, 1),
        (True, 1),
        (0, 1),
        (7, 2),
        (100, 2),
        (1234, 3),
        (-1234, 4),
        (Decimal("0.125"), 3),
        (10**37 + 1, 20),
        ([], 3),
        ({}, 3),
        (["ab", 1], 3 + (2 + 1) + (2 + 1)),
        ({"key": "ab"}, 3 + 3 + 2 + 1),
    ],
    ids=repr,
)
def test_a_value_counts_by_the_formula_of_dynamodb(value: Any, n_bytes: int) -> None:
    assert checked_value(value)[1] == n_bytes
    assert checked_item({"pk": "P", "sk": "S", "name": value})[1] == len("pkPskSname") + n_bytes


@quick
@given(left=st.integers(-(10**30), 10**30), right=st.integers(-(10**6), 10**6), places=st.integers(0, 7))
def test_sums_are_exact(left: int, right: int, places: int) -> None:
    scaled = checked_number(Decimal(left).scaleb(-places))
    assert add_numbers(scaled, right) * 10**places == left + right * 10**places


def test_a_sum_beyond_38_digits_is_refused() -> None:
    with pytest.raises(InvalidItemError):
        add_numbers(10**38, 1)
    with pytest.raises(InvalidItemError):
        add_numbers(Decimal("0.1"), 10**38)


@quick
@given(value=st.one_of(st.integers(), decimals))
def test_a_checked_number_is_equal_to_what_came_in_and_canonical(value: int | Decimal) -> None:
    try:
        number = checked_number(value)
    except InvalidItemError:
        assert len(str(abs(value)).strip("0").replace(".", "")) > 38
        return
    assert number == value
    assert isinstance(number, int) == (value == int(value))
    assert checked_number(number) == number


@quick
@given(stored=stored_values, asked=stored_values)
def test_equal_and_unequal_never_both_hold(stored: Any, asked: Any) -> None:
    item = {"pk": "P", "sk": "S", "value": stored}
    equal, unequal = (fulfils(item, Compare("value", symbol, asked)) for symbol in ("=", "<>"))
    assert not (equal and unequal)
    assert fulfils(item, Compare("value", "=", stored))
    assert equal == same(stored, asked)


def test_an_item_without_an_expiry_never_expires() -> None:
    assert not has_expired({}, 10**12)
    assert has_expired({"expires_at": 5}, 5)
    assert not has_expired({"expires_at": 6}, 5)


def test_an_update_leaves_the_item_it_was_given_alone() -> None:
    before = {"pk": "P", "sk": "S", "n": 1}
    update, _ = checked_update(Update("P", "S", set={"m": 1}, add={"n": 1}))
    assert apply_update(before, update) == {"pk": "P", "sk": "S", "n": 2, "m": 1}
    assert before == {"pk": "P", "sk": "S", "n": 1}


def test_the_longest_update_expression_stays_below_its_limit() -> None:
    names = "SET ADD REMOVE "
    clauses = [f"#n{number}=:v{number}," for number in range(MAX_UPDATE_OPERATORS)]
    assert len(names) + sum(map(len, clauses)) <= MAX_UPDATE_EXPRESSION_BYTES


def test_a_transaction_may_reach_four_megabytes_but_not_pass_them() -> None:
    def puts(last: int) -> list[Put]:
        sizes = [400_000] * 10 + [last]
        overhead = len("pkPskSS") + len("text")
        return [
            Put({"pk": "P", "sk": f"S{chr(65 + number)}", "text": "x" * (size - overhead)})
            for number, size in enumerate(sizes)
        ]

    room = MAX_TRANSACTION_BYTES - 10 * 400_000
    assert len(checked_operations(puts(room))) == 11
    with pytest.raises(TransactionTooLargeError):
        checked_operations(puts(room + 1))


@quick
@given(pk=texts, sk=texts.filter(bool), index=st.sampled_from([None, "by_due"]), noise=st.text(max_size=30))
def test_a_cursor_gives_back_its_position_and_noise_is_refused(pk: str, sk: str, index: str | None, noise: str) -> None:
    shape = QueryShape(pk, index=index)
    item = {"pk": "P", "sk": sk, "by_due_pk": pk, "by_due_sk": sk}
    cursor = shape.cursor_after(item)
    assert shape.position_of(cursor) == shape.position(item)
    assert cursor.isascii()
    with pytest.raises(InvalidCursorError):
        shape.position_of(noise)
    with pytest.raises(InvalidCursorError):
        QueryShape(pk + "x", index=index).position_of(cursor)
