"""Who asks, and may they: the session or the person that a bearer token stands for. Every route declares one of these.

Customers come with the token of their session, which opens that session and nothing else. Agents and admins come with
an access token; an admin may do all that an agent may. A route for everybody says so with ``PUBLIC``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from firstline.container import Container
from firstline.domain.conversation import Session
from firstline.domain.errors import FirstlineError, NotAuthorizedError, NotPermittedError
from firstline.domain.identity import Principal as Principal
from firstline.domain.identity import Role
from firstline.domain.text import is_id

_session_bearer = HTTPBearer(auto_error=False, scheme_name="Session token", description="The session's token")
_user_bearer = HTTPBearer(
    auto_error=False, scheme_name="Access token", description="Of POST /auth/login, or of the company's issuer"
)

BearerToken = Annotated[HTTPAuthorizationCredentials | None, Depends(_session_bearer)]
UserToken = Annotated[HTTPAuthorizationCredentials | None, Depends(_user_bearer)]


def container_of(request: Request) -> Container:
    """Return what the app was made with."""
    container: Container = request.app.state.container
    return container


def correlation_id_of(request: Request) -> str:
    """Return the request's correlation id."""
    return str(request.state.correlation_id)


ContainerOfApp = Annotated[Container, Depends(container_of)]
CorrelationId = Annotated[str, Depends(correlation_id_of)]


def authorized(
    container: Container, session_id: str, credentials: HTTPAuthorizationCredentials | None, *, renewing: bool = False
) -> Session:
    """Return the session; ``renewing`` takes an expired token too.

    Raises
    ------
    NotAuthorizedError, RateLimitedError
    """
    if credentials is None or not is_id(session_id):
        raise NotAuthorizedError("no session that this token opens")
    session = container.identity.session_tokens.authorize(session_id, credentials.credentials, renewing=renewing)
    container.limit_customer.require(session.conversation_id)
    return session


SessionId = Annotated[str, Path(description="Id of the session that the token belongs to")]


def own_session(session_id: SessionId, credentials: BearerToken, container: ContainerOfApp) -> Session:
    """Return the session in the path, if the token opens it. Raises ``NotAuthorizedError``."""
    return authorized(container, session_id, credentials)


def bearer_session(credentials: BearerToken, container: ContainerOfApp) -> Session:
    """Return the session that the token is of. Raises ``NotAuthorizedError``."""
    if credentials is None:
        raise NotAuthorizedError("this needs a session's token as a bearer token")
    session = container.identity.session_tokens.authorize(None, credentials.credentials)
    container.limit_customer.require(session.conversation_id)
    return session


def renewable_session(session_id: SessionId, credentials: BearerToken, container: ContainerOfApp) -> Session:
    """Return the session in the path, if the token opens it or opened it before. Raises ``NotAuthorizedError``."""
    return authorized(container, session_id, credentials, renewing=True)


def user(credentials: UserToken, container: ContainerOfApp) -> Principal:
    """Return who has signed in, whatever their role. Raises ``NotAuthorizedError``."""
    if credentials is None:
        raise NotAuthorizedError("this needs an access token as a bearer token")
    return container.identity.authenticate_user.principal(credentials.credentials)


def agent(principal: Annotated[Principal, Depends(user)]) -> Principal:
    """Return the agent or admin. Raises ``NotAuthorizedError``, ``NotPermittedError``."""
    return _with_role(principal, Role.AGENT)


def admin(principal: Annotated[Principal, Depends(user)]) -> Principal:
    """Return the admin. Raises ``NotAuthorizedError``, ``NotPermittedError``."""
    return _with_role(principal, Role.ADMIN)


def integrator(credentials: UserToken, container: ContainerOfApp) -> Principal | None:
    """Return the agent or admin for whom a server asks; None without a token. Raises as ``agent`` does."""
    return agent(user(credentials, container)) if credentials else None


def customer_or_agent(
    credentials: BearerToken, user_credentials: UserToken, container: ContainerOfApp
) -> Session | Principal:
    """Return the session that the token is of, or else the agent or admin.

    Raises
    ------
    NotAuthorizedError, NotPermittedError, RateLimitedError
    """
    if credentials is None:
        raise NotAuthorizedError("this needs a session's token, or an access token, as a bearer token")
    try:
        session = container.identity.session_tokens.authorize(None, credentials.credentials)
    except NotAuthorizedError:
        return agent(user(user_credentials, container))
    container.limit_customer.require(session.conversation_id)
    return session


def may_administer(container: Container, authorization: str) -> bool:
    """Tell whether a header ``Authorization`` is an admin's; where that cannot be told, the route will say why."""
    scheme, _, token = authorization.partition(" ")
    try:
        return scheme.lower() == "bearer" and container.identity.authenticate_user.principal(token).role.includes(
            Role.ADMIN
        )
    except FirstlineError:
        return False


def may_upload(container: Container, authorization: str) -> bool:
    """Tell whether a header ``Authorization`` is of a session; where that cannot be told, the route will say why."""
    scheme, _, token = authorization.partition(" ")
    try:
        return scheme.lower() == "bearer" and bool(container.identity.session_tokens.authorize(None, token.strip()))
    except FirstlineError:
        return False


def administrator(principal: Annotated[Principal, Depends(admin)]) -> str:
    """Return the id of the admin. Raises as ``admin`` does."""
    return principal.user_id


async def public() -> None:
    """Let everybody in. As a coroutine it takes no thread."""


OwnSession = Annotated[Session, Depends(own_session)]
BearerSession = Annotated[Session, Depends(bearer_session)]
RenewableSession = Annotated[Session, Depends(renewable_session)]
SignedInUser = Annotated[Principal, Depends(user)]
Agent = Annotated[Principal, Depends(agent)]
Admin = Annotated[Principal, Depends(admin)]
Integrator = Annotated[Principal | None, Depends(integrator)]
CustomerOrAgent = Annotated[Session | Principal, Depends(customer_or_agent)]
PUBLIC: Any = Depends(public)

DECLARES: Mapping[Callable[..., Any], str] = {
    own_session: "customer, their own session",
    bearer_session: "customer, their own session",
    renewable_session: "customer, their own session",
    user: "everybody who has signed in",
    agent: Role.AGENT,
    admin: Role.ADMIN,
    customer_or_agent: "customer, what is their own; agents, all",
    integrator: "public, and more for an agent",
    public: "public",
}
"""What a dependency says of the route that has it; a route with none of them is a mistake, and a test finds it."""


def _with_role(principal: Principal, needed: Role) -> Principal:
    if not principal.role.includes(needed):
        raise NotPermittedError(f"this needs the role {needed}")
    return principal
