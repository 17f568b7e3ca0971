"""The errors of the Anthropic SDK and of Bedrock's streams, translated once into ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from firstline.domain.errors import LanguageModelRefusedError, LanguageModelUnavailableError

if TYPE_CHECKING:
    from anthropic import APIStatusError

LONGEST_RETRY_AFTER_S = 2.0
"""A service that asks for a longer pause than this is given up at once: somebody waits for the answer."""
# 424: Bedrock's ModelErrorException, a failure of the model and not of the request.
_RETRYABLE_4XX = (408, 409, 424, 429)
# In an error event or frame, whose HTTP status is 200; Bedrock's names end in Exception.
_REFUSED_TYPES = {
    "authentication_error",
    "billing_error",
    "invalid_request_error",
    "not_found_error",
    "permission_error",
    "request_too_large",
    "validationexception",
}


@contextlib.contextmanager
def named_errors(*further: type[Exception]) -> Iterator[None]:
    """Name the errors of a request and of its stream.

    Parameters
    ----------
    further : type of Exception
        What else may break a connection or stream of this service, such as a frame whose checksum is wrong.

    Raises
    ------
    LanguageModelUnavailableError, LanguageModelRefusedError
    """
    import anthropic
    import httpx2

    broken: tuple[type[Exception], ...] = (
        anthropic.APIError,
        # Once a stream runs, the SDK lets errors of the connection through as they are.
        httpx2.TransportError,
        # The SDK makes its objects from what came without looking whether it fits; we close streams that are too slow.
        httpx2.StreamError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        *further,
    )
    try:
        yield
    except anthropic.APIStatusError as error:
        raise _named(error) from error
    except broken as error:
        raise LanguageModelUnavailableError(f"the language model did not answer: {type(error).__name__}") from error


def _named(error: APIStatusError) -> LanguageModelUnavailableError | LanguageModelRefusedError:
    # An error in mid-stream arrives under HTTP status 200, so its type is looked at as well.
    refused = 400 <= error.status_code < 500 and error.status_code not in _RETRYABLE_4XX
    kind = f"HTTP {error.status_code}, {error.type or 'no error type'}"
    if refused or str(error.type).lower() in _REFUSED_TYPES:
        return LanguageModelRefusedError(f"the language model refused the request: {kind}")
    return LanguageModelUnavailableError(f"the language model is not available: {kind}")


def refuse_long_pauses(response: Any) -> None:
    """Keep the SDK from sleeping as long as a response asks it to, by the header that the SDK looks at first."""
    try:
        pause_s = float(response.headers.get("retry-after", "0"))
    except ValueError:
        # A date instead of seconds: too coarse for a pause that is worth waiting for.
        pause_s = LONGEST_RETRY_AFTER_S + 1
    if not pause_s <= LONGEST_RETRY_AFTER_S:  # NaN counts as too long
        response.headers["x-should-retry"] = "false"
