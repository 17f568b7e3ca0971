"""Something that waits for a person's approval, put there by the test."""

from __future__ import annotations

from datetime import timedelta

from firstline.container import Container
from firstline.domain.approval import Approval, approval_id_of
from firstline.domain.tool_catalogue import call_digest


def waiting_approval(container: Container, conversation_id: str, *, text: str = "I want a refund.") -> str:
    """Have a refund wait; return the approval's id."""
    now, arguments = container.ports.clock.now(), {"action": "refund", "field": "", "value": "", "detail": text}
    digest = call_digest("update_account", arguments)
    conversation = container.conversations.get(conversation_id)
    approval = Approval(
        approval_id=approval_id_of(conversation_id, "turn", digest),
        conversation_id=conversation_id,
        turn_id="turn",
        customer_id=conversation.customer_id,
        tool="update_account",
        arguments=arguments,
        digest=digest,
        asked=text,
        requested_at=now,
        decide_by=now + timedelta(hours=1),
    )
    container.tooling.approvals.transact([container.tooling.approvals.added(approval)])
    return approval.approval_id
