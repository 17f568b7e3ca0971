"""Put the deliveries of an event in line, in the transaction of what happened."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.conversation import Channel
from firstline.domain.ports import Ids
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket, TicketQueue
from firstline.domain.ticket_events import CUSTOMER, TicketEvent, TicketEventKind
from firstline.domain.webhooks import TYPE_OF, Delivery, DeliveryChannel, EventType
from firstline.repositories.outbox import OutboxRepository
from firstline.repositories.webhooks import WebhookRepository


class PublishEvents:
    """One delivery per subscription that wants the event, and a mail to the customer where there is an address.

    Parameters
    ----------
    mails : bool
        Customers are told by mail: ``MAIL_FROM`` is set.
    threads : bool
        Mail is answered: ``SUPPORT_ADDRESS`` is set.
    team : bool
        People are told of new tickets by mail: ``NOTIFY_EMAIL`` is set.
    """

    def __init__(
        self,
        webhooks: WebhookRepository,
        outbox: OutboxRepository,
        *,
        ids: Ids,
        mails: bool,
        team: bool,
        threads: bool = False,
    ) -> None:
        self._team = team
        self._threads = threads
        self._webhooks = webhooks
        self._outbox = outbox
        self._ids = ids
        self._mails = mails

    def of_ticket(self, ticket: Ticket, event: TicketEvent) -> list[Operation]:
        """Return the operations that tell of an entry of a ticket's log."""
        place = ticket.conversation_id, ticket.ticket_id, event.seq
        operations = self._to_subscribers(TYPE_OF[event.kind], *place, now=event.at)
        if self._may_mail(ticket) and _is_news(ticket, event):
            operations.append(self._delivery(DeliveryChannel.MAIL, TYPE_OF[event.kind], "", *place, now=event.at))
        if (
            self._team
            and event.kind is TicketEventKind.OPENED
            and ticket.queue is TicketQueue.PEOPLE
            and ticket.routing
        ):
            # A handover calls people with notices of its own.
            operations.append(self._delivery(DeliveryChannel.TEAM, TYPE_OF[event.kind], "", *place, now=event.at))
        return operations

    def _may_mail(self, ticket: Ticket) -> bool:
        """Tell whether there is an address: the ticket's, or that of the thread of mails that it is about."""
        return (self._mails and bool(ticket.email)) or (self._threads and ticket.channel == Channel.EMAIL.value)

    def of_conversation(self, conversation_id: str, kind: EventType, seq: int, *, now: datetime) -> list[Operation]:
        """Return the operations that tell of the event at a place of a conversation's log."""
        return self._to_subscribers(kind, conversation_id, "", seq, now=now)

    def _to_subscribers(
        self, kind: EventType, conversation_id: str, ticket_id: str, seq: int, *, now: datetime
    ) -> list[Operation]:
        event_id = self._ids.new()
        return [
            self._delivery(
                DeliveryChannel.WEBHOOK,
                kind,
                subscription.webhook_id,
                conversation_id,
                ticket_id,
                seq,
                now=now,
                event_id=event_id,
            )
            for subscription in self._webhooks.lately(now=now)
            if subscription.wants(kind)
        ]

    def _delivery(
        self,
        channel: DeliveryChannel,
        kind: EventType,
        webhook_id: str,
        conversation_id: str,
        ticket_id: str,
        seq: int,
        *,
        now: datetime,
        event_id: str = "",
    ) -> Operation:
        return self._outbox.told(
            Delivery(
                delivery_id=self._ids.new(),
                event_id=event_id or self._ids.new(),
                channel=channel,
                event=kind,
                webhook_id=webhook_id,
                conversation_id=conversation_id,
                ticket_id=ticket_id,
                seq=seq,
                created_at=now,
            )
        )


def _is_news(ticket: Ticket, event: TicketEvent) -> bool:
    """Tell whether the customer hears of an entry by mail: not of their own, and not of a second handover.

    Nor of the ticket that a handover opens, which nobody has routed: the chat has just told them, and nobody has proven
    an address that was left there, so that no words of a visitor's leave before a person has seen them.
    """
    if event.kind is TicketEventKind.OPENED and not ticket.routing:
        return False
    if event.by == CUSTOMER and event.kind is not TicketEventKind.OPENED:
        return False
    return event.kind is not TicketEventKind.HANDED_OVER_AGAIN and event.as_public() is not None
