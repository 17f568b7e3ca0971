"""The shape of a query on the single-table store, and the cursors that belong to it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from firstline.domain.errors import InvalidCursorError, InvalidItemError
from firstline.domain.table import INDEXES, Item
from firstline.domain.table_rules import MAX_SK_BYTES, check_key_part
from firstline.domain.table_values import byte_length


@dataclass(frozen=True)
class QueryShape:
    """What a query asks for, without its page size.

    Parameters
    ----------
    pk : str
        Partition of the table, or of the index.
    sk_prefix, sk_from, sk_to : str or None
        A prefix, or an inclusive range; None where there is no bound.
    index : str or None
        One of ``INDEXES``.
    reverse : bool
        From the last sort key to the first.
    """

    pk: str
    sk_prefix: str | None = None
    sk_from: str | None = None
    sk_to: str | None = None
    index: str | None = None
    reverse: bool = False

    @property
    def key_names(self) -> tuple[str, str]:
        """Names of the attributes that the partition and the range are about."""
        return (f"{self.index}_pk", f"{self.index}_sk") if self.index else ("pk", "sk")

    @property
    def is_empty(self) -> bool:
        """Whether no sort key can lie in the range."""
        return self.sk_to is not None and self.sk_to < (self.sk_from or "\0")

    def holds(self, item: Item) -> bool:
        """Tell whether an item belongs to the answer."""
        pk_name, sk_name = self.key_names
        return pk_name in item and sk_name in item and item[pk_name] == self.pk and self._in_range(item[sk_name])

    def position(self, item: Item) -> tuple[str, ...]:
        """Return what an item is sorted by: the sort key, and on an index the primary key after it."""
        return (item[self.key_names[1]], item["pk"], item["sk"]) if self.index else (item["sk"],)

    def cursor_after(self, item: Item) -> str:
        """Return the cursor of the page that begins after this item."""
        content = json.dumps([self._digest(), *self.position(item)], separators=(",", ":"))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    def position_of(self, cursor: str) -> tuple[str, ...]:
        """Return the position of the last item of the page before.

        Raises
        ------
        InvalidCursorError
            The cursor is broken, or of another query.
        """
        try:
            content = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        except (ValueError, TypeError, RecursionError) as error:
            raise InvalidCursorError("the cursor is broken") from error
        length = 4 if self.index else 2
        if not isinstance(content, list) or len(content) != length or content[0] != self._digest():
            raise InvalidCursorError("the cursor is of another query")
        names = (self.key_names[1], "pk", "sk") if self.index else ("sk",)
        try:
            for name, part in zip(names, content[1:], strict=True):
                check_key_part(name, part)
        except InvalidItemError as error:
            raise InvalidCursorError("the cursor is broken") from error
        if not self._in_range(content[1]):
            raise InvalidCursorError("the cursor lies outside the query")
        return tuple(content[1:])

    def _in_range(self, sk: str) -> bool:
        return (
            sk.startswith(self.sk_prefix or "")
            and (self.sk_from is None or sk >= self.sk_from)
            and (self.sk_to is None or sk <= self.sk_to)
        )

    def _digest(self) -> str:
        shape: list[Any] = [self.pk, self.sk_prefix, self.sk_from, self.sk_to, self.index, self.reverse]
        return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]


def checked_query(
    pk: str,
    *,
    sk_prefix: str | None = None,
    sk_from: str | None = None,
    sk_to: str | None = None,
    index: str | None = None,
    limit: int | None = None,
    reverse: bool = False,
    consistent: bool = False,
) -> QueryShape:
    """Return the shape of a query; an empty prefix or lower bound is no bound.

    Raises
    ------
    InvalidItemError
        ``pk`` is no key, or a bound is not Unicode or longer than 1024 bytes.
    ValueError
        A prefix together with a range, an unknown index, a consistent read of an index, or a limit below 1.
    """
    if sk_prefix is not None and (sk_from is not None or sk_to is not None):
        raise ValueError("a query takes a prefix or a range, not both")
    if index is not None and index not in INDEXES:
        raise ValueError(f"unknown index {index}")
    if index is not None and consistent:
        raise ValueError("an index cannot be read consistently")
    if limit is not None and limit < 1:
        raise ValueError(f"limit is at least 1, not {limit}")
    check_key_part(f"{index}_pk" if index else "pk", pk)
    for bound in (sk_prefix, sk_from, sk_to):
        if bound is not None and byte_length(bound) > MAX_SK_BYTES:
            raise InvalidItemError(f"a bound of a query is longer than {MAX_SK_BYTES} bytes")
    return QueryShape(pk, sk_prefix or None, sk_from or None, sk_to, index, reverse)
