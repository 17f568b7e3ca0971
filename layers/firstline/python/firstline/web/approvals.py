"""What waits for a person's approval: refunds, closures, deletions, changes of accounts, and tools so marked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.approval import Approval, ApprovalStatus
from firstline.domain.errors import NotFoundError
from firstline.domain.text import is_id
from firstline.domain.tool_texts import what_is_asked
from firstline.web.access import Agent, ContainerOfApp
from firstline.web.admin import ExpectedVersion

router = APIRouter(prefix="/admin/approvals", tags=["approvals"])


class ApprovalView(BaseModel):
    """A call of a tool that a person has to approve."""

    approval_id: str
    conversation_id: str
    customer_id: str
    user_id: str = Field(description="The customer's id at the company, where it is proven; else empty")
    tool: str
    arguments: dict[str, Any] = Field(description="As they will be, or were, carried out")
    what: str = Field(description="The same in words, as they follow *the customer's request to*")
    asked: str = Field(description="The customer's own words")
    status: ApprovalStatus
    version: int = Field(description="Goes up with every change; what `If-Match` takes")
    requested_at: datetime
    decide_by: datetime = Field(description="When it expires")
    decided_by: str
    decided_at: datetime | None
    note: str
    edited: bool = Field(description="The arguments are not those that were asked for")
    ticket_id: str = Field(description="Where people see to it, once it is approved")


class ApprovalList(BaseModel):
    """One page, longest there first; a moment behind what is stored."""

    approvals: list[ApprovalView]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where this was the last")


class ApproveRequest(BaseModel):
    """An approval, as it was asked for or with other arguments."""

    model_config = ConfigDict(extra="forbid")

    arguments: dict[str, Any] | None = Field(default=None, description="In place of those that were asked for")
    note: str = Field(default="", max_length=500, description="For colleagues")


class RejectRequest(BaseModel):
    """A rejection."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(default="", max_length=500, description="The customer is told this")


def approval_id_of(approval_id: Annotated[str, Path(max_length=64, description="Id of the approval")]) -> str:
    """Return the id in the path. Raises ``NotFoundError`` where it can be none."""
    if not is_id(approval_id):
        raise NotFoundError("there is no such approval")
    return approval_id


ApprovalId = Annotated[str, Depends(approval_id_of)]


@router.get("")
def list_approvals(
    container: ContainerOfApp,
    by: Agent,
    status: Annotated[ApprovalStatus, Query(description="Which ones")] = ApprovalStatus.PENDING,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> ApprovalList:
    """What waits for a decision, or has had one."""
    page = container.tooling.approvals.of_status(status, limit=limit, cursor=cursor)
    return ApprovalList(approvals=[_view(approval) for approval in page.approvals], next_cursor=page.cursor)


@router.get("/{approval_id}")
def get_approval(approval_id: ApprovalId, response: Response, container: ContainerOfApp, by: Agent) -> ApprovalView:
    """One of them; its ETag is what ``If-Match`` takes."""
    return _tagged(response, container.tooling.approvals.get(approval_id))


@router.post("/{approval_id}/approve")
def approve(
    approval_id: ApprovalId,
    response: Response,
    container: ContainerOfApp,
    by: Agent,
    version: ExpectedVersion,
    body: ApproveRequest | None = None,
) -> ApprovalView:
    """Approve, with other arguments if need be: it is carried out once, and the customer is told.

    Pressed twice, the second answer is the first. 409 says who else has decided, 412 that it has changed.
    """
    given = body or ApproveRequest()
    decide = container.tooling.decide
    done = decide.approve(approval_id, by, version=version, arguments=given.arguments, note=given.note)
    return _tagged(response, done)


@router.post("/{approval_id}/reject")
def reject(
    approval_id: ApprovalId,
    response: Response,
    container: ContainerOfApp,
    by: Agent,
    version: ExpectedVersion,
    body: RejectRequest | None = None,
) -> ApprovalView:
    """Reject; the customer is told, with the note."""
    note = body.note if body else ""
    return _tagged(response, container.tooling.decide.reject(approval_id, by, version=version, note=note))


def _view(approval: Approval) -> ApprovalView:
    fields = approval.model_dump(include=set(ApprovalView.model_fields))
    return ApprovalView(**fields, what=what_is_asked(approval.tool, approval.arguments))


def _tagged(response: Response, approval: Approval) -> ApprovalView:
    response.headers["ETag"] = f'"{approval.version}"'
    return _view(approval)
