"""REST and sockets on one port, by uvicorn."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp, Receive, Scope, Send

from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
from firstline.domain.frame_size import MAX_FRAME_BYTES
from firstline.local.gateway import SocketGateway

_GRACE_S = 3
_REQUESTS_AT_ONCE = 256
"""Threads of requests at work, each of which may wait 25 s for an answer; the library's 40 would hold up all others."""


class LaptopServer:
    """Serves an app and a socket gateway until it is told to stop.

    Parameters
    ----------
    app : ASGI app
        Gets everything but sockets.
    gateway : SocketGateway
    engine : LocalWorkflowEngine
        Closed on stop, while sockets are still open, so that answers that are nearly done arrive.
    listening : socket
        Bound; its port may have been chosen by the system.
    drain_s : float
        Seconds that running turns have to end.
    """

    def __init__(
        self,
        app: ASGIApp,
        gateway: SocketGateway,
        engine: LocalWorkflowEngine,
        listening: socket.socket,
        *,
        drain_s: float,
    ) -> None:
        self._app = app
        self._gateway = gateway
        self._engine = engine
        self._listening = listening
        self._drain_s = drain_s
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def address(self) -> str:
        """Where the server listens, such as ``http://127.0.0.1:8000``."""
        host, port = self._listening.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def serve(self, *, on_ready: Callable[[str], None] = lambda _: None) -> None:
        """Serve until ``stop`` is called; ``on_ready`` is told the address when requests are taken."""
        self._loop = asyncio.get_running_loop()
        current_default_thread_limiter().total_tokens = _REQUESTS_AT_ONCE
        logging.getLogger("uvicorn.error").addFilter(_without_words)
        server = _Server(
            uvicorn.Config(
                self._dispatch,
                interface="asgi3",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                # Whoever may say for whom it asks is a setting of the app's own, TRUSTED_PROXIES.
                proxy_headers=False,
                ws="websockets-sansio",
                ws_max_size=MAX_FRAME_BYTES,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[self._listening]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        if not serving.done():
            on_ready(self.address)
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await asyncio.to_thread(self._engine.close, self._drain_s)
        self._gateway.close_all()
        server.should_exit = True
        await serving
        self._gateway.shut_down()

    def stop(self) -> None:
        """Stop serving; from any thread, and more than once."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        target: ASGIApp = self._gateway if scope["type"] == "websocket" else self._app
        await target(scope, receive, send)


class _Server(uvicorn.Server):
    """Leaves signals to the process that serves."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


_OF_REFUSED_SOCKETS = "ASGI callable returned without completing handshake."


def _without_words(record: logging.LogRecord) -> bool:
    # uvicorn says this of every socket that is refused as it should be; the gateway's handler logs those itself.
    if record.msg == _OF_REFUSED_SOCKETS:
        return False
    # An error's own words may quote a message; its kind and place are enough to find it.
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
        record.msg, record.args = "%s in the app, at %s", (type(error).__name__, " > ".join(places))
        record.exc_info = None
    return True
