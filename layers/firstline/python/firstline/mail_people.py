"""The people's side of mail, of a running Firstline: mails to read, threads to merge and to split."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.own_pictures import own_pictures
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.mail import mail_addresses
from firstline.ports import Ports
from firstline.repositories.agents import AgentRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.ownership import OwnershipRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.suppressions import SuppressionRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.repositories.thread_splits import ThreadSplits
from firstline.repositories.turns import TurnRepository
from firstline.services.join_threads import JoinThreads
from firstline.services.manage_suppressions import ManageSuppressions
from firstline.services.name_customer import NameCustomer
from firstline.services.read_mail import ReadMail
from firstline.services.split_thread import SplitThread
from firstline.services.thread_stores import ThreadStores
from firstline.services.thread_tickets import ThreadTickets
from firstline.settings import Settings
from firstline.ticket_log import TicketLog


@dataclass(frozen=True)
class MailPeople:
    """What people do with mails."""

    routes: ThreadRoutes
    read: ReadMail
    join: JoinThreads
    split: SplitThread
    suppressions: ManageSuppressions


def assemble_mail_people(
    settings: Settings,
    ports: Ports,
    *,
    conversations: ConversationRepository,
    customers: CustomerRepository,
    ownership: OwnershipRepository,
    turns: TurnRepository,
    log: TicketLog,
) -> MailPeople:
    """Build what people do with mails."""
    table, days = ports.table, settings.retention_days
    routes = ThreadRoutes(table, retention_days=days)
    received = ReceivedMailRepository(table, retention_days=days)
    threads = MailThreadRepository(table, retention_days=days)
    stores = ThreadStores(table, conversations, threads, routes, ownership, AgentRepository(table))
    tickets, audit = ThreadTickets(log.repository), AuditRepository()
    splits = ThreadSplits(table, routes, turns, retention_days=days, timeout_hours=settings.session_timeout_hours)
    clock, ids, ours = ports.clock, ports.ids, mail_addresses(settings).own
    in_line = CustomerMailRepository(table, retention_days=days)
    read = ReadMail(
        conversations, threads, received, in_line, routes, ports.received_mail, parse=parse_mail, clean=_shown
    )
    return MailPeople(
        routes=routes,
        read=read,
        join=JoinThreads(stores, tickets, audit, log.publish, clock=clock, ids=ids),
        split=SplitThread(
            stores,
            splits,
            received,
            tickets,
            audit,
            NameCustomer(conversations, customers, clock=clock, ids=ids),
            lambda mail: read.answered_to(mail, ours),
            clock=clock,
            ids=ids,
        ),
        suppressions=ManageSuppressions(table, SuppressionRepository(table), audit, clock=clock, ids=ids),
    )


def _shown(mail: ParsedMail, with_pictures: bool) -> str:
    if not mail.html:
        return ""
    # Loaded when a mail's html is first asked for: nothing else needs the sanitiser.
    from firstline.adapters.mail_html import sanitised_html

    return sanitised_html(mail.html, own_pictures(mail.files) if with_pictures else None)
