"""Queries: order, ranges, prefixes, indexes, paging and cursors, the same on both stores."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from firstline.domain.errors import InvalidCursorError, InvalidItemError
from firstline.domain.ports import Table

# In the order of their UTF-8 bytes, which is not that of UTF-16: U+FFFF comes before U+1F4E6.
SORT_KEYS = [
    "A",
    "EVT#000000000001",
    "EVT#000000000002",
    "EVT#000000000010",
    "EVT$",
    "a",
    "\u00e9",
    "\uffff",
    "\U0001f4e6",
]


@pytest.fixture
def filled(table: Table) -> Table:
    for sk in reversed(SORT_KEYS):
        table.put({"pk": "P", "sk": sk})
    table.put({"pk": "P2", "sk": "B"})
    return table


def sks(items: list[dict[str, Any]]) -> list[str]:
    return [item["sk"] for item in items]


def pages(table: Table, pk: str, **shape: Any) -> list[list[str]]:
    found: list[list[str]] = []
    cursor = None
    while True:
        page = table.query(pk, cursor=cursor, **shape)
        found.append(sks(page.items))
        if page.cursor is None:
            return found
        cursor = page.cursor


@pytest.mark.parametrize("consistent", [False, True])
def test_items_come_in_the_bytewise_order_of_their_sort_keys(filled: Table, consistent: bool) -> None:
    assert sks(filled.query("P", consistent=consistent).items) == SORT_KEYS
    assert sks(filled.query("P", consistent=consistent, reverse=True).items) == SORT_KEYS[::-1]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"sk_prefix": "EVT#"}, SORT_KEYS[1:4]),
        ({"sk_prefix": "EVT"}, SORT_KEYS[1:5]),
        ({"sk_prefix": "\u00e9"}, ["\u00e9"]),
        ({"sk_prefix": "\uffff"}, ["\uffff"]),
        ({"sk_prefix": "\U0001f4e6"}, ["\U0001f4e6"]),
        ({"sk_prefix": "none"}, []),
        ({"sk_prefix": ""}, SORT_KEYS),
        ({"sk_from": "EVT#000000000002"}, SORT_KEYS[2:]),
        ({"sk_to": "EVT#000000000002"}, SORT_KEYS[:3]),
        ({"sk_from": "EVT#000000000002", "sk_to": "a"}, SORT_KEYS[2:6]),
        ({"sk_from": "a", "sk_to": "a"}, ["a"]),
        ({"sk_from": "b", "sk_to": "a"}, []),
        ({"sk_from": "", "sk_to": "A"}, ["A"]),
        ({"sk_to": ""}, []),
    ],
    ids=str,
)
def test_a_prefix_or_an_inclusive_range_bounds_the_answer(
    filled: Table, bounds: dict[str, str], expected: list[str]
) -> None:
    assert sks(filled.query("P", **bounds).items) == expected  # type: ignore[arg-type]
    assert sks(filled.query("P", reverse=True, **bounds).items) == expected[::-1]  # type: ignore[arg-type]


def test_an_unknown_partition_is_an_empty_page(table: Table) -> None:
    page = table.query("none", limit=1)
    assert page.items == []
    assert page.cursor is None


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 9, 10])
@pytest.mark.parametrize("reverse", [False, True])
def test_pages_follow_each_other_and_the_last_has_no_cursor(filled: Table, limit: int, reverse: bool) -> None:
    found = pages(filled, "P", limit=limit, reverse=reverse)
    assert [sk for page in found for sk in page] == (SORT_KEYS[::-1] if reverse else SORT_KEYS)
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert found[-1]


def test_a_page_is_filled_past_items_that_have_expired(table: Table, clock: Any) -> None:
    for number in range(30):
        kept = number % 10 == 9
        table.put({"pk": "P", "sk": f"{number:02}", "expires_at": clock.now_s() + (100 if kept else 1)})
    clock.advance(1)
    assert pages(table, "P", limit=2) == [["09", "19"], ["29"]]


def test_a_query_without_a_limit_returns_more_than_one_answer_of_the_store_holds(table: Table) -> None:
    # DynamoDB returns at most 1 MB at once.
    for number in range(14):
        table.put({"pk": "P", "sk": f"{number:02}", "text": "x" * 100_000})
    assert len(table.query("P").items) == 14
    assert [len(page) for page in pages(table, "P", limit=12)] == [12, 2]


@pytest.fixture
def indexed(table: Table) -> Table:
    for number in range(6):
        table.put(
            {"pk": f"T#{number}", "sk": "META", "by_queue_pk": "open", "by_queue_sk": f"{number // 2}", "n": number}
        )
    table.put({"pk": "T#6", "sk": "META", "by_queue_pk": "open", "n": 6})
    table.put({"pk": "T#7", "sk": "META", "by_queue_pk": "closed", "by_queue_sk": "1"})
    return table


def test_an_index_holds_the_items_that_carry_both_of_its_keys(indexed: Table) -> None:
    found = indexed.query("open", index="by_queue").items
    assert {item["n"] for item in found} == {0, 1, 2, 3, 4, 5}
    assert [item["by_queue_sk"] for item in found] == ["0", "0", "1", "1", "2", "2"]
    assert found[0].keys() == {"pk", "sk", "by_queue_pk", "by_queue_sk", "n"}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 4])
def test_an_index_is_paged_through_equal_sort_keys(indexed: Table, limit: int, reverse: bool) -> None:
    seen: list[int] = []
    cursor = None
    while True:
        page = indexed.query("open", index="by_queue", limit=limit, reverse=reverse, cursor=cursor)
        seen += [item["n"] for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == [0, 1, 2, 3, 4, 5]
    assert [n // 2 for n in seen] == sorted((n // 2 for n in range(6)), reverse=reverse)


def test_an_index_takes_a_range_and_a_prefix(indexed: Table) -> None:
    assert {item["n"] for item in indexed.query("open", index="by_queue", sk_from="1", sk_to="1").items} == {2, 3}
    assert {item["n"] for item in indexed.query("open", index="by_queue", sk_prefix="2").items} == {4, 5}


def test_an_item_moves_in_an_index_and_leaves_it(indexed: Table) -> None:
    indexed.update("T#0", "META", set={"by_queue_pk": "closed", "by_queue_sk": "0"})
    indexed.update("T#1", "META", remove=["by_queue_sk"])
    indexed.delete("T#2", "META")
    indexed.put({"pk": "T#3", "sk": "META", "n": 3})
    assert {item["n"] for item in indexed.query("open", index="by_queue").items} == {4, 5}
    assert [item["pk"] for item in indexed.query("closed", index="by_queue").items] == ["T#0", "T#7"]


def test_a_cursor_of_another_query_is_refused(filled: Table) -> None:
    cursor = filled.query("P", limit=2).cursor
    assert cursor is not None
    others: list[tuple[str, dict[str, Any]]] = [
        ("P2", {}),
        ("P", {"sk_prefix": "E"}),
        ("P", {"reverse": True}),
        ("P", {"index": "by_queue"}),
    ]
    for pk, shape in others:
        with pytest.raises(InvalidCursorError):
            filled.query(pk, limit=2, cursor=cursor, **shape)


def cursor_with(cursor: str, sk: Any) -> str:
    digest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0]
    return base64.urlsafe_b64encode(json.dumps([digest, sk]).encode()).decode()


def test_a_broken_or_forged_cursor_is_refused(filled: Table) -> None:
    cursor = filled.query("P", sk_prefix="EVT#", limit=1).cursor
    assert cursor is not None
    forged = [cursor_with(cursor, sk) for sk in ("A", "", 5, None, ["x"], "\ud800", "EVT#" + "x" * 1024)]
    for broken in ("", "x", "!!!", cursor[:-3], cursor + "AAAA", "bnVsbA", "W10", "\u00e9", "A" * 5000, *forged):
        with pytest.raises(InvalidCursorError):
            filled.query("P", sk_prefix="EVT#", limit=1, cursor=broken)
    again = filled.query("P", sk_prefix="EVT#", limit=1, cursor=cursor_with(cursor, "EVT#000000000001")).items
    assert sks(again) == ["EVT#000000000002"]


def test_a_cursor_survives_the_deletion_of_the_item_it_points_at(filled: Table) -> None:
    page = filled.query("P", limit=2)
    filled.delete("P", page.items[-1]["sk"])
    assert sks(filled.query("P", limit=1, cursor=page.cursor).items) == [SORT_KEYS[2]]


def test_questions_that_make_no_sense_are_errors_of_the_program(table: Table) -> None:
    senseless: list[dict[str, Any]] = [
        {"sk_prefix": "a", "sk_from": "b"},
        {"index": "by_nothing"},
        {"index": "by_due", "consistent": True},
        {"limit": 0},
    ]
    for shape in senseless:
        with pytest.raises(ValueError, match=r"prefix|index|limit"):
            table.query("P", **shape)
    for pk, prefix in (("", "a"), ("P", "x" * 1025), ("P", "\ud800"), ("x" * 2049, "a"), ("\ud800", "a")):
        with pytest.raises(InvalidItemError):
            table.query(pk, sk_prefix=prefix)


def test_a_count_is_that_of_the_items_that_have_not_expired(table: Table) -> None:
    for number in range(7):
        table.put({"pk": f"P{number}", "sk": "A", "by_queue_pk": "Q", "by_queue_sk": str(number)})
    table.put({"pk": "P8", "sk": "A", "by_queue_pk": "Q", "by_queue_sk": "8", "expires_at": 1})
    table.put({"pk": "P9", "sk": "A", "by_queue_pk": "R", "by_queue_sk": "9"})
    assert table.count("Q", index="by_queue") == 7
    assert table.count("P0") == 1
    assert table.count("nobody") == 0
