"""Outgoing webhooks over HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from firstline.adapters.public_http import PublicHttp
from firstline.domain.errors import DeliveryError
from firstline.domain.public_address import parse_networks


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        # A signed body is for the address that was set, and for no other.
        return None


class HttpWebhooks:
    """Implements ``Webhooks`` by plain HTTP requests, without proxies.

    Parameters
    ----------
    timeout_s : float
        For connecting, and again for each part of the answer.
    """

    def __init__(self, *, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s
        self._opener: OpenerDirector = build_opener(_NoRedirects, ProxyHandler({}))

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> None:
        """Post a JSON body and return when the receiver has taken it (2xx). Raises ``DeliveryError``."""
        if urlsplit(url).scheme not in {"http", "https"}:
            raise DeliveryError("a webhook's address begins with https:// or http://")
        sent = {"Content-Type": "application/json", "User-Agent": "Firstline-Webhooks/1", **headers}
        request = Request(url, data=body, headers=sent, method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout_s):
                return
        except HTTPError as error:
            raise DeliveryError(f"the receiver answered {error.code}") from error
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            raise DeliveryError(f"the receiver did not answer: {type(error).__name__}") from error


class PublicWebhooks:
    """Implements ``Webhooks`` for addresses that were named over REST."""

    def __init__(self, client: PublicHttp) -> None:
        self._client = client

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> None:
        """Post a JSON body and return when the receiver has taken it (2xx).

        Raises
        ------
        DeliveryError
        InvalidInputError
            The address is none that a webhook may lead to.
        """
        sent = {"Content-Type": "application/json", "User-Agent": "Firstline-Webhooks/1", **headers}
        answer = self._client.request("POST", url, body=body, headers=sent)
        if not 200 <= answer.status < 300:
            raise DeliveryError(f"the receiver answered {answer.status}")

    def check(self, url: str) -> None:
        """Refuse an address that no webhook may lead to. Raises ``InvalidInputError``."""
        self._client.check(url)


def public_webhooks(allowed_networks: str) -> PublicWebhooks:
    """Return the adapter for a setting such as ``10.1.0.0/16, 127.0.0.1``. Raises ``InvalidInputError``."""
    return PublicWebhooks(PublicHttp(allowed=parse_networks(allowed_networks)))
