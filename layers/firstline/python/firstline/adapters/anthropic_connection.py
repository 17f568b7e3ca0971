"""How Claude is reached: by the Anthropic API or by Bedrock, each with the same SDK."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from firstline.adapters.anthropic_errors import named_errors, refuse_long_pauses

if TYPE_CHECKING:
    from anthropic import Anthropic, AnthropicBedrock

    Client = Anthropic | AnthropicBedrock


VERSION_WITH_TEMPERATURE = "2023-06-01"
"""Of the API: the SDK's own newer one refuses a temperature."""


class ModelConnection(Protocol):
    """A client of the SDK, opened on first use and kept open."""

    def client(self) -> Client:
        """Return the client.

        Raises
        ------
        LanguageModelUnavailableError, LanguageModelRefusedError
            There is no key, or there are no credentials.
        """
        ...

    def errors(self) -> AbstractContextManager[None]:
        """Name what may break a request or its stream."""
        ...

    def with_temperature(self, temperature: float) -> dict[str, Any]:
        """Return the parameters of a request that a temperature adds."""
        ...

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        ...


class ApiConnection:
    """The Anthropic API; safe to use from several threads.

    Parameters
    ----------
    api_key : str or callable
        Key of the Anthropic API, or what gives it: asked for every request, so that a key that was replaced is used.
    base_url : str, optional
        Another address that speaks the Messages API, such as a proxy.

    Notes
    -----
    The SDK takes a second to import, so it is imported by the first request. It makes the second try, after overload,
    rate limits, server errors, timeouts and broken connections, unless a longer pause is asked for than a customer
    should wait.
    """

    def __init__(self, api_key: str | Callable[[], str], *, base_url: str = "") -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._lock = threading.Lock()
        self._opened: Anthropic | None = None
        self._opened_with = ""

    def client(self) -> Anthropic:
        """Return the client with the key as it is now."""
        key = self._api_key if isinstance(self._api_key, str) else self._api_key()
        with self._lock:
            if self._opened is not None and key != self._opened_with:
                # Nothing else is under way: keys change in functions only, which serve one request at a time.
                self._opened.close()
                self._opened = None
            if self._opened is None:
                self._opened, self._opened_with = self._open(key), key
            return self._opened

    def errors(self) -> AbstractContextManager[None]:
        """Name what may break a request or its stream."""
        return named_errors()

    def with_temperature(self, temperature: float) -> dict[str, Any]:
        """Return the parameters of a request that a temperature adds: also the API version that still takes one."""
        version = {"anthropic-version": VERSION_WITH_TEMPERATURE}
        return {"extra_body": {"temperature": temperature}, "extra_headers": version}

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _open(self, api_key: str) -> Anthropic:
        import anthropic

        return anthropic.Anthropic(
            api_key=api_key,
            base_url=self._base_url or None,
            max_retries=1,
            http_client=anthropic.DefaultHttpxClient(event_hooks={"response": [refuse_long_pauses]}),
        )
