"""What waits for a person's approval: written with the reply that says so, decided once, carried out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from firstline.domain.approval import Approval, ApprovalStatus, conversation_of_approval
from firstline.domain.errors import InvalidItemError, NotFoundError, SchemaVersionError
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Compare, Item, Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

APPROVAL = Schema("approval", version=1)

_WAITING = (ApprovalStatus.PENDING, ApprovalStatus.APPROVED)
_DUE_PAGE = 100


@dataclass(frozen=True)
class ApprovalPage:
    """Approvals of one status; ``cursor`` is None on the last page."""

    approvals: list[Approval]
    cursor: str | None


@dataclass
class DueApprovals:
    """Approvals whose time has come."""

    approvals: list[Approval] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Keys of items that this code cannot read."""


class ApprovalRepository:
    """Keys: ``CONV#<id>`` / ``APPROVAL#<id>``; ``by_queue`` by status, ``by_due`` while something is still to do."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def added(self, approval: Approval) -> Operation:
        """Return the operation that stores a new one."""
        item = {
            "pk": keys.conversation(approval.conversation_id),
            "sk": keys.approval(approval.approval_id),
            "by_queue_sk": keys.due_at(approval.requested_at, approval.approval_id),
            "by_due_pk": keys.approval_due(approval.approval_id),
            "by_due_sk": keys.due_at(approval.decide_by, approval.approval_id),
            **self._written(approval, approval.decide_by),
        }
        return Put(APPROVAL.stamp(item), if_absent=True)

    def changed(self, before: Approval, after: Approval, *, now: datetime, due: datetime | None = None) -> Update:
        """Return the operation that writes the next version, refused where ``before`` does not stand any more.

        Parameters
        ----------
        due : datetime, optional
            When it has to be looked at again; None where nothing is left to do.
        """
        due_key: dict[str, Any] = {"by_due_sk": keys.due_at(due, after.approval_id)} if due else {}
        return Update(
            keys.conversation(after.conversation_id),
            keys.approval(after.approval_id),
            set={**self._written(after, now), **due_key},
            remove=() if due else ("by_due_pk", "by_due_sk"),
            condition=AllOf((Compare("version", "=", before.version), Compare("status", "=", before.status.value))),
        )

    def get(self, approval_id: str) -> Approval:
        """Return one, read consistently. Raises ``NotFoundError``."""
        conversation_id = conversation_of_approval(approval_id)
        pk = keys.conversation(conversation_id)
        item = self._table.get(pk, keys.approval(approval_id)) if conversation_id else None
        if item is None:
            raise NotFoundError("there is no such approval")
        return _approval(item)

    def of_conversation(self, conversation_id: str) -> list[Approval]:
        """Return those of a conversation, read consistently."""
        page = self._table.query(keys.conversation(conversation_id), sk_prefix="APPROVAL#", consistent=True)
        return [_approval(item) for item in page.items]

    def of_status(self, status: ApprovalStatus, *, limit: int, cursor: str | None) -> ApprovalPage:
        """Return those of one status, longest there first; the index may be stale."""
        page = self._table.query(keys.approvals(status.value), index="by_queue", limit=limit, cursor=cursor)
        return ApprovalPage([_approval(item) for item in page.items], page.cursor)

    def due(self, *, now: datetime) -> DueApprovals:
        """Return those that have expired, or were approved and not carried out yet; at most 100 of each shard."""
        found = DueApprovals()
        for shard in range(keys.N_DUE_SHARDS):
            page = self._table.query(
                f"APPROVALDUE#{shard}", index="by_due", sk_from="0", sk_to=keys.due_at(now, "~"), limit=_DUE_PAGE
            )
            for item in page.items:
                try:
                    found.approvals.append(_approval(item))
                except (SchemaVersionError, InvalidItemError, KeyError, ValueError):
                    found.unreadable.append(f"{item['pk']} / {item['sk']}")
        return found

    def transact(self, operations: list[Operation]) -> None:
        """Carry out all or none. Raises as ``Table.transact`` does."""
        self._table.transact(operations)

    def _written(self, approval: Approval, now: datetime) -> Item:
        return {
            "body": approval.model_dump_json(),
            "version": approval.version,
            "status": approval.status.value,
            "by_queue_pk": keys.approvals(approval.status.value),
            "expires_at": keys.expiry(now, self._retention_days),
        }


def _approval(item: Item) -> Approval:
    return Approval.model_validate_json(APPROVAL.load(item)["body"])
