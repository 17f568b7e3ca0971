"""A client of the widget's protocol that loses nothing: it reconnects, resumes and resends."""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from firstline.domain.frame_size import MAX_FRAME_BYTES, Frame, PartJoiner, encoded, fits
from firstline.domain.frames import error as error_frame
from firstline.local.chat_session import ChatSession, ServerUnreachableError, SessionEndedError
from firstline.local.event_log import EventLog
from firstline.local.outgoing import GOING_AWAY
from firstline.local.screen import Screen
from firstline.local.streamed_answers import StreamedAnswers

_LONGEST_PAUSE_S = 8.0
_BUSY_PAUSE_S = 1.0
_PONG_WITHIN_S = 10.0


class ChatClient:
    """One conversation. ``start`` opens it; messages said while the connection is down go out when it is back.

    A socket that the server closes because of its age is replaced at once, and nobody notices. One that was closed for
    newer ones of the same user stays closed until something is said.

    Parameters
    ----------
    url : str
        Address of the server, http or https.
    screen : Screen
    user_id : str
        Under whose name the session is opened; empty for a visitor.
    ping_every_s : float
        Seconds of silence after which the client asks whether the socket lives; below the 600 of API Gateway.
    """

    def __init__(
        self,
        url: str,
        screen: Screen,
        *,
        user_id: str = "",
        ping_every_s: float = 240.0,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._session = ChatSession(url, user_id=user_id)
        self._screen = screen
        self._ping_every_s = ping_every_s
        self._new_id = new_id
        self._jitter = jitter
        self._lock = threading.Lock()
        self._socket: ClientConnection | None = None
        self._unacknowledged: dict[str, Frame] = {}
        self._log = EventLog()
        self._streamed = StreamedAnswers()
        self._resuming = False
        self._accepted: dict[str, int] = {}
        self._unanswered: set[str] = set()
        self._refused: set[str] = set()
        self._changed = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._ended = False
        self._replaced = False
        self._tries = 0
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chat-client", daemon=True)

    def start(self) -> None:
        """Open a session and a connection. Raises ``ServerUnreachableError``."""
        self._session.open()
        self._thread.start()

    def say(self, text: str) -> str:
        """Send a message, now or as soon as there is a connection; return its id.

        One that no frame can hold is refused at once: an ``error`` frame on the screen says so.
        """
        return self._ask(lambda message_id: {"action": "message", "message_id": message_id, "text": text})

    def request_human(self) -> str:
        """Ask for a person, now or as soon as there is a connection; return the message's id."""
        return self._ask(lambda message_id: {"action": "request_human", "message_id": message_id})

    def post(self, frame: Frame) -> None:
        """Send a frame that may get lost, such as one that says that somebody is typing."""
        with self._lock:
            socket = self._socket
        if socket is not None:
            self._send(socket, frame)

    def _ask(self, made: Callable[[str], Frame]) -> str:
        message_id = self._new_id()
        frame = made(message_id)
        sendable = fits(frame)
        with self._lock:
            self._unanswered.add(message_id)
            if sendable:
                self._unacknowledged[message_id] = frame
        if not sendable:
            self._refuse_too_long(message_id)
            return message_id
        self._wanted.set()
        self.post(frame)
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
        self._wanted.set()
        with self._lock:
            socket = self._socket
        if socket is not None:
            socket.close()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stopping.is_set():
            code = None
            # Only what the server says counts as a connection that works: it may close each as soon as it is open.
            self._tries += 1
            try:
                with connect(self._session.address(), open_timeout=10, max_size=None, compression=None) as socket:
                    code = self._talk(socket)
            except SessionEndedError:
                self._end()
                return
            except (ServerUnreachableError, OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                # Shown as a lost connection below, and tried again.
                pass
            with self._lock:
                self._socket = None
            if code == CloseCode.MESSAGE_TOO_BIG:
                self._drop_longest()
            if self._stopping.is_set() or (code == GOING_AWAY and not self._tries):
                continue
            if self._replaced:
                self._wait_until_wanted()
                continue
            self._streamed.forget_shown()
            self._screen.connection("lost")
            longest = min(_LONGEST_PAUSE_S, 0.25 * 2 ** min(self._tries, 10))
            self._stopping.wait(longest * (0.5 + self._jitter() / 2))

    def _wait_until_wanted(self) -> None:
        self._replaced = False
        self._screen.connection("replaced")
        self._wanted.wait()

    def _talk(self, socket: ClientConnection) -> int | None:
        """Talk until the socket is closed; return the code that the server closed it with."""
        self._wanted.clear()
        with self._lock:
            self._socket = socket
            waiting = list(self._unacknowledged.values())
        self._screen.connection("connected")
        self._streamed.reconnected()
        self._resume(socket)
        for frame in waiting:
            self._send(socket, frame)
        joiner = PartJoiner()
        try:
            while True:
                heard = joiner.take(self._received(socket))
                if heard is not None and not self._heard(socket, heard):
                    return None
        except TimeoutError:
            # Asked, and no answer: the network is gone without a word.
            return None
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def _received(self, socket: ClientConnection) -> Frame:
        try:
            received = socket.recv(timeout=self._ping_every_s)
        except TimeoutError:
            self._send(socket, {"action": "ping"})
            received = socket.recv(timeout=_PONG_WITHIN_S)
        frame: Frame = json.loads(received)
        return frame

    def _heard(self, socket: ClientConnection, frame: Frame) -> bool:
        """Take a frame; return whether the socket is still good."""
        if frame.get("code") == "unknown_connection":
            return False
        self._tries = 0
        for news in self._take(frame):
            self._screen.frame(news)
        self._tell_waiting()
        if frame.get("type") == "resumed":
            self._resuming = False
        if frame.get("type") == "closing":
            self._replaced = frame["reason"] == "too_many_connections"
        if frame.get("type") == "error" and frame["retryable"]:
            self._again_later(socket, frame.get("message_id", ""))
        elif not self._resuming and (self._log.has_gap or frame.get("more")):
            self._resume(socket)
        return True

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
                return self._news(self._log.settle(frame["last_seq"])) + self._streamed.take(frame)
            if kind in {"event", "reply"} and frame["turn_id"]:
                self._streamed.settle(frame["turn_id"])
            if kind == "reply":
                return self._news(self._log.add(frame["seq"], frame))
            if kind in {"agent", "event"}:
                return self._streamed.take(frame) + self._news(self._log.add(frame["seq"], frame))
            return self._streamed.take(frame) if kind in {"delta", "superseded", "connected"} else [frame]

    def _news(self, shown: list[Frame]) -> list[Frame]:
        for frame in shown:
            if frame["type"] == "reply" or frame.get("author") in {"bot", "agent"}:
                # A reply commits only after every message accepted before it, so it answers them all.
                self._unanswered -= {known for known, seq in self._accepted.items() if seq < frame["seq"]}
        return shown

    def _again_later(self, socket: ClientConnection, message_id: str) -> None:
        self._stopping.wait(_BUSY_PAUSE_S)
        if not message_id and self._resuming:
            self._resume(socket)
        with self._lock:
            unacknowledged = self._unacknowledged.get(message_id)
        if unacknowledged is not None:
            self._send(socket, unacknowledged)

    def _drop_longest(self) -> None:
        """Give up what the server has closed the socket for, so that it is not sent and closed again for ever."""
        with self._lock:
            waiting = max(self._unacknowledged.items(), key=lambda item: len(str(item[1])), default=None)
        if waiting is not None:
            self._refuse_too_long(waiting[0])

    def _refuse_too_long(self, message_id: str) -> None:
        text = f"The message was not sent: it is longer than a frame of {MAX_FRAME_BYTES // 1024} KB can hold."
        refusal = error_frame("frame_too_large", text, retryable=False, message_id=message_id)
        for news in self._take(refusal):
            self._screen.frame(news)
        self._tell_waiting()

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
            socket.send(encoded(frame)[0])
        except ConnectionClosed:
            # The reading side notices as well, and what is unacknowledged goes out again.
            return
