"""A client's session: opened once by REST, and an address for each new socket."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from firstline.domain.errors import FirstlineError

_HTTP_TIMEOUT_S = 30.0


class SessionEndedError(FirstlineError):
    """The server knows the session no longer; only a new one helps."""


class ServerUnreachableError(FirstlineError):
    """The server did not answer, or not in a way that a client can use."""


class ChatSession:
    """Access to one conversation.

    Parameters
    ----------
    url : str
        Address of the server, http or https.
    user_id : str
        Under whose name the session is opened; empty for a visitor.
    """

    def __init__(self, url: str, *, user_id: str = "") -> None:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ServerUnreachableError(f"{url} is not an http or https address")
        self._url = url.rstrip("/")
        self._user_id = user_id
        self._first_address = ""
        self.session_id = ""
        self.token = ""

    def open(self) -> None:
        """Open the session. Raises ``ServerUnreachableError``."""
        opened = self._post("/chat/sessions", {"user_id": self._user_id} if self._user_id else {})
        self.session_id, self.token = opened["session_id"], opened["token"]
        self._first_address = opened["ws_url"]

    def address(self) -> str:
        """Return where the next socket connects, good once; that renews the session's token as well.

        Raises
        ------
        SessionEndedError, ServerUnreachableError
        """
        first, self._first_address = self._first_address, ""
        if first:
            return first
        answer = self._post(f"/chat/sessions/{self.session_id}/socket", {}, token=self.token)
        self.token = str(answer.get("token", self.token))
        return str(answer["ws_url"])

    def _post(self, path: str, body: dict[str, Any], *, token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(  # noqa: S310
            self._url + path, data=json.dumps(body).encode(), headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_HTTP_TIMEOUT_S) as response:  # noqa: S310
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            if error.code == 401:
                raise SessionEndedError("the session has ended") from error
            raise ServerUnreachableError(f"{self._url} answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise ServerUnreachableError(f"{self._url} does not answer; is scripts/run running?") from error
