"""What identity needs from outside: tokens of our own and of others, password hashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from firstline.domain.sites import SiteIdentity


@dataclass(frozen=True)
class SigningKey:
    """A secret that signs our own tokens."""

    key_id: str
    secret: bytes
    """At least 32 bytes."""


class SigningKeys(Protocol):
    """The keys of our own tokens."""

    def keys(self, *, refresh: bool = False) -> Sequence[SigningKey]:
        """Return the keys, the one to sign with first; older ones are still accepted.

        Parameters
        ----------
        refresh : bool
            Ask the source again, because a token names a key that is not among them.

        Raises
        ------
        SigningKeyUnavailableError
        """
        ...


class OwnTokens(Protocol):
    """Tokens that we issue and read ourselves."""

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a signed token. Raises ``SigningKeyUnavailableError``."""
        ...

    def read(self, token: str, *, audience: str) -> Mapping[str, Any]:
        """Return the claims of a token of ours; whether it has expired is the caller's to judge.

        Raises
        ------
        NotAuthorizedError
            Not signed by us, or for another audience.
        SigningKeyUnavailableError
        """
        ...


class TokenVerifier(Protocol):
    """Tokens that somebody else issues: an identity provider, the company's site."""

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims.

        Raises
        ------
        NotAuthorizedError
            The signature, the algorithm, the issuer, the audience or a time is not as agreed.
        IdentityProviderUnavailableError
            The provider's keys cannot be had now.
        """
        ...


class PasswordHasher(Protocol):
    """Slow hashes of passwords."""

    def hash(self, password: str) -> str:
        """Return a salted hash, with its parameters."""
        ...

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Tell whether the password is right; with None, where there is no account, it takes as long to say no."""
        ...


@dataclass(frozen=True)
class IdentityPorts:
    """The adapters of identity."""

    tokens: OwnTokens
    passwords: PasswordHasher
    users: TokenVerifier | None
    """Access tokens of the company's people by its own issuer; None: accounts of ours and ``POST /auth/login``."""
    customers: TokenVerifier | None
    """Identity tokens of customers by the company's site; None: nobody vouches."""
    site_customers: Callable[[SiteIdentity], TokenVerifier]
    """Identity tokens of customers by one site that has keys of its own."""
