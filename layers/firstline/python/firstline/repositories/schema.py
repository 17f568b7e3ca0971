"""The schema of a kind of item: stamped on writing, upgraded step by step on reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from firstline.domain.errors import InvalidItemError, SchemaVersionError
from firstline.domain.table import Item

Upgrade = Callable[[Item], Item]
"""Turns an item of version n into one of version n + 1; it may change the item it is given and return it."""


@dataclass(frozen=True)
class Schema:
    """One kind of item in its present version.

    Parameters
    ----------
    type : str
        What the item is, kept in its attribute ``type``.
    version : int
        The version that is written, >= 1, kept in the attribute ``schema``.
    upgrades : mapping of int to callable
        For every older version n, the step to n + 1.

    Raises
    ------
    ValueError
        The steps do not lead from version 1 to the present one.

    Notes
    -----
    A new release reads what the one before it wrote. One that runs beside a newer one refuses the newer items by name,
    so a change that both must read adds attributes and leaves the version as it is.
    """

    type: str
    version: int
    upgrades: Mapping[int, Upgrade] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.version < 1 or set(self.upgrades) != set(range(1, self.version)):
            raise ValueError(f"{self.type}: steps {sorted(self.upgrades)} do not lead from 1 to {self.version}")

    def stamp(self, item: Mapping[str, Any]) -> Item:
        """Return a copy of an item, or of the attributes of an update, with its type and version."""
        return {**item, "type": self.type, "schema": self.version}

    def load(self, item: Mapping[str, Any]) -> Item:
        """Return a copy of a stored item as it would be written today.

        Raises
        ------
        InvalidItemError
            The item is of another type.
        SchemaVersionError
            The item is newer than this code, or says no version.
        """
        if item.get("type") != self.type:
            raise InvalidItemError(f"expected an item of type {self.type}, found {item.get('type')!r}")
        version = item.get("schema")
        if type(version) is not int or not 1 <= version <= self.version:
            raise SchemaVersionError(f"{self.type} of version {version!r}; this program knows up to {self.version}")
        upgraded = dict(item)
        for older in range(version, self.version):
            upgraded = self.upgrades[older](upgraded)
        return self.stamp(upgraded)
