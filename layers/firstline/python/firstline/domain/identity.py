"""Who somebody is and what that lets them do: roles, principals, accounts, what an identity provider vouches for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Role(StrEnum):
    """What a person may do; each role includes the ones before it."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Tell whether who has this role may do what the other role may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Principal:
    """Whom a bearer token stands for."""

    user_id: str
    role: Role
    name: str = field(default="", compare=False)
    """To show to people; never to recognise anybody by."""


class User(BaseModel):
    """An account of the issuer of our own."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    username: str
    """Small letters, digits, ``.``, ``_``, ``-``, ``@``; also the account's id."""
    role: Role
    name: str = ""
    password_hash: str
    disabled: bool = False
    generation: int = Field(default=1, ge=1)
    """Goes up with each new password and each disabling; tokens of an older one are refused."""
    created_at: datetime
