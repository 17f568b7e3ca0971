"""Many requests to a language model at once, answered within a day at a lower price: for nightly jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firstline.domain.language_model import ModelFinished, ModelRequest


class BatchFailure(StrEnum):
    """Why one request of a batch has no answer."""

    REFUSED = "refused"
    """The request itself is wrong or the model declined; the same request fails again."""
    UNAVAILABLE = "unavailable"
    """The service failed; the same request may work in another batch."""
    CANCELED = "canceled"
    EXPIRED = "expired"
    """A day went by; the same request may work in another batch."""


@dataclass(frozen=True)
class BatchAnswer:
    """What one request of a batch gave: a text with its usage, or why there is none."""

    custom_id: str
    text: str = ""
    finished: ModelFinished | None = None
    failure: BatchFailure | None = None
    """None where ``finished`` is there."""


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is."""

    ended: bool
    """Every request has succeeded, failed, been canceled or expired; the results can be read."""
    processing: int
    """Requests that are not done, >= 0."""


class BatchModel(Protocol):
    """A model that takes its time."""

    def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        """Hand in requests and return the batch's id, by which a later run of the job asks on.

        Parameters
        ----------
        requests : mapping of str to ModelRequest
            By an id of the job's own: 1 to 64 letters, digits, ``_`` or ``-``. At most 100,000.

        Raises
        ------
        InvalidInputError
            There is no request, or an id does not fit.
        LanguageModelUnavailableError, LanguageModelRefusedError
            No batch was begun, as far as is known: a batch whose answer was lost runs unseen and expires.
        """
        ...

    def progress(self, batch_id: str) -> BatchProgress:
        """Return how far a batch is; ask again after a minute or more.

        Raises
        ------
        LanguageModelUnavailableError, LanguageModelRefusedError
        """
        ...

    def results(self, batch_id: str) -> Iterator[BatchAnswer]:
        """Yield one answer per request, in any order, once the batch has ended.

        Raises
        ------
        LanguageModelUnavailableError
            The results cannot be read now, or the batch has not ended.
        LanguageModelRefusedError
        """
        ...
