"""People say that two threads of mails are one: from then on all their mails go to one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from firstline.domain.conversation import BOT, Author, Conversation, ConversationStatus, Event
from firstline.domain.errors import (
    ConditionFailedError,
    ConflictError,
    InvalidInputError,
    TransactionConflictError,
)
from firstline.domain.identity import Principal
from firstline.domain.mail.routes import MAX_MERGED, PutInQueue, ThreadMergedError, ThreadRoute, joining
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Operation
from firstline.domain.webhooks import EventType
from firstline.repositories import keys
from firstline.repositories.audit import AuditRepository
from firstline.services.own_conversation import owned_by
from firstline.services.part_threads import PartThreads, needs_somebody
from firstline.services.publish_events import PublishEvents
from firstline.services.thread_stores import ThreadStores
from firstline.services.thread_tickets import MergedTickets, ThreadTickets

_TRIES = 20


class JoinThreads:
    """Nothing is copied: the source is closed and points to the target, and what was said in it is read there.

    So a merging is one transaction however long the threads are, the bot never reads one customer's words when it
    answers another, and undoing it takes nothing apart. Mails that come meanwhile check, in their own transaction, that
    the thread they are written to is still the one they go to.
    """

    def __init__(
        self,
        stores: ThreadStores,
        tickets: ThreadTickets,
        audit: AuditRepository,
        publish: PublishEvents,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._stores = stores
        self._tickets = tickets
        self._part = PartThreads(stores, tickets)
        self._audit = audit
        self._publish = publish
        self._clock = clock
        self._ids = ids

    def merge(
        self,
        source_id: str,
        into: str,
        by: Principal,
        *,
        customers_join: bool = False,
        version: int | None = None,
    ) -> Conversation:
        """Merge a thread into another and return the other; done already, nothing changes.

        Parameters
        ----------
        customers_join : bool
            Different customers may take part in one another's thread: the source's gets copies of the answers.
        version : int or None
            Of the source, as the caller has seen it.

        Raises
        ------
        NotFoundError, InvalidInputError
        ConversationOwnedError
            Another person owns one of them; or the source is not at ``version``.
        ThreadMergedError
            One of them was merged elsewhere before.
        DifferentCustomersError
        TransactionConflictError
        """
        if source_id == into:
            raise InvalidInputError("a thread cannot be merged into itself")
        for _ in range(_TRIES):
            source, source_thread, route = self._stores.of_mail(source_id, by)
            target, target_thread, target_route = self._stores.of_mail(into, by)
            if route.into == into:
                return target
            _check_standing(source_id, route)
            _check_standing(into, target_route)
            if len(target_route.merged) >= MAX_MERGED:
                raise ConflictError(f"at most {MAX_MERGED} threads can be merged into one")
            if version is not None and version != source.version:
                raise owned_by(source, self._stores.agents)
            joined = joining(source_thread, target_thread, customers_join=customers_join)
            now = self._clock.now()
            routes = self._stores.routes
            tickets = self._tickets.merged(source, target, by=by.user_id, now=now)
            waits = _waiting(source, target, now)
            source_route = replace(
                route,
                into=into,
                joined=joined.joined,
                copied=joined.copied,
                closed=tickets.closed,
                told_in=tickets.told_in,
                wanted=needs_somebody(source),
                queued=PutInQueue(target.next_seq, target.status.value) if waits else None,
            )
            merged_route = replace(target_route, merged=(*target_route.merged, source_id))
            also = [
                *routes.stored(source_id, route, source_route, at=now),
                *routes.stored(into, target_route, merged_route, at=now),
                self._stores.threads.stored(source_thread, at=now),
                self._stores.threads.stored(joined.thread, at=now),
                self._recorded("conversation_merged", by, source_id, now, into=into, joined=len(joined.joined)),
            ]
            try:
                return self._merged(source, target, tickets, waits, now, also)
            except ConditionFailedError:
                continue
        raise TransactionConflictError(f"conversation {source_id}: too many writers at once")

    def unmerge(self, source_id: str, by: Principal) -> Conversation:
        """Undo a merging: the source stands for itself again; return it.

        It is open and with the bot, or waits for people where it needed somebody when it was merged; a target that
        waits for nothing else waits no more. Mails that came meanwhile stay where they are. The ticket that the merging
        closed is again as it was, if nobody has changed its state since. Whom the merging let into the target takes no
        part in it any more, unless another thread that is merged into it lets them in. A thread that is not merged
        stays as it is.

        Raises
        ------
        NotFoundError, InvalidInputError, ConversationOwnedError, TransactionConflictError
        """
        for _ in range(_TRIES):
            source, _, route = self._stores.of_mail(source_id, by)
            if not route.into:
                return source
            now = self._clock.now()
            alone = replace(route, into="", joined=(), copied=(), closed=None, told_in="", wanted=False, queued=None)
            said, tickets = f"No longer merged into conversation {route.into}.", list[Operation]()
            if route.closed is not None:
                told, tickets = self._tickets.reopened(route.closed, source_id, route.into, by=by.user_id, now=now)
                said = f"{said} {told}"
            also = [
                *self._stores.routes.stored(source_id, route, alone, at=now),
                self._recorded("conversation_unmerged", by, source_id, now, into=route.into),
                *self._part.operations(source, route, by=by.user_id, now=now),
                *tickets,
            ]
            event = _said(source, said, now, "unmerged", route.into)
            try:
                if route.wanted or needs_somebody(source):
                    return self._part.waits(source, event, also)
                return self._stores.ownership.change(
                    source, event, owner=source.owner, status=ConversationStatus.OPEN, also=also
                )
            except ConditionFailedError:
                continue
        raise TransactionConflictError(f"conversation {source_id}: too many writers at once")

    def _merged(
        self,
        source: Conversation,
        target: Conversation,
        tickets: MergedTickets,
        waits: dict[str, Any],
        now: datetime,
        also: list[Operation],
    ) -> Conversation:
        stores, target_id = self._stores, target.conversation_id
        of_source = _said(source, f"Merged into conversation {target_id}.", now, "merged_into", target_id)
        said = f"Conversation {source.conversation_id} was merged into this one."
        of_target = _said(target, said, now, "merged_from", source.conversation_id)
        changes: dict[str, Any] = {"ticket_id": tickets.ticket_id, **waits}
        if source.status is not ConversationStatus.CLOSED:
            kind = EventType.CONVERSATION_CLOSED
            also += self._publish.of_conversation(source.conversation_id, kind, of_source.seq, now=now)
        turn = stores.ownership.unanswered_turn(source)
        if turn is not None and not turn.finished:
            also.append(stores.ownership.ended(turn))
        also += [
            stores.conversations.next_event(target_id, of_target.seq, set_=changes, at=now),
            stores.conversations.put_event(target_id, of_target),
            *tickets.operations,
        ]
        stores.ownership.change(source, of_source, owner=BOT, status=ConversationStatus.CLOSED, also=also)
        return stores.conversations.get(target_id)

    def _recorded(self, action: str, by: Principal, of: str, now: datetime, **detail: Any) -> Operation:
        return self._audit.recorded(self._ids.new(), action=action, by=by.user_id, of=of, now=now, **detail)


def _check_standing(conversation_id: str, route: ThreadRoute) -> None:
    if route.into:
        raise ThreadMergedError(f"conversation {conversation_id} was merged into {route.into}")


def _said(seen: Conversation, text: str, now: datetime, action: str, other: str) -> Event:
    """Return the log's entry; only people read it, for a conversation by mail is shown to no customer."""
    detail = {"action": action, "conversation_id": other}
    return Event(seq=seen.next_seq, author=Author.SYSTEM, text=text, at=now, detail=detail)


def _waiting(source: Conversation, target: Conversation, now: datetime) -> dict[str, Any]:
    """Return what puts the target into people's queue where the source needed somebody and the target has nobody."""
    if not needs_somebody(source) or target.owner != BOT or target.status is ConversationStatus.WAITING_FOR_PERSON:
        return {}
    return {
        "status": ConversationStatus.WAITING_FOR_PERSON.value,
        "by_queue_pk": keys.PEOPLE_QUEUE,
        "by_queue_sk": keys.waiting(now, target.conversation_id),
    }
