"""Tools ``lookup_account`` and ``update_account``: what the customer's account says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from firstline.domain.approval import Approval
from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Clock
from firstline.domain.table import Operation
from firstline.domain.tool_catalogue import BY_NAME, bounded
from firstline.domain.tool_errors import ToolFailedError
from firstline.domain.tool_texts import APPROVED_AND_DONE, what_is_asked
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Turn
from firstline.repositories.accounts import AccountRepository
from firstline.services.tools.tool import Approved, BuiltInTool, Effect

OpenTicket = Callable[[Approval, str], tuple[str, list[Operation]]]
"""Returns the id of a ticket for people with this subject, and the operations that open it."""


class LookupAccountTool(BuiltInTool):
    """Profile, account and remembered facts of the turn's customer, and of nobody else."""

    specification = BY_NAME["lookup_account"]

    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Look up."""
        customer, memory = turn.identified.customer, turn.identified.memory
        account = self._accounts.get(customer.customer_id)
        known = {
            "signed_in": bool(customer.user_id),
            "user_id": customer.user_id,
            "tier": customer.tier.value,
            "language": customer.language,
            "answers_so_far": customer.interaction_count,
            "account": account,
            "stated": memory,
        }
        said = {**memory, **account}
        plan = said.get("plan", customer.tier.value)
        lines = [f"- plan: {plan}", *(f"- {name}: {value}" for name, value in sorted(said.items()) if name != "plan")]
        signed_in = "You are signed in." if customer.user_id else "You are not signed in."
        text = "\n".join([f"{signed_in} This is what I know of you:", *lines])
        return Effect(ToolOutcome(ToolStatus.DONE, bounded(known), text))


class UpdateAccountTool(BuiltInTool):
    """Waits for a person; once approved, a change is written, and for the rest people get a ticket.

    Firstline moves no money and closes nothing in a company's systems by itself: a company that has a tool for that
    declares it, with the risk class ``approval_required``.
    """

    specification = BY_NAME["update_account"]

    def __init__(self, accounts: AccountRepository, open_ticket: OpenTicket, *, clock: Clock) -> None:
        self._accounts = accounts
        self._open_ticket = open_ticket
        self._clock = clock

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Refuse: nobody has approved it. Raises ``ToolFailedError``."""
        raise ToolFailedError("a person has to approve this first")

    def carry_out(self, approval: Approval) -> Approved:
        """Work out what the approved call does. Raises ``ToolFailedError``."""
        what = what_is_asked(approval.tool, approval.arguments)
        if approval.arguments["action"] != "change":
            ticket_id, operations = self._open_ticket(approval, f"Approved: {what}")
            text = APPROVED_AND_DONE[""].format(what=what, ticket=f" under ticket {ticket_id}")
            return Approved(text, tuple(operations), ticket_id)
        try:
            customer_id = self._accounts.owner(approval.customer_id)
        except NotFoundError as error:
            raise ToolFailedError("the customer is not known any more") from error
        field, value = str(approval.arguments["field"]), str(approval.arguments["value"])
        changed = self._accounts.changed(customer_id, field, value, now=self._clock.now())
        return Approved(APPROVED_AND_DONE["change"].format(what=what), tuple(changed))
