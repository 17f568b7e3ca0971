"""The tools of a running Firstline: for the model, without one, and what waits for a person's approval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstline.domain.approval import Approval
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.table import Operation
from firstline.observability import log_uncounted, logger
from firstline.ports import Ports
from firstline.repositories.accounts import AccountRepository
from firstline.repositories.approvals import ApprovalRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.counters import Counters
from firstline.repositories.memory import MemoryRepository
from firstline.repositories.tool_calls import ToolCallRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.act_without_model import ActWithoutModel
from firstline.services.broadcast import Broadcast
from firstline.services.decide_approval import DecideApproval
from firstline.services.follow_ticket import FollowTicket
from firstline.services.manage_tickets import ManageTickets
from firstline.services.request_approval import RequestApproval
from firstline.services.settle_approval import SettleApproval
from firstline.services.tools.account import LookupAccountTool, UpdateAccountTool
from firstline.services.tools.escalate_to_human import EscalateToHumanTool
from firstline.services.tools.remember_fact import RememberFactTool
from firstline.services.tools.search_faq import SearchFaqTool
from firstline.services.tools.tickets import (
    CreateTicketTool,
    GetTicketStatusTool,
    GetUserTicketsTool,
    OwnTickets,
    UpdateTicketTool,
    approved_ticket,
)
from firstline.services.tools.tool import ApprovableTool, Tool
from firstline.services.use_tools import UseTools
from firstline.settings import Settings

if TYPE_CHECKING:
    from firstline.services.tools.custom import CustomHttpTool


@dataclass(frozen=True)
class Tooling:
    """Services of tools and approvals."""

    use: UseTools
    act_without_model: ActWithoutModel
    approvals: ApprovalRepository
    decide: DecideApproval

    def sweep(self) -> None:
        """Let approvals expire, and go on with what was approved by a process that died; log what is left over."""
        report = self.decide.sweep()
        if report.unreadable:
            logger.error("approvals that cannot be read", extra={"items": list(report.unreadable)})
        if report.expired or report.carried_out:
            logger.warning(
                "approvals that were left", extra={"expired": report.expired, "carried_out": report.carried_out}
            )


def assemble_tools(
    settings: Settings,
    ports: Ports,
    *,
    conversations: ConversationRepository,
    turns: TurnRepository,
    counters: Counters,
    broadcast: Broadcast,
    tickets: ManageTickets,
    search: Callable[..., RetrievedKnowledge],
    follow: FollowTicket,
    call_people: Callable[[Approval], list[Operation]],
) -> Tooling:
    """Build the tools. Raises ``InvalidCustomToolsError``.

    Parameters
    ----------
    call_people : callable
        Returns the operations that tell people of a request for approval.
    """
    days = settings.retention_days
    calls = ToolCallRepository(ports.table, retention_days=days)
    approvals = ApprovalRepository(ports.table, retention_days=days)
    accounts = AccountRepository(ports.table, days=max(days, settings.memory_days))
    audit, own, open_ticket = AuditRepository(), OwnTickets(tickets), approved_ticket(tickets)
    update_account = UpdateAccountTool(accounts, open_ticket, clock=ports.clock)
    remember_fact = RememberFactTool(
        MemoryRepository(ports.table, retention_days=days),
        calls.transact,
        memory_days=settings.memory_days,
        retention_days=days,
    )
    custom = _custom_tools(settings, ports)
    tools: list[Tool] = [
        SearchFaqTool(search),
        CreateTicketTool(own, calls.transact),
        GetTicketStatusTool(own),
        UpdateTicketTool(own, calls.transact),
        GetUserTicketsTool(own),
        LookupAccountTool(accounts),
        EscalateToHumanTool(),
        remember_fact,
        update_account,
        *custom.values(),
    ]
    use = UseTools(
        tools,
        calls,
        turns,
        RequestApproval(approvals, audit, call_people, clock=ports.clock, ids=ports.ids, hours=settings.approval_hours),
        audit,
        counters,
        clock=ports.clock,
        ids=ports.ids,
        timeout_s=settings.tool_timeout_s,
        on_uncounted=log_uncounted,
    )
    approvable: dict[str, ApprovableTool] = {"update_account": update_account, **custom}
    settle = SettleApproval(
        approvals,
        conversations,
        broadcast,
        audit,
        counters,
        clock=ports.clock,
        ids=ports.ids,
        on_told=follow.of_decision,
        on_uncounted=log_uncounted,
    )
    decide = DecideApproval(approvals, approvable, settle, open_ticket, clock=ports.clock)
    return Tooling(use, ActWithoutModel(use, own.ids), approvals, decide)


def _custom_tools(settings: Settings, ports: Ports) -> dict[str, CustomHttpTool]:
    if not settings.custom_tools_path:
        return {}
    from firstline.domain.tool_errors import InvalidCustomToolsError
    from firstline.services.custom_tools import declared_tools
    from firstline.services.tools.custom import CustomHttpTool

    if ports.custom_tools is None:
        raise InvalidCustomToolsError("custom tools are declared, and nothing is there to call them")
    calls = ports.custom_tools
    return {
        name: CustomHttpTool(name, tool, calls) for name, tool in declared_tools(settings.custom_tools_path).items()
    }
