"""A session's token and customer: renewed, proven, ended."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from firstline.web.access import ContainerOfApp, OwnSession, RenewableSession

router = APIRouter(prefix="/chat/sessions", tags=["chat"])

IdentityToken = Annotated[str, StringConstraints(min_length=1, max_length=8_192)]


class TokenResponse(BaseModel):
    """The session's next token."""

    session_id: str
    token: str
    expires_at: datetime = Field(description="Renew before; until the session times out, an expired token renews too")


class IdentifyRequest(BaseModel):
    """Proof of who the customer is."""

    model_config = ConfigDict(extra="forbid")

    identity_token: IdentityToken = Field(
        description="A JWT that your site has signed; `sub` is your id of the customer. See the README"
    )


class IdentifyResponse(BaseModel):
    """Whom the session now belongs to."""

    session_id: str
    thread_id: str
    user_id: str
    verified: bool


@router.post("/{session_id}/renew")
def renew(container: ContainerOfApp, session: RenewableSession) -> TokenResponse:
    """Return a new token for the session, which stays for its full time from now on."""
    renewed = container.identity.session_tokens.renew(session)
    return TokenResponse(session_id=session.session_id, token=renewed.token, expires_at=renewed.expires_at)


@router.post("/{session_id}/identify")
def identify(body: IdentifyRequest, container: ContainerOfApp, session: OwnSession) -> IdentifyResponse:
    """Bind the conversation to the customer for whom your site vouches; what was said before becomes theirs.

    To do so again changes nothing. A conversation of one customer is never given to another: 409.
    """
    site = container.sites.find(container.conversations.get(session.conversation_id).site_id)
    user_id = container.identity.verify_identity.vouched(body.identity_token, site)
    conversation = container.identity.verify_identity.bind(session.conversation_id, user_id)
    return IdentifyResponse(
        session_id=session.session_id,
        thread_id=session.conversation_id,
        user_id=conversation.user_id,
        verified=conversation.verified,
    )


@router.delete("/{session_id}", status_code=HTTPStatus.NO_CONTENT)
def end(container: ContainerOfApp, session: OwnSession) -> None:
    """Void the session's tokens and close its sockets, as on a shared computer. What was said stays."""
    container.identity.end_session.end(session)
