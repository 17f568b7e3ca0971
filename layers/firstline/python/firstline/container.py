"""What a running Firstline is made of; ``bootstrap`` fills it, handlers and the web take from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from firstline.attached_files import AttachedFiles, assemble_attached_files
from firstline.domain.rate_limit import Limit
from firstline.front_door import assemble_limits, assemble_sites
from firstline.identity import Identity, assemble_identity
from firstline.late_services import LateServices
from firstline.ports import Ports as Ports
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.counters import Counters
from firstline.repositories.customer_threads import CustomerThreads
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.idempotency import IdempotencyRepository
from firstline.repositories.ingestion_reports import IngestionReportRepository
from firstline.repositories.ownership import OwnershipRepository
from firstline.repositories.quiet_conversations import QuietConversationRepository
from firstline.repositories.ratings import RatingRepository
from firstline.repositories.receipts import ReceiptRepository
from firstline.repositories.reply_drafts import ReplyDraftRepository
from firstline.repositories.sessions import SessionRepository
from firstline.repositories.turns import TurnRepository
from firstline.repositories.waiting_line import WaitingLine
from firstline.services.accept_message import AcceptMessage
from firstline.services.answer_once import AnswerOnce
from firstline.services.broadcast import Broadcast
from firstline.services.close_quiet_conversations import CloseQuietConversations
from firstline.services.connect_socket import ConnectSocket
from firstline.services.continue_conversation import ContinueConversation
from firstline.services.end_conversation import EndConversation
from firstline.services.handle_frame import ClientActions
from firstline.services.limit_customer import LimitCustomer
from firstline.services.limit_rate import LimitRate
from firstline.services.manage_sites import ManageSites
from firstline.services.open_session import OpenSession
from firstline.services.post_message import PostMessage
from firstline.services.rate_answer import RateAnswer
from firstline.services.resume_conversation import ResumeConversation
from firstline.services.tell_typing import TellTyping
from firstline.settings import Settings
from firstline.ticket_log import TicketLog, assemble_ticket_log

if TYPE_CHECKING:
    from firstline.services.answer_ports import Checks


@dataclass(frozen=True)
class Container(LateServices):
    """Repositories and services over the ports."""

    settings: Settings
    ports: Ports
    conversations: ConversationRepository
    turns: TurnRepository
    ownership: OwnershipRepository
    ticket_log: TicketLog
    waiting_line: WaitingLine
    reply_drafts: ReplyDraftRepository
    ratings: RatingRepository
    client_actions: ClientActions
    sessions: SessionRepository
    customers: CustomerRepository
    open_session: OpenSession
    identity: Identity
    accept_message: AcceptMessage
    answer_once: AnswerOnce
    broadcast: Broadcast
    connect_socket: ConnectSocket
    receipts: ReceiptRepository
    close_quiet_conversations: CloseQuietConversations
    idempotency: IdempotencyRepository
    ingestion_reports: IngestionReportRepository
    limit_rate: LimitRate
    limit_customer: LimitCustomer
    sites: ManageSites
    counters: Counters
    attached_files: AttachedFiles
    checks: Checks | None


def assemble(settings: Settings, ports: Ports, *, checks: Checks | None = None) -> Container:
    """Build repositories and services over the given ports.

    Parameters
    ----------
    checks : Checks, optional
        What every answer must pass; without it, those of the product.
    """
    days = settings.retention_days
    limit_rate = assemble_limits(settings, ports.table, ports.clock)
    sites = assemble_sites(settings, ports.table, ports.clock)
    conversations = ConversationRepository(
        ports.table, retention_days=days, timeout_hours=settings.session_timeout_hours
    )
    broadcast = Broadcast(conversations, ports.connections, clock=ports.clock)
    ticket_log = assemble_ticket_log(settings, ports, conversations, broadcast, sites)
    turns = TurnRepository(
        ports.table, conversations, lease_s=settings.turn_lease_s, on_reply=ticket_log.follow.of_reply
    )
    sessions = SessionRepository(ports.table)
    customers = CustomerRepository(ports.table, retention_days=days, memory_days=settings.memory_days)
    close_quiet_conversations = CloseQuietConversations(
        QuietConversationRepository(ports.table, conversations, retention_days=days),
        conversations,
        broadcast,
        clock=ports.clock,
        timeout_hours=settings.session_timeout_hours,
        publish=ticket_log.publish,
    )
    continue_conversation = ContinueConversation(
        CustomerThreads(ports.table, retention_days=days),
        conversations,
        clock=ports.clock,
        status_of=close_quiet_conversations.status_of,
    )
    identity = assemble_identity(
        settings,
        ports.identity,
        table=ports.table,
        sessions=sessions,
        conversations=conversations,
        customers=customers,
        continue_conversation=continue_conversation,
        broadcast=broadcast,
        connections=ports.connections,
        limits=limit_rate,
        clock=ports.clock,
        ids=ports.ids,
    )
    counters = Counters(ports.table, clock=ports.clock, ids=ports.ids, retention_days=days)
    attached_files = assemble_attached_files(
        settings, ports.attachments, table=ports.table, counters=counters, clock=ports.clock, ids=ports.ids
    )
    accept_message = AcceptMessage(
        conversations,
        turns,
        ports.workflow_engine,
        attached_files.read,
        clock=ports.clock,
        ids=ports.ids,
        max_characters=settings.max_message_characters,
        limit=partial(limit_rate.require, Limit.MESSAGES),
    )
    ownership = OwnershipRepository(ports.table, conversations, turns, retention_days=days)
    reply_drafts = ReplyDraftRepository(ports.table)
    ratings = RatingRepository(ports.table, retention_days=days)
    waiting_line = WaitingLine(ports.table)
    made = Container(
        settings=settings,
        ports=ports,
        conversations=conversations,
        turns=turns,
        ownership=ownership,
        ticket_log=ticket_log,
        waiting_line=waiting_line,
        reply_drafts=reply_drafts,
        ratings=ratings,
        client_actions=ClientActions(
            post_message=PostMessage(accept_message, conversations, broadcast),
            resume=ResumeConversation(conversations, turns, reply_drafts, ratings, broadcast),
            rate_answer=RateAnswer(
                conversations, ratings, clock=ports.clock, on_rating=lambda *rated: made.of_rating(*rated)
            ),
            end_conversation=EndConversation(
                conversations, ownership, broadcast, clock=ports.clock, publish=ticket_log.publish
            ),
            tell_typing=TellTyping(conversations, broadcast, clock=ports.clock),
            waiting_line=waiting_line,
        ),
        sessions=sessions,
        customers=customers,
        receipts=ReceiptRepository(ports.table, retention_days=days),
        open_session=OpenSession(
            sessions,
            conversations,
            continue_conversation,
            identity.session_tokens,
            clock=ports.clock,
            ids=ports.ids,
            life=timedelta(days=days),
            greeting=settings.assistant_notice,
        ),
        identity=identity,
        accept_message=accept_message,
        answer_once=AnswerOnce(PostMessage(accept_message, conversations, broadcast), conversations),
        broadcast=broadcast,
        connect_socket=ConnectSocket(
            sessions,
            conversations,
            broadcast,
            ports.connections,
            sites,
            clock=ports.clock,
            max_connections_per_user=settings.max_ws_connections_per_user,
        ),
        close_quiet_conversations=close_quiet_conversations,
        idempotency=IdempotencyRepository(ports.table),
        ingestion_reports=IngestionReportRepository(ports.table),
        limit_rate=limit_rate,
        limit_customer=LimitCustomer(limit_rate, conversations),
        sites=sites,
        counters=counters,
        attached_files=attached_files,
        checks=checks,
    )
    return made
