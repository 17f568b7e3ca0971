"""What a running Firstline writes of tickets with, and tells of them, wherever a conversation changes."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.business_hours import BusinessHours
from firstline.domain.service_levels import ServiceLevels
from firstline.ports import Ports
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.outbox import OutboxRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.webhooks import WebhookRepository
from firstline.services.broadcast import Broadcast
from firstline.services.follow_ticket import FollowTicket
from firstline.services.mail_answers import MailAnswers
from firstline.services.manage_sites import ManageSites
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
    answers: MailAnswers
    tell: TellCustomer
    team_hours: TeamHours
    levels: ServiceLevels
    conversations: ConversationRepository
    outbox: OutboxRepository
    subscriptions: WebhookRepository


def assemble_ticket_log(
    settings: Settings, ports: Ports, conversations: ConversationRepository, broadcast: Broadcast, sites: ManageSites
) -> TicketLog:
    """Build what tickets are written with. Raises ``InvalidBusinessHoursError``, ``InvalidInputError``."""
    hours = BusinessHours.parse(settings.business_hours, settings.business_time_zone, settings.holidays)
    team_hours = TeamHours(sites, TeamTimes(hours, settings.offline_message))
    outbox = OutboxRepository(ports.table, retention_days=settings.retention_days)
    subscriptions = WebhookRepository(ports.table)
    team = bool(settings.team_addresses)
    publish = PublishEvents(
        subscriptions,
        outbox,
        ids=ports.ids,
        mails=bool(settings.mail_from),
        threads=bool(settings.support_address),
        team=team,
    )
    repository = TicketRepository(ports.table, retention_days=settings.retention_days, publish=publish.of_ticket)
    tell = TellCustomer(conversations, broadcast)
    days = settings.retention_days
    answers = MailAnswers(
        CustomerMailRepository(ports.table, retention_days=days),
        MailThreadRepository(ports.table, retention_days=days),
        ReceivedMailRepository(ports.table, retention_days=days),
        conversations,
        on=bool(settings.support_address),
        ids=ports.ids,
    )
    return TicketLog(
        repository=repository,
        publish=publish,
        follow=FollowTicket(repository, publish, tell, team_hours, answers),
        answers=answers,
        tell=tell,
        team_hours=team_hours,
        levels=ServiceLevels.parse(settings.ticket_first_response_hours, settings.ticket_resolution_hours),
        conversations=conversations,
        outbox=outbox,
        subscriptions=subscriptions,
    )
