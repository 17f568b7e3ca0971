"""Webhooks for admins: subscriptions to events, and what could not be delivered."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.errors import NotFoundError
from firstline.domain.text import is_id
from firstline.domain.webhooks import Delivery, EventType, Subscription
from firstline.repositories.outbox import DeadLetter, Entry
from firstline.services.manage_webhooks import SubscriptionChanges
from firstline.web.access import Admin, ContainerOfApp
from firstline.web.admin import ExpectedVersion
from firstline.web.idempotency import MaybeRepeated
from firstline.web.replies import json_response

PREFIX = "/admin/webhooks"
router = APIRouter(prefix="/admin", tags=["webhooks"])

_EVENTS = "Types, or groups: `*`, `ticket.*`, `conversation.*`; " + ", ".join(f"`{kind}`" for kind in EventType)


class NewWebhook(BaseModel):
    """Where events are to go."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, max_length=2_000, description="https; no private address unless a setting allows it")
    events: list[str] = Field(min_length=1, max_length=40, description=_EVENTS)
    active: bool = True
    description: str = Field(default="", max_length=200)


class ChangedWebhook(BaseModel):
    """What is to change."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(default=None, min_length=1, max_length=2_000)
    events: list[str] | None = Field(default=None, min_length=1, max_length=40, description=_EVENTS)
    active: bool | None = None
    description: str | None = Field(default=None, max_length=200)


class Webhook(BaseModel):
    """A subscription."""

    webhook_id: str
    url: str
    events: list[str]
    active: bool
    description: str
    version: int
    created_at: datetime
    created_by: str


class WebhookWithSecret(Webhook):
    """A subscription that was just made."""

    secret: str = Field(description="Signs what is sent (`Firstline-Signature`); shown this once")


class WebhookList(BaseModel):
    """Every subscription, the oldest first."""

    webhooks: list[Webhook]


class DeadLetterResponse(BaseModel):
    """Something that could not be delivered."""

    delivery_id: str
    channel: str = Field(description="`webhook`, `mail`, or `email` of a notice to people")
    event: str
    webhook_id: str
    conversation_id: str
    ticket_id: str
    created_at: datetime
    attempts: int
    error: str


class DeadLetterList(BaseModel):
    """One page, what was given up last comes first."""

    dead_letters: list[DeadLetterResponse]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where this was the last")


class Replayed(BaseModel):
    """A dead letter that will be delivered by the next sweep."""

    delivery_id: str
    status: str = "due"


WebhookId = Annotated[str, Path(max_length=64, description="Id of the webhook")]


@router.post("/webhooks", status_code=HTTPStatus.CREATED, response_model=WebhookWithSecret)
def create_webhook(body: NewWebhook, container: ContainerOfApp, by: Admin, repeated: MaybeRepeated) -> Response:
    """Subscribe to events; the answer alone holds the secret."""

    def create() -> Response:
        made = container.ticketing.webhooks.create(
            body.url, body.events, by=by.user_id, active=body.active, description=body.description
        )
        shown = WebhookWithSecret(**_shown(made).model_dump(), secret=made.secret)
        headers = {"Location": f"{PREFIX}/{made.webhook_id}", "ETag": f'"{made.version}"'}
        return json_response(shown, HTTPStatus.CREATED, headers)

    return repeated.once(by.user_id, body, create)


@router.get("/webhooks")
def list_webhooks(container: ContainerOfApp, by: Admin) -> WebhookList:
    """Every subscription, without its secret."""
    return WebhookList(webhooks=[_shown(found) for found in container.ticketing.webhooks.all()])


@router.get("/webhooks/{webhook_id}")
def get_webhook(webhook_id: WebhookId, container: ContainerOfApp, by: Admin, response: Response) -> Webhook:
    """One subscription; its ETag is what ``If-Match`` takes."""
    return _tagged(response, container.ticketing.webhooks.get(_id(webhook_id)))


@router.patch("/webhooks/{webhook_id}")
def change_webhook(
    by: Admin,
    webhook_id: WebhookId,
    body: ChangedWebhook,
    version: ExpectedVersion,
    container: ContainerOfApp,
    response: Response,
) -> Webhook:
    """Change a subscription, or switch it off and on."""
    changes = SubscriptionChanges(body.url, body.events, body.active, body.description)
    return _tagged(
        response, container.ticketing.webhooks.change(_id(webhook_id), changes, version=version, by=by.user_id)
    )


@router.delete("/webhooks/{webhook_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_webhook(webhook_id: WebhookId, container: ContainerOfApp, by: Admin) -> None:
    """End a subscription; what is still on its way is dropped."""
    container.ticketing.webhooks.delete(_id(webhook_id), by=by.user_id)


@router.get("/dead_letters")
def list_dead_letters(
    container: ContainerOfApp,
    by: Admin,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> DeadLetterList:
    """What was given up after its last try: events to webhooks, mails to customers, notices to people."""
    page = container.ticketing.webhooks.dead_letters(limit=limit, cursor=cursor)
    return DeadLetterList(dead_letters=[_letter(letter) for letter in page.letters], next_cursor=page.cursor)


@router.post("/dead_letters/{delivery_id}/replay", status_code=HTTPStatus.ACCEPTED)
def replay(
    delivery_id: Annotated[str, Path(max_length=64, description="Id of the dead letter")],
    container: ContainerOfApp,
    by: Admin,
) -> Replayed:
    """Have a dead letter delivered after all, with all its tries, under the id that it had."""
    return Replayed(delivery_id=container.ticketing.webhooks.replay(_id(delivery_id)).out_id)


def _id(text: str) -> str:
    if not is_id(text):
        raise NotFoundError("there is nothing of this id")
    return text


def _shown(subscription: Subscription) -> Webhook:
    return Webhook(**subscription.model_dump(exclude={"secret"}))


def _tagged(response: Response, subscription: Subscription) -> Webhook:
    response.headers["ETag"] = f'"{subscription.version}"'
    return _shown(subscription)


def _letter(letter: DeadLetter) -> DeadLetterResponse:
    entry: Entry = letter.entry
    return DeadLetterResponse(
        delivery_id=entry.out_id,
        channel=entry.channel.value,
        event=entry.event.value if isinstance(entry, Delivery) else "handover",
        webhook_id=entry.webhook_id if isinstance(entry, Delivery) else "",
        conversation_id=entry.conversation_id,
        ticket_id=entry.ticket_id,
        created_at=entry.created_at,
        attempts=entry.attempts,
        error=letter.error,
    )
