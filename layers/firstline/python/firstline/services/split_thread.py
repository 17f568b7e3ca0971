"""People say that a thread of mails is two: from one mail on, what was written becomes a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from firstline.domain.conversation import Author, Conversation, Event
from firstline.domain.errors import (
    ConditionFailedError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    TransactionConflictError,
)
from firstline.domain.identity import Principal
from firstline.domain.mail.gate import without_plus
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.routes import MAX_SPLITS, ThreadMergedError, ThreadRoute
from firstline.domain.mail.split_off import contact_of, copies_of_events
from firstline.domain.mail.thread import MailThread, bare_subject
from firstline.domain.mail.verdict import Verdict
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Compare, Operation
from firstline.domain.turn import TurnMessage
from firstline.repositories.audit import AuditRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import StoredReference
from firstline.repositories.thread_splits import PlannedSplit, ThreadSplits
from firstline.services.name_customer import NameCustomer
from firstline.services.own_conversation import owned_by
from firstline.services.thread_stores import ThreadStores
from firstline.services.thread_tickets import ThreadTickets

AnsweredTo = Callable[[ReceivedMail], tuple[Mailbox, tuple[str, ...]]]
"""Returns to whom a mail wants its answer, and who gets a copy of it."""

_TRIES = 20


@dataclass(frozen=True)
class _Cut:
    """A thread as it was read, and what is to be taken off it."""

    source: Conversation
    thread: MailThread
    route: ThreadRoute
    left: Sequence[ReceivedMail]
    """Received before the cut."""
    mails: Sequence[ReceivedMail]
    """Received from the cut on."""
    events: Sequence[Event]
    """From the cut on, at their places in the source."""
    last_customer_seq: int
    """Of what stays."""


class SplitThread:
    """The new thread has copies of what was written from the cut on, each with its time, its author and its source.

    They are written in steps, and count with one last transaction; until then nobody sees the new thread, and where it
    breaks off, the same request goes on with it. It belongs to the person who asked for it: they answer it, or give
    it to the bot, which then answers its last mail if nobody has. Mails that refer to one that was taken off go to the
    new thread from then on, even if they are sent to the old one's address. Splitting is undone by merging the new
    thread into the old one.
    """

    def __init__(
        self,
        stores: ThreadStores,
        splits: ThreadSplits,
        received: ReceivedMailRepository,
        tickets: ThreadTickets,
        audit: AuditRepository,
        name_customer: NameCustomer,
        answered_to: AnsweredTo,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._stores = stores
        self._splits = splits
        self._received = received
        self._tickets = tickets
        self._audit = audit
        self._name_customer = name_customer
        self._answered_to = answered_to
        self._clock = clock
        self._ids = ids

    def split(self, source_id: str, from_seq: int, by: Principal, *, version: int | None = None) -> Conversation:
        """Take off what was written from a customer's mail on; return the new conversation, the same when asked again.

        Parameters
        ----------
        from_seq : int
            Place of the mail in the conversation's log; not of its first, for nothing would be left.
        version : int or None
            Of the conversation, as the caller has seen it.

        Raises
        ------
        NotFoundError, InvalidInputError, ConversationOwnedError, ThreadMergedError, TransactionConflictError
        """
        for _ in range(_TRIES):
            done = self._done(source_id, from_seq, by)
            if done is not None:
                return done
            cut = self._cut(source_id, from_seq, by, version)
            try:
                before = self._splits.find(source_id, from_seq)
                plan = self._planned(source_id, from_seq, before)
                references = self._references(cut, before)
                copies = copies_of_events(cut.events, source_id)
                self._splits.copy(plan, copies, references)
                new = self._open(cut, plan, copies, by)
            except ConditionFailedError:
                continue
            self._tidy(plan, cut.events[-1].seq)
            return new
        raise TransactionConflictError(f"conversation {source_id}: too many writers at once")

    def _done(self, source_id: str, from_seq: int, by: Principal) -> Conversation | None:
        plan = self._splits.find(source_id, from_seq)
        if plan is None or not plan.done or self._stores.routes.get(plan.new_id).into:
            return None
        self._stores.of_mail(source_id, by)
        self._tidy(plan, self._stores.routes.get(plan.new_id).up_to_seq)
        return self._stores.conversations.get(plan.new_id)

    def _tidy(self, plan: PlannedSplit, up_to_seq: int) -> None:
        """Take what was moved out of what the source's answers refer to and are made from; safe to repeat."""
        moved = {known.sk for known in self._stores.routes.references(plan.new_id)}
        references = [known for known in self._stores.routes.references(plan.source_id) if known.sk in moved]
        events = self._stores.conversations.events(plan.source_id, after_seq=plan.from_seq - 1)
        self._splits.tidy(plan, [event for event in events if event.seq <= up_to_seq], references)

    def _planned(self, source_id: str, from_seq: int, before: PlannedSplit | None) -> PlannedSplit:
        if before is not None and not before.done:
            return before
        now = self._clock.now()
        return self._splits.plan(source_id, from_seq, self._ids.new(), again=before is not None, at=now)

    def _cut(self, source_id: str, from_seq: int, by: Principal, version: int | None) -> _Cut:
        source, thread, route = self._stores.of_mail(source_id, by)
        if route.into:
            raise ThreadMergedError(f"conversation {source_id} was merged into {route.into}")
        if len(route.splits) >= MAX_SPLITS:
            raise ConflictError(f"at most {MAX_SPLITS} threads can be taken off one")
        if version is not None and version != source.version:
            raise owned_by(source, self._stores.agents)
        events = self._stores.conversations.events(source_id)
        said = [event.seq for event in events if event.author is Author.CUSTOMER]
        if from_seq not in said:
            raise NotFoundError(f"conversation {source_id} has no mail of a customer at {from_seq}")
        if from_seq == said[0]:
            raise InvalidInputError("this is the conversation's first mail: nothing would be left of it")
        mails = [mail for mail in self._received.of_conversation(source_id) if mail.seq]
        return _Cut(
            source=source,
            thread=thread,
            route=route,
            left=[mail for mail in mails if mail.seq < from_seq],
            mails=[mail for mail in mails if mail.seq >= from_seq],
            events=[event for event in events if event.seq >= from_seq],
            last_customer_seq=max(seq for seq in said if seq < from_seq),
        )

    def _references(self, cut: _Cut, before: PlannedSplit | None) -> list[StoredReference]:
        """Return the ids of the thread's mails from the one at the cut on.

        Where it was taken off before, and put back, they lie below the thread that was made then.
        """
        routes = self._stores.routes
        known = list(routes.references(cut.source.conversation_id))
        if before is not None and before.done:
            known = sorted([*known, *routes.references(before.new_id)], key=lambda reference: reference.sk)
        first = cut.mails[0].message_id if cut.mails else ""
        begin = next((place for place, one in enumerate(known) if first and first in one.message_ids), len(known))
        return known[begin:]

    def _open(self, cut: _Cut, plan: PlannedSplit, copies: Sequence[Event], by: Principal) -> Conversation:
        now = self._clock.now()
        stores, source, source_id = self._stores, cut.source, cut.source.conversation_id
        said = [event for event in copies if event.author is Author.CUSTOMER]
        answered = [event.seq for event in copies if event.author is not Author.CUSTOMER]
        is_open = source.last_customer_seq > source.last_reply_seq
        thread, left = self._threads(cut, plan)
        new = Conversation(
            conversation_id=plan.new_id,
            channel=source.channel,
            site_id=source.site_id,
            owner=by.user_id,
            next_seq=len(copies) + 1,
            last_customer_seq=said[-1].seq,
            last_reply_seq=answered[-1] if answered else 0,
            n_customer_messages=len(said),
            customer_id=self._name_customer.customer_id(plan.new_id),
            contact=contact_of(source, thread.customer),
            language=source.language,
            last_turn=self._ids.new() if is_open else "",
            created_at=now,
        )
        message = None
        if is_open:
            last = said[-1]
            message = TurnMessage(message_id=plan.new_id, seq=last.seq, text=last.text, sent_at=last.at)
        new_route = ThreadRoute(origin=source_id, from_seq=plan.from_seq, up_to_seq=cut.events[-1].seq)
        route = replace(cut.route, splits=(*cut.route.splits, plan.new_id))
        text = f"What was written from place {plan.from_seq} on is conversation {plan.new_id} now."
        detail = {"action": "split", "conversation_id": plan.new_id, "from_seq": plan.from_seq}
        event = Event(seq=source.next_seq, author=Author.SYSTEM, text=text, at=now, detail=detail)
        entry = self._audit.recorded(
            self._ids.new(),
            action="conversation_split",
            by=by.user_id,
            of=source_id,
            now=now,
            into=plan.new_id,
            from_seq=plan.from_seq,
        )
        stores.agents.seen(by.user_id, by.name)
        stores.table.transact(
            [
                self._left(cut, event, len(said)),
                stores.conversations.put_event(source_id, event),
                *stores.routes.stored(source_id, cut.route, route, at=now),
                *stores.routes.stored(plan.new_id, ThreadRoute(), new_route, at=now),
                stores.threads.stored(left, at=now),
                stores.threads.stored(thread, at=now),
                *self._splits.opened(plan, new, message),
                *self._turn_ended(source),
                *self._tickets.split(source, plan.new_id, plan.from_seq, by=by.user_id, now=now),
                entry,
            ]
        )
        return new

    def _threads(self, cut: _Cut, plan: PlannedSplit) -> tuple[MailThread, MailThread]:
        """Return what answers of the new thread are made with, and those of the old one without it.

        Each is with those who wrote its mails, and its answers go where its own newest mail wants them.
        """
        before = cut.thread
        customer, cc = self._whom(cut.mails, before)
        moved, stayed = ({mail.sender for mail in mails} - {""} for mails in (cut.mails, cut.left))
        subject = bare_subject(cut.mails[0].subject) if cut.mails else ""
        new = MailThread(
            conversation_id=plan.new_id,
            subject=subject or before.subject,
            ours=before.ours,
            customer=customer,
            cc=cc,
            participants=frozenset({customer.address, *moved} - {""}),
            silent=before.silent or not customer.address,
        )
        old_customer, old_cc = self._whom(cut.left, before)
        participants = before.participants - ({*moved, customer.address} - stayed - {old_customer.address})
        left = replace(before, customer=old_customer, cc=old_cc, participants=participants)
        return new, left

    def _whom(self, mails: Sequence[ReceivedMail], thread: MailThread) -> tuple[Mailbox, tuple[str, ...]]:
        wanted = [mail for mail in mails if mail.verdict is Verdict.ANSWER] or list(mails)
        if not wanted:
            return thread.customer, thread.cc
        customer, cc = self._answered_to(wanted[-1])
        if customer.address not in (*thread.participants, *thread.cc, thread.customer.address):
            # A Reply-To that takes no part does not take the thread along; see ``choose_thread``.
            customer = Mailbox(wanted[-1].sender, wanted[-1].sender_name)
        return customer, tuple(address for address in cc if without_plus(address) != thread.ours)

    def _left(self, cut: _Cut, event: Event, n_moved: int) -> Operation:
        """Return the operation that has the source end before the cut, if it is still as it was read."""
        seen, left = cut.source, {"last_customer_seq": cut.last_customer_seq, "last_turn": "", "last_decision_turn": ""}
        if seen.summary_up_to_seq >= cut.events[0].seq:
            left |= {"summary": "", "summary_up_to_seq": 0}
        return self._stores.conversations.next_event(
            seen.conversation_id,
            event.seq,
            set_=left,
            add={"version": 1, "n_customer_messages": -n_moved},
            conditions=(Compare("version", "=", seen.version), Compare("owner", "=", seen.owner)),
            at=event.at,
        )

    def _turn_ended(self, source: Conversation) -> list[Operation]:
        turn = self._stores.ownership.unanswered_turn(source)
        return [self._stores.ownership.ended(turn)] if turn is not None and not turn.finished else []
