"""Subscriptions to events."""

from __future__ import annotations

from datetime import datetime, timedelta

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Delete, Item, Operation, Put, Update
from firstline.domain.webhooks import Subscription, SubscriptionChangedError
from firstline.repositories import keys
from firstline.repositories.schema import Schema

SUBSCRIPTION = Schema("webhook", version=1)

_FRESH = timedelta(seconds=5)


class WebhookRepository:
    """Keys: ``WEBHOOKS`` / ``<webhook id>``. They do not expire."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._kept: tuple[datetime, list[Subscription]] | None = None

    def added(self, subscription: Subscription) -> Operation:
        """Return the operation that stores a new subscription."""
        return Put(_item(subscription), if_absent=True)

    def all(self, *, consistent: bool = False) -> list[Subscription]:
        """Return every subscription, the oldest first."""
        page = self._table.query(keys.WEBHOOKS, consistent=consistent)
        return [_subscription(item) for item in page.items]

    def lately(self, *, now: datetime) -> list[Subscription]:
        """Return every subscription as it was within the last five seconds, the oldest first.

        Every event asks for them; what this process writes counts at once.
        """
        kept = self._kept
        if kept is None or not timedelta(0) <= now - kept[0] < _FRESH:
            kept = self._kept = (now, self.all())
        return kept[1]

    def get(self, webhook_id: str) -> Subscription:
        """Return a subscription. Raises ``NotFoundError``."""
        item = self._table.get(keys.WEBHOOKS, webhook_id)
        if item is None:
            raise NotFoundError("no such webhook")
        return _subscription(item)

    def changed(self, subscription: Subscription, *, seen_version: int) -> Operation:
        """Return the operation that writes a changed subscription, if it is still as it was read."""
        item = _item(subscription)
        values = {name: value for name, value in item.items() if name not in ("pk", "sk")}
        return Update(item["pk"], item["sk"], set=values, condition=Compare("version", "=", seen_version))

    def write(self, operations: list[Operation]) -> None:
        """Carry the operations out. Raises ``SubscriptionChangedError``."""
        try:
            self._table.transact(operations)
        except ConditionFailedError as error:
            raise SubscriptionChangedError("the webhook has changed; read it again") from error
        finally:
            self._kept = None

    def removed(self, subscription: Subscription) -> Operation:
        """Return the operation that forgets a subscription, if it is as it was read."""
        same = Compare("version", "=", subscription.version)
        return Delete(keys.WEBHOOKS, subscription.webhook_id, condition=same)


def _item(subscription: Subscription) -> Item:
    return SUBSCRIPTION.stamp(
        {
            "pk": keys.WEBHOOKS,
            "sk": subscription.webhook_id,
            "body": subscription.model_dump_json(exclude={"version"}),
            "version": subscription.version,
        }
    )


def _subscription(item: Item) -> Subscription:
    loaded = SUBSCRIPTION.load(item)
    return Subscription.model_validate_json(loaded["body"]).model_copy(update={"version": int(loaded["version"])})
