"""Argon2id hashes of passwords."""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher as _Argon2


class Argon2Passwords:
    """See ``PasswordHasher``.

    Parameters
    ----------
    memory_kib, passes, lanes : int
        Cost of one hash. The defaults are the second choice of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes.

    Notes
    -----
    Biryukov, Dinu and Khovratovich (2016), Argon2, EuroS&P, 292-302.
    """

    def __init__(self, *, memory_kib: int = 65_536, passes: int = 3, lanes: int = 4) -> None:
        self._memory_kib = memory_kib
        self._passes = passes
        self._lanes = lanes

    def hash(self, password: str) -> str:
        """See ``PasswordHasher.hash``."""
        return self._argon2.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """See ``PasswordHasher.matches``."""
        from argon2.exceptions import VerifyMismatchError

        # Made before either case is known, so that the first of them takes no longer either.
        of_nobody = self._hash_of_nobody
        try:
            self._argon2.verify(password_hash or of_nobody, password)
        except VerifyMismatchError:
            return False
        return password_hash is not None

    @cached_property
    def _argon2(self) -> _Argon2:
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=self._passes, memory_cost=self._memory_kib, parallelism=self._lanes)

    @cached_property
    def _hash_of_nobody(self) -> str:
        return self._argon2.hash(secrets.token_hex(16))
