"""Ask for a person's approval of a call: what is written with the reply that tells the customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from firstline.domain.approval import MAX_PENDING, Approval, ApprovalStatus, approval_id_of
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Operation
from firstline.domain.tool_catalogue import bounded, call_digest
from firstline.domain.tool_texts import ALREADY_WAITING, MUST_BE_APPROVED, TOO_MANY_WAITING, what_is_asked
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Turn
from firstline.repositories.approvals import ApprovalRepository
from firstline.repositories.audit import AuditRepository

_LONGEST_QUOTE = 1_000


class RequestApproval:
    """Nothing is written before the reply: what the customer never heard of waits for nobody.

    The same request in the same conversation waits once.

    Parameters
    ----------
    call_people : callable
        Returns the operations that tell people of a new one.
    hours : float
        After which a request that nobody has decided on expires, > 0.
    """

    def __init__(
        self,
        approvals: ApprovalRepository,
        audit: AuditRepository,
        call_people: Callable[[Approval], list[Operation]],
        *,
        clock: Clock,
        ids: Ids,
        hours: float,
    ) -> None:
        self._approvals = approvals
        self._audit = audit
        self._call_people = call_people
        self._clock = clock
        self._ids = ids
        self._time = timedelta(hours=hours)

    def request(self, turn: Turn, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Return the outcome whose ``also`` puts the approval in line."""
        digest, what = call_digest(tool, arguments), what_is_asked(tool, arguments)
        pending = [
            approval
            for approval in self._approvals.of_conversation(turn.conversation_id)
            if approval.status is ApprovalStatus.PENDING and approval.decide_by > self._clock.now()
        ]
        same = next((approval for approval in pending if approval.digest == digest), None)
        if same is not None:
            return _waits(same.approval_id, ALREADY_WAITING.format(what=what))
        if len(pending) >= MAX_PENDING:
            content = bounded({"error": "too many requests of this conversation wait for approval"})
            return ToolOutcome(ToolStatus.REFUSED, content, TOO_MANY_WAITING)
        now, customer = self._clock.now(), turn.identified.customer
        approval = Approval(
            approval_id=approval_id_of(turn.conversation_id, turn.turn_id, digest),
            conversation_id=turn.conversation_id,
            turn_id=turn.turn_id,
            customer_id=customer.customer_id,
            user_id=customer.user_id,
            tool=tool,
            arguments=dict(arguments),
            digest=digest,
            asked=turn.question[:_LONGEST_QUOTE],
            requested_at=now,
            decide_by=now + self._time,
        )
        entry = self._audit.recorded(
            self._ids.new(),
            action="approval_requested",
            by=customer.customer_id,
            of=approval.approval_id,
            now=now,
            tool=tool,
            turn_id=turn.turn_id,
        )
        waits = _waits(approval.approval_id, MUST_BE_APPROVED.format(what=what))
        return replace(waits, also=(self._approvals.added(approval), entry, *self._call_people(approval)))


def _waits(approval_id: str, text: str) -> ToolOutcome:
    content = bounded({"status": "waits for a colleague's approval"})
    return ToolOutcome(ToolStatus.WAITS_FOR_APPROVAL, content, text, approval_id=approval_id)
