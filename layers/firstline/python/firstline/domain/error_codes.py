"""How failures are told to clients: a code, whether to try again, and words that give nothing away."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firstline.domain.errors import (
    ConflictError,
    EmbedderUnavailableError,
    FirstlineError,
    IdentityProviderUnavailableError,
    InvalidInputError,
    InvalidPosteriorError,
    KnowledgeIndexUnavailableError,
    LanguageModelUnavailableError,
    NotAuthorizedError,
    NotFoundError,
    NotPermittedError,
    RateLimitedError,
    RequestInProgressError,
    SigningKeyUnavailableError,
    StoreUnavailableError,
    TransactionConflictError,
    WorkflowUnavailableError,
)

RETRYABLE = (
    TransactionConflictError,
    StoreUnavailableError,
    KnowledgeIndexUnavailableError,
    EmbedderUnavailableError,
    LanguageModelUnavailableError,
    WorkflowUnavailableError,
    IdentityProviderUnavailableError,
    SigningKeyUnavailableError,
    RequestInProgressError,
    RateLimitedError,
)
"""What may go well when tried again as it is."""

_TOLD_AS_IT_IS = (
    InvalidInputError,
    NotAuthorizedError,
    NotPermittedError,
    NotFoundError,
    ConflictError,
    RateLimitedError,
)


@dataclass(frozen=True)
class ToldError:
    """A failure as a client may know it."""

    code: str
    """``invalid_message`` for ``InvalidMessageError``."""
    message: str
    retryable: bool
    retry_after_s: int | None = None
    """Seconds after which trying again may help, where that is known."""


def is_ours(error: FirstlineError) -> bool:
    """Tell whether a failure is ours to mend; else it is the client's, who is told the reason."""
    return not isinstance(error, _TOLD_AS_IT_IS) or isinstance(error, InvalidPosteriorError)


def told(error: FirstlineError) -> ToldError:
    """Return what a client is told: the reason where it is the client's to mend, else only that it failed."""
    retryable = isinstance(error, RETRYABLE)
    if not is_ours(error):
        message = str(error)
    elif retryable:
        message = "The service is busy. Please try again in a moment."
    else:
        message = "Something went wrong on our side."
    retry_after_s = error.retry_after_s if isinstance(error, RateLimitedError) else None
    return ToldError(error_code(type(error)), message, retryable, retry_after_s)


def error_code(kind: type[FirstlineError]) -> str:
    """Return the class name in snake case, without its ending."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__.removesuffix("Error")).lower()
