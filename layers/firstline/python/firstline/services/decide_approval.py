"""Decide on what waits for approval, and carry out what was approved, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from firstline.domain.approval import Approval, ApprovalStatus
from firstline.domain.errors import ConditionFailedError, NotFoundError, TransactionConflictError
from firstline.domain.identity import Principal
from firstline.domain.ports import Clock
from firstline.domain.table import Operation
from firstline.domain.tool_errors import (
    ApprovalChangedError,
    ApprovalDecidedError,
    InvalidToolArgumentsError,
    ToolFailedError,
)
from firstline.domain.tool_texts import APPROVED_BUT_FAILED, EXPIRED, REJECTED, what_is_asked
from firstline.repositories.approvals import ApprovalRepository
from firstline.services.settle_approval import SettleApproval
from firstline.services.tools.tool import ApprovableTool, Approved

_LEASE = timedelta(seconds=60)
_TRIES = 20
_MOST_ATTEMPTS = 5
_LONGEST_NOTE = 500

OpenTicket = Callable[[Approval, str], tuple[str, list[Operation]]]


@dataclass(frozen=True)
class ApprovalReport:
    """What one sweep did."""

    expired: int = 0
    carried_out: int = 0
    unreadable: tuple[str, ...] = ()


class DecideApproval:
    """Approve, edit, reject; let expire; carry out what was approved and did not get that far.

    Parameters
    ----------
    tools : mapping of str to ApprovableTool
        By name.
    open_ticket : callable
        Opens a ticket for people, for what was approved and could not be carried out.
    """

    def __init__(
        self,
        approvals: ApprovalRepository,
        tools: Mapping[str, ApprovableTool],
        settle: SettleApproval,
        open_ticket: OpenTicket,
        *,
        clock: Clock,
    ) -> None:
        self._approvals = approvals
        self._tools = tools
        self._settle = settle
        self._open_ticket = open_ticket
        self._clock = clock

    def approve(
        self,
        approval_id: str,
        by: Principal,
        *,
        version: int | None,
        arguments: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> Approval:
        """Approve a request, as it is or with other arguments, and carry it out; the same again changes nothing.

        Parameters
        ----------
        version : int or None
            That the person has seen; None for whichever stands.

        Raises
        ------
        NotFoundError
        InvalidToolArgumentsError
            The changed arguments do not fit the tool.
        ApprovalChangedError, ApprovalDecidedError
        """

        def decided(seen: Approval) -> Approval:
            given = seen.arguments if arguments is None else self._tool(seen).checked(arguments)
            edited = given != seen.arguments
            return seen.model_copy(
                update={"status": ApprovalStatus.APPROVED, "arguments": given, "edited": edited, "note": note}
            )

        approval, is_new = self._decide(approval_id, by, version, ApprovalStatus.APPROVED, decided)
        if not is_new and arguments is not None and self._tool(approval).checked(arguments) != approval.arguments:
            raise _decided(approval)
        if approval.status is ApprovalStatus.APPROVED:
            self._carry_out(approval)
        return self._approvals.get(approval_id)

    def reject(self, approval_id: str, by: Principal, *, version: int | None, note: str = "") -> Approval:
        """Reject a request; the customer is told, with the note. Raises as ``approve`` does."""

        def decided(seen: Approval) -> Approval:
            return seen.model_copy(update={"status": ApprovalStatus.REJECTED, "note": note})

        return self._decide(approval_id, by, version, ApprovalStatus.REJECTED, decided)[0]

    def sweep(self) -> ApprovalReport:
        """Let expire what nobody has decided on in time, and carry out what was approved by a process that died."""
        expired = carried_out = 0
        found = self._approvals.due(now=self._clock.now())
        for due in found.approvals:
            try:
                # The index may be stale.
                approval = self._approvals.get(due.approval_id)
            except NotFoundError:
                continue
            if approval.status is ApprovalStatus.APPROVED:
                carried_out += self._carry_out(approval)
            elif approval.status is ApprovalStatus.PENDING and approval.decide_by <= self._clock.now():
                expired += self._expire(approval)
        return ApprovalReport(expired, carried_out, tuple(found.unreadable))

    def _decide(
        self,
        approval_id: str,
        by: Principal,
        version: int | None,
        wanted: ApprovalStatus,
        decided: Callable[[Approval], Approval],
    ) -> tuple[Approval, bool]:
        for _ in range(_TRIES):
            seen, now = self._approvals.get(approval_id), self._clock.now()
            if seen.status is not ApprovalStatus.PENDING:
                if _is_the_same(seen, by, version, wanted):
                    return seen, False
                raise _decided(seen)
            if seen.decide_by <= now:
                self._expire(seen)
                continue
            if version is not None and version != seen.version:
                raise ApprovalChangedError(f"this approval is at version {seen.version}")
            after = decided(seen).model_copy(
                update={
                    "version": seen.version + 1,
                    "decided_by": by.user_id,
                    "decided_at": now,
                    "seen_version": seen.version,
                }
            )
            text = ""
            if wanted is ApprovalStatus.REJECTED:
                said = f" {after.note[:_LONGEST_NOTE]}" if after.note else ""
                text = REJECTED.format(what=what_is_asked(seen.tool, seen.arguments), note=said)
            due = now if wanted is ApprovalStatus.APPROVED else None
            if self._settle.settle(seen, after, text, by=by.user_id, due=due):
                return after, True
        raise TransactionConflictError(f"approval {approval_id}: too many writers at once")

    def _carry_out(self, approval: Approval) -> bool:
        """Carry out an approved call, unless another process is at it; tell whether this one ended it."""
        begun = self._begin(approval)
        if begun is None:
            return False
        what = what_is_asked(begun.tool, begun.arguments)
        status = ApprovalStatus.DONE
        try:
            tool = self._tool(begun)
            if begun.attempts > (1 if tool.outside else _MOST_ATTEMPTS):
                raise ToolFailedError("it was begun before, and nobody knows how far it got")
            effect = tool.carry_out(begun)
        except (ToolFailedError, InvalidToolArgumentsError):
            ticket_id, opened = self._open_ticket(begun, f"Approved, but not confirmed: {what}")
            text = APPROVED_BUT_FAILED.format(what=what, ticket=f" under ticket {ticket_id}")
            effect, status = Approved(text, tuple(opened), ticket_id), ApprovalStatus.FAILED
        after = begun.model_copy(update={"status": status, "version": begun.version + 1, "ticket_id": effect.ticket_id})
        return self._settle.settle(begun, after, effect.text, by=begun.decided_by, also=effect.operations)

    def _begin(self, approval: Approval) -> Approval | None:
        now = self._clock.now()
        if approval.lease_until is not None and approval.lease_until > now:
            return None
        changes = {"version": approval.version + 1, "attempts": approval.attempts + 1, "lease_until": now + _LEASE}
        begun = approval.model_copy(update=changes)
        try:
            self._approvals.transact([self._approvals.changed(approval, begun, now=now, due=now + _LEASE)])
        except ConditionFailedError:
            return None
        return begun

    def _expire(self, approval: Approval) -> bool:
        after = approval.model_copy(update={"status": ApprovalStatus.EXPIRED, "version": approval.version + 1})
        text = EXPIRED.format(what=what_is_asked(approval.tool, approval.arguments))
        return self._settle.settle(approval, after, text, by="")

    def _tool(self, approval: Approval) -> ApprovableTool:
        tool = self._tools.get(approval.tool)
        if tool is None:
            raise ToolFailedError("there is no such tool any more")
        return tool


def _is_the_same(seen: Approval, by: Principal, version: int | None, wanted: ApprovalStatus) -> bool:
    approved = seen.status in (ApprovalStatus.APPROVED, ApprovalStatus.DONE, ApprovalStatus.FAILED)
    same = approved if wanted is ApprovalStatus.APPROVED else seen.status is wanted
    return same and seen.decided_by == by.user_id and version in (None, seen.seen_version, seen.version)


def _decided(seen: Approval) -> ApprovalDecidedError:
    if seen.status is ApprovalStatus.EXPIRED:
        return ApprovalDecidedError("this approval has expired; nothing was carried out")
    return ApprovalDecidedError(f"{seen.decided_by} has decided on this already: it is {seen.status}")
