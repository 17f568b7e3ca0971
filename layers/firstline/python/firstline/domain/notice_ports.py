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
        InvalidInputError
            The address is none that may be called.
        """
        ...


class PublicWebhooks(Webhooks, Protocol):
    """Outgoing webhooks to addresses that were named over REST: none that is not public, unless a setting allows it."""

    def check(self, url: str) -> None:
        """Refuse an address that no webhook may lead to. Raises ``InvalidInputError``."""
        ...
