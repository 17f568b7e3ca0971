"""Deliver events to webhooks and customers: signed, at least once, tried again with longer and longer pauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from firstline.domain.errors import DeliveryError, InvalidInputError, NotFoundError
from firstline.domain.notice_ports import Webhooks
from firstline.domain.notices import DELIVERY_HEADER, SIGNATURE_HEADER, signature
from firstline.domain.ports import Clock, Mailer
from firstline.domain.ticket import Ticket, TicketQueue
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.ticket_texts import team_mail, ticket_mail, ticket_news
from firstline.domain.webhooks import EVENT_HEADER, Delivery, DeliveryChannel, delivery_json
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.outbox import OutboxRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.webhooks import WebhookRepository
from firstline.services.notify_people import MAX_ATTEMPTS, NoticeReport, NoticeSettings, pause_after

_GIVE_UP_FOR_NOW = 2
"""Failures after which a receiver is left alone for the rest of a round: each may have cost a time-out."""
_ROUND = timedelta(seconds=25)
"""After which no further delivery is begun: the sweep has other things to do, and a minute for all."""


@dataclass(frozen=True)
class _Content:
    """What a delivery is about, as it is now."""

    data: dict[str, Any]
    ticket: Ticket | None = None
    event: TicketEvent | None = None


class DeliverEvents:
    """Works off the deliveries of the outbox.

    Parameters
    ----------
    webhooks : Webhooks
        Posts to public addresses only.
    notices : NoticeSettings
        From whom customers get mail, where they get any; which people are told of new tickets.
    on_failure : callable
        Told of the delivery and the error whenever one fails, to log it.
    """

    def __init__(
        self,
        outbox: OutboxRepository,
        subscriptions: WebhookRepository,
        tickets: TicketRepository,
        conversations: ConversationRepository,
        webhooks: Webhooks | None,
        mailer: Mailer | None,
        *,
        notices: NoticeSettings,
        clock: Clock,
        on_failure: Callable[[Delivery, DeliveryError], None],
    ) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._tickets = tickets
        self._conversations = conversations
        self._webhooks = webhooks
        self._mailer = mailer
        self._notices = notices
        self._sender = notices.sender
        self._clock = clock
        self._on_failure = on_failure

    def deliver_due(self) -> NoticeReport:
        """Deliver every event whose time has come; one that fails holds up no other receiver."""
        delivered, dead = 0, list[str]()
        failures: Counter[str] = Counter()
        begun = self._clock.now()
        found = self._outbox.due_deliveries(now=begun)
        for due in found.deliveries:
            if self._clock.now() - begun > _ROUND:
                break
            if failures[due.receiver] >= _GIVE_UP_FOR_NOW:
                continue
            delivery = self._outbox.take_up(due, now=self._clock.now())
            if delivery is None:
                continue
            try:
                sent = self._deliver(delivery)
            except DeliveryError as error:
                self._on_failure(delivery, error)
                failures[delivery.receiver] += 1
                if delivery.attempts >= MAX_ATTEMPTS:
                    self._outbox.bury(delivery, error=str(error))
                    dead.append(delivery.delivery_id)
                else:
                    self._outbox.put_off(delivery, until=self._clock.now() + pause_after(delivery.attempts))
                continue
            self._outbox.drop(delivery)
            delivered += sent
        return NoticeReport(delivered, failures.total(), tuple(dead), tuple(found.unreadable))

    def _deliver(self, delivery: Delivery) -> bool:
        """Send it; return False where there is nothing to send any more: erased, unsubscribed, or no address."""
        try:
            content = self._content(delivery)
            if delivery.channel is DeliveryChannel.MAIL:
                return self._mail(delivery, content)
            if delivery.channel is DeliveryChannel.TEAM:
                return self._mail_to_team(delivery, content)
            return self._post(delivery, content)
        except NotFoundError:
            return False

    def _post(self, delivery: Delivery, content: _Content) -> bool:
        subscription = self._subscriptions.get(delivery.webhook_id)
        if not subscription.active:
            return False
        if self._webhooks is None:
            raise DeliveryError("no webhook can be posted")
        body = delivery_json(delivery, content.data)
        timestamp = int(self._clock.now().timestamp())
        headers = {
            DELIVERY_HEADER: delivery.delivery_id,
            EVENT_HEADER: delivery.event.value,
            SIGNATURE_HEADER: signature(subscription.secret, timestamp, body),
        }
        try:
            self._webhooks.post(subscription.url, body, headers=headers)
        except InvalidInputError as error:
            raise DeliveryError(str(error)) from error
        return True

    def _mail(self, delivery: Delivery, content: _Content) -> bool:
        ticket, event = content.ticket, content.event
        if ticket is None or event is None or not ticket.email or not self._sender:
            return False
        text = ticket_news(ticket, event)
        if not text:
            return False
        if self._mailer is None:
            raise DeliveryError("no mail can be sent: its transport is not set")
        message = ticket_mail(
            ticket,
            text,
            delivery_id=delivery.delivery_id,
            sender=self._sender,
            first=event.kind is TicketEventKind.OPENED,
            now=self._clock.now(),
        )
        self._mailer.send(message, sender=self._sender, recipients=(ticket.email,))
        return True

    def _mail_to_team(self, delivery: Delivery, content: _Content) -> bool:
        team, ticket = self._notices, content.ticket
        if ticket is None or not team.email or ticket.queue is not TicketQueue.PEOPLE or not ticket.status.active:
            return False
        if self._mailer is None:
            raise DeliveryError("no mail can be sent: its transport is not set")
        sender = team.sender or team.email[0]
        message = team_mail(
            ticket,
            delivery_id=delivery.delivery_id,
            sender=sender,
            recipients=team.email,
            public_url=team.public_url.rstrip("/"),
            now=self._clock.now(),
        )
        self._mailer.send(message, sender=sender, recipients=team.email)
        return True

    def _content(self, delivery: Delivery) -> _Content:
        if delivery.ticket_id:
            ticket = self._tickets.get(delivery.ticket_id)
            event = _first(self._tickets.events(delivery.ticket_id, after_seq=delivery.seq - 1, limit=1))
            data = {
                "ticket": ticket.model_dump(mode="json", exclude={"told_in", "site_id"}),
                "event": event.model_dump(mode="json"),
            }
            return _Content(data, ticket, event)
        conversation = self._conversations.get(delivery.conversation_id)
        said = _first(self._conversations.events(delivery.conversation_id, after_seq=delivery.seq - 1, limit=1))
        fields = {"conversation_id", "status", "owner", "version", "channel", "customer_id", "user_id", "ticket_id"}
        return _Content(
            {
                "conversation": conversation.model_dump(mode="json", include=fields),
                "event": said.model_dump(mode="json"),
            }
        )


def _first(found: list[Any]) -> Any:
    if not found:
        raise NotFoundError("what happened is gone")
    return found[0]
