"""Public keys of an identity provider (JWKS, RFC 7517): fetched when needed, kept, fetched again when they change."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from firstline.domain.errors import IdentityProviderUnavailableError, NotAuthorizedError
from firstline.domain.ports import Clock

MAX_AGE = timedelta(hours=1)
COOL_DOWN = timedelta(seconds=30)
"""Tokens with made-up key ids must not have us call the provider again and again."""

FETCH_TIMEOUT_S = 5.0
SHORTEST_SECRET = 32
_LARGEST_BYTES = 256 * 1024
_ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""By kind of key. Symmetric keys have no place in a public document."""

FetchJson = Callable[[str], Mapping[str, Any]]
KeyAndAlgorithms = tuple[Any, Sequence[str]]


class RemoteKeys:
    """The keys at an address.

    Parameters
    ----------
    address : callable
        Returns the document's address; called before each fetch.
    """

    def __init__(self, address: Callable[[], str], *, fetch: FetchJson, clock: Clock) -> None:
        self._address = address
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, KeyAndAlgorithms] = {}
        self._fetched_at: datetime | None = None
        self._asked_at: datetime | None = None

    def key_for(self, header: Mapping[str, Any]) -> KeyAndAlgorithms:
        """Return the key that a token's header names, and the algorithms that fit it.

        Raises
        ------
        NotAuthorizedError
            The provider has no such key.
        IdentityProviderUnavailableError
            It is not known here, and the provider cannot be asked now.
        """
        if not any(header.get("alg") in fitting for fitting in _ALGORITHMS.values()):
            raise NotAuthorizedError("this token is signed in a way that its issuer was not agreed to use")
        with self._lock:
            now = self._clock.now()
            found = self._find(header)
            stale = self._fetched_at is None or now - self._fetched_at >= MAX_AGE
            if (found is None or stale) and (self._asked_at is None or now - self._asked_at >= COOL_DOWN):
                self._asked_at = now
                try:
                    self._keys = _usable(self._fetch(self._address()))
                except IdentityProviderUnavailableError:
                    # Keys that were good an hour ago are better than nobody getting in.
                    if found is None:
                        raise
                else:
                    self._fetched_at, found = now, self._find(header)
            if found is None and self._fetched_at != self._asked_at:
                raise IdentityProviderUnavailableError("the identity provider's keys could not be fetched")
        if found is None:
            raise NotAuthorizedError("this token is signed with a key that its issuer does not have")
        return found

    def _find(self, header: Mapping[str, Any]) -> KeyAndAlgorithms | None:
        key_id = header.get("kid")
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(str(key_id))


class SharedSecret:
    """One secret that the issuer and we know, as a source of keys."""

    def __init__(self, secret: Callable[[], str]) -> None:
        self._secret = secret

    def key_for(self, header: Mapping[str, Any]) -> KeyAndAlgorithms:
        """Return the secret, and the algorithm that fits it.

        Raises
        ------
        IdentityProviderUnavailableError
            The secret is so short that it can be guessed.
        """
        secret = self._secret()
        if len(secret) < SHORTEST_SECRET:
            raise IdentityProviderUnavailableError(f"the secret is shorter than {SHORTEST_SECRET} characters")
        return secret.encode(), ("HS256",)


def discovered(issuer: str, fetch: FetchJson) -> Callable[[], str]:
    """Return what asks an issuer's metadata (OpenID Connect Discovery 1.0) for the address of its keys."""

    def address() -> str:
        metadata = fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if str(metadata.get("issuer", "")).rstrip("/") != issuer.rstrip("/") or "jwks_uri" not in metadata:
            raise IdentityProviderUnavailableError("the metadata of OIDC_ISSUER are another issuer's, or name no keys")
        return str(metadata["jwks_uri"])

    return address


def fetch_json(address: str) -> Mapping[str, Any]:
    """Return a JSON object from an https address, or an http one of this machine.

    Raises
    ------
    IdentityProviderUnavailableError
        No answer within 5 s, a redirect, an error status, over 256 KB, or no JSON object.
    """
    try:
        parts = urlsplit(address)
        is_local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme != "https" and not is_local:
            raise IdentityProviderUnavailableError("the address of an identity provider's keys must be https")
        with _OPENER.open(address, timeout=FETCH_TIMEOUT_S) as response:
            body = response.read(_LARGEST_BYTES + 1)
        document = json.loads(body) if len(body) <= _LARGEST_BYTES else None
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise IdentityProviderUnavailableError(f"{address} gave no keys: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise IdentityProviderUnavailableError(f"{address} gave no keys")
    return document


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _usable(document: Mapping[str, Any]) -> dict[str, KeyAndAlgorithms]:
    import jwt

    keys: dict[str, KeyAndAlgorithms] = {}
    listed = document.get("keys")
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict) or entry.get("use") == "enc" or entry.get("kty") not in _ALGORITHMS:
            continue
        fitting = _ALGORITHMS[entry["kty"]]
        stated = entry.get("alg")
        if stated is not None and stated not in fitting:
            continue
        try:
            key = jwt.PyJWK(entry, algorithm=stated or fitting[0]).key
        except jwt.PyJWTError:
            # A kind of key that this library does not know is for others.
            continue
        keys[str(entry.get("kid"))] = (key, (stated,) if stated else fitting)
    if not keys:
        raise IdentityProviderUnavailableError("the identity provider publishes no key that can be used")
    return keys
