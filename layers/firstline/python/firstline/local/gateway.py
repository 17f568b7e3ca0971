"""The socket gateway of a laptop: does for the WebSocket handler what API Gateway does for it on AWS."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from firstline.adapters.local.connections import LocalConnections
from firstline.adapters.local.lambda_context import LocalLambdaContext
from firstline.domain import frames
from firstline.domain.errors import ConnectionGoneError
from firstline.domain.ports import Clock, Ids
from firstline.local.gateway_events import SocketEvents
from firstline.local.outgoing import GOING_AWAY, NORMAL_CLOSURE, RESTARTING, Outgoing
from firstline.observability import logger

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

PATH = "/ws"
BINARY_REFUSED = 1003
ABNORMAL_CLOSURE = 1006
_FUNCTION_TIMEOUT_S = 29.0
_CLOSE_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class SocketLimits:
    """When API Gateway closes a socket with 1001, and so does this gateway."""

    idle_s: float = 600.0
    """Nothing was sent in either direction for so long."""
    life_s: float = 7200.0
    """The socket has been open for so long, whatever was sent."""


class SocketGateway:
    """ASGI endpoint of WebSockets. Frames of one socket are handled one after another; sockets side by side.

    Parameters
    ----------
    handler : callable
        ``lambda_handler`` of ``functions/websocket``.
    connections : LocalConnections
        Learns which sockets are open; not before ``$connect`` has been answered, as on AWS.
    workers : int
        Handler calls at a time, >= 1.
    limits : SocketLimits
        Those of API Gateway unless a test wants to see them reached.
    """

    def __init__(
        self,
        handler: Handler,
        connections: LocalConnections,
        *,
        clock: Clock,
        ids: Ids,
        workers: int,
        limits: SocketLimits | None = None,
    ) -> None:
        self._handler = handler
        self._connections = connections
        self._clock = clock
        self._ids = ids
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="socket")
        self._limits = limits or SocketLimits()
        self._open: set[Outgoing] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] != PATH:
            await _deny(scope, send, 404)
            return
        connection_id = self._ids.new()
        events = SocketEvents.of(scope, connection_id, now=self._clock.now(), new_id=self._ids.new)
        status = (await self._invoke(events.connect()))["statusCode"]
        if status != 200:
            await _deny(scope, send, status)
            return
        outgoing = Outgoing(asyncio.get_running_loop())
        code = ABNORMAL_CLOSURE
        # Known before the client is told, so that what is posted during the handshake waits in the queue.
        self._connections.register(connection_id, outgoing)
        try:
            await send({"type": "websocket.accept"})
            self._open.add(outgoing)
            code = await self._talk(events, outgoing, receive, send)
        except OSError:
            logger.info("socket lost before it was open", extra={"connection_id": connection_id})
        finally:
            self._connections.unregister(connection_id)
            self._open.discard(outgoing)
            outgoing.close()
        await self._invoke(events.disconnect(code))

    def close_all(self) -> None:
        """Tell every client that the server restarts, and close its socket. Called on the event loop."""
        for outgoing in list(self._open):
            try:
                outgoing.send_frame(frames.closing("restarting"))
            except ConnectionGoneError:
                continue
            outgoing.close(RESTARTING)
        # Event streams of the REST API are registered as sockets are, and would hold up the server's end.
        self._connections.close_all()

    def shut_down(self) -> None:
        """Take no more events; does not wait for those at work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _talk(self, events: SocketEvents, outgoing: Outgoing, receive: Receive, send: Send) -> int:
        receiving = asyncio.create_task(self._receive(events, outgoing, receive))
        sending = asyncio.create_task(_send(outgoing, send))
        overflow = asyncio.create_task(outgoing.overflowed.wait())
        expiry = asyncio.create_task(self._expire(outgoing))
        tasks = {receiving, sending, overflow, expiry}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        gone, code = receiving.result() if receiving.done() else (False, outgoing.close_code)
        # A frame that is being handled has its message in the log; its answer comes by resume.
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        lost = not sending.cancelled() and sending.exception() is not None
        if not gone and not lost:
            await _close(send, code)
        return code

    async def _expire(self, outgoing: Outgoing) -> None:
        """Wait until the socket is too old or idle for too long, and have it closed."""
        loop = asyncio.get_running_loop()
        end_of_life = loop.time() + self._limits.life_s
        while (left := min(end_of_life, outgoing.used_at + self._limits.idle_s) - loop.time()) > 0:
            await asyncio.sleep(left)
        outgoing.close(GOING_AWAY)

    async def _receive(self, events: SocketEvents, outgoing: Outgoing, receive: Receive) -> tuple[bool, int]:
        """Handle frames; return whether the client has closed, and the code to close or closed with."""
        while True:
            message = await receive()
            outgoing.touch()
            if message["type"] == "websocket.disconnect":
                return True, message.get("code") or NORMAL_CLOSURE
            text = message.get("text")
            if text is None:
                return False, BINARY_REFUSED
            answer = await self._invoke(events.message(text))
            if answer["statusCode"] >= 500:
                problem = frames.error("internal_error", "Something went wrong on our side.", retryable=True)
                try:
                    outgoing.send_frame(problem)
                except ConnectionGoneError:
                    return False, outgoing.close_code

    async def _invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        context = LocalLambdaContext(
            function_name="websocket",
            aws_request_id=event["requestContext"]["requestId"],
            deadline=time.monotonic() + _FUNCTION_TIMEOUT_S,
        )
        call = asyncio.get_running_loop().run_in_executor(self._pool, self._handler, event, context)
        await asyncio.wait({call})
        error = call.exception()
        if error is None:
            return call.result()
        # What a function raises never reaches a client of API Gateway, nor does it close the socket.
        route_key = event["requestContext"]["routeKey"]
        logger.error("websocket function failed", extra={"error": type(error).__name__, "route_key": route_key})
        return {"statusCode": 500}


async def _send(outgoing: Outgoing, send: Send) -> None:
    while taken := await outgoing.take():
        outgoing.touch()
        for frame in taken:
            await send({"type": "websocket.send", "text": frame})


async def _close(send: Send, code: int) -> None:
    try:
        # A client that reads nothing must not keep this task.
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await send({"type": "websocket.close", "code": code})
    except OSError:
        return


async def _deny(scope: Scope, send: Send, status: int) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.http.response.start", "status": status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})
