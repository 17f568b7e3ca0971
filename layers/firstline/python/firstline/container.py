"""What a running Firstline is made of; ``bootstrap`` fills it, handlers and the web take from it."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.knowledge_archive import ArchiveLimits
from firstline.domain.ports import (
    Clock,
    Connections,
    DocumentReader,
    Embedder,
    Ids,
    KnowledgeIndex,
    LanguageModel,
    ObjectStore,
    Random,
    Table,
    WorkflowEngine,
)
from firstline.repositories.arms import ArmRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.drafts import DraftRepository
from firstline.repositories.gaps import GapRepository
from firstline.repositories.graph import GraphRepository
from firstline.repositories.ingestion_reports import IngestionReportRepository
from firstline.repositories.sessions import SessionRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.accept_message import AcceptMessage
from firstline.services.answer_once import AnswerOnce
from firstline.services.broadcast import Broadcast
from firstline.services.choose_strategy import ChooseStrategy
from firstline.services.connect_socket import ConnectSocket
from firstline.services.hand_over import HandOver
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.knowledge_status import ReportKnowledgeStatus
from firstline.services.manage_drafts import ManageDrafts
from firstline.services.open_session import OpenSession
from firstline.services.post_message import PostMessage
from firstline.services.receipt import Receipts
from firstline.services.record_gap import RecordGap
from firstline.services.report_gaps import ReportGaps
from firstline.services.search_knowledge import SearchKnowledge
from firstline.services.sweep_turns import SweepTurns
from firstline.services.transfer_knowledge import TransferKnowledge
from firstline.services.write_answer import WriteAnswer
from firstline.settings import Settings


@dataclass(frozen=True)
class Ports:
    """The adapters that were chosen."""

    table: Table
    index: KnowledgeIndex
    embedder: Embedder
    objects: ObjectStore
    """The company's articles and FAQs."""
    reader: DocumentReader
    connections: Connections
    workflow_engine: WorkflowEngine
    clock: Clock
    ids: Ids
    random: Random
    language_model: LanguageModel | None
    """None where no key is set: answers are extractive."""


@dataclass(frozen=True)
class Container:
    """Repositories and services over the ports."""

    settings: Settings
    ports: Ports
    conversations: ConversationRepository
    turns: TurnRepository
    sessions: SessionRepository
    customers: CustomerRepository
    tickets: TicketRepository
    arms: ArmRepository
    graph: GraphRepository
    open_session: OpenSession
    accept_message: AcceptMessage
    answer_once: AnswerOnce
    broadcast: Broadcast
    connect_socket: ConnectSocket
    receipts: Receipts
    hand_over: HandOver
    choose_strategy: ChooseStrategy
    write_answer: WriteAnswer
    sweep_turns: SweepTurns
    search_knowledge: SearchKnowledge
    ingest_knowledge: IngestKnowledge
    ingestion_reports: IngestionReportRepository
    record_gap: RecordGap
    report_gaps: ReportGaps
    manage_drafts: ManageDrafts
    transfer_knowledge: TransferKnowledge
    knowledge_status: ReportKnowledgeStatus


def assemble(settings: Settings, ports: Ports) -> Container:
    """Build repositories and services over the given ports."""
    days = settings.retention_days
    conversations = ConversationRepository(ports.table, retention_days=days)
    turns = TurnRepository(ports.table, conversations, lease_s=settings.turn_lease_s)
    sessions = SessionRepository(ports.table)
    tickets = TicketRepository(ports.table)
    arms = ArmRepository(ports.table, retention_days=days)
    receipts = Receipts(arms)
    broadcast = Broadcast(conversations, ports.connections, clock=ports.clock)
    ingestion_reports = IngestionReportRepository(ports.table)
    accept_message = AcceptMessage(
        conversations,
        turns,
        ports.workflow_engine,
        clock=ports.clock,
        ids=ports.ids,
        max_characters=settings.max_message_characters,
    )
    ingest_knowledge = IngestKnowledge(
        ports.objects,
        ports.index,
        ports.embedder,
        reader=ports.reader,
        clock=ports.clock,
        reports=ingestion_reports,
        chunk_tokens=settings.chunk_size,
        overlap_tokens=min(settings.overlap_size, settings.chunk_size // 2),
        retention_days=settings.retention_days,
    )
    gaps = GapRepository(ports.table, retention_days=days)
    hand_over = HandOver(conversations, turns, tickets, receipts, broadcast, clock=ports.clock, ids=ports.ids)
    return Container(
        settings=settings,
        ports=ports,
        conversations=conversations,
        turns=turns,
        sessions=sessions,
        customers=CustomerRepository(ports.table, retention_days=days),
        tickets=tickets,
        arms=arms,
        receipts=receipts,
        graph=GraphRepository(ports.table, retention_days=days),
        open_session=OpenSession(
            sessions, conversations, clock=ports.clock, ids=ports.ids, timeout_hours=settings.session_timeout_hours
        ),
        accept_message=accept_message,
        answer_once=AnswerOnce(PostMessage(accept_message, conversations, broadcast), conversations),
        broadcast=broadcast,
        connect_socket=ConnectSocket(
            sessions,
            conversations,
            broadcast,
            ports.connections,
            clock=ports.clock,
            max_connections=settings.max_connections_per_conversation,
        ),
        hand_over=hand_over,
        choose_strategy=ChooseStrategy(arms, ports.random, exploration_rate=settings.rl_exploration_rate),
        write_answer=WriteAnswer(
            ports.language_model, temperature=settings.llm_temperature, max_tokens=settings.max_tokens
        ),
        sweep_turns=SweepTurns(
            turns, ports.workflow_engine, hand_over, clock=ports.clock, max_attempts=settings.max_turn_attempts
        ),
        search_knowledge=SearchKnowledge(ports.index, ports.embedder),
        ingest_knowledge=ingest_knowledge,
        ingestion_reports=ingestion_reports,
        record_gap=RecordGap(gaps, ports.embedder),
        report_gaps=ReportGaps(gaps, ports.embedder, ports.clock),
        manage_drafts=ManageDrafts(
            DraftRepository(ports.table), ports.objects, ingest_knowledge, clock=ports.clock, ids=ports.ids
        ),
        transfer_knowledge=TransferKnowledge(
            ports.objects, ingest_knowledge, limits=ArchiveLimits(max_archive_bytes=settings.max_import_bytes)
        ),
        knowledge_status=ReportKnowledgeStatus(ports.index, ingestion_reports.last),
    )
