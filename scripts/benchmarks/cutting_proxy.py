"""A TCP proxy that counts the WebSocket frames of both directions and cuts connections after chosen ones."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack

_CHUNK = 65_536


class CuttingProxy:
    """Listens on a port of 127.0.0.1 of its own; what is no WebSocket passes uncounted.

    Parameters
    ----------
    port : int
        Where the server listens.
    cut_after : callable
        Told the number of each frame that was passed on, from 1, over all connections; True cuts its connection.
    """

    def __init__(self, port: int, cut_after: Callable[[int], bool]) -> None:
        self._target = ("127.0.0.1", port)
        self._cut_after = cut_after
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._listening = self._open.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._closing = False
        self.n_frames = 0
        self.n_cuts = 0
        self._start(self._accept)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        """Cut everything and stop."""
        with self._lock:
            self._closing = True
            sockets = [self._listening, *self._sockets]
        for one in sockets:
            _cut(one)
        for thread in self._threads:
            thread.join(5)
        self._open.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.enter_context(one)
            with self._lock:
                self._sockets += [client, server]
            self._start(self._pass_on, client, server)
            self._start(self._pass_on, server, client)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        frames = _FrameReader()
        try:
            while received := source.recv(_CHUNK):
                for piece, ends_frame in frames.split(received):
                    target.sendall(piece)
                    if ends_frame and self._counts_and_cuts():
                        return
        except OSError:
            return
        finally:
            _cut(source)
            _cut(target)

    def _counts_and_cuts(self) -> bool:
        with self._lock:
            self.n_frames += 1
            cuts = not self._closing and self._cut_after(self.n_frames)
            self.n_cuts += cuts
        return cuts


class _FrameReader:
    """Finds where frames end in one direction of a connection, by their headers (RFC 6455, section 5.2)."""

    def __init__(self) -> None:
        self._head: bytes | None = b""
        self._is_socket = False
        self._header = b""
        self._left = 0

    def split(self, received: bytes) -> list[tuple[bytes, bool]]:
        """Return the bytes in pieces, and of each whether a frame ends with it."""
        pieces: list[tuple[bytes, bool]] = []
        if self._head is not None:
            self._head += received
            before, blank, rest = self._head.partition(b"\r\n\r\n")
            pieces.append((received[: len(received) - len(rest)], False))
            if not blank:
                return pieces
            self._is_socket = b"upgrade: websocket" in before.lower()
            self._head, received = None, rest
        if not self._is_socket:
            return [*pieces, (received, False)]
        while received:
            taken, received = self._take(received)
            pieces.append((taken, self._left == 0 and not self._header))
        return pieces

    def _take(self, received: bytes) -> tuple[bytes, bytes]:
        """Take bytes of the header or of the payload of the frame at hand."""
        if self._left == 0:
            self._header += received[:1]
            length = _payload_length(self._header)
            if length is not None:
                self._header, self._left = b"", length
            return received[:1], received[1:]
        taken = received[: self._left]
        self._left -= len(taken)
        return taken, received[len(taken) :]


def _payload_length(header: bytes) -> int | None:
    """Return how many bytes follow a header, None while it is not complete."""
    if len(header) < 2:
        return None
    extended = {126: 2, 127: 8}.get(header[1] & 0x7F, 0)
    mask = 4 if header[1] & 0x80 else 0
    if len(header) < 2 + extended + mask:
        return None
    return int.from_bytes(header[2 : 2 + extended], "big") if extended else header[1] & 0x7F


def _cut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
