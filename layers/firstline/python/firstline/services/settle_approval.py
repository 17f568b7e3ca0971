"""Write what becomes of an approval: its next version, what that does, and the message to the customer.

The workflow goes on by a message of the system that is committed with the effect, rather than by a turn of its own: a
turn answers a customer's message and is fenced by it, and a new message, a takeover or a closed conversation would
supersede it, but what a person has approved must neither be lost nor wait for any of these. The fence here is the
approval's version: effect, message and the approval's end are one transaction under it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from firstline.domain import frames
from firstline.domain.approval import Approval
from firstline.domain.conversation import Author, Conversation, Event
from firstline.domain.counters import APPROVALS, series_key
from firstline.domain.errors import ConditionFailedError, NotFoundError, StoreError, TransactionConflictError
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Operation
from firstline.repositories.approvals import ApprovalRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.counters import Counters
from firstline.repositories.turns import Consequences
from firstline.services.broadcast import Broadcast

_TRIES = 20


class SettleApproval:
    """One version follows the other, whoever is at it.

    Parameters
    ----------
    on_told : callable
        Returns what follows from the message to the customer: an entry of the ticket that its conversation is about,
        with its webhooks and mail.
    on_uncounted : callable
        Told of a failure to count, which changes nothing else.
    """

    def __init__(
        self,
        approvals: ApprovalRepository,
        conversations: ConversationRepository,
        broadcast: Broadcast,
        audit: AuditRepository,
        counters: Counters,
        *,
        clock: Clock,
        ids: Ids,
        on_told: Callable[[Conversation, Event], Consequences],
        on_uncounted: Callable[[StoreError], None],
    ) -> None:
        self._approvals = approvals
        self._conversations = conversations
        self._broadcast = broadcast
        self._audit = audit
        self._counters = counters
        self._clock = clock
        self._ids = ids
        self._on_told = on_told
        self._on_uncounted = on_uncounted

    def settle(
        self,
        before: Approval,
        after: Approval,
        text: str,
        *,
        by: str,
        also: tuple[Operation, ...] = (),
        due: datetime | None = None,
    ) -> bool:
        """Write the next version with its audit entry and, where there is a text, the message to the customer.

        Parameters
        ----------
        text : str
            What the customer is told; empty for nothing.
        by : str
            Id of the person who did it; empty where time did.
        also : tuple of Operation
            What stands or falls with it.
        due : datetime, optional
            When it has to be looked at again; None where nothing is left to do.

        Returns
        -------
        bool
            False where ``before`` does not stand any more: nothing was written.
        """
        for _ in range(_TRIES):
            now = self._clock.now()
            operations = [
                self._approvals.changed(before, after, now=now, due=due),
                self._entry(by, after, now),
                *also,
            ]
            conversation = self._conversation(after) if text else None
            afterwards: list[Callable[[], object]] = []
            if conversation is not None:
                event = _event(conversation, after, text, now)
                follows = self._on_told(conversation, event)
                operations += [
                    self._conversations.next_event(after.conversation_id, event.seq, set_={}, at=now),
                    self._conversations.put_event(after.conversation_id, event),
                    *follows.operations,
                ]
                frame = frames.event(event)
                afterwards = [
                    partial(self._broadcast.to_conversation, after.conversation_id, frame),
                    follows.afterwards,
                ]
            try:
                self._approvals.transact(operations)
            except ConditionFailedError as error:
                if 0 in error.failed:
                    return False
                continue
            for tell in afterwards:
                tell()
            counts = {series_key(APPROVALS, {"tool": after.tool, "status": after.status.value}): 1}
            self._counters.add_if_possible(counts, on_failure=self._on_uncounted)
            return True
        raise TransactionConflictError(f"approval {after.approval_id}: too many writers at once")

    def _conversation(self, approval: Approval) -> Conversation | None:
        try:
            return self._conversations.get(approval.conversation_id)
        except NotFoundError:
            # Its time is over; there is nobody to tell.
            return None

    def _entry(self, by: str, approval: Approval, now: datetime) -> Operation:
        return self._audit.recorded(
            self._ids.new(),
            action=f"approval_{approval.status.value}",
            by=by,
            of=approval.approval_id,
            now=now,
            tool=approval.tool,
            status=approval.status.value,
            edited=approval.edited,
            version=approval.version,
        )


def _event(conversation: Conversation, approval: Approval, text: str, now: datetime) -> Event:
    detail = {"approval": {"id": approval.approval_id, "status": approval.status.value}}
    return Event(seq=conversation.next_seq, author=Author.SYSTEM, text=text, at=now, detail=detail)
