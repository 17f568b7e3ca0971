"""How failures are told to clients: a code, whether to try again, and words that give nothing away."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firstline.domain.errors import (
    ConflictError,
    EmbedderUnavailableError,
    FirstlineError,
    InvalidInputError,
    InvalidPosteriorError,
    KnowledgeIndexUnavailableError,
    LanguageModelUnavailableError,
    NotAuthorizedError,
    NotFoundError,
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
)
"""What may go well when tried again as it is."""

_TOLD_AS_IT_IS = (InvalidInputError, NotAuthorizedError, NotFoundError, ConflictError)


@dataclass(frozen=True)
class ToldError:
    """A failure as a client may know it."""

    code: str
    """``invalid_message`` for ``InvalidMessageError``."""
    message: str
    retryable: bool


def told(error: FirstlineError) -> ToldError:
    """Return what a client is told: the reason where it is the client's to mend, else only that it failed."""
    retryable = isinstance(error, RETRYABLE)
    if retryable:
        message = "The service is busy. Please try again in a moment."
    elif isinstance(error, _TOLD_AS_IT_IS) and not isinstance(error, InvalidPosteriorError):
        message = str(error)
    else:
        message = "Something went wrong on our side."
    return ToldError(code=error_code(type(error)), message=message, retryable=retryable)


def error_code(kind: type[FirstlineError]) -> str:
    """Return the class name in snake case, without its ending."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__.removesuffix("Error")).lower()
