"""The tickets of a running Firstline, and the events that it tells of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools.metrics import MetricUnit

from firstline.domain.business_hours import BusinessHours
from firstline.domain.errors import DeliveryError, InvalidInputError
from firstline.domain.service_levels import ServiceLevels
from firstline.domain.ticket import TicketQueue
from firstline.domain.ticket_routing import RoutingLimits
from firstline.domain.webhooks import Delivery
from firstline.observability import count, logger
from firstline.ports import Ports
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.outbox import OutboxRepository
from firstline.repositories.ticket_lists import TicketLists
from firstline.repositories.ticket_requests import TicketRequests
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.webhooks import WebhookRepository
from firstline.services.accept_message import AcceptMessage
from firstline.services.broadcast import Broadcast
from firstline.services.deliver_events import DeliverEvents
from firstline.services.follow_ticket import FollowTicket
from firstline.services.manage_sites import ManageSites
from firstline.services.manage_tickets import ManageTickets
from firstline.services.manage_webhooks import ManageWebhooks
from firstline.services.notify_people import NoticeSettings
from firstline.services.open_ticket import OpenTicket
from firstline.services.publish_events import PublishEvents
from firstline.services.team_hours import TeamHours, TeamTimes
from firstline.services.tell_customer import TellCustomer
from firstline.settings import Settings


@dataclass(frozen=True)
class TicketLog:
    """What writes of tickets and tells of it, for all that has to do with conversations."""

    repository: TicketRepository
    publish: PublishEvents
    follow: FollowTicket
    tell: TellCustomer
    team_hours: TeamHours
    levels: ServiceLevels
    conversations: ConversationRepository
    outbox: OutboxRepository
    subscriptions: WebhookRepository


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


def assemble_ticket_log(
    settings: Settings, ports: Ports, conversations: ConversationRepository, broadcast: Broadcast, sites: ManageSites
) -> TicketLog:
    """Build what tickets are written with. Raises ``InvalidBusinessHoursError``, ``InvalidInputError``."""
    hours = BusinessHours.parse(settings.business_hours, settings.business_time_zone, settings.holidays)
    team_hours = TeamHours(sites, TeamTimes(hours, settings.offline_message))
    outbox = OutboxRepository(ports.table, retention_days=settings.retention_days)
    subscriptions = WebhookRepository(ports.table)
    team = bool(settings.team_addresses)
    publish = PublishEvents(subscriptions, outbox, ids=ports.ids, mails=bool(settings.mail_from), team=team)
    repository = TicketRepository(ports.table, retention_days=settings.retention_days, publish=publish.of_ticket)
    tell = TellCustomer(conversations, broadcast)
    return TicketLog(
        repository=repository,
        publish=publish,
        follow=FollowTicket(repository, publish, tell, team_hours),
        tell=tell,
        team_hours=team_hours,
        levels=ServiceLevels.parse(settings.ticket_first_response_hours, settings.ticket_resolution_hours),
        conversations=conversations,
        outbox=outbox,
        subscriptions=subscriptions,
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
            log.outbox,
            AuditRepository(),
            check_url=ports.public_webhooks.check if ports.public_webhooks else _no_webhooks,
            clock=ports.clock,
            ids=ports.ids,
        ),
        deliver_events=DeliverEvents(
            log.outbox,
            log.subscriptions,
            log.repository,
            log.conversations,
            ports.public_webhooks,
            ports.mailer,
            notices=NoticeSettings(
                email=settings.team_addresses, sender=settings.mail_from, public_url=settings.public_url
            ),
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
