"""The signing keys of a deployment: the current and the previous version of one secret of Secrets Manager."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from firstline.domain.errors import SigningKeyUnavailableError
from firstline.domain.identity_ports import SigningKey
from firstline.domain.ports import Clock

MAX_AGE = timedelta(hours=1)
COOL_DOWN = timedelta(seconds=60)
"""Tokens with made-up key ids must not have the secret read again and again."""
_SHORTEST_SECRET = 32
_TRANSIENT = {"InternalServiceError", "ThrottlingException", "ServiceUnavailable", "RequestTimeout"}


class SecretsManagerSigningKeys:
    """See ``SigningKeys``. A key's id is derived from it, so a rotation needs to write nothing but the secret.

    Parameters
    ----------
    client : callable
        Makes the client, when the first key is asked for.
    arn : str
        Of the secret, a text of at least 32 characters.
    """

    def __init__(self, client: Callable[[], Any], arn: str, *, clock: Clock) -> None:
        self._make_client = client
        self._arn = arn
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._asked_at: datetime | None = None

    def keys(self, *, refresh: bool = False) -> Sequence[SigningKey]:
        """See ``SigningKeys.keys``; keys that were read once stay in use while the source is down."""
        with self._lock:
            now = self._clock.now()
            age = now - self._asked_at if self._asked_at else MAX_AGE
            if not self._keys or age >= MAX_AGE or (refresh and age >= COOL_DOWN):
                self._asked_at = now
                try:
                    self._keys = self._read()
                except SigningKeyUnavailableError:
                    if not self._keys:
                        raise
            return self._keys

    def _read(self) -> tuple[SigningKey, ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._make_client()
        try:
            current = _key(client.get_secret_value(SecretId=self._arn, VersionStage="AWSCURRENT")["SecretString"])
            try:
                previous = client.get_secret_value(SecretId=self._arn, VersionStage="AWSPREVIOUS")["SecretString"]
            except client.exceptions.ResourceNotFoundException:
                return (current,)
        except BotoCoreError as error:
            raise SigningKeyUnavailableError(f"the session key was not to be had: {type(error).__name__}") from error
        except ClientError as error:
            if error.response["Error"]["Code"] not in _TRANSIENT:
                raise
            raise SigningKeyUnavailableError("the session key was not to be had") from error
        return (current, _key(previous))


def _key(text: str) -> SigningKey:
    if len(text) < _SHORTEST_SECRET:
        raise SigningKeyUnavailableError(f"the session key is shorter than {_SHORTEST_SECRET} characters")
    secret = text.encode()
    return SigningKey(hashlib.sha256(b"key id " + secret).hexdigest()[:16], secret)
