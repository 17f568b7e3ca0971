"""What a check of the rehearsal is made of: a claim, and waiting for it to become true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class CheckFailedError(AssertionError):
    """Something is not as it should be; the message says what."""


def check(holds: bool, otherwise: str) -> None:
    """Raise ``CheckFailedError`` with this message unless the claim holds."""
    if not holds:
        raise CheckFailedError(otherwise)


def eventually(
    look: Callable[[], T], holds: Callable[[T], bool], otherwise: str, *, within_s: float, every_s: float = 1.0
) -> T:
    """Look again and again until what is seen holds, and return it.

    Raises
    ------
    CheckFailedError
        It did not hold in time; the message ends with what was seen last.
    """
    deadline = time.monotonic() + within_s
    while not holds(seen := look()):
        if time.monotonic() > deadline:
            raise CheckFailedError(f"{otherwise} within {within_s:.0f} s; seen last: {str(seen)[:600]}")
        time.sleep(every_s)
    return seen
