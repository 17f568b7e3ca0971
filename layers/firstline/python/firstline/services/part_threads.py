"""What undoing a merging makes of the threads that the source was in, and of people's queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from firstline.domain.conversation import BOT, Author, Conversation, ConversationStatus, Event
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.routes import ThreadRoute
from firstline.domain.mail.shown_out import StillMerged, shown_out
from firstline.domain.table import Compare, Operation, Update
from firstline.repositories import keys
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.services.thread_stores import ThreadStores
from firstline.services.thread_tickets import ThreadTickets

_REARRANGED = ("merged_from", "merged_into", "unmerged", "unmerged_from")


class PartThreads:
    """The target was perhaps merged on into a third thread: whoever leaves the one leaves the others as well."""

    def __init__(self, stores: ThreadStores, tickets: ThreadTickets) -> None:
        self._stores = stores
        self._tickets = tickets

    def operations(self, source: Conversation, route: ThreadRoute, *, by: str, now: datetime) -> list[Operation]:
        """Return what takes out of the target, and of where that was merged, what a merging brought there.

        Parameters
        ----------
        route : ThreadRoute
            Of the source, still merged.
        """
        stores, above = self._stores, self._above(route.into)
        target = self._found(route.into)
        thread = stores.threads.find(route.into)
        ticket_id, tickets = self._tickets.unmerged(source, target, route, above, by=by, now=now)
        if target is None or thread is None:
            return tickets
        known = _Known(stores.routes)
        here = known.get(route.into)
        known.set(route.into, replace(here, merged=tuple(i for i in here.merged if i != source.conversation_id)))
        threads = self._shown_out(source.conversation_id, route, above, known, now)
        said = f"Conversation {source.conversation_id} is no longer merged into this one."
        detail = {"action": "unmerged_from", "conversation_id": source.conversation_id}
        event = Event(seq=target.next_seq, author=Author.SYSTEM, text=said, at=now, detail=detail)
        left = stores.conversations.next_event(target.conversation_id, event.seq, set_={"ticket_id": ticket_id}, at=now)
        return [
            self._out_of_queue(left, target, route, known),
            stores.conversations.put_event(target.conversation_id, event),
            *self._without_ticket(source.ticket_id if tickets and route.closed is None else "", above[1:]),
            *threads,
            *known.stored(at=now),
            *tickets,
        ]

    def waits(self, source: Conversation, event: Event, also: list[Operation]) -> Conversation:
        """Put the source into people's queue, together with the event that tells of it; return it.

        Raises
        ------
        ConditionFailedError
            It was read too long ago, or something of ``also`` did not hold; nothing was written.
        """
        conversations, status = self._stores.conversations, ConversationStatus.WAITING_FOR_PERSON
        update = conversations.next_event(
            source.conversation_id,
            event.seq,
            set_={
                "owner": BOT,
                "status": status.value,
                "by_queue_pk": keys.PEOPLE_QUEUE,
                "by_queue_sk": keys.waiting(event.at, source.conversation_id),
            },
            add={"version": 1},
            conditions=(Compare("version", "=", source.version), Compare("owner", "=", source.owner)),
            at=event.at,
        )
        self._stores.table.transact([update, conversations.put_event(source.conversation_id, event), *also])
        after = {"owner": BOT, "status": status, "version": source.version + 1, "next_seq": event.seq + 1}
        return source.model_copy(update=after)

    def _above(self, into: str) -> list[str]:
        above = [into]
        while (there := self._stores.routes.get(above[-1]).into) and there not in above:
            above.append(there)
        return above

    def _shown_out(
        self, source_id: str, route: ThreadRoute, above: Iterable[str], known: _Known, now: datetime
    ) -> list[Operation]:
        joined, copied, below = set(route.joined), set(route.copied), source_id
        operations = list[Operation]()
        for here in above:
            thread = self._stores.threads.find(here)
            if thread is None:
                break
            merged = [other for other in known.get(here).merged if other != below] if joined or copied else []
            others = {}
            for other in merged:
                theirs, its_route = self._stores.threads.find(other), known.get(other)
                if theirs is not None and its_route.into == here:
                    others[other] = StillMerged(theirs, its_route)
            out = shown_out(thread, sorted(joined), sorted(copied), others)
            operations.append(self._stores.threads.stored(out.thread, at=now))
            for other, changed in out.routes.items():
                known.set(other, changed)
            joined, copied, below = {*out.left} & {*known.get(here).joined}, set(), here
            if not joined:
                break
            known.set(
                here, replace(known.get(here), joined=tuple(i for i in known.get(here).joined if i not in joined))
            )
        return operations

    def _out_of_queue(self, update: Update, target: Conversation, route: ThreadRoute, known: _Known) -> Update:
        """Return the target's update, with which it waits no more where the source's need alone put it in line.

        Where anything else has happened in it since, or somebody waits for an answer, people look at it.
        """
        queued = route.queued
        waits = target.owner == BOT and target.status is ConversationStatus.WAITING_FOR_PERSON
        if queued is None or not waits or target.last_customer_seq > target.last_reply_seq:
            return update
        for other in known.get(route.into).merged:
            theirs = known.get(other)
            if theirs.wanted and theirs.into == route.into:
                # It would have put the target in line itself.
                known.set(other, replace(theirs, queued=queued))
                return update
        since = self._stores.conversations.events(target.conversation_id, after_seq=queued.seq)
        if any(event.detail.get("action") not in _REARRANGED for event in since):
            return update
        status = {"status": queued.status}
        return replace(update, set={**update.set, **status}, remove=("by_queue_pk", "by_queue_sk"))

    def _without_ticket(self, ticket_id: str, above: Iterable[str]) -> list[Operation]:
        if not ticket_id:
            return []
        found = filter(None, map(self._found, above))
        return [
            Update(
                keys.conversation(seen.conversation_id),
                keys.META,
                set={"ticket_id": ""},
                condition=Compare("ticket_id", "=", ticket_id),
            )
            for seen in found
            if seen.ticket_id == ticket_id
        ]

    def _found(self, conversation_id: str) -> Conversation | None:
        try:
            return self._stores.conversations.get(conversation_id)
        except NotFoundError:
            return None


class _Known:
    """Routes as they were read, and as they are to be: each is written once."""

    def __init__(self, routes: ThreadRoutes) -> None:
        self._routes = routes
        self._seen = dict[str, ThreadRoute]()
        self._after = dict[str, ThreadRoute]()

    def get(self, conversation_id: str) -> ThreadRoute:
        if conversation_id not in self._seen:
            self._seen[conversation_id] = self._routes.get(conversation_id)
        return self._after.get(conversation_id, self._seen[conversation_id])

    def set(self, conversation_id: str, route: ThreadRoute) -> None:
        self.get(conversation_id)
        self._after[conversation_id] = route

    def stored(self, *, at: datetime) -> list[Operation]:
        return [
            operation
            for conversation_id, route in self._after.items()
            for operation in self._routes.stored(conversation_id, self._seen[conversation_id], route, at=at)
        ]


def needs_somebody(seen: Conversation) -> bool:
    """Tell whether a thread waits for an answer or is with people."""
    unanswered = seen.last_customer_seq > seen.last_reply_seq
    return unanswered or seen.owner != BOT or seen.status is ConversationStatus.WAITING_FOR_PERSON
