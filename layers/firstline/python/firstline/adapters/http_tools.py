"""HTTP requests of a company's own tools: by the client that goes to checked addresses only, with their errors."""

from __future__ import annotations

from firstline.adapters.public_http import PublicHttp, Resolve, UnsentError, system_resolver
from firstline.domain.errors import DeliveryError, InvalidInputError
from firstline.domain.public_address import PrivateAddressError
from firstline.domain.tool_errors import ToolFailedError, ToolUncertainError
from firstline.domain.tool_ports import Answer, OutgoingRequest

MAX_ANSWER_BYTES = 65_536


class CheckedHttp:
    """Implements ``ToolHttp``: no proxies, no redirects, no compression, one deadline; plain HTTP inside only.

    Parameters
    ----------
    resolve : callable
        Host and port to addresses.
    """

    def __init__(self, *, resolve: Resolve = system_resolver) -> None:
        self._resolve = resolve

    def send(self, request: OutgoingRequest) -> Answer:
        """Send, and return the whole answer.

        Raises
        ------
        PrivateAddressError, ToolFailedError, ToolUncertainError
        """
        client = PublicHttp(allowed=tuple(request.allowed), timeout_s=request.timeout_s, resolve=self._resolve)
        headers = {**request.headers, "User-Agent": "Firstline-Tools/1", "Accept-Encoding": "identity"}
        try:
            answer = client.request(
                request.method, request.url, body=request.body or b"", headers=headers, max_bytes=MAX_ANSWER_BYTES
            )
        except PrivateAddressError:
            raise
        except (InvalidInputError, UnsentError) as error:
            raise ToolFailedError(str(error)) from error
        except DeliveryError as error:
            raise ToolUncertainError(str(error)) from error
        if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise ToolUncertainError("its answer was compressed unasked")
        return Answer(answer.status, answer.headers.get("content-type", "").lower(), answer.body)
