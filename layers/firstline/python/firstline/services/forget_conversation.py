"""Forget a conversation because its customer wants it: every word and every id of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.attachment_ports import AttachmentStore
from firstline.domain.erasure import FORGOTTEN, Erasure
from firstline.domain.errors import FirstlineError, NotFoundError
from firstline.domain.frames import closing
from firstline.domain.ports import Clock, Connections, Ids, ObjectStore
from firstline.repositories.attachments import AttachmentRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_threads import CustomerThreads
from firstline.repositories.customers import CONVERSATION, CustomerRepository, identity_of
from firstline.repositories.erased_tickets import ErasedTickets
from firstline.repositories.erasures import ErasureRepository
from firstline.repositories.graph import GraphRepository
from firstline.repositories.memory import MemoryRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.services.broadcast import Broadcast
from firstline.services.forget_rearranged import ForgetRearranged

LATE_WRITERS = timedelta(minutes=15)
"""How long a function that was at work when the conversation went may still write: the longest that one can run."""

_AT_ONCE = 20


@dataclass(frozen=True)
class ErasureStores:
    """Where something of a conversation may lie."""

    erasures: ErasureRepository
    conversations: ConversationRepository
    customers: CustomerRepository
    threads: CustomerThreads
    memory: MemoryRepository
    graph: GraphRepository
    tickets: ErasedTickets
    files: AttachmentRepository
    objects: AttachmentStore
    mails: ReceivedMailRepository
    raw_mails: ObjectStore | None
    """None where no mail is received."""


class ForgetConversation:
    """The conversation is gone for everybody with one transaction, which also notes what else is to be removed.

    The rest follows at once, each step safe to repeat; where it breaks off, the sweep goes on with it. A quarter of an
    hour later everything is looked through once more for what functions that were at work have written since, and the
    note goes too. A ticket that was asked for in the conversation and has one of its own is forgotten with it, and so
    are threads of the same customer's mails that people have merged with it.
    Counters, spend and the audit log stay, which know the visitor by ids at most that lead to nothing any more, and so
    do the tickets' numbers, without their words.

    Parameters
    ----------
    on_failure : callable
        Told of the conversation's id and of an error that a sweep will try to get over, to log it.
    """

    def __init__(
        self,
        stores: ErasureStores,
        rearranged: ForgetRearranged,
        broadcast: Broadcast,
        connections: Connections,
        *,
        clock: Clock,
        ids: Ids,
        on_failure: Callable[[str, FirstlineError], None],
    ) -> None:
        self._stores = stores
        self._rearranged = rearranged
        self._broadcast = broadcast
        self._connections = connections
        self._audit = AuditRepository()
        self._clock = clock
        self._ids = ids
        self._on_failure = on_failure

    def forget(self, conversation_id: str, *, by: str = "customer") -> None:
        """Forget a conversation; one that is forgotten already is no error.

        Parameters
        ----------
        by : str
            Who has it done: its customer, or a person by their id.

        Raises
        ------
        StoreUnavailableError, TransactionConflictError
            What is left to do is done by the next sweep, if the conversation is gone already.
        """
        now = self._clock.now()
        entry = self._audit.recorded(
            self._ids.new(), action="conversation_forgotten", by=by, of=conversation_id, now=now
        )
        order = self._stores.erasures.begin(conversation_id, now=now, also=[entry])
        if order is not None:
            self._carry_out(order)

    def finish(self, conversation_id: str) -> None:
        """Go on with forgetting a conversation where that has broken off. Raises as ``forget`` does."""
        order = self._stores.erasures.find(conversation_id)
        if order is not None and not order.passed_once:
            self._carry_out(order)

    def sweep(self) -> int:
        """Go on with what is due; return how many were looked at. One that fails holds up no other."""
        found = self._stores.erasures.due(now=self._clock.now(), limit=_AT_ONCE)
        n_carried_out = 0
        for due in found:
            order = self._stores.erasures.take_up(due, now=self._clock.now())
            if order is None:
                continue
            try:
                self._carry_out(order)
            except FirstlineError as error:
                # Its lease ends in two minutes, and another sweep takes it up.
                self._on_failure(order.conversation_id, error)
                continue
            n_carried_out += 1
        return n_carried_out

    def _carry_out(self, order: Erasure) -> None:
        stores, conversation_id = self._stores, order.conversation_id
        self._close_sockets(order)
        # First: what is removed later tells which threads these are.
        for other in self._rearranged.one_with(conversation_id):
            self.forget(other)
        self._rearranged.take_out(conversation_id)
        stores.erasures.remove_linked(conversation_id)
        customer_ids = self._customers_of(order)
        # Before the customer goes, by whom they are found.
        for ticket in stores.erasures.tickets_told_in(conversation_id, customer_ids):
            self.forget(ticket.conversation_id)
            stores.tickets.erase(ticket.ticket_id, FORGOTTEN, now=self._clock.now())
        for customer_id in customer_ids:
            self._take_from_customer(customer_id, order)
        stores.customers.remove_identity(CONVERSATION, conversation_id)
        if order.user_id:
            stores.threads.remove(order.user_id, order.site_id, conversation_id)
        now = self._clock.now()
        for ticket_id in dict.fromkeys([*order.ticket_ids, *stores.erasures.tickets_of(conversation_id)]):
            stores.tickets.erase(ticket_id, FORGOTTEN, now=now)
        for key in stores.files.keys_of(conversation_id):
            stores.objects.delete(key)
        if stores.raw_mails is not None:
            for key in stores.mails.keys_of(conversation_id):
                stores.raw_mails.delete(key)
        stores.erasures.remove_below(conversation_id)
        if order.passed_once:
            stores.erasures.done(order)
        else:
            stores.erasures.passed(order, again_at=now + LATE_WRITERS)

    def _close_sockets(self, order: Erasure) -> None:
        conversations, conversation_id = self._stores.conversations, order.conversation_id
        for connection_id in conversations.connections(conversation_id):
            self._broadcast.to_connection(connection_id, closing("forgotten"))
            self._connections.close(connection_id)
            conversations.disconnect(connection_id)
        for user in {identity_of("", conversation_id), identity_of(order.user_id, conversation_id)}:
            conversations.remove_listed("#".join(user), conversation_id)

    def _customers_of(self, order: Erasure) -> list[str]:
        # A turn that was just beginning may have made the visitor's customer after the conversation was gone.
        try:
            found = self._stores.customers.find(CONVERSATION, order.conversation_id)
        except NotFoundError:
            # Removed by a round that broke off before it removed the name.
            found = None
        return list(dict.fromkeys([*order.customer_ids, *([found.customer_id] if found else [])]))

    def _take_from_customer(self, customer_id: str, order: Erasure) -> None:
        stores = self._stores
        try:
            is_known = bool(stores.customers.get(customer_id).user_id)
        except NotFoundError:
            is_known = False
        if is_known:
            times = {datetime.fromisoformat(at) for at in order.message_times}
            stores.memory.forget_conversation(customer_id, order.conversation_id, times)
            return
        stores.graph.remove(("customer", customer_id))
        stores.customers.remove(customer_id)
