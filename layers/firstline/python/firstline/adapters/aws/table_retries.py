"""DynamoDB's answers: which are tried again, and which of our errors the others are."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from firstline.domain.errors import (
    FirstlineError,
    InvalidItemError,
    ItemTooLargeError,
    StoreUnavailableError,
    TransactionConflictError,
    TransactionTooLargeError,
)

Result = TypeVar("Result")

CONFLICTS = {"TransactionConflictException", "TransactionConflict", "TransactionInProgressException"}
# Refused before anything was done, so trying again can never apply a write twice.
THROTTLED = {
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingError",
    "ThrottlingException",
}
# No word on whether the request was carried out.
UNCERTAIN = {"InternalServerError", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException"}

_FIRST_DELAY_S = 0.025
_LONGEST_DELAY_S = 1.0


def client_config() -> Config:
    """Return the settings the DynamoDB client needs.

    botocore's own retries are off, because it repeats an ``ADD`` whose answer was lost and so counts it twice.
    """
    return Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5, max_pool_connections=50)


def quick_config() -> Config:
    """Return the settings of every other client: botocore's own minute of waiting would use up a state's time."""
    return Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def sending_config() -> Config:
    """Return the settings of the client that sends mail: botocore's own repeats would send it twice."""
    return Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})


def presigning_config() -> Config:
    """Return what makes addresses of S3 that hold the client to the headers that were signed."""
    return Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


class Retries:
    """Tries requests again after a random part of a growing delay (full jitter).

    Parameters
    ----------
    rng : random.Random
        Jitter.
    sleep : callable
        Waits the given seconds.
    max_tries : int
        Tries in all, >= 1.
    """

    def __init__(self, *, rng: random.Random, sleep: Callable[[float], None], max_tries: int) -> None:
        self._rng = rng
        self._sleep = sleep
        self._max_tries = max_tries

    def call(self, send: Callable[[], Result], *, repeatable: bool) -> Result:
        """Return what ``send`` returns, trying again while the store is busy.

        Parameters
        ----------
        send : callable
            One request; it may raise our errors, of which only ``TransactionConflictError`` and
            ``StoreUnavailableError`` are tried again.
        repeatable : bool
            Whether carrying the request out twice is the same as once, so that a lost answer may be tried again.

        Raises
        ------
        TransactionConflictError, StoreUnavailableError
            After the last try.
        ItemTooLargeError, InvalidItemError, TransactionTooLargeError
        ClientError
            What is neither transient nor about the data: missing permission, a missing table, a bug.
        """
        for tried in range(self._max_tries):
            try:
                return send()
            except (
                ClientError,
                ConnectionError,
                HTTPClientError,
                TransactionConflictError,
                StoreUnavailableError,
            ) as error:
                failure = error if isinstance(error, FirstlineError) else translated(error)
                lost = isinstance(error, HTTPClientError) or code_of(error) in UNCERTAIN
                transient = isinstance(failure, TransactionConflictError | StoreUnavailableError)
                if failure is None:
                    raise
                if not transient or tried + 1 == self._max_tries or (lost and not repeatable):
                    raise failure from error
            self._sleep(self._rng.uniform(0, min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2**tried)))
        raise AssertionError("unreachable: the last try returns or raises")


def translated(error: Exception) -> FirstlineError | None:
    """Return the error of ours that an error of botocore's means, None where it means none."""
    if isinstance(error, ConnectionError | HTTPClientError):
        return StoreUnavailableError(f"DynamoDB did not answer: {type(error).__name__}")
    code, message = code_of(error), str(error)
    if code in CONFLICTS:
        return TransactionConflictError(message)
    if code in THROTTLED | UNCERTAIN:
        return StoreUnavailableError(message)
    return invalid_data_error(message) if code == "ValidationException" else None


def invalid_data_error(message: str) -> FirstlineError | None:
    """Return the error that a validation message about the data means, None where it is about the request."""
    lowered = message.lower()
    if "4 mb" in lowered or "4mb" in lowered or "aggregate size" in lowered:
        return TransactionTooLargeError(message)
    if "item size" in lowered:
        return ItemTooLargeError(message)
    if (
        "incorrect data type" in lowered
        or "number overflow" in lowered
        or "type mismatch" in lowered
        or ("38 significant digits" in lowered)
    ):
        return InvalidItemError(message)
    return None


def code_of(error: Any) -> str:
    """Return the code of a ``ClientError``, an empty string for any other error."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
