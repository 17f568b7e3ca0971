"""Forget a customer everywhere, because they want it: conversations, tickets, memory, account, name and profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from firstline.domain.conversation import Customer
from firstline.domain.erasure import FORGOTTEN, CustomerErasure
from firstline.domain.errors import ConditionFailedError, ConflictError, FirstlineError, NotFoundError
from firstline.domain.ports import Clock, Ids
from firstline.repositories.accounts import AccountRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.customer_conversations import CustomerConversations
from firstline.repositories.customer_erasures import CustomerErasureRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.erased_customers import ErasedCustomers
from firstline.repositories.erased_tickets import ErasedTickets
from firstline.repositories.graph import GraphRepository
from firstline.services.forget_conversation import LATE_WRITERS, ForgetConversation

ROUND = timedelta(seconds=10)
"""How long one round begins to forget conversations and tickets: a gateway gives up after 29 s, a sweep after 55."""

_AT_ONCE = 20


@dataclass(frozen=True)
class CustomerStores:
    """Where something of a customer lies beside their conversations."""

    orders: CustomerErasureRepository
    erased: ErasedCustomers
    listed: CustomerConversations
    customers: CustomerRepository
    accounts: AccountRepository
    tickets: ErasedTickets
    graph: GraphRepository


class ForgetCustomer:
    """An order notes what is to be done before anything is; it is gone through in rounds, and the profile goes last.

    Asking again is a round, and so is each sweep. Every step is safe to repeat: wherever one breaks off, the next goes
    on. A quarter of an hour after everything is gone, it is looked through once more for what functions that were at
    work have written since, and the order goes too. Whoever comes back by the same proven name after that is a new
    customer. Counters and the audit log stay, which know the customer by an id that leads to nothing any more, and so
    do the tickets' numbers, without their words.

    Parameters
    ----------
    on_over : callable
        Told of the id of a customer of whom nothing is left.
    on_failure : callable
        Told of the customer's id and of an error that a sweep will try to get over, to log it.
    """

    def __init__(
        self,
        stores: CustomerStores,
        forget_conversation: ForgetConversation,
        *,
        clock: Clock,
        ids: Ids,
        on_over: Callable[[str], None],
        on_failure: Callable[[str, FirstlineError], None],
    ) -> None:
        self._stores = stores
        self._forget_conversation = forget_conversation
        self._audit = AuditRepository()
        self._clock = clock
        self._ids = ids
        self._on_over = on_over
        self._on_failure = on_failure

    def forget(self, customer_id: str, *, by: str) -> bool:
        """Forget a customer, or go on with it; return whether everything is gone. What is left, sweeps do.

        Parameters
        ----------
        by : str
            Id of the person who has it done.

        Raises
        ------
        NotFoundError
            Nothing is kept of such a customer.
        ConflictError
            The visitor has become part of a known customer: it is that one who is to be forgotten.
        StoreUnavailableError, TransactionConflictError
            What is left to do is done by the next sweep.
        """
        known = self._stores.orders.find(customer_id)
        if known is not None and known.passed_once:
            return True
        now = self._clock.now()
        order = self._stores.orders.take_up(known, now=now) if known else self._begun(customer_id, by, now)
        return order is not None and self._carry_out(order, until=now + ROUND)

    def sweep(self) -> int:
        """Go on with what is due; return how many were looked at. One that fails holds up no other."""
        began = self._clock.now()
        n_carried_out = 0
        for due in self._stores.orders.due(now=began, limit=_AT_ONCE):
            if self._clock.now() > began + ROUND:
                break
            order = self._stores.orders.take_up(due, now=self._clock.now())
            if order is None:
                continue
            try:
                self._carry_out(order, until=began + ROUND)
            except FirstlineError as error:
                # Its lease ends in two minutes, and another sweep takes it up.
                self._on_failure(order.customer_id, error)
                continue
            n_carried_out += 1
        return n_carried_out

    def _begun(self, customer_id: str, by: str, now: datetime) -> CustomerErasure | None:
        user_id = self._user_id(customer_id, now)
        order = CustomerErasure(customer_id=customer_id, user_id=user_id, by=by, asked_at=now)
        entry = self._audit.recorded(self._ids.new(), action="customer_forgotten", by=by, of=customer_id, now=now)
        try:
            return self._stores.orders.begin(order, also=[entry])
        except ConditionFailedError as error:
            if self._stores.orders.find(customer_id) is None:
                raise ConflictError("the customer has just become part of another; ask again") from error
            # Somebody else has asked for it in the same moment, and does it.
            return None

    def _user_id(self, customer_id: str, now: datetime) -> str:
        try:
            owner = self._stores.accounts.owner(customer_id)
        except NotFoundError:
            if not self._stores.erased.anything_of(customer_id):
                raise
            listed = self._stores.listed.of(Customer(customer_id=customer_id, created_at=now))
            return next((conversation.verified_user_id for _, conversation in listed), "")
        if owner != customer_id:
            raise ConflictError(f"this visitor has become part of the customer {owner}; forget that one")
        return self._stores.customers.get(customer_id).user_id

    def _carry_out(self, order: CustomerErasure, *, until: datetime) -> bool:
        """Do one round; return whether nothing is left."""
        stores, customer_id = self._stores, order.customer_id
        stores.erased.remove_learned(customer_id)
        for conversation_id in order.at_work:
            self._forget_conversation.finish(conversation_id)
        found = self._conversations_of(order)
        while batch := tuple(islice(found, _AT_ONCE)):
            noted = stores.orders.at_work(order, batch, now=self._clock.now())
            if noted is None:
                return False
            order = noted
            for conversation_id in batch:
                if self._is_late(order, until):
                    return False
                self._forget_conversation.forget(conversation_id, by=order.by)
        for ticket_id in stores.erased.tickets_of(customer_id):
            if self._is_late(order, until):
                return False
            stores.tickets.erase(ticket_id, FORGOTTEN, now=self._clock.now())
        stores.graph.remove(("customer", customer_id))
        # Once more: turns that were at work have learned meanwhile.
        stores.erased.remove_learned(customer_id)
        stores.erased.remove(customer_id, "" if order.passed_once else order.user_id)
        if order.passed_once:
            stores.orders.done(order)
            self._on_over(customer_id)
        else:
            stores.orders.passed(order, again_at=self._clock.now() + LATE_WRITERS)
        return True

    def _conversations_of(self, order: CustomerErasure) -> Iterator[str]:
        customer = Customer(customer_id=order.customer_id, user_id=order.user_id, created_at=order.asked_at)
        for _, conversation in self._stores.listed.of(customer):
            # What was begun since and no turn has made this customer's is of who comes back by that name.
            if conversation.customer_id or conversation.created_at <= order.asked_at:
                yield conversation.conversation_id

    def _is_late(self, order: CustomerErasure, until: datetime) -> bool:
        now = self._clock.now()
        if now > until:
            self._stores.orders.put_off(order, until=now)
        return now > until
