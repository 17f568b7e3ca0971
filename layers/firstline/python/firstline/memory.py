"""The memory of a running Firstline: what is known of customers across conversations, and its export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firstline.domain.ports import Clock, Ids, Table
from firstline.domain.ticket_changes import TicketFilter
from firstline.repositories.accounts import AccountRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.memory import MemoryRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.repositories.ticket_lists import TicketLists
from firstline.repositories.tickets import TicketRepository
from firstline.services.export_conversation import ExportConversation
from firstline.services.export_customer import ExportCustomer
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

    tickets, lists = TicketRepository(table, retention_days=settings.retention_days), TicketLists(table)

    accounts = AccountRepository(table, days=max(settings.memory_days, settings.retention_days))

    def own_tickets(customer_id: str) -> Any:
        found, cursor = list[Any](), None
        while True:
            page = lists.page(TicketFilter(customer_id=customer_id), limit=100, cursor=cursor)
            for ticket in page.tickets:
                log = [event.model_dump(mode="json") for event in tickets.events(ticket.ticket_id)]
                found.append({**ticket.model_dump(mode="json"), "events": log})
            cursor = page.cursor
            if cursor is None:
                return found

    days = settings.retention_days
    received, routes = ReceivedMailRepository(table, retention_days=days), ThreadRoutes(table, retention_days=days)
    conversation = ExportConversation(customers, conversations, received, routes)
    parts = {
        "profile": profile,
        "memory": memory,
        "account": accounts.get,
        "tickets": own_tickets,
        "conversation": conversation.said,
        "mails": conversation.mails,
    }
    return Memory(remember_facts, ExportCustomer(parts, clock))
