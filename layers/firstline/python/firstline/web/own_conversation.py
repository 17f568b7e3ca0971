"""What visitors may do with their own conversation: have it mailed, say where to answer, have it forgotten."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.client_address import counted_as
from firstline.domain.contact import EmailAddress
from firstline.domain.rate_limit import Limit
from firstline.web.access import ContainerOfApp, OwnSession
from firstline.web.client_address import address_of
from firstline.web.idempotency import MaybeRepeated

router = APIRouter(prefix="/chat/sessions", tags=["chat"])


class MailRequest(BaseModel):
    """Where mail is to go."""

    model_config = ConfigDict(extra="forbid")

    email: EmailAddress


class ContactResponse(BaseModel):
    """Where answers go while the visitor is away."""

    email: str
    can_mail: bool = Field(description="Whether this installation sends mail; else only people see the address")


@router.post("/{session_id}/transcript", status_code=HTTPStatus.NO_CONTENT)
def mail_transcript(
    body: MailRequest, request: Request, container: ContainerOfApp, session: OwnSession, repeated: MaybeRepeated
) -> Response:
    """Send the conversation by mail, at most five times; 409 where this installation sends none."""

    def send() -> Response:
        container.limit_rate.require(Limit.TRANSCRIPTS, counted_as(address_of(request.scope)))
        container.visitors.mail_customer.transcript(session.conversation_id, body.email)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return repeated.once(session.session_id, body, send)


@router.put("/{session_id}/contact")
def leave_contact(body: MailRequest, container: ContainerOfApp, session: OwnSession) -> ContactResponse:
    """Say where to answer while you are away; a person's answer is then mailed where no window is open."""
    contact = container.visitors.leave_contact.leave_email(session.conversation_id, body.email)
    return ContactResponse(email=contact.email, can_mail=container.can_mail)


@router.delete("/{session_id}/conversation", status_code=HTTPStatus.NO_CONTENT)
def forget(container: ContainerOfApp, session: OwnSession) -> None:
    """Forget the conversation with all that was said, sent and learned in it, for good; its sessions end.

    Asked again, this is a 401: there is no session any more.
    """
    container.visitors.forget_conversation.forget(session.conversation_id)
