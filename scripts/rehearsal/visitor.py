"""A visitor of a deployed stage, who uses what everybody may: REST and the chat socket."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from websockets.sync.client import ClientConnection, connect

from firstline.local.chat_session import ChatSession
from rehearsal.checking import CheckFailedError, check, eventually

REPLY_WITHIN_S = 90.0
"""A function that starts cold on a busy machine takes its time."""
Frame = dict[str, Any]


def send(
    method: str, url: str, body: Any = None, *, token: str = "", headers: Mapping[str, str] | None = None
) -> tuple[int, Any, dict[str, str]]:
    """Send a request and return the answer's status, its JSON, and its headers in lower case.

    Raises
    ------
    CheckFailedError
        The answer is no JSON.
    """
    given = {"Content-Type": "application/json", **(headers or {})}
    if token:
        given["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, given, method=method)  # noqa: S310 - the stage's address
    try:
        try:
            response = urllib.request.urlopen(request, timeout=60)  # noqa: S310
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read()
            told = {name.lower(): value for name, value in response.headers.items()}
            return response.status, json.loads(text) if text else None, told
    except (ValueError, http.client.HTTPException) as error:
        raise CheckFailedError(f"{url} answered what is not ours: {error}") from error


def call(url: str, body: Any = None, *, token: str = "") -> tuple[dict[str, Any], dict[str, str]]:
    """Get, or post a body, and return the JSON of the answer, with its headers in lower case.

    Raises
    ------
    CheckFailedError
        The answer is no success, or no JSON.
    """
    status, answer, headers = send("GET" if body is None else "POST", url, body, token=token)
    check(status < 300, f"{url} answered {status}: {str(answer)[:600]}")
    return answer, headers


class Visitor:
    """One session at a stage. Raises ``ServerUnreachableError`` where there is none."""

    def __init__(self, rest_url: str) -> None:
        self._rest_url = rest_url.rstrip("/")
        self._session = ChatSession(self._rest_url)
        self._session.open()

    @property
    def session_id(self) -> str:
        """Id of the session."""
        return self._session.session_id

    @property
    def token(self) -> str:
        """The session's token as it is now."""
        return self._session.token

    def ask(self, text: str) -> dict[str, Any]:
        """Send a message by REST and return its answer. Raises ``CheckFailedError``."""
        answer = self._call(f"/chat/sessions/{self.session_id}/messages", {"text": text})
        if answer.get("status") != "pending":
            return answer
        return eventually(
            lambda: self._call(answer["reply_url"]),
            lambda reply: reply.get("status") != "pending",
            "a message got no answer",
            within_s=REPLY_WITHIN_S,
            every_s=2.0,
        )

    def history(self) -> list[dict[str, Any]]:
        """Return the conversation's events as REST tells them. Raises ``CheckFailedError``."""
        events: list[dict[str, Any]] = self._call(f"/chat/sessions/{self.session_id}/history")["events"]
        return events

    @contextlib.contextmanager
    def socket(self) -> Iterator[Socket]:
        """Yield a new socket of this session."""
        with connect(self._session.address(), open_timeout=60, close_timeout=2, compression=None) as connection:
            yield Socket(connection)

    def _call(self, path: str, body: Any = None) -> dict[str, Any]:
        return call(self._rest_url + path, body, token=self._session.token)[0]


class Socket:
    """An open chat socket; frames that arrive are taken in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def send(self, action: str, **rest: Any) -> None:
        """Send a frame."""
        self._connection.send(json.dumps({"action": action, **rest}))

    def say(self, text: str, message_id: str = "") -> str:
        """Send a message; return its id."""
        message_id = message_id or str(uuid.uuid4())
        self.send("message", message_id=message_id, text=text)
        return message_id

    def until(self, is_last: Callable[[Frame], bool], *, within_s: float = REPLY_WITHIN_S) -> list[Frame]:
        """Take frames until one is the last. Raises ``CheckFailedError`` where it does not come in time."""
        seen: list[Frame] = []
        while True:
            try:
                text = self._connection.recv(timeout=within_s)
            except TimeoutError as error:
                raise CheckFailedError(f"the socket was silent for {within_s:.0f} s after {seen[-3:]}") from error
            try:
                frame: Frame = json.loads(text)
            except ValueError as error:
                raise CheckFailedError(f"no frame of ours: {text!r} after {seen[-3:]}") from error
            seen.append(frame)
            check(frame["type"] != "error", f"the socket told an error: {frame}")
            if is_last(frame):
                return seen

    def answer(self, *, within_s: float = REPLY_WITHIN_S) -> list[Frame]:
        """Take frames up to the reply. Raises ``CheckFailedError``."""
        return self.until(lambda frame: frame["type"] == "reply", within_s=within_s)

    def cut(self) -> None:
        """Lose the connection without a word, as a phone does in a tunnel."""
        self._connection.socket.close()
