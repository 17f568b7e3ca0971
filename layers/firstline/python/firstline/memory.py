"""The memory of a running Firstline: what is known of customers across conversations, and its export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firstline.domain.ports import Clock, Ids, Table
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.memory import MemoryRepository
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

    return Memory(remember_facts, ExportCustomer({"profile": profile, "memory": memory}, clock))
