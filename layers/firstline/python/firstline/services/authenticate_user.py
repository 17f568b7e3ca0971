"""Whom a bearer token stands for: an account of ours, a user of the company's identity provider, or the admin token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from firstline.domain.errors import NotAuthorizedError
from firstline.domain.identity import Principal, Role
from firstline.domain.identity_ports import IdentityPorts
from firstline.domain.ports import Clock
from firstline.repositories.users import UserRepository

USER_AUDIENCE = "user"
TOKEN_ADMIN = Principal("admin", Role.ADMIN, "Administrator")
"""Who holds ``ADMIN_TOKEN``."""

_NAMES = ("name", "preferred_username", "username", "cognito:username")


class AuthenticateUser:
    """Agents and admins. Roles of an account hold at once; those of a provider's token until it expires.

    Parameters
    ----------
    admin_token : str
        Bearer of every right; empty: there is none.
    role_claim : str
        Claim of the provider's tokens that holds the names of roles: a text, or a list of texts. Dots lead into
        objects where no claim has the whole name.
    """

    def __init__(
        self, users: UserRepository, identity: IdentityPorts, *, clock: Clock, admin_token: str, role_claim: str
    ) -> None:
        self._users = users
        self._identity = identity
        self._clock = clock
        self._admin_token = admin_token.encode()
        self._role_claim = role_claim

    def principal(self, bearer: str) -> Principal:
        """Return whom the token stands for.

        Raises
        ------
        NotAuthorizedError
            Nobody; why is not told apart.
        IdentityProviderUnavailableError, SigningKeyUnavailableError, StoreUnavailableError
        """
        given = bearer.encode("utf-8", "surrogateescape")
        if self._admin_token and hmac.compare_digest(given, self._admin_token):
            return TOKEN_ADMIN
        if self._identity.users is not None:
            claims = self._identity.users.verify(bearer)
            name = next((str(claims[claim]) for claim in _NAMES if claims.get(claim)), "")
            return Principal(str(claims["sub"]), self._role(claims), name)
        return self._account(bearer)

    def _account(self, bearer: str) -> Principal:
        claims = self._identity.tokens.read(bearer, audience=USER_AUDIENCE)
        if self._clock.now().timestamp() >= float(claims["exp"]):
            raise NotAuthorizedError("this token has expired; sign in again")
        user = self._users.find(str(claims["sub"]))
        if user is None or user.disabled or user.generation != claims.get("gen"):
            raise NotAuthorizedError("this token is no longer good; sign in again")
        return Principal(user.username, user.role, user.name)

    def _role(self, claims: Mapping[str, Any]) -> Role:
        value: Any = claims.get(self._role_claim)
        if value is None:
            value = claims
            for part in self._role_claim.split("."):
                value = value.get(part) if isinstance(value, dict) else None
        named = value if isinstance(value, list) else str(value or "").split()
        held = [role for role in Role if role.value in {str(entry).lower() for entry in named}]
        return held[-1] if held else Role.CUSTOMER
