"""The tickets of a running Firstline, and the events that leave it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools.metrics import MetricUnit

from firstline.domain.errors import DeliveryError, InvalidInputError
from firstline.domain.ticket import TicketQueue
from firstline.domain.ticket_routing import RoutingLimits
from firstline.domain.webhooks import Delivery
from firstline.observability import count, logger
from firstline.ports import Ports
from firstline.repositories.audit import AuditRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.receivers import ReceiverRepository
from firstline.repositories.ticket_lists import TicketLists
from firstline.repositories.ticket_requests import TicketRequests
from firstline.services.accept_message import AcceptMessage
from firstline.services.deliver_events import DeliverEvents
from firstline.services.manage_tickets import ManageTickets
from firstline.services.manage_webhooks import ManageWebhooks
from firstline.services.notify_people import NoticeSettings
from firstline.services.open_ticket import OpenTicket
from firstline.settings import Settings
from firstline.ticket_log import TicketLog


@dataclass(frozen=True)
class Ticketing:
    """Tickets as everybody uses them, and the events that leave."""

    manage: ManageTickets
    webhooks: ManageWebhooks
    deliver_events: DeliverEvents

    def sweep(self) -> None:
        """Deliver the events that are due, and count what waits in the queues. Raises ``StoreUnavailableError``."""
        report = self.deliver_events.deliver_due()
        if report.dead or report.unreadable:
            logger.error("events given up", extra={"dead": list(report.dead), "unreadable": list(report.unreadable)})
        count(
            {
                "EventsDelivered": (MetricUnit.Count, report.delivered),
                "EventsFailed": (MetricUnit.Count, report.failed),
                "TicketsWaitingForPeople": (MetricUnit.Count, self.manage.waiting(TicketQueue.PEOPLE)),
                "TicketsWaitingForAssistant": (MetricUnit.Count, self.manage.waiting(TicketQueue.ASSISTANT)),
            }
        )


def assemble_ticketing(
    log: TicketLog,
    settings: Settings,
    ports: Ports,
    *,
    customers: CustomerRepository,
    accept_message: AcceptMessage,
    bot_paused: Callable[[], bool],
) -> Ticketing:
    """Build the tickets' services.

    Parameters
    ----------
    bot_paused : callable
        Tells whether an admin has paused the bot.
    """

    def limits() -> RoutingLimits:
        return RoutingLimits(
            on=settings.ticket_auto_handle,
            bot_paused=bot_paused(),
            frustration=settings.frustration_handover,
            sentiment=settings.handoff_threshold,
            max_characters=settings.max_message_characters,
        )

    requests, lists = TicketRequests(ports.table), TicketLists(ports.table)
    receivers = ReceiverRepository(ports.table)
    open_ticket = OpenTicket(
        ports.table,
        log.repository,
        requests,
        lists,
        log.conversations,
        customers,
        accept_message,
        log.team_hours,
        log.levels,
        limits=limits,
        clock=ports.clock,
        ids=ports.ids,
    )
    return Ticketing(
        manage=ManageTickets(
            ports.table,
            log.repository,
            requests,
            lists,
            open_ticket,
            accept_message,
            log.tell,
            log.team_hours,
            log.levels,
            clock=ports.clock,
            ids=ports.ids,
            max_message_characters=settings.max_message_characters,
        ),
        webhooks=ManageWebhooks(
            log.subscriptions,
            receivers,
            log.outbox,
            AuditRepository(),
            check_url=ports.public_webhooks.check if ports.public_webhooks else _no_webhooks,
            clock=ports.clock,
            ids=ports.ids,
        ),
        deliver_events=DeliverEvents(
            log.outbox,
            receivers,
            log.subscriptions,
            log.repository,
            log.conversations,
            ports.public_webhooks,
            ports.mailer,
            notices=NoticeSettings(
                email=settings.team_addresses, sender=settings.mail_from, public_url=settings.public_url
            ),
            tell_in_thread=log.answers.tell,
            clock=ports.clock,
            on_failure=_log_failure,
        ),
    )


def _no_webhooks(_: str) -> None:
    raise InvalidInputError("webhooks are switched off here")


def _log_failure(delivery: Delivery, error: DeliveryError) -> None:
    logger.warning(
        "event not delivered",
        extra={"delivery_id": delivery.delivery_id, "webhook_id": delivery.webhook_id, "reason": str(error)}
        | {"event_type": delivery.event.value, "attempt": delivery.attempts},
    )
