"""What a running Firstline is made of; ``bootstrap`` fills it, handlers and the web take from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from firstline.answers import Answers, assemble_answers, assemble_caches
from firstline.attached_files import AttachedFiles, assemble_attached_files
from firstline.domain.rate_limit import Limit
from firstline.front_door import assemble_limits, assemble_sites
from firstline.identity import Identity, assemble_identity
from firstline.late_knowledge import LateKnowledge
from firstline.memory import Memory, assemble_memory
from firstline.people import People, assemble_people
from firstline.ports import Ports as Ports
from firstline.repositories.arms import ArmRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.counters import Counters
from firstline.repositories.customer_threads import CustomerThreads
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.gaps import GapRepository
from firstline.repositories.graph import GraphRepository
from firstline.repositories.idempotency import IdempotencyRepository
from firstline.repositories.ingestion_reports import IngestionReportRepository
from firstline.repositories.quiet_conversations import QuietConversationRepository
from firstline.repositories.ratings import RatingRepository
from firstline.repositories.receipts import ReceiptRepository
from firstline.repositories.reply_drafts import ReplyDraftRepository
from firstline.repositories.sessions import SessionRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.accept_message import AcceptMessage
from firstline.services.answer_once import AnswerOnce
from firstline.services.answer_ports import Checks
from firstline.services.broadcast import Broadcast
from firstline.services.cached_search import CachedSearch
from firstline.services.check_answer import CheckAnswer
from firstline.services.close_quiet_conversations import CloseQuietConversations
from firstline.services.connect_socket import ConnectSocket
from firstline.services.continue_conversation import ContinueConversation
from firstline.services.end_conversation import EndConversation
from firstline.services.hand_over import HandOver
from firstline.services.handle_frame import ClientActions
from firstline.services.knowledge_languages import KnowledgeLanguages
from firstline.services.knowledge_status import ReportKnowledgeStatus
from firstline.services.limit_customer import LimitCustomer
from firstline.services.limit_rate import LimitRate
from firstline.services.manage_sites import ManageSites
from firstline.services.open_session import OpenSession
from firstline.services.post_message import PostMessage
from firstline.services.rate_answer import RateAnswer
from firstline.services.receipt import Receipts
from firstline.services.record_gap import RecordGap
from firstline.services.report_gaps import ReportGaps
from firstline.services.resume_conversation import ResumeConversation
from firstline.services.sweep_turns import SweepTurns
from firstline.services.tell_typing import TellTyping
from firstline.settings import Settings
from firstline.tickets import Ticketing, assemble_ticket_log, assemble_ticketing
from firstline.tools import Tooling, assemble_tools


@dataclass(frozen=True)
class Container(LateKnowledge):
    """Repositories and services over the ports."""

    settings: Settings
    ports: Ports
    conversations: ConversationRepository
    turns: TurnRepository
    people: People
    reply_drafts: ReplyDraftRepository
    ratings: RatingRepository
    client_actions: ClientActions
    sessions: SessionRepository
    customers: CustomerRepository
    tickets: TicketRepository
    ticketing: Ticketing
    tooling: Tooling
    arms: ArmRepository
    graph: GraphRepository
    open_session: OpenSession
    identity: Identity
    memory: Memory
    accept_message: AcceptMessage
    answer_once: AnswerOnce
    broadcast: Broadcast
    connect_socket: ConnectSocket
    receipts: ReceiptRepository
    hand_over: HandOver
    answers: Answers
    sweep_turns: SweepTurns
    close_quiet_conversations: CloseQuietConversations
    idempotency: IdempotencyRepository
    search_knowledge: CachedSearch
    ingestion_reports: IngestionReportRepository
    record_gap: RecordGap
    report_gaps: ReportGaps
    knowledge_languages: KnowledgeLanguages
    knowledge_status: ReportKnowledgeStatus
    limit_rate: LimitRate
    limit_customer: LimitCustomer
    sites: ManageSites
    counters: Counters
    attached_files: AttachedFiles


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
    arms = ArmRepository(ports.table, retention_days=days)
    receipt_repository = ReceiptRepository(ports.table, retention_days=days)
    receipts = Receipts(receipt_repository)
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
    ingestion_reports = IngestionReportRepository(ports.table)
    caches = assemble_caches(settings, ports, ingestion_reports)
    reply_drafts = ReplyDraftRepository(ports.table)
    ratings = RatingRepository(ports.table, retention_days=days)
    gaps = GapRepository(ports.table, retention_days=days)
    people = assemble_people(
        settings,
        ports,
        conversations=conversations,
        turns=turns,
        tickets=ticket_log.repository,
        receipts=receipts,
        broadcast=broadcast,
        sites=sites,
        publish=ticket_log.publish,
        follow=ticket_log.follow,
    )
    ticketing = assemble_ticketing(
        ticket_log,
        settings,
        ports,
        customers=customers,
        accept_message=accept_message,
        bot_paused=lambda: people.pause_bot.state().paused,
    )
    tooling = assemble_tools(
        settings,
        ports,
        conversations=conversations,
        turns=turns,
        counters=counters,
        broadcast=broadcast,
        tickets=ticketing.manage,
        search=caches.search,
    )
    return Container(
        settings=settings,
        ports=ports,
        conversations=conversations,
        turns=turns,
        people=people,
        reply_drafts=reply_drafts,
        ratings=ratings,
        client_actions=ClientActions(
            post_message=PostMessage(accept_message, conversations, broadcast),
            resume=ResumeConversation(conversations, turns, reply_drafts, broadcast),
            rate_answer=RateAnswer(conversations, ratings, clock=ports.clock),
            end_conversation=EndConversation(
                conversations, people.ownership, broadcast, clock=ports.clock, publish=ticket_log.publish
            ),
            tell_typing=TellTyping(conversations, broadcast, clock=ports.clock),
        ),
        sessions=sessions,
        customers=customers,
        tickets=ticket_log.repository,
        ticketing=ticketing,
        tooling=tooling,
        arms=arms,
        receipts=receipt_repository,
        graph=GraphRepository(ports.table, retention_days=days),
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
        memory=assemble_memory(
            settings,
            table=ports.table,
            conversations=conversations,
            customers=customers,
            clock=ports.clock,
            ids=ports.ids,
        ),
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
        hand_over=people.hand_over,
        answers=assemble_answers(
            settings,
            ports,
            arms=arms,
            conversations=conversations,
            read_attachment=attached_files.read,
            caches=caches,
            checks=checks or CheckAnswer(own_addresses=[settings.public_url]),
            tools=tooling.use,
            without_model=tooling.act_without_model,
        ),
        sweep_turns=SweepTurns(
            turns, ports.workflow_engine, people.hand_over, clock=ports.clock, max_attempts=settings.max_turn_attempts
        ),
        close_quiet_conversations=close_quiet_conversations,
        idempotency=IdempotencyRepository(ports.table),
        search_knowledge=caches.search,
        ingestion_reports=ingestion_reports,
        record_gap=RecordGap(gaps, ports.embedder),
        report_gaps=ReportGaps(gaps, ports.embedder, ports.clock),
        knowledge_languages=KnowledgeLanguages(ingestion_reports.current, ports.clock),
        knowledge_status=ReportKnowledgeStatus(ports.index, ingestion_reports.current),
        limit_rate=limit_rate,
        limit_customer=LimitCustomer(limit_rate, conversations),
        sites=sites,
        counters=counters,
        attached_files=attached_files,
    )
