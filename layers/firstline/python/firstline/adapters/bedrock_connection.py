"""Claude on Amazon Bedrock: the SDK's client for it, with the credentials of the role."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from firstline.adapters.anthropic_errors import named_errors, refuse_long_pauses
from firstline.domain.errors import LanguageModelRefusedError

if TYPE_CHECKING:
    from anthropic import AnthropicBedrock

_VERSION_WITH_TEMPERATURE = "bedrock-2023-05-31"


class BedrockConnection:
    """InvokeModelWithResponseStream of one region; safe to use from several threads.

    Parameters
    ----------
    region : str
        Such as ``eu-central-1``.
    endpoint : str, optional
        Another address of the service, such as a private endpoint.

    Notes
    -----
    boto3, which the SDK's client signs with, is imported by the first request. Credentials are those of the usual
    places, in a function those of its role; boto3 renews them.
    """

    def __init__(self, region: str, *, endpoint: str = "") -> None:
        self._region = region
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._opened: AnthropicBedrock | None = None

    def client(self) -> AnthropicBedrock:
        """Return the client."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Name what may break a request or its stream: also signing, and frames that cannot be read."""
        from botocore.eventstream import ParserError
        from botocore.exceptions import BotoCoreError

        with named_errors(BotoCoreError, ParserError, UnicodeDecodeError):
            yield

    def with_temperature(self, temperature: float) -> dict[str, Any]:
        """Return the parameters of a request that a temperature adds: also Bedrock's version that takes one."""
        return {"extra_body": {"temperature": temperature, "anthropic_version": _VERSION_WITH_TEMPERATURE}}

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _open(self) -> AnthropicBedrock:
        import anthropic
        import boto3

        opened = anthropic.AnthropicBedrock(
            aws_region=self._region,
            base_url=self._endpoint or None,
            max_retries=1,
            http_client=anthropic.DefaultHttpxClient(event_hooks={"response": [refuse_long_pauses]}),
        )
        # Without this the SDK would raise a bare RuntimeError at every request.
        if opened.api_key is None and boto3.Session(region_name=self._region).get_credentials() is None:
            opened.close()
            raise LanguageModelRefusedError("there are no AWS credentials for Bedrock")
        return opened
