"""Who asks: the session that a bearer token opens."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from firstline.container import Container
from firstline.domain.conversation import Session
from firstline.domain.errors import NotAuthorizedError
from firstline.domain.text import is_id

_bearer = HTTPBearer(auto_error=False, description="The session's token")

BearerToken = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def container_of(request: Request) -> Container:
    """Return what the app was made with."""
    container: Container = request.app.state.container
    return container


def correlation_id_of(request: Request) -> str:
    """Return the request's correlation id."""
    return str(request.state.correlation_id)


def authorized(container: Container, session_id: str, credentials: HTTPAuthorizationCredentials | None) -> Session:
    """Return the session. Raises ``NotAuthorizedError``."""
    if credentials is None or not is_id(session_id):
        raise NotAuthorizedError("no session that this token opens")
    return container.sessions.authorize(session_id, credentials.credentials)


def own_session(
    session_id: Annotated[str, Path(description="Id of the session that the token belongs to")],
    credentials: BearerToken,
    container: Annotated[Container, Depends(container_of)],
) -> Session:
    """Return the session in the path, if the token opens it. Raises ``NotAuthorizedError``."""
    return authorized(container, session_id, credentials)


ContainerOfApp = Annotated[Container, Depends(container_of)]
CorrelationId = Annotated[str, Depends(correlation_id_of)]
OwnSession = Annotated[Session, Depends(own_session)]
