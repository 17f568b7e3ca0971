"""Tokens that others issue: signature, algorithm, issuer, audience and times are checked, in that order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from firstline.domain.errors import NotAuthorizedError
from firstline.domain.ports import Clock

LEEWAY_S = 60.0
"""How far two clocks may be apart."""
_LONGEST_SUBJECT = 128


class KeySource(Protocol):
    """Where the keys come from: ``RemoteKeys`` or ``SharedSecret``."""

    def key_for(self, header: Mapping[str, Any]) -> tuple[Any, Sequence[str]]:
        """Return the key for a token with this header, and the algorithms that fit it."""
        ...


@dataclass(frozen=True)
class Agreement:
    """What was agreed with the issuer."""

    audience: str
    issuer: str = ""
    """Empty: any, as far as the keys are the issuer's."""
    max_age_s: float | None = None
    """Tokens made longer ago are refused; None: ``exp`` alone decides."""
    is_access_token: bool = False
    """An OAuth access token: Amazon Cognito's name the audience in ``client_id``, and must not be ID tokens."""


class JwtVerifier:
    """See ``TokenVerifier``."""

    def __init__(self, keys: KeySource, agreement: Agreement, *, clock: Clock) -> None:
        self._keys = keys
        self._agreement = agreement
        self._clock = clock

    def verify(self, token: str) -> Mapping[str, Any]:
        """See ``TokenVerifier.verify``."""
        import jwt

        try:
            key, algorithms = self._keys.key_for(jwt.get_unverified_header(token))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(algorithms),
                # Checked below: audiences differ by kind of token, and the time is the clock's.
                options={
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_sub": False,
                    "require": ["exp", "sub"],
                },
            )
        except jwt.MissingRequiredClaimError as error:
            raise NotAuthorizedError(f"this token has no {error.claim}") from error
        # Brackets within brackets, by the thousand, are too deep for the JSON parser.
        except (jwt.PyJWTError, RecursionError) as error:
            raise NotAuthorizedError("this token is not of the issuer that was agreed on") from error
        self._check_parties(claims)
        self._check_times(claims)
        return claims

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        agreed = self._agreement
        if agreed.issuer and claims.get("iss") != agreed.issuer:
            raise NotAuthorizedError("this token is of another issuer")
        given = claims.get("aud")
        audiences: list[Any] = list(given) if isinstance(given, list) else [given]
        if agreed.is_access_token:
            audiences.append(claims.get("client_id"))
            if claims.get("token_use", "access") != "access":
                raise NotAuthorizedError("this is not an access token")
        if agreed.audience not in audiences:
            raise NotAuthorizedError("this token is for another audience")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
            raise NotAuthorizedError(f"sub must be a text of 1 to {_LONGEST_SUBJECT} printable characters")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        if now >= _moment(claims, "exp") + LEEWAY_S:
            raise NotAuthorizedError("this token has expired")
        if "nbf" in claims and now < _moment(claims, "nbf") - LEEWAY_S:
            raise NotAuthorizedError("this token is not good yet")
        if self._agreement.max_age_s is None:
            return
        age = now - _moment(claims, "iat")
        if not -LEEWAY_S <= age <= self._agreement.max_age_s + LEEWAY_S:
            raise NotAuthorizedError("this token was made too long ago, or in the future")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotAuthorizedError(f"{name} must be a time in seconds")
    return float(value)
