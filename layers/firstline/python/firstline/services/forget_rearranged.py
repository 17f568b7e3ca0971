"""Forget what of a thread of mails lies in others, because people have merged it or taken it off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from firstline.domain.attachment_ports import AttachmentStore
from firstline.domain.conversation import Author, Event
from firstline.domain.errors import ConditionFailedError, NotFoundError, TransactionConflictError
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.routes import ThreadRoute
from firstline.domain.ports import Clock, ObjectStore, Table
from firstline.repositories.attachments import AttachmentRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.erased_places import ErasedPlaces
from firstline.repositories.erased_tickets import ErasedTickets
from firstline.repositories.erasures import ErasureRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.memory import MemoryRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes

_TRIES = 20


@dataclass(frozen=True)
class RearrangedStores:
    """Where something of a thread may lie."""

    table: Table
    routes: ThreadRoutes
    threads: MailThreadRepository
    conversations: ConversationRepository
    received: ReceivedMailRepository
    places: ErasedPlaces
    erasures: ErasureRepository
    tickets: ErasedTickets
    files: AttachmentRepository
    objects: AttachmentStore
    memory: MemoryRepository
    raw_mails: ObjectStore | None
    """None where no mail is received."""


class ForgetRearranged:
    """Threads of one customer that people read as one are forgotten as one; another customer's stays.

    What was taken off a thread lies there still, and so does what a customer has written into another's thread that
    theirs was merged into: of both, words, raw mails and files go, and the rest stays. To be done before the thread's
    own items go, which tell where to look; every step is safe to repeat.
    """

    def __init__(self, stores: RearrangedStores, *, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock

    def one_with(self, conversation_id: str) -> list[str]:
        """Return the threads that are to be forgotten with this one and are not yet."""
        route = self._stores.routes.get(conversation_id)
        pairs = [(conversation_id, route.into)] * bool(route.into)
        pairs += [(merged, conversation_id) for merged in route.merged]
        found = [one for pair in pairs if self._same_customer(*pair) for one in pair if one != conversation_id]
        return [one for one in dict.fromkeys(found) if self._is_there(one)]

    def take_out(self, conversation_id: str) -> None:
        """Remove what lies in threads that stay. Raises ``StoreUnavailableError``, ``TransactionConflictError``."""
        route = self._stores.routes.get(conversation_id)
        if route.origin:
            self._erase(route.origin, range(route.from_seq, route.up_to_seq + 1))
        if route.into and not self._same_customer(conversation_id, route.into):
            self._erase(route.into, self._written_by_the_customer_of(conversation_id, route.into))
            self._show_out(conversation_id, route)

    def _same_customer(self, source_id: str, target_id: str) -> bool:
        """Tell whether a thread's customer took part in the one that it was merged into before it was."""
        route, thread = self._stores.routes.get(source_id), self._stores.threads.find(source_id)
        if thread is None or route.into != target_id:
            return False
        return bool(thread.customer.address) and thread.customer.address not in route.joined

    def _is_there(self, conversation_id: str) -> bool:
        try:
            self._stores.conversations.get(conversation_id)
        except NotFoundError:
            return False
        return True

    def _erase(self, conversation_id: str, places: Collection[int]) -> None:
        stores = self._stores
        events = [event for event in stores.conversations.events(conversation_id) if event.seq in places]
        sources = defaultdict[str, set[int]](set)
        for event in events:
            # It was taken off another one itself.
            source = event.detail.get("copied_from", {})
            if source:
                sources[str(source["conversation_id"])].add(int(source["seq"]))
        for source_id, there in sources.items():
            self._erase(source_id, there)
        self._erase_copies(conversation_id, places)
        mails = self._mails_at(conversation_id, places)
        if stores.raw_mails is not None:
            for key in filter(None, (mail.object_key for mail in mails)):
                stores.raw_mails.delete(key)
        attached = [str(file["file_id"]) for event in events for file in event.detail.get("attachments", [])]
        self._remove_files(conversation_id, [*attached, *(file_id for mail in mails for file_id in mail.file_ids)])
        self._forget_facts(conversation_id, events)
        said = [event.text for event in events if event.author is Author.CUSTOMER]
        for ticket_id in stores.erasures.tickets_of(conversation_id) if said else ():
            stores.tickets.erase_words(ticket_id, said)
        stores.places.erase(conversation_id, places)
        # Last: they tell which raw mails are to go.
        stores.places.remove_mails(conversation_id, [mail.mail_id for mail in mails])

    def _erase_copies(self, conversation_id: str, places: Collection[int]) -> None:
        """Take out also what was once copied into a thread that has been put back since."""
        stores = self._stores
        for split in stores.routes.get(conversation_id).splits:
            if stores.routes.get(split).into != conversation_id:
                continue
            copied = set[int]()
            for event in stores.conversations.events(split):
                source = event.detail.get("copied_from", {})
                if source.get("conversation_id") == conversation_id and int(source["seq"]) in places:
                    copied.add(event.seq)
            stores.places.erase(split, copied)

    def _mails_at(self, conversation_id: str, places: Collection[int]) -> list[ReceivedMail]:
        """Return the mails at places of the log, and what their senders sent from the first on that is not in it."""
        mails = self._stores.received.of_conversation(conversation_id)
        found = [mail for mail in mails if mail.seq in places]
        senders = {mail.sender for mail in found} - {""}
        beside = [mail for mail in mails if not mail.seq and mail.sender in senders]
        return [*found, *(mail for mail in beside if mail.received_at >= found[0].received_at)]

    def _remove_files(self, conversation_id: str, file_ids: Sequence[str]) -> None:
        for file_id in dict.fromkeys(file_ids):
            file = self._stores.files.find(conversation_id, file_id)
            for key in filter(None, (file.key, file.upload_key) if file else ()):
                self._stores.objects.delete(key)
        self._stores.places.remove_files(conversation_id, file_ids)

    def _forget_facts(self, conversation_id: str, events: Sequence[Event]) -> None:
        try:
            customer_id = self._stores.conversations.get(conversation_id).customer_id
        except NotFoundError:
            return
        times = {event.at.astimezone(UTC) for event in events if event.author is Author.CUSTOMER}
        if customer_id and times:
            self._stores.memory.forget_stated(customer_id, conversation_id, times)

    def _written_by_the_customer_of(self, source_id: str, target_id: str) -> set[int]:
        """Return the places in the target of what the source's customer wrote there, and of the bot's answers to it."""
        thread = self._stores.threads.find(source_id)
        address = thread.customer.address if thread is not None else ""
        mails = self._stores.received.of_conversation(target_id) if address else []
        written = {mail.seq for mail in mails if mail.seq and mail.sender == address}
        events = self._stores.conversations.events(target_id) if written else []
        return written | {event.seq for event in events if event.detail.get("answers_up_to") in written}

    def _show_out(self, source_id: str, route: ThreadRoute) -> None:
        """Take out of the target what the merging brought; nothing where it is gone."""
        stores, target_id, now = self._stores, route.into, self._clock.now()
        for _ in range(_TRIES):
            target, thread = stores.routes.get(target_id), stores.threads.find(target_id)
            if thread is None or source_id not in target.merged:
                return
            left = replace(
                thread,
                participants=thread.participants - set(route.joined),
                cc=tuple(address for address in thread.cc if address not in route.copied),
            )
            merged = tuple(one for one in target.merged if one != source_id)
            try:
                stores.table.transact(
                    [
                        *stores.routes.stored(target_id, target, replace(target, merged=merged), at=now),
                        stores.threads.stored(left, at=now),
                    ]
                )
            except ConditionFailedError:
                continue
            return
        raise TransactionConflictError(f"conversation {target_id}: too many writers at once")
