"""Sign in at the issuer of our own, and ask who one is."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.client_address import counted_as
from firstline.domain.identity import Principal, Role
from firstline.services.sign_in import ACCESS_TOKEN_LIFE
from firstline.web.access import PUBLIC, ContainerOfApp, SignedInUser
from firstline.web.client_address import address_of

router = APIRouter(prefix="/auth", tags=["users"])


class LoginRequest(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(max_length=128)
    password: str = Field(max_length=256)


class UserResponse(BaseModel):
    """Who somebody is."""

    user_id: str
    role: Role
    name: str


class LoginResponse(BaseModel):
    """An access token, in the words of RFC 6749."""

    access_token: str = Field(description="Goes into the header: Authorization: Bearer ...")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds")
    expires_at: datetime
    user: UserResponse


@router.post("/login", dependencies=[PUBLIC])
def login(body: LoginRequest, request: Request, container: ContainerOfApp) -> LoginResponse:
    """Sign in with an account of ``scripts/user``. Where ``OIDC_ISSUER`` is set, there are none, and this is a 404."""
    if container.settings.oidc_issuer:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"Sign in at {container.settings.oidc_issuer}.")
    address = counted_as(address_of(request.scope))
    signed_in = container.identity.sign_in.sign_in(body.username, body.password, address=address)
    return LoginResponse(
        access_token=signed_in.token,
        expires_in=int(ACCESS_TOKEN_LIFE.total_seconds()),
        expires_at=signed_in.expires_at,
        user=_user(signed_in.principal),
    )


@router.get("/me")
def me(principal: SignedInUser) -> UserResponse:
    """Tell whom the access token stands for."""
    return _user(principal)


def _user(principal: Principal) -> UserResponse:
    return UserResponse(user_id=principal.user_id, role=principal.role, name=principal.name or principal.user_id)
