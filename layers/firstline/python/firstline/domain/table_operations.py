"""Operations of the single-table store: what is refused before it is sent, and what an update makes of an item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from firstline.domain.errors import (
    DuplicateItemError,
    InvalidItemError,
    ItemTooLargeError,
    TransactionTooLargeError,
)
from firstline.domain.table import (
    EXPIRY_ATTRIBUTE,
    MAX_ITEM_BYTES,
    MAX_TRANSACTION_BYTES,
    MAX_TRANSACTION_OPERATIONS,
    MAX_UPDATE_OPERATORS,
    Check,
    Condition,
    Delete,
    Item,
    NotExists,
    Operation,
    Put,
    Update,
)
from firstline.domain.table_conditions import check_condition
from firstline.domain.table_rules import KEY_LIMITS, check_key, checked_attributes, checked_item
from firstline.domain.table_values import add_numbers, byte_length, name_length


def checked_update(update: Update) -> tuple[Update, int]:
    """Return an update with its values in stored form, and the bytes of its key and values.

    Raises
    ------
    InvalidItemError
        It changes nothing, a key, or one attribute twice; it adds something other than an integer, or to an index
        key or the expiry; it has more than 300 clauses, or its condition more than 296 operators.
    ItemTooLargeError
        What it sets is over 400 KB already.
    """
    check_key(update.pk, update.sk)
    names = [*update.set, *update.add, *update.remove]
    if not names:
        raise InvalidItemError("an update sets, adds or removes at least one attribute")
    if len(set(names)) < len(names):
        raise InvalidItemError("an update names one attribute twice")
    # 300 clauses of at most 12 characters ("#n299=:v299,") stay below the 4 KB of one expression.
    if len(names) > MAX_UPDATE_OPERATORS:
        raise InvalidItemError(f"an update has {len(names)} clauses, at most {MAX_UPDATE_OPERATORS}")
    if "pk" in names or "sk" in names:
        raise InvalidItemError("an update cannot change pk or sk")
    for name, amount in update.add.items():
        if isinstance(amount, bool) or not isinstance(amount, int):
            raise InvalidItemError(f"add takes integers, and {name} got {amount!r:.40}")
        if name in KEY_LIMITS or name == EXPIRY_ATTRIBUTE:
            raise InvalidItemError(f"{name} can be set, not added to")
    if update.condition is not None:
        check_condition(update.condition)
    for name in update.remove:
        name_length(name)
    added, added_size = checked_attributes(update.add)
    values, size = checked_attributes(update.set)
    if size > MAX_ITEM_BYTES:
        raise ItemTooLargeError(f"update of {update.pk} / {update.sk} sets {size} bytes, at most {MAX_ITEM_BYTES}")
    checked = Update(update.pk, update.sk, values, added, update.remove, update.condition)
    return checked, key_size(update.pk, update.sk) + size + added_size


def apply_update(item: Item | None, update: Update) -> Item:
    """Return an item as it is after an update, checked against the limits.

    Parameters
    ----------
    item : dict or None
        The item before, or None where it is missing or has expired; it is not changed.
    update : Update
        From ``checked_update``.

    Raises
    ------
    InvalidItemError
        ``add`` on something that is not a number, or a sum out of range.
    ItemTooLargeError
        The item would be over 400 KB.
    """
    after: Item = dict(item) if item is not None else {"pk": update.pk, "sk": update.sk}
    after.update(update.set)
    for name, amount in update.add.items():
        after[name] = add_numbers(after.get(name, 0), amount)
    for name in update.remove:
        after.pop(name, None)
    return checked_item(after)[0]


def checked_operations(operations: Sequence[Operation]) -> list[Operation]:
    """Return a transaction's operations with their values in stored form.

    Raises
    ------
    TransactionTooLargeError
        More than 100 operations, or more than 4 MB of items, set values and keys.
    DuplicateItemError
        One item is named twice.
    InvalidItemError, ItemTooLargeError
    """
    if len(operations) > MAX_TRANSACTION_OPERATIONS:
        raise TransactionTooLargeError(f"{len(operations)} operations, at most {MAX_TRANSACTION_OPERATIONS}")
    checked = []
    size = 0
    for operation in operations:
        in_stored_form, operation_size = checked_operation(operation)
        checked.append(in_stored_form)
        size += operation_size
    keys = [key_of(operation) for operation in checked]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DuplicateItemError(f"the transaction names {twice[0]} / {twice[1]} twice")
    if size > MAX_TRANSACTION_BYTES:
        raise TransactionTooLargeError(f"the transaction has {size} bytes, at most {MAX_TRANSACTION_BYTES}")
    return checked


def key_of(operation: Operation) -> tuple[str, str]:
    """Return the primary key of the item that an operation is on."""
    if isinstance(operation, Put):
        return operation.item["pk"], operation.item["sk"]
    return operation.pk, operation.sk


def condition_of(operation: Operation) -> Condition | None:
    """Return the condition of an operation, None where it has none."""
    if isinstance(operation, Put):
        return NotExists() if operation.if_absent else None
    return operation.condition


def checked_operation(operation: Operation) -> tuple[Operation, int]:
    """Return one operation with its values in stored form, and the bytes of its key and values.

    Raises
    ------
    InvalidItemError, ItemTooLargeError
    """
    match operation:
        case Put(item, if_absent):
            checked, size = checked_item(item)
            return Put(checked, if_absent=if_absent), size
        case Update():
            return checked_update(operation)
        case Delete(pk, sk, condition) | Check(pk, sk, condition):
            check_key(pk, sk)
            if condition is not None:
                check_condition(condition)
            return operation, key_size(pk, sk)
        case _:
            assert_never(operation)


def key_size(pk: str, sk: str) -> int:
    """Return the bytes that an item's key counts for, with the names ``pk`` and ``sk``."""
    return len("pksk") + byte_length(pk) + byte_length(sk)
