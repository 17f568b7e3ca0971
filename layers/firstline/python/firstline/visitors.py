"""What visitors may ask for beside answers: mail, a place in line, to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.errors import FirstlineError
from firstline.observability import logger
from firstline.outgoing_mail import OutgoingMail, count_mails
from firstline.ports import Ports
from firstline.repositories.accounts import AccountRepository
from firstline.repositories.attachments import AttachmentRepository
from firstline.repositories.contacts import ContactRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_conversations import CustomerConversations
from firstline.repositories.customer_erasures import CustomerErasureRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.customer_threads import CustomerThreads
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.erased_customers import ErasedCustomers
from firstline.repositories.erased_places import ErasedPlaces
from firstline.repositories.erased_tickets import ErasedTickets
from firstline.repositories.erasures import ErasureRepository
from firstline.repositories.graph import GraphRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.memory import MemoryRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.services.broadcast import Broadcast
from firstline.services.forget_conversation import ErasureStores, ForgetConversation
from firstline.services.forget_customer import CustomerStores, ForgetCustomer
from firstline.services.forget_rearranged import ForgetRearranged, RearrangedStores
from firstline.services.leave_contact import LeaveContact
from firstline.services.limit_rate import LimitRate
from firstline.services.mail_customer import MailCustomer
from firstline.settings import Settings


@dataclass(frozen=True)
class Visitors:
    """Services for visitors."""

    mail_customer: MailCustomer
    leave_contact: LeaveContact
    forget_conversation: ForgetConversation
    forget_customer: ForgetCustomer

    def sweep(self) -> None:
        """Send mail that is due, and go on with forgetting."""
        count_mails(self.mail_customer.deliver_due())
        self.forget_conversation.sweep()
        self.forget_customer.sweep()


def assemble_visitors(
    settings: Settings, ports: Ports, conversations: ConversationRepository, broadcast: Broadcast, *,
    outgoing: OutgoingMail, limits: LimitRate,
) -> Visitors:  # fmt: skip
    """Build the services for visitors."""
    table, days = ports.table, settings.retention_days
    files = AttachmentRepository(table, retention_days=days)
    memory = MemoryRepository(table, retention_days=days)
    erasures, tickets = ErasureRepository(table), ErasedTickets(table, retention_days=days)
    received = ReceivedMailRepository(table, retention_days=days)
    customers = CustomerRepository(table, retention_days=days, memory_days=settings.memory_days)
    graph = GraphRepository(table, retention_days=days)
    forget_conversation = ForgetConversation(
        ErasureStores(
            erasures=erasures,
            conversations=conversations,
            customers=customers,
            threads=CustomerThreads(table, retention_days=days),
            memory=memory,
            graph=graph,
            tickets=tickets,
            files=files,
            objects=ports.attachments.store,
            mails=received,
            raw_mails=ports.received_mail,
        ),
        ForgetRearranged(
            RearrangedStores(
                table=table,
                routes=ThreadRoutes(table, retention_days=days),
                threads=MailThreadRepository(table, retention_days=days),
                conversations=conversations,
                received=received,
                places=ErasedPlaces(table),
                erasures=erasures,
                tickets=tickets,
                files=files,
                objects=ports.attachments.store,
                memory=memory,
                raw_mails=ports.received_mail,
            ),
            clock=ports.clock,
        ),
        broadcast,
        ports.connections,
        clock=ports.clock,
        ids=ports.ids,
        on_failure=_log_unforgotten,
    )
    return Visitors(
        mail_customer=MailCustomer(
            CustomerMailRepository(table, retention_days=days),
            conversations,
            outgoing.send,
            limits,
            can_mail=ports.mailer is not None and bool(settings.mail_sender),
            clock=ports.clock,
            ids=ports.ids,
        ),
        leave_contact=LeaveContact(conversations, ContactRepository(table)),
        forget_conversation=forget_conversation,
        forget_customer=ForgetCustomer(
            CustomerStores(
                orders=CustomerErasureRepository(table),
                erased=ErasedCustomers(table),
                listed=CustomerConversations(table, conversations, customers),
                customers=customers,
                accounts=AccountRepository(table, days=max(settings.memory_days, days)),
                tickets=tickets,
                graph=graph,
            ),
            forget_conversation,
            clock=ports.clock,
            ids=ports.ids,
            on_over=_log_forgotten,
            on_failure=_log_remembered,
        ),
    )


def _log_unforgotten(conversation_id: str, error: FirstlineError) -> None:
    logger.error("not forgotten yet", extra={"conversation_id": conversation_id, "error": type(error).__name__})


def _log_forgotten(customer_id: str) -> None:
    logger.info("customer forgotten", extra={"customer_id": customer_id})


def _log_remembered(customer_id: str, error: FirstlineError) -> None:
    logger.error("customer not forgotten yet", extra={"customer_id": customer_id, "error": type(error).__name__})
