"""What a running Firstline is made of; ``bootstrap`` fills it, handlers and the web take from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from firstline.attached_files import AttachedFiles, assemble_attached_files
from firstline.domain.rate_limit import Limit
from firstline.front_door import assemble_limits, assemble_sites
from firstline.identity import Identity, assemble_identity
from firstline.knowledge import assemble_knowledge
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
from firstline.repositories.model_spend import ModelSpendRepository
from firstline.repositories.quiet_conversations import QuietConversationRepository
from firstline.repositories.ratings import RatingRepository
from firstline.repositories.reply_drafts import ReplyDraftRepository
from firstline.repositories.sessions import SessionRepository
from firstline.repositories.summaries import SummaryRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.accept_message import AcceptMessage
from firstline.services.answer_once import AnswerOnce
from firstline.services.broadcast import Broadcast
from firstline.services.choose_strategy import ChooseStrategy
from firstline.services.close_quiet_conversations import CloseQuietConversations
from firstline.services.connect_socket import ConnectSocket
from firstline.services.continue_conversation import ContinueConversation
from firstline.services.end_conversation import EndConversation
from firstline.services.hand_over import HandOver
from firstline.services.handle_frame import ClientActions
from firstline.services.import_ticket_file import ImportTicketFile
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.knowledge_languages import KnowledgeLanguages
from firstline.services.knowledge_status import ReportKnowledgeStatus
from firstline.services.limit_customer import LimitCustomer
from firstline.services.limit_rate import LimitRate
from firstline.services.manage_drafts import ManageDrafts
from firstline.services.manage_sites import ManageSites
from firstline.services.model_budget import ModelBudget
from firstline.services.open_session import OpenSession
from firstline.services.post_message import PostMessage
from firstline.services.rate_answer import RateAnswer
from firstline.services.receipt import Receipts
from firstline.services.record_gap import RecordGap
from firstline.services.report_gaps import ReportGaps
from firstline.services.resume_conversation import ResumeConversation
from firstline.services.search_knowledge import SearchKnowledge
from firstline.services.summarise_conversation import SummariseConversation
from firstline.services.sweep_turns import SweepTurns
from firstline.services.tell_typing import TellTyping
from firstline.services.transfer_knowledge import TransferKnowledge
from firstline.services.write_answer import WriteAnswer
from firstline.settings import Settings
from firstline.visitors import Visitors, assemble_visitors


@dataclass(frozen=True)
class Container:
    """Repositories and services over the ports."""

    settings: Settings
    ports: Ports
    conversations: ConversationRepository
    turns: TurnRepository
    people: People
    visitors: Visitors
    reply_drafts: ReplyDraftRepository
    ratings: RatingRepository
    client_actions: ClientActions
    sessions: SessionRepository
    customers: CustomerRepository
    tickets: TicketRepository
    arms: ArmRepository
    graph: GraphRepository
    open_session: OpenSession
    identity: Identity
    memory: Memory
    accept_message: AcceptMessage
    answer_once: AnswerOnce
    broadcast: Broadcast
    connect_socket: ConnectSocket
    receipts: Receipts
    hand_over: HandOver
    choose_strategy: ChooseStrategy
    write_answer: WriteAnswer
    sweep_turns: SweepTurns
    close_quiet_conversations: CloseQuietConversations
    summarise_conversation: SummariseConversation
    idempotency: IdempotencyRepository
    search_knowledge: SearchKnowledge
    ingest_knowledge: IngestKnowledge
    ingestion_reports: IngestionReportRepository
    record_gap: RecordGap
    report_gaps: ReportGaps
    manage_drafts: ManageDrafts
    import_ticket_file: ImportTicketFile
    transfer_knowledge: TransferKnowledge
    knowledge_languages: KnowledgeLanguages
    knowledge_status: ReportKnowledgeStatus
    limit_rate: LimitRate
    limit_customer: LimitCustomer
    sites: ManageSites
    counters: Counters
    attached_files: AttachedFiles


def assemble(settings: Settings, ports: Ports) -> Container:
    """Build repositories and services over the given ports."""
    days = settings.retention_days
    limit_rate = assemble_limits(settings, ports.table, ports.clock)
    sites = assemble_sites(settings, ports.table, ports.clock)
    conversations = ConversationRepository(
        ports.table, retention_days=days, timeout_hours=settings.session_timeout_hours
    )
    turns = TurnRepository(ports.table, conversations, lease_s=settings.turn_lease_s)
    sessions = SessionRepository(ports.table)
    customers = CustomerRepository(ports.table, retention_days=days, memory_days=settings.memory_days)
    tickets = TicketRepository(ports.table, retention_days=days)
    arms = ArmRepository(ports.table, retention_days=days)
    receipts = Receipts(arms)
    broadcast = Broadcast(conversations, ports.connections, clock=ports.clock)
    close_quiet_conversations = CloseQuietConversations(
        QuietConversationRepository(ports.table, conversations, retention_days=days),
        conversations,
        broadcast,
        clock=ports.clock,
        timeout_hours=settings.session_timeout_hours,
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
    model_budget = ModelBudget(ModelSpendRepository(ports.table), max_usd=settings.max_anonymous_session_cost_usd)
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
    knowledge = assemble_knowledge(
        settings,
        table=ports.table,
        index=ports.index,
        embedder=ports.embedder,
        objects=ports.objects,
        reader=ports.reader,
        clock=ports.clock,
        ids=ports.ids,
    )
    reply_drafts = ReplyDraftRepository(ports.table)
    ratings = RatingRepository(ports.table, retention_days=days)
    gaps = GapRepository(ports.table, retention_days=days)
    visitors = assemble_visitors(settings, ports, conversations, broadcast, sites=sites, limits=limit_rate)
    people = assemble_people(
        settings,
        table=ports.table,
        conversations=conversations,
        turns=turns,
        tickets=tickets,
        receipts=receipts,
        broadcast=broadcast,
        engine=ports.workflow_engine,
        mailer=ports.mailer,
        webhooks=ports.webhooks,
        sites=sites,
        mail_customer=visitors.mail_customer,
        clock=ports.clock,
        ids=ports.ids,
    )
    return Container(
        settings=settings,
        ports=ports,
        conversations=conversations,
        turns=turns,
        people=people,
        visitors=visitors,
        reply_drafts=reply_drafts,
        ratings=ratings,
        client_actions=ClientActions(
            post_message=PostMessage(accept_message, conversations, broadcast),
            resume=ResumeConversation(conversations, turns, reply_drafts, ratings, broadcast),
            rate_answer=RateAnswer(conversations, ratings, clock=ports.clock),
            end_conversation=EndConversation(conversations, people.ownership, broadcast, clock=ports.clock),
            tell_typing=TellTyping(conversations, broadcast, clock=ports.clock),
            waiting_line=people.waiting_line,
        ),
        sessions=sessions,
        customers=customers,
        tickets=tickets,
        arms=arms,
        receipts=receipts,
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
        choose_strategy=ChooseStrategy(arms, ports.random, exploration_rate=settings.rl_exploration_rate),
        write_answer=WriteAnswer(
            ports.language_model,
            ports.index,
            model_budget,
            attached_files.read,
            context_tokens=settings.context_tokens,
            attachment_tokens=settings.attachment_tokens,
            temperature=settings.llm_temperature,
            max_tokens=settings.max_tokens,
        ),
        sweep_turns=SweepTurns(
            turns, ports.workflow_engine, people.hand_over, clock=ports.clock, max_attempts=settings.max_turn_attempts
        ),
        close_quiet_conversations=close_quiet_conversations,
        summarise_conversation=SummariseConversation(
            conversations,
            SummaryRepository(ports.table),
            ports.language_model,
            model_budget,
            window=settings.max_conversation_history,
        ),
        idempotency=IdempotencyRepository(ports.table),
        search_knowledge=SearchKnowledge(ports.index, ports.embedder),
        ingest_knowledge=knowledge.ingest,
        ingestion_reports=knowledge.reports,
        record_gap=RecordGap(gaps, ports.embedder),
        report_gaps=ReportGaps(gaps, ports.embedder, ports.clock),
        manage_drafts=knowledge.drafts,
        import_ticket_file=knowledge.import_ticket_file,
        transfer_knowledge=knowledge.transfer,
        knowledge_languages=KnowledgeLanguages(knowledge.reports.current, ports.clock),
        knowledge_status=ReportKnowledgeStatus(ports.index, knowledge.reports.current),
        limit_rate=limit_rate,
        limit_customer=LimitCustomer(limit_rate, conversations),
        sites=sites,
        counters=counters,
        attached_files=attached_files,
    )
