"""What is known of a customer: read and corrected by agents, read and forgotten by the customer, exported."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.errors import NotFoundError
from firstline.domain.memory import MAX_VALUE_CHARACTERS, EarlierValue, Fact, FactKind
from firstline.domain.text import is_id
from firstline.services.export_customer import CustomerExport
from firstline.web.access import Admin, Agent, ContainerOfApp, OwnSession

router = APIRouter(tags=["customers"])


class FactResponse(BaseModel):
    """One fact, with where it comes from."""

    fact_id: str = Field(description="The kind of the fact; a customer has at most one of each")
    value: str
    provenance: str = Field(
        description="`stated` by the customer, `counted` from what they asked about, `entered` by an agent"
    )
    conversation_id: str = Field(description="Conversation of the source message; empty where an agent entered it")
    seq: int = Field(description="Place of the source message; 0 where an agent entered it")
    stated_at: datetime
    expires_at: datetime
    previous: EarlierValue | None = Field(description="What stood before")


class MemoryResponse(BaseModel):
    """All that is remembered of a customer."""

    facts: list[FactResponse]


class FactRequest(BaseModel):
    """What a fact is to be."""

    model_config = ConfigDict(extra="forbid")

    value: str = Field(
        min_length=1,
        max_length=MAX_VALUE_CHARACTERS,
        description="A name, plan or product in plain letters; a language as `de`; a tone; a category",
    )


def customer_id_of(customer_id: Annotated[str, Path(max_length=64, description="Id of the customer")]) -> str:
    """Return the id in the path. Raises ``NotFoundError`` where it can be none."""
    if not is_id(customer_id):
        raise NotFoundError("no such customer")
    return customer_id


def kind_of(
    fact_id: Annotated[str, Path(max_length=64, description="`fact_id` of a fact, such as `plan`")],
) -> FactKind:
    """Return the kind of fact in the path. Raises ``NotFoundError`` where there is none such."""
    if fact_id not in set(FactKind):
        raise NotFoundError("no such fact; there are " + ", ".join(FactKind))
    return FactKind(fact_id)


CustomerId = Annotated[str, Depends(customer_id_of)]
KindOfFact = Annotated[FactKind, Depends(kind_of)]


@router.get("/customers/{customer_id}/memory")
def memory(customer_id: CustomerId, container: ContainerOfApp, by: Agent) -> MemoryResponse:
    """What is remembered of a customer, and where each fact comes from."""
    return _response(container.memory.remember_facts.facts(customer_id))


@router.put("/customers/{customer_id}/memory/{fact_id}")
def enter(
    customer_id: CustomerId, fact_id: KindOfFact, body: FactRequest, container: ContainerOfApp, by: Agent
) -> FactResponse:
    """Correct a fact, or add it; the customer's next statement stands in its place."""
    return _fact(container.memory.remember_facts.enter(customer_id, fact_id, body.value, by=by))


@router.delete("/customers/{customer_id}/memory/{fact_id}", status_code=HTTPStatus.NO_CONTENT)
def forget(customer_id: CustomerId, fact_id: KindOfFact, container: ContainerOfApp, by: Agent) -> None:
    """Forget a fact and what stood before it."""
    container.memory.remember_facts.forget(customer_id, fact_id, by=by.user_id)


@router.get("/customers/{customer_id}/export")
def export(
    customer_id: CustomerId,
    container: ContainerOfApp,
    by: Agent,
    cursor: Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")] = None,
) -> CustomerExport:
    """What is kept of a customer: profile, memory, account, tickets, and every conversation with its mails.

    An answer has up to 4 MB of it, or 200 tickets and conversations; as long as there is more, `next_cursor` says so.
    """
    return container.memory.export_customer.export(customer_id, cursor=cursor)


@router.delete(
    "/customers/{customer_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses={202: {"description": "Much is kept: it goes on by itself; ask again to see whether it is over"}},
)
def forget_customer(customer_id: CustomerId, container: ContainerOfApp, by: Admin) -> Response:
    """Forget a customer everywhere: conversations, tickets, memory, account, name and profile.

    Where nothing is left the answer is 204, and some time later 404. A quarter of an hour after the 204 all is looked
    through once more.
    """
    is_over = container.visitors.forget_customer.forget(customer_id, by=by.user_id)
    return Response(status_code=HTTPStatus.NO_CONTENT if is_over else HTTPStatus.ACCEPTED)


@router.get("/chat/sessions/{session_id}/memory")
def own_memory(container: ContainerOfApp, session: OwnSession) -> MemoryResponse:
    """What is remembered of you: of this conversation alone, unless your site has vouched for who you are."""
    return _response(container.memory.remember_facts.own_facts(session.conversation_id))


@router.delete("/chat/sessions/{session_id}/memory", status_code=HTTPStatus.NO_CONTENT)
def forget_all_own(container: ContainerOfApp, session: OwnSession) -> None:
    """Have everything forgotten that is remembered of you."""
    container.memory.remember_facts.forget_all_own(session.conversation_id)


@router.delete("/chat/sessions/{session_id}/memory/{fact_id}", status_code=HTTPStatus.NO_CONTENT)
def forget_own(container: ContainerOfApp, session: OwnSession, fact_id: KindOfFact) -> None:
    """Have a fact about you forgotten."""
    container.memory.remember_facts.forget_own(session.conversation_id, fact_id)


def _response(facts: list[Fact]) -> MemoryResponse:
    return MemoryResponse(facts=[_fact(fact) for fact in facts])


def _fact(fact: Fact) -> FactResponse:
    return FactResponse(fact_id=fact.kind.value, **fact.model_dump(exclude={"kind"}))
