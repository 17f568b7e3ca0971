"""What notices need from outside beside mail: somebody who posts webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Webhooks(Protocol):
    """Outgoing webhooks."""

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> None:
        """Post a JSON body and return when the receiver has taken it (2xx); redirects are not followed.

        Raises
        ------
        DeliveryError
            It could not be reached, was too slow, or answered something else.
        """
        ...
