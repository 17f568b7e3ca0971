"""Mail that leaves a running Firstline, and what becomes of it: put together from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools.metrics import MetricUnit

from firstline.domain.counters import MAILS, series_key
from firstline.domain.customer_mails import CustomerMail, Unsent
from firstline.domain.errors import DeliveryError
from firstline.domain.mail.allow_list import AllowList
from firstline.domain.mail.answer_mail import support_addresses, support_name
from firstline.domain.mailer import DeliveryUnknownError
from firstline.observability import count, log_uncounted, logger
from firstline.ports import Ports
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.correspondents import CorrespondentRepository
from firstline.repositories.counters import Counters
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.suppressions import SuppressionRepository
from firstline.services.mail_marks import MailMarks
from firstline.services.mail_outcomes import MailOutcomes
from firstline.services.mail_recipients import MailRecipients
from firstline.services.manage_sites import ManageSites
from firstline.services.mark_undelivered import MarkUndelivered
from firstline.services.notify_people import NotifyPeople
from firstline.services.send_mails import MailReport, MailRules, MailStores, SendMails
from firstline.services.thread_mails import Ours, ThreadMails
from firstline.settings import Settings
from firstline.ticket_log import TicketLog

_TOLD = frozenset(Unsent) - {Unsent.NOT_ALLOWED, Unsent.SILENT, Unsent.OUR_ADDRESS}
"""What people must know of: the customer waits for a mail that does not come."""


@dataclass(frozen=True)
class OutgoingMail:
    """Services of mail that leaves."""

    send: SendMails
    outcomes: MailOutcomes
    suppressions: SuppressionRepository


def assemble_outgoing_mail(
    settings: Settings,
    ports: Ports,
    conversations: ConversationRepository,
    ticket_log: TicketLog,
    counters: Counters,
    *,
    sites: ManageSites,
    notify_people: Callable[[], NotifyPeople],
) -> OutgoingMail:
    """Build the services of mail that leaves."""
    table, clock, days = ports.table, ports.clock, settings.retention_days
    threads, suppressions = MailThreadRepository(table, retention_days=days), SuppressionRepository(table)
    marks = MailMarks(threads)
    support = settings.support_address
    ours = Ours(tuple(support_addresses(support)), settings.mail_signature, support_name(support))
    recipients = MailRecipients(suppressions, AllowList.parse(settings.mail_allow_list), frozenset(ours.addresses))
    mark = MarkUndelivered(
        table,
        conversations,
        ticket_log.repository,
        threads,
        notify_people,
        ticket_log.team_hours,
        clock=clock,
        ids=ports.ids,
    )
    counted = _Counted(counters)

    def unsent(mail: CustomerMail, why: Unsent) -> None:
        counted.unsent(mail, why)
        if why in _TOLD:
            mark.mark(mail.conversation_id, why.value, about=mail.mail_id)

    send = SendMails(
        MailStores(
            CustomerMailRepository(table, retention_days=days), conversations, threads, CorrespondentRepository(table)
        ),
        ThreadMails(threads, conversations, ticket_log.repository, recipients, sites, lambda: marks, ours),
        recipients,
        ports.mailer,
        sites,
        MailRules(
            sender=settings.mail_sender,
            public_url=settings.public_url,
            replies_per_thread=settings.mail_replies_per_thread,
            resend_after=timedelta(minutes=settings.mail_resend_minutes),
        ),
        clock=clock,
        on_failure=counted.failed,
        on_unsent=unsent,
    )
    outcomes = MailOutcomes(send, threads, suppressions, mark, clock=clock, on_unknown=_log_unknown)
    return OutgoingMail(send, outcomes, suppressions)


def count_mails(report: MailReport) -> None:
    """Write the metrics of a round in which there was something to do, and log what was given up."""
    figures = {
        "MailsSent": (MetricUnit.Count, report.delivered),
        "MailsFailed": (MetricUnit.Count, report.failed),
        "MailsUnknown": (MetricUnit.Count, report.unknown),
        "MailsHeldBack": (MetricUnit.Count, len(report.held_back)),
        "MailsDead": (MetricUnit.Count, len(report.dead)),
    }
    if any(value for _, value in figures.values()):
        count(figures)
    if report.dead or report.unreadable:
        logger.error("mail given up", extra={"dead": list(report.dead), "unreadable": list(report.unreadable)})


class _Counted:
    """Logs and counts what did not leave."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def failed(self, mail: CustomerMail, error: DeliveryError) -> None:
        outcome = "unknown" if isinstance(error, DeliveryUnknownError) else "failed"
        extra = {"mail_id": mail.mail_id, "attempt": mail.attempts, "reason": str(error), "outcome": outcome}
        logger.warning("mail not delivered", extra=extra)
        self._add(mail, outcome)

    def unsent(self, mail: CustomerMail, why: Unsent) -> None:
        extra = {"mail_id": mail.mail_id, "conversation_id": mail.conversation_id, "reason": why.value}
        logger.warning("mail held back", extra=extra)
        self._add(mail, why.value)

    def _add(self, mail: CustomerMail, outcome: str) -> None:
        series = {series_key(MAILS, {"kind": mail.kind.value, "outcome": outcome}): 1}
        self._counters.add_if_possible(series, on_failure=log_uncounted)


def _log_unknown(kind: str) -> None:
    logger.info("an event of mail that is not understood", extra={"event_type": kind[:60]})
