"""Deliver events to webhooks and customers: signed, at least once, tried again with longer and longer pauses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from firstline.domain.errors import DeliveryError, InvalidInputError, NotFoundError
from firstline.domain.mailer import Envelope
from firstline.domain.notice_ports import Webhooks
from firstline.domain.notices import DELIVERY_HEADER, SIGNATURE_HEADER, signature
from firstline.domain.ports import Clock, Mailer
from firstline.domain.ticket import Ticket, TicketQueue
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.ticket_texts import team_mail, ticket_mail, ticket_news
from firstline.domain.webhooks import EVENT_HEADER, Delivery, DeliveryChannel, delivery_json
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.outbox import OutboxRepository
from firstline.repositories.receivers import Failing, ReceiverRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.webhooks import WebhookRepository
from firstline.services.notify_people import MAX_ATTEMPTS, NoticeReport, NoticeSettings, pause_after

_OPENS_AFTER = 2
"""Failures in a row after which a receiver is left alone, with all that waits for it: each may cost a time-out."""
_LONGEST_REST = timedelta(minutes=10)
"""After which one delivery tells whether a receiver is back."""
_LONGEST_WAIT = timedelta(days=1)
"""After which what waits for a receiver that does not come back is given up."""
_ROUND = timedelta(seconds=25)
"""After which no further delivery is begun: the sweep has other things to do, and a minute for all."""


@dataclass(frozen=True)
class _Content:
    """What a delivery is about, as it is now."""

    data: dict[str, Any]
    ticket: Ticket | None = None
    event: TicketEvent | None = None


class TellInThread(Protocol):
    """Tells what became of a ticket in the thread of mails that it is about."""

    def __call__(self, ticket: Ticket, event: TicketEvent, *, delivery_id: str) -> bool:
        """Return False where there is no such thread."""
        ...


class DeliverEvents:
    """Works off the deliveries of the outbox: first of the receivers that take them, then of those that fail.

    Each receiver has a circuit breaker: after ``_OPENS_AFTER`` failures in a row all that waits for it is put off, the
    longer the more failures there are; then one delivery tries it.

    Parameters
    ----------
    receivers : ReceiverRepository
        Keeps who fails, for the next round and every other process.
    webhooks : Webhooks
        Posts to public addresses only.
    notices : NoticeSettings
        From whom customers get mail, where they get any; which people are told of new tickets.
    tell_in_thread : callable
        Has the news of a ticket that is about a thread of mails sent there, once per ``delivery_id``; returns False for
        any other ticket.
    on_failure : callable
        Told of the delivery and the error whenever one fails, to log it.
    """

    def __init__(
        self,
        outbox: OutboxRepository,
        receivers: ReceiverRepository,
        subscriptions: WebhookRepository,
        tickets: TicketRepository,
        conversations: ConversationRepository,
        webhooks: Webhooks | None,
        mailer: Mailer | None,
        *,
        notices: NoticeSettings,
        tell_in_thread: TellInThread,
        clock: Clock,
        on_failure: Callable[[Delivery, DeliveryError], None],
    ) -> None:
        self._outbox = outbox
        self._receivers = receivers
        self._subscriptions = subscriptions
        self._tickets = tickets
        self._conversations = conversations
        self._webhooks = webhooks
        self._mailer = mailer
        self._notices = notices
        self._sender = notices.sender
        self._tell_in_thread = tell_in_thread
        self._clock = clock
        self._on_failure = on_failure

    def deliver_due(self) -> NoticeReport:
        """Deliver every event whose time has come; one that fails holds up no other receiver."""
        delivered, failed, dead = 0, 0, list[str]()
        begun = self._clock.now()
        found = self._outbox.due_deliveries(now=begun)
        failing = self._receivers.failing() if found.deliveries else {}
        for due in sorted(found.deliveries, key=partial(_n_failures, failing)):
            now = self._clock.now()
            if now - begun > _ROUND:
                break
            rest = failing.get(due.receiver)
            if rest is not None and rest.failures >= _OPENS_AFTER and rest.until > now:
                dead += self._postponed(due, rest, now)
                continue
            delivery = self._outbox.take_up(due, now=now)
            if delivery is None:
                continue
            try:
                sent = self._deliver(delivery)
            except DeliveryError as error:
                failed += 1
                self._on_failure(delivery, error)
                failing[due.receiver] = self._failed(due.receiver, rest)
                if delivery.attempts >= MAX_ATTEMPTS:
                    self._outbox.bury(delivery, error=str(error))
                    dead.append(delivery.delivery_id)
                else:
                    self._outbox.put_off(delivery, until=self._clock.now() + pause_after(delivery.attempts))
                continue
            self._outbox.drop(delivery)
            delivered += sent
            if sent and due.receiver in failing:
                del failing[due.receiver]
                self._receivers.recovered(due.receiver)
        return NoticeReport(delivered, failed, tuple(dead), tuple(found.unreadable))

    def _postponed(self, due: Delivery, rest: Failing, now: datetime) -> list[str]:
        """Put off what waits for a receiver that is left alone; return its id where it was given up."""
        if now - due.created_at > _LONGEST_WAIT:
            self._outbox.bury(due, error="the receiver has failed for a day")
            return [due.delivery_id]
        self._outbox.put_off(due, until=rest.until)
        return []

    def _failed(self, receiver: str, before: Failing | None) -> Failing:
        now, failures = self._clock.now(), (before.failures if before else 0) + 1
        failing = Failing(failures, now + min(_LONGEST_REST, pause_after(failures)))
        self._receivers.failed(receiver, failing, now=now)
        return failing

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
        if ticket is None or event is None:
            return False
        if self._tell_in_thread(ticket, event, delivery_id=delivery.delivery_id):
            return True
        if not ticket.email or not self._sender:
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
        self._mailer.send(message, Envelope(self._sender, (ticket.email,)))
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
        self._mailer.send(message, Envelope(sender, team.email))
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


def _n_failures(failing: Mapping[str, Failing], delivery: Delivery) -> int:
    found = failing.get(delivery.receiver)
    return found.failures if found else 0


def _first(found: list[Any]) -> Any:
    if not found:
        raise NotFoundError("what happened is gone")
    return found[0]
