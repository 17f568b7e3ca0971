"""An identity provider in memory: keys of every kind, a document of them, tokens signed with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from firstline.domain.errors import IdentityProviderUnavailableError

ISSUER = "https://login.company.test/pool"
KEYS_URL = f"{ISSUER}/keys"


class MovableClock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Provider:
    """What it publishes can be changed, and it can be down."""

    def __init__(self, clock: MovableClock) -> None:
        self.clock = clock
        self.private: dict[str, tuple[str, Any]] = {}
        self.published: list[dict[str, Any]] = []
        self.metadata: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": KEYS_URL}
        self.is_down = False
        self.fetched: list[str] = []

    def add(self, key_id: str, algorithm: str, **more: Any) -> None:
        """Make a key and publish it."""
        family = {"R": RSAAlgorithm, "P": RSAAlgorithm, "E": ECAlgorithm}[algorithm[0]]
        if algorithm == "EdDSA":
            private, family = ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm
        elif family is ECAlgorithm:
            private = ec.generate_private_key(ec.SECP256R1())
        else:
            private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self.private[key_id] = (algorithm, private)
        self.published.append({**json.loads(family.to_jwk(private.public_key())), "kid": key_id, **more})

    def fetch(self, address: str) -> Mapping[str, Any]:
        self.fetched.append(address)
        if self.is_down:
            raise IdentityProviderUnavailableError("down")
        return {"keys": self.published} if address == KEYS_URL else self.metadata

    def token(self, key_id: str, *, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """An access token as Amazon Cognito makes them; a change to None leaves a claim out."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": "0b7c-ada",
            "client_id": "firstline-console",
            "token_use": "access",
            "username": "ada",
            "cognito:groups": ["agent"],
            "iat": now,
            "exp": now + 3600,
        } | changes
        algorithm, private = self.private[key_id]
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, private, algorithm=algorithm, headers={"kid": key_id, **(header or {})})
