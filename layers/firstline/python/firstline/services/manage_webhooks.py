"""Subscriptions to events, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firstline.domain.errors import ConflictError
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Operation
from firstline.domain.webhooks import (
    MAX_SUBSCRIPTIONS,
    Delivery,
    Subscription,
    SubscriptionChangedError,
    checked_events,
)
from firstline.repositories.audit import AuditRepository
from firstline.repositories.outbox import DeadLetterPage, Entry, OutboxRepository
from firstline.repositories.receivers import ReceiverRepository
from firstline.repositories.webhooks import WebhookRepository


class TooManyWebhooksError(ConflictError):
    """There are as many subscriptions as one installation takes."""


@dataclass(frozen=True)
class SubscriptionChanges:
    """Changes of a subscription; None leaves a field as it is."""

    url: str | None = None
    events: list[str] | None = None
    active: bool | None = None
    description: str | None = None


class ManageWebhooks:
    """Makes, changes and ends subscriptions; shows and revives dead letters. Every change is audited.

    Parameters
    ----------
    check_url : callable
        Raises ``InvalidInputError`` for an address that no webhook may lead to.
    """

    def __init__(
        self,
        webhooks: WebhookRepository,
        receivers: ReceiverRepository,
        outbox: OutboxRepository,
        audit: AuditRepository,
        *,
        check_url: Callable[[str], None],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._webhooks = webhooks
        self._receivers = receivers
        self._outbox = outbox
        self._audit = audit
        self._check_url = check_url
        self._clock = clock
        self._ids = ids

    def create(
        self, url: str, events: list[str], *, by: str, active: bool = True, description: str = ""
    ) -> Subscription:
        """Subscribe; the secret is in what is returned, and shown nowhere else.

        Raises
        ------
        InvalidInputError
            The address or an event is none that can be.
        TooManyWebhooksError
        """
        self._check_url(url)
        if len(self._webhooks.all(consistent=True)) >= MAX_SUBSCRIPTIONS:
            raise TooManyWebhooksError(f"there are {MAX_SUBSCRIPTIONS} webhooks, and no more can be made")
        subscription = Subscription(
            webhook_id=self._ids.new(),
            url=url,
            events=checked_events(events),
            secret=self._ids.secret(),
            active=active,
            description=description,
            created_at=self._clock.now(),
            created_by=by,
        )
        self._webhooks.write([self._webhooks.added(subscription), self._entry("created", subscription, by)])
        return subscription

    def all(self) -> list[Subscription]:
        """Return every subscription, the oldest first."""
        return self._webhooks.all(consistent=True)

    def get(self, webhook_id: str) -> Subscription:
        """Return a subscription. Raises ``NotFoundError``."""
        return self._webhooks.get(webhook_id)

    def change(self, webhook_id: str, changes: SubscriptionChanges, *, version: int | None, by: str) -> Subscription:
        """Change a subscription; where it had failed, it is tried again at once.

        Raises
        ------
        NotFoundError, InvalidInputError
        SubscriptionChangedError
            It is not at ``version``; None stands for whichever is there.
        """
        seen = self._webhooks.get(webhook_id)
        if version is not None and version != seen.version:
            raise SubscriptionChangedError("the webhook has changed; read it again")
        if changes.url is not None:
            self._check_url(changes.url)
        update = {name: value for name, value in vars(changes).items() if value is not None}
        if changes.events is not None:
            update["events"] = checked_events(changes.events)
        after = seen.model_copy(update={**update, "version": seen.version + 1})
        self._webhooks.write(
            [self._webhooks.changed(after, seen_version=seen.version), self._entry("changed", after, by)]
        )
        self._receivers.recovered(webhook_id)
        return after

    def delete(self, webhook_id: str, *, by: str) -> None:
        """End a subscription; what is still on its way to it is dropped. Raises ``NotFoundError``."""
        seen = self._webhooks.get(webhook_id)
        self._webhooks.write([self._webhooks.removed(seen), self._entry("deleted", seen, by)])

    def dead_letters(self, *, limit: int, cursor: str | None) -> DeadLetterPage:
        """Return what could not be delivered, the latest first. Raises ``InvalidCursorError``."""
        return self._outbox.dead(limit=limit, cursor=cursor)

    def replay(self, out_id: str) -> Entry:
        """Have a dead letter delivered after all, and its receiver tried at once. Raises ``NotFoundError``."""
        entry = self._outbox.revive(out_id, now=self._clock.now())
        if isinstance(entry, Delivery):
            self._receivers.recovered(entry.receiver)
        return entry

    def _entry(self, done: str, subscription: Subscription, by: str) -> Operation:
        return self._audit.recorded(
            self._ids.new(),
            action=f"webhook_{done}",
            by=by,
            of=subscription.webhook_id,
            now=self._clock.now(),
            active=subscription.active,
        )
