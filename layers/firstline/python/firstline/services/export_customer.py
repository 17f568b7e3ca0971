"""All that is kept of a customer, for the customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.ports import Clock

Part = Callable[[str], Any]
"""Returns one part of the export by the customer's id, as JSON values; raises ``NotFoundError`` for nobody's id."""


class CustomerExport(BaseModel):
    """What is kept, by part."""

    model_config = ConfigDict(frozen=True)

    customer_id: str
    exported_at: datetime
    parts: dict[str, Any] = Field(description="`profile`, `memory` and what else is kept, each in a form of its own")


class ExportCustomer:
    """Joins the parts; what keeps something of customers adds a part of its own.

    Parameters
    ----------
    parts : mapping of str to callable
        In the order of the export.
    """

    def __init__(self, parts: Mapping[str, Part], clock: Clock) -> None:
        self._parts = dict(parts)
        self._clock = clock

    def export(self, customer_id: str) -> CustomerExport:
        """Return everything. Raises ``NotFoundError``."""
        return CustomerExport(
            customer_id=customer_id,
            exported_at=self._clock.now(),
            parts={name: part(customer_id) for name, part in self._parts.items()},
        )
