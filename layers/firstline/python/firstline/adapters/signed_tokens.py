"""Tokens of our own: JWT (RFC 7519) signed with HMAC-SHA-256, by a key that can be changed while tokens are out.

Written with the standard library alone: every visitor's request reads such a token, and the libraries that read those
of others take 0.2 s to import.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from firstline.domain.errors import NotAuthorizedError
from firstline.domain.identity_ports import SigningKey, SigningKeys

ISSUER = "firstline"


class SignedTokens:
    """See ``OwnTokens``. A token's header is never read: the algorithm is ours, and of its few keys each is tried."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def sign(self, claims: Mapping[str, Any]) -> str:
        """See ``OwnTokens.sign``; times are seconds since the epoch."""
        key = self._keys.keys()[0]
        header = _segment({"alg": "HS256", "kid": key.key_id, "typ": "JWT"})
        signed = f"{header}.{_segment({**claims, 'iss': ISSUER})}"
        return f"{signed}.{_signature(key, signed)}"

    def read(self, token: str, *, audience: str) -> Mapping[str, Any]:
        """See ``OwnTokens.read``."""
        signed, _, signature = token.rpartition(".")
        if not token.isascii() or not self._is_ours(signed, signature):
            raise NotAuthorizedError("this token was not issued here")
        # From here on it is a text that we have written ourselves.
        payload = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims.get("iss") != ISSUER or claims.get("aud") != audience or not claims.keys() >= {"sub", "exp"}:
            raise NotAuthorizedError("this token was issued for something else")
        return claims

    def _is_ours(self, signed: str, signature: str) -> bool:
        return any(
            hmac.compare_digest(_signature(key, signed), signature)
            for refresh in (False, True)
            for key in self._keys.keys(refresh=refresh)
        )


def _segment(content: Mapping[str, Any]) -> str:
    return _text(json.dumps(content, separators=(",", ":")).encode())


def _signature(key: SigningKey, signed: str) -> str:
    return _text(hmac.digest(key.secret, signed.encode("ascii"), hashlib.sha256))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
