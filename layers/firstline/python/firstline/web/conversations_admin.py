"""Conversations for the people who look after them: queues, history, take, hand back, transfer, answer, close."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, HTTPException, Query, Response

from firstline.container import Container
from firstline.domain.conversation import BOT, Conversation
from firstline.domain.decisions import Decision
from firstline.domain.errors import NotFoundError
from firstline.repositories.bot_switch import BotState
from firstline.web.access import Admin, Agent, ContainerOfApp
from firstline.web.admin import expected_version
from firstline.web.conversation_id import ConversationId
from firstline.web.conversations_models import (
    AgentMessageRequest,
    BotRequest,
    ChangeRequest,
    ConversationDetail,
    ConversationList,
    ConversationSummary,
    Queue,
    StrategyChoice,
    TransferRequest,
    summary_of,
)
from firstline.web.models import HistoryEvent

router = APIRouter(prefix="/admin", tags=["conversations"])


def if_match(
    if_match: Annotated[str | None, Header(description='ETag of the version that was seen, such as "3"; or *')] = None,
) -> int | None:
    """Return the version in ``If-Match``, None where there is none."""
    return expected_version(if_match) if if_match is not None else None


IfMatch = Annotated[int | None, Depends(if_match)]
Change = Annotated[ChangeRequest | None, Body()]


@router.get("/conversations")
def list_conversations(
    container: ContainerOfApp,
    by: Agent,
    queue: Annotated[Queue, Query(description="`open` is what waits and what anybody has taken")] = "waiting",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> ConversationList:
    """Conversations that people look after."""
    container.people.agents.seen(by.user_id, by.name)
    prefix = {"waiting": "WAITING#", "mine": f"TAKEN#{by.user_id}#", "open": ""}[queue]
    page = container.people.ownership.queue(prefix, limit=limit, cursor=cursor)
    names = {owner: _name(container, owner) for owner in {found.owner for found in page.conversations}}
    return ConversationList(
        conversations=[
            ConversationSummary.model_validate(summary_of(found, names[found.owner])) for found in page.conversations
        ],
        next_cursor=page.cursor,
    )


@router.get("/conversations/{conversation_id}")
def get_conversation(
    conversation_id: ConversationId,
    response: Response,
    container: ContainerOfApp,
    by: Agent,
    after_seq: Annotated[int, Query(ge=0, lt=10**12, description="Only what came after this place")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> ConversationDetail:
    """A conversation with its ticket and what was said, in order; its ETag is what ``If-Match`` takes."""
    conversation = container.conversations.get(conversation_id)
    events = container.conversations.events(conversation_id, after_seq=after_seq, limit=limit)
    decisions = container.learning.decisions.of_conversation(conversation_id)
    more = len(events) == limit and events[-1].seq + 1 < conversation.next_seq
    response.headers["ETag"] = f'"{conversation.version}"'
    return ConversationDetail.model_validate(
        {
            **summary_of(conversation, _name(container, conversation.owner)),
            "contact": conversation.contact,
            "language": conversation.language,
            "ticket": _ticket(container, conversation),
            "events": [HistoryEvent.model_validate(event.model_dump(mode="json")) for event in events],
            "strategies": {found.turn_id: _choice(found) for found in decisions},
            "customer_typing": container.client_actions.tell_typing.customer_is_typing(conversation_id),
            "next_after_seq": events[-1].seq if more else None,
        }
    )


@router.post("/conversations/{conversation_id}/take")
def take(
    conversation_id: ConversationId,
    response: Response,
    container: ContainerOfApp,
    by: Agent,
    version: IfMatch,
    body: Change = None,
) -> ConversationSummary:
    """Take the conversation: the bot falls silent at once. 409 says who has it."""
    own = container.people.own_conversation
    taken = own.take(conversation_id, by, version=agreed_version(version, body))
    return _tagged(response, container, taken)


@router.post("/conversations/{conversation_id}/hand_back")
def hand_back(
    conversation_id: ConversationId,
    response: Response,
    container: ContainerOfApp,
    by: Agent,
    version: IfMatch,
    body: Change = None,
) -> ConversationSummary:
    """Give the conversation back to the bot, which answers what the customer said last if nobody has."""
    own = container.people.own_conversation
    handed_back = own.hand_back(conversation_id, by, version=agreed_version(version, body))
    return _tagged(response, container, handed_back)


@router.post("/conversations/{conversation_id}/transfer")
def transfer(
    conversation_id: ConversationId,
    body: TransferRequest,
    response: Response,
    container: ContainerOfApp,
    by: Agent,
    version: IfMatch,
) -> ConversationSummary:
    """Pass the conversation on to a colleague; an admin may pass on anybody's."""
    own = container.people.own_conversation
    transferred = own.transfer(conversation_id, by, body.to, version=agreed_version(version, body))
    return _tagged(response, container, transferred)


@router.post("/conversations/{conversation_id}/close")
def close(
    conversation_id: ConversationId,
    response: Response,
    container: ContainerOfApp,
    by: Agent,
    version: IfMatch,
    body: Change = None,
) -> ConversationSummary:
    """Close the conversation; the customer's next message opens it again, with the bot."""
    own = container.people.own_conversation
    closed = own.close(conversation_id, by, version=agreed_version(version, body))
    return _tagged(response, container, closed)


@router.post("/conversations/{conversation_id}/messages", status_code=HTTPStatus.CREATED)
def say(
    conversation_id: ConversationId, body: AgentMessageRequest, container: ContainerOfApp, by: Agent
) -> HistoryEvent:
    """Say something to the customer of a conversation that you own; sent again, it is written once."""
    event = container.people.answer_as_person.say(conversation_id, by, body.message_id, body.text)
    return HistoryEvent.model_validate(event.model_dump(mode="json"))


@router.post("/conversations/{conversation_id}/typing", status_code=HTTPStatus.NO_CONTENT)
def typing(conversation_id: ConversationId, container: ContainerOfApp, by: Agent) -> None:
    """Show the customer that you are writing."""
    container.people.answer_as_person.typing(conversation_id, by)


@router.get("/bot")
def bot(container: ContainerOfApp, by: Agent) -> BotState:
    """Whether the bot answers, and who said so."""
    return container.people.pause_bot.state()


@router.post("/bot")
def pause_bot(body: BotRequest, container: ContainerOfApp, by: Admin) -> BotState:
    """Pause the bot everywhere, or let it answer again; while it is paused, every message goes to people."""
    return container.people.pause_bot.set(by, paused=body.paused, reason=body.reason)


def agreed_version(from_header: int | None, body: ChangeRequest | None) -> int | None:
    """Return the version that the caller has seen, said in one way or the other; 400 where the two differ."""
    in_body = body.version if body else None
    if from_header is not None and in_body is not None and from_header != in_body:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "If-Match and version say different things.")
    return in_body if in_body is not None else from_header


def _tagged(response: Response, container: Container, conversation: Conversation) -> ConversationSummary:
    response.headers["ETag"] = f'"{conversation.version}"'
    return ConversationSummary.model_validate(summary_of(conversation, _name(container, conversation.owner)))


def _name(container: Container, owner: str) -> str:
    known = container.people.agents.find(owner) if owner != BOT else None
    return known.name if known else ""


def _choice(decision: Decision) -> StrategyChoice:
    return StrategyChoice(
        strategy=decision.arm,
        propensity=decision.propensity,
        because=decision.because,
        reward=decision.reward_value,
    )


def _ticket(container: Container, conversation: Conversation) -> object:
    if not conversation.ticket_id:
        return None
    try:
        return container.tickets.get(conversation.ticket_id)
    except NotFoundError:
        return None
