"""The signing keys of one machine: a file for this user alone, made on first use."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from firstline.domain.errors import SigningKeyUnavailableError
from firstline.domain.identity_ports import SigningKey

SIGNING_KEYS = "signing-keys.json"
_SECRET_BYTES = 32
_KEPT = 2


class FileSigningKeys:
    """See ``SigningKeys``. Two keys at most: the one to sign with, and the one before it.

    Parameters
    ----------
    path : Path
        Of the file; its folder must exist when the first key is asked for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: tuple[SigningKey, ...] = ()
        self._read_at_ns = 0

    def keys(self, *, refresh: bool = False) -> Sequence[SigningKey]:
        """See ``SigningKeys.keys``; a change of the file is seen at once."""
        try:
            if not self._path.exists():
                self._make()
            changed_at_ns = self._path.stat().st_mtime_ns
            if changed_at_ns != self._read_at_ns:
                self._keys = self._read()
                self._read_at_ns = changed_at_ns
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SigningKeyUnavailableError(f"{self._path} cannot be read: {type(error).__name__}") from error
        return self._keys

    def rotate(self) -> None:
        """Sign with a new key from now on; tokens of the key before it stay good. Raises as ``keys`` does."""
        self._write([_new_key(), *self.keys()[: _KEPT - 1]]).replace(self._path)

    def _make(self) -> None:
        unfinished = self._write([_new_key()])
        # Of two processes that start at once, the first one's key stands.
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, self._path)
        unfinished.unlink()

    def _read(self) -> tuple[SigningKey, ...]:
        stored = json.loads(self._path.read_text(encoding="ascii"))["keys"]
        keys = tuple(SigningKey(str(key["id"]), bytes.fromhex(key["secret"])) for key in stored)
        if not keys or any(len(key.secret) < _SECRET_BYTES for key in keys):
            raise ValueError("no key, or one that is too short")
        return keys

    def _write(self, keys: Sequence[SigningKey]) -> Path:
        unfinished = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        document = {"keys": [{"id": key.key_id, "secret": key.secret.hex()} for key in keys]}
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        return unfinished


def _new_key() -> SigningKey:
    return SigningKey(secrets.token_hex(8), secrets.token_bytes(_SECRET_BYTES))
