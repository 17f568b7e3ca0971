"""All conversations of a customer, the oldest first."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator

from firstline.domain.conversation import Conversation, Customer
from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Table
from firstline.repositories import customer_places, keys
from firstline.repositories.all_items import all_items
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_threads import CUSTOMER_THREADS
from firstline.repositories.customers import VERIFIED, CustomerRepository

_READ_AHEAD = 100


class CustomerConversations:
    """Reads the index ``by_customer``, partitions ``CUST#<id>#CONV`` and ``IDENT#verified#<user id>#CONV``.

    The index may be a moment behind; what it names is read again, consistently, so that nobody gets what was forgotten
    or has become somebody else's. Conversations from before there was this index are not in it; of these, the one that
    a visitor is known by is found all the same, and the last five of a proven name on each site.
    """

    def __init__(self, table: Table, conversations: ConversationRepository, customers: CustomerRepository) -> None:
        self._table = table
        self._conversations = conversations
        self._customers = customers

    def of(self, customer: Customer, *, after: str = "") -> Iterator[tuple[str, Conversation]]:
        """Yield each conversation with its place in the list.

        Parameters
        ----------
        after : str
            A place; only what comes after it. Empty for the beginning.
        """
        partitions = [customer_places.conversations_of(customer.customer_id)]
        if customer.user_id:
            partitions.append(customer_places.conversations_for(customer.user_id))
        runs = [self._indexed(partition, after) for partition in partitions]
        last = ""
        for place, conversation_id in heapq.merge(*runs, self._otherwise(customer)):
            if place <= max(last, after):
                continue
            last = place
            found = self._theirs(conversation_id, customer)
            if found is not None:
                yield place, found

    def _indexed(self, partition: str, after: str) -> Iterator[tuple[str, str]]:
        found = all_items(
            self._table, partition, index="by_customer", sk_from=after or "0", sk_to="9~", limit=_READ_AHEAD
        )
        for item in found:
            yield str(item["by_customer_sk"]), str(item["conversation_id"])

    def _otherwise(self, customer: Customer) -> list[tuple[str, str]]:
        known = [self._customers.conversation_of(customer.customer_id)]
        if customer.user_id:
            pk = keys.identity(VERIFIED, customer.user_id)
            for item in self._table.query(pk, sk_prefix=keys.threads(""), consistent=True).items:
                known += json.loads(CUSTOMER_THREADS.load(item)["body"])
        found = (self._theirs(conversation_id, customer) for conversation_id in known if conversation_id)
        return sorted((customer_places.sort_key(one), one.conversation_id) for one in found if one is not None)

    def _theirs(self, conversation_id: str, customer: Customer) -> Conversation | None:
        try:
            found = self._conversations.get(conversation_id)
        except NotFoundError:
            # Forgotten, or expired.
            return None
        if found.customer_id:
            return found if found.customer_id == customer.customer_id else None
        return found if customer.user_id and found.verified_user_id == customer.user_id else None
