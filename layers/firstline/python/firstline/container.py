"""What a running Firstline is made of; ``bootstrap`` fills it, handlers and the web take from it."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.ports import (
    Clock,
    Connections,
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
from firstline.repositories.graph import GraphRepository
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
from firstline.services.open_session import OpenSession
from firstline.services.receipt import Receipts
from firstline.services.search_knowledge import SearchKnowledge
from firstline.services.sweep_turns import SweepTurns
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


def assemble(settings: Settings, ports: Ports) -> Container:
    """Build repositories and services over the given ports."""
    days = settings.retention_days
    conversations = ConversationRepository(ports.table, retention_days=days)
    turns = TurnRepository(ports.table, conversations, lease_s=settings.turn_lease_s)
    sessions = SessionRepository(ports.table)
    tickets = TicketRepository(ports.table)
    arms = ArmRepository(ports.table, retention_days=days)
    receipts = Receipts(arms)
    broadcast = Broadcast(conversations, ports.connections)
    accept_message = AcceptMessage(
        conversations,
        turns,
        ports.workflow_engine,
        clock=ports.clock,
        ids=ports.ids,
        max_characters=settings.max_message_characters,
    )
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
        answer_once=AnswerOnce(accept_message, conversations, turns),
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
        ingest_knowledge=IngestKnowledge(ports.objects, ports.index, ports.embedder),
    )
