"""Mail that comes in and is answered, of a running Firstline: put together from the settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import getaddresses

from aws_lambda_powertools.metrics import MetricUnit

from firstline.adapters.mail_parser import parse_mail
from firstline.attached_files import AttachedFiles
from firstline.domain.mail.gate import without_plus
from firstline.domain.mail.sender_proof import SES
from firstline.domain.mail.verdict import GateLimits, Verdict
from firstline.observability import count, logger
from firstline.people import People
from firstline.ports import Ports
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.correspondents import CorrespondentRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.services.accept_message import AcceptMessage
from firstline.services.broadcast import Broadcast
from firstline.services.judge_mail import JudgeMail, MailAddresses
from firstline.services.mail_events import MailEvents
from firstline.services.mail_marks import MailMarks
from firstline.services.mail_outcomes import MailOutcomes
from firstline.services.mail_to_people import MailToPeople
from firstline.services.manage_sites import ManageSites
from firstline.services.name_customer import NameCustomer
from firstline.services.place_mail import PlaceMail
from firstline.services.purge_mails import PurgeMails
from firstline.services.receive_mail import Received, ReceiveMail
from firstline.services.settle_mail import SettleMail
from firstline.settings import Settings
from firstline.ticket_log import TicketLog

_READ = (Verdict.ANSWER, Verdict.TICKET_ONLY)


@dataclass(frozen=True)
class Mailing:
    """Services of mail."""

    receive: ReceiveMail
    events: MailEvents
    threads: MailThreadRepository
    received: ReceivedMailRepository
    marks: MailMarks
    purge: PurgeMails


def assemble_mail(
    settings: Settings,
    ports: Ports,
    *,
    conversations: ConversationRepository,
    customers: CustomerRepository,
    accept_message: AcceptMessage,
    attached_files: AttachedFiles,
    broadcast: Broadcast,
    sites: ManageSites,
    people: People,
    ticket_log: TicketLog,
    outcomes: MailOutcomes,
) -> Mailing:
    """Build the services of mail."""
    table, clock, ids, days = ports.table, ports.clock, ports.ids, settings.retention_days
    threads = MailThreadRepository(table, retention_days=days)
    received, routes = ReceivedMailRepository(table, retention_days=days), ThreadRoutes(table, retention_days=days)
    marks, addresses = MailMarks(threads), mail_addresses(settings)
    place = PlaceMail(threads, routes, conversations, ticket_log.repository, marks)
    limits = GateLimits(
        replies_per_thread=settings.mail_replies_per_thread,
        mails_per_sender=settings.mails_per_sender,
        replies_per_sender=settings.mail_replies_per_sender,
    )
    settle = SettleMail(
        table,
        received,
        threads,
        routes,
        conversations,
        accept_message,
        attached_files.receive,
        attached_files.read,
        MailToPeople(
            conversations,
            ticket_log.repository,
            people.notify_people,
            ticket_log.team_hours,
            ticket_log.levels,
            NameCustomer(conversations, customers, clock=clock, ids=ids),
            ids=ids,
        ),
        sites,
        broadcast,
        addresses,
        max_characters=settings.max_message_characters,
    )
    receive = ReceiveMail(
        ports.received_mail if addresses.support else None,
        parse_mail,
        received,
        routes,
        JudgeMail(
            received,
            threads,
            CustomerMailRepository(table, retention_days=days),
            CorrespondentRepository(table),
            conversations,
            place,
            marks,
            addresses,
            limits,
            clock=clock,
            ids=ids,
        ),
        settle,
        outcomes,
        ids=ids,
        max_bytes=settings.max_mail_bytes,
        server=addresses.server,
        on_received=_count,
    )
    return Mailing(
        receive=receive,
        events=MailEvents(receive.receive, outcomes.take, on_missing=_log_missing),
        threads=threads,
        received=received,
        marks=marks,
        purge=PurgeMails(ports.received_mail, clock=clock, retention_days=days),
    )


def mail_addresses(settings: Settings) -> MailAddresses:
    """Return what is ours, as the settings say."""
    support = _addresses(settings.support_address.split(","))
    return MailAddresses(
        support=support,
        own=frozenset({*support, *_addresses([settings.mail_from, *settings.team_addresses])}),
        lists=frozenset(name.strip().strip("<>").lower() for name in settings.mail_lists.split(",") if name.strip()),
        server=settings.mail_server_id.lower() or (SES if settings.mail_bucket else ""),
    )


def _addresses(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(without_plus(address) for _, address in getaddresses(list(values)) if address))


def _log_missing(key: str) -> None:
    logger.warning("no such mail", extra={"key": key})


def _count(received: Received) -> None:
    count(
        {
            "MailsReceived": (MetricUnit.Count, 1),
            "MailsLeftAlone": (MetricUnit.Count, int(received.verdict not in _READ)),
        }
    )
