"""A client of the widget's protocol that loses nothing: it reconnects, resumes and resends."""

from __future__ import annotations

import json
import random
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from firstline.domain.errors import FirstlineError
from firstline.local.event_log import EventLog, Frame

_HTTP_TIMEOUT_S = 30.0
_LONGEST_PAUSE_S = 8.0
_BUSY_PAUSE_S = 1.0


class SessionEndedError(FirstlineError):
    """The server knows the session no longer; only a new one helps."""


class ServerUnreachableError(FirstlineError):
    """The server did not answer, or not in a way that a client can use."""


class Screen(Protocol):
    """Where the client shows what happens; called from the client's own thread."""

    def frame(self, frame: dict[str, Any]) -> None:
        """Show a frame; replayed and repeated ones have been dropped."""
        ...

    def connection(self, state: str) -> None:
        """Show that the connection is ``connected``, ``lost`` or ``ended``."""
        ...


@dataclass(frozen=True)
class _Session:
    session_id: str
    token: str


class ChatClient:
    """One conversation. ``start`` opens it; messages said while the connection is down go out when it is back.

    Parameters
    ----------
    url : str
        Address of the server, http or https.
    screen : Screen
    user_id : str
        Under whose name the session is opened; empty for a visitor.
    """

    def __init__(
        self,
        url: str,
        screen: Screen,
        *,
        user_id: str = "",
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ServerUnreachableError(f"{url} is not an http or https address")
        self._url = url.rstrip("/")
        self._screen = screen
        self._user_id = user_id
        self._new_id = new_id
        self._jitter = jitter
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._socket: ClientConnection | None = None
        self._unacknowledged: dict[str, str] = {}
        self._log = EventLog()
        self._resuming = False
        self._accepted: dict[str, int] = {}
        self._unanswered: set[str] = set()
        self._refused: set[str] = set()
        self._changed = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="chat-client", daemon=True)

    def start(self) -> None:
        """Open a session and a connection. Raises ``ServerUnreachableError``."""
        opened = self._post("/chat/sessions", {"user_id": self._user_id} if self._user_id else {})
        self._session = _Session(opened["session_id"], opened["token"])
        self._first_address: str | None = opened["ws_url"]
        self._thread.start()

    def say(self, text: str) -> str:
        """Send a message, now or as soon as there is a connection; return its id."""
        message_id = self._new_id()
        with self._lock:
            self._unacknowledged[message_id] = text
            self._unanswered.add(message_id)
            socket = self._socket
        if socket is not None:
            self._send(socket, {"action": "message", "message_id": message_id, "text": text})
        return message_id

    def wait_answered(self, timeout_s: float | None = None) -> bool:
        """Wait until every message said is answered or refused; return whether it came to that in time."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unanswered or self._ended, timeout_s)
            return not self._unanswered

    def was_refused(self, message_id: str) -> bool:
        """Tell whether the server took the message for wrong."""
        with self._lock:
            return message_id in self._refused

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait for the conversation's first event; return whether it came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._log.last_seq > 0 or self._ended, timeout_s)

    def stop(self) -> None:
        """Close the connection."""
        self._stopping.set()
        with self._lock:
            socket = self._socket
        if socket is not None:
            socket.close()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        tries = 0
        while not self._stopping.is_set():
            try:
                with connect(self._address(), open_timeout=10, max_size=None, compression=None) as socket:
                    tries = 0
                    self._talk(socket)
            except SessionEndedError:
                self._end()
                return
            except (ServerUnreachableError, OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                tries += 1
            with self._lock:
                self._socket = None
            if not self._stopping.is_set():
                self._screen.connection("lost")
                longest = min(_LONGEST_PAUSE_S, 0.25 * 2 ** min(tries, 10))
                self._stopping.wait(longest * (0.5 + self._jitter() / 2))

    def _talk(self, socket: ClientConnection) -> None:
        with self._lock:
            self._socket = socket
            waiting = dict(self._unacknowledged)
        self._screen.connection("connected")
        self._resume(socket)
        for message_id, text in waiting.items():
            self._send(socket, {"action": "message", "message_id": message_id, "text": text})
        for received in socket:
            frame: dict[str, Any] = json.loads(received)
            if frame.get("code") == "unknown_connection":
                return
            for news in self._take(frame):
                self._screen.frame(news)
            self._tell_waiting()
            if frame.get("type") == "resumed":
                self._resuming = False
            if frame.get("type") == "error" and frame["retryable"]:
                self._again_later(socket, frame.get("message_id", ""))
            elif not self._resuming and (self._log.has_gap or frame.get("more")):
                self._resume(socket)

    def _resume(self, socket: ClientConnection) -> None:
        self._resuming = True
        self._send(socket, {"action": "resume", "after_seq": self._log.last_seq})

    def _take(self, frame: Frame) -> list[Frame]:
        """Note what the frame settles; return what is to be shown now."""
        kind, message_id = frame.get("type"), frame.get("message_id", "")
        with self._lock:
            refused = kind == "error" and not frame["retryable"]
            if kind in {"accepted", "event"} or refused:
                self._unacknowledged.pop(message_id, None)
            if refused and message_id in self._unanswered:
                self._unanswered.discard(message_id)
                self._refused.add(message_id)
            if kind in {"accepted", "event"} and message_id:
                self._accepted[message_id] = frame["seq"]
            if kind == "accepted":
                return [frame, *self._news(self._log.add(frame["seq"], None))]
            if kind == "resumed":
                return self._news(self._log.settle(frame["last_seq"]))
            if kind in {"event", "reply"}:
                return self._news(self._log.add(frame["seq"], frame))
            return [frame]

    def _news(self, shown: list[Frame]) -> list[Frame]:
        for frame in shown:
            if frame["type"] == "reply" or frame["author"] != "customer":
                # A reply commits only after every message accepted before it, so it answers them all.
                self._unanswered -= {known for known, seq in self._accepted.items() if seq < frame["seq"]}
        return shown

    def _again_later(self, socket: ClientConnection, message_id: str) -> None:
        self._stopping.wait(_BUSY_PAUSE_S)
        if not message_id and self._resuming:
            self._resume(socket)
        with self._lock:
            text = self._unacknowledged.get(message_id)
        if text is not None:
            self._send(socket, {"action": "message", "message_id": message_id, "text": text})

    def _tell_waiting(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._screen.connection("ended")

    def _send(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        try:
            socket.send(json.dumps(frame))
        except ConnectionClosed:
            # The reading side notices as well, and what is unacknowledged goes out again.
            return

    def _address(self) -> str:
        first, self._first_address = self._first_address, None
        if first is not None:
            return first
        assert self._session is not None  # noqa: S101
        answer = self._post(f"/chat/sessions/{self._session.session_id}/socket", {}, token=self._session.token)
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
