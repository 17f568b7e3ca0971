"""The memory of a running Firstline: what is known of customers across conversations, and its export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firstline.domain.ports import Clock, Ids, Table
from firstline.repositories.accounts import AccountRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_conversations import CustomerConversations
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.memory import MemoryRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.repositories.ticket_lists import TicketLists
from firstline.repositories.tickets import TicketRepository
from firstline.services.export_conversation import ExportConversation
from firstline.services.export_customer import ExportCustomer
from firstline.services.export_tickets import ExportTickets
from firstline.services.remember_facts import RememberFacts
from firstline.settings import Settings


@dataclass(frozen=True)
class Memory:
    """Services of the memory."""

    remember_facts: RememberFacts
    export_customer: ExportCustomer


def assemble_memory(
    settings: Settings,
    *,
    table: Table,
    conversations: ConversationRepository,
    customers: CustomerRepository,
    clock: Clock,
    ids: Ids,
) -> Memory:
    """Build the memory."""
    remember_facts = RememberFacts(
        MemoryRepository(table, retention_days=settings.retention_days),
        conversations,
        customers,
        clock=clock,
        ids=ids,
        memory_days=settings.memory_days,
        retention_days=settings.retention_days,
    )

    def profile(customer_id: str) -> Any:
        return customers.get(customer_id).model_dump(mode="json")

    def memory(customer_id: str) -> Any:
        return [fact.model_dump(mode="json") for fact in remember_facts.facts(customer_id)]

    accounts = AccountRepository(table, days=max(settings.memory_days, settings.retention_days))

    days = settings.retention_days
    received, routes = ReceivedMailRepository(table, retention_days=days), ThreadRoutes(table, retention_days=days)
    listed = CustomerConversations(table, conversations, customers)
    parts = {"profile": profile, "memory": memory, "account": accounts.get}
    lists = {
        "tickets": ExportTickets(TicketRepository(table, retention_days=days), TicketLists(table)).pieces,
        "conversations": ExportConversation(customers, conversations, listed, received, routes).pieces,
    }
    return Memory(remember_facts, ExportCustomer(parts, lists, clock))
