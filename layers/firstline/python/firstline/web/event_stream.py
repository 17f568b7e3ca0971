"""A conversation as server-sent events, for integrators without sockets; where one process holds the connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Protocol, runtime_checkable

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from firstline.container import Container
from firstline.domain import frames
from firstline.domain.conversation import Session
from firstline.domain.error_codes import told
from firstline.domain.errors import ConnectionGoneError, FirstlineError, InvalidInputError
from firstline.domain.frame_size import PartJoiner
from firstline.web.access import ContainerOfApp, OwnSession
from firstline.web.problems import problem

HEARTBEAT_S = 15.0
MAX_LIFE_S = 3600.0
"""After which a stream ends; the client comes back with ``Last-Event-ID``, and its token is checked again."""
MAX_STREAMS = 200
_MAX_WAITING = 1_000
_AT_ONCE = 100
_NOT_TOLD = ("event", "reply", "resumed")
"""Frames of what is told from the log instead, each once and in order."""

_NOT_HERE = (
    "Event streams are served by a Firstline that holds its connections itself. API Gateway gives an answer out when"
    " it is complete, so none is served here: use the WebSocket (POST /chat/sessions/{id}/socket), or ask"
    " GET /chat/sessions/{id}/history?after_seq=N."
)
_SCHEMA: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "The events, as they come"}
}


class FrameQueue:
    """Frames that wait for one stream; put in from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue()
        self._closed = False

    def send(self, frame: str) -> None:
        """Queue a frame and return at once. Raises ``ConnectionGoneError``, also where the client reads too slowly."""
        if self._waiting.qsize() >= _MAX_WAITING:
            self.close()
        if self._closed:
            raise ConnectionGoneError("the event stream is closing")
        self._put(frame)

    def close(self) -> None:
        """End the stream after the frames that are queued."""
        if not self._closed:
            self._closed = True
            self._put(None)

    async def take(self, timeout_s: float) -> str | None:
        """Return the next frame, None where the stream is to end. Raises ``TimeoutError``."""
        async with asyncio.timeout(timeout_s):
            return await self._waiting.get()

    def _put(self, frame: str | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._waiting.put_nowait, frame)
        except RuntimeError:
            # The loop is closed, so the process is ending and nobody reads any more.
            self._closed = True


@runtime_checkable
class HeldConnections(Protocol):
    """Connections that this process holds itself."""

    def register(self, connection_id: str, socket: FrameQueue) -> None:
        """Make a listener known under its connection id."""
        ...

    def unregister(self, connection_id: str) -> None:
        """Forget a listener; one already forgotten is no error."""
        ...


def create_event_stream_router(*, heartbeat_s: float = HEARTBEAT_S, max_streams: int = MAX_STREAMS) -> APIRouter:
    """Return the route. A stream holds no thread; ``max_streams`` bounds how many are open, in this process."""
    router = APIRouter(prefix="/chat/sessions", tags=["chat"])
    streaming: set[str] = set()

    @router.get("/{session_id}/events", response_class=StreamingResponse, responses=_SCHEMA)
    async def events(
        request: Request,
        container: ContainerOfApp,
        session: OwnSession,
        after_seq: Annotated[int, Query(ge=0, lt=10**12, description="Only what came after this place")] = 0,
        last_event_id: Annotated[str | None, Header(description="Place of the last event seen; wins")] = None,
    ) -> Response:
        """Follow a conversation: what was said since a place, then what is said, as server-sent events.

        `id` is the event's place in the conversation. Events are `event` (an entry of the log), and on the way to an
        answer `status`, `delta` and `superseded`, as on the socket. Send messages by POST.
        """
        connections = container.ports.connections
        if not isinstance(connections, HeldConnections):
            return problem(request, HTTPStatus.NOT_IMPLEMENTED, _NOT_HERE, code="no_event_streams_here")
        if len(streaming) >= max_streams:
            detail = "Too many event streams are open."
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "5"})
        connection_id = container.ports.ids.new()
        stream = _Stream(container, session, connection_id, _place(last_event_id, after_seq))
        connections.register(connection_id, stream.queue)
        streaming.add(connection_id)

        def gone() -> None:
            streaming.discard(connection_id)
            connections.unregister(connection_id)
            container.connect_socket.disconnect(connection_id)

        try:
            # Known to the store before the log is read, so that nothing falls between the two.
            await run_in_threadpool(_connect, container, session, connection_id)
        except FirstlineError:
            await run_in_threadpool(gone)
            raise
        return StreamingResponse(
            stream.run(heartbeat_s),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
            background=BackgroundTask(gone),
        )

    return router


class _Stream:
    def __init__(self, container: Container, session: Session, connection_id: str, after_seq: int) -> None:
        self._container = container
        self._conversation_id = session.conversation_id
        self._connection_id = connection_id
        self._last_seq = after_seq
        self._parts = PartJoiner()
        self.queue = FrameQueue(asyncio.get_running_loop())

    async def run(self, heartbeat_s: float) -> AsyncIterator[str]:
        ends_at = asyncio.get_running_loop().time() + MAX_LIFE_S
        yield "retry: 1000\n\n"
        try:
            async for entry in self._from_log():
                yield entry
            # Brings the draft of an answer that is being written, as to a socket that comes back.
            resume = self._container.client_actions.resume.resume
            await run_in_threadpool(resume, self._connection_id, self._conversation_id, self._last_seq)
            while asyncio.get_running_loop().time() < ends_at:
                try:
                    taken = await self.queue.take(heartbeat_s)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if taken is None:
                    return
                frame = self._parts.take(json.loads(taken))
                if frame is None:
                    continue
                if "seq" in frame:
                    async for entry in self._from_log():
                        yield entry
                if frame["type"] not in _NOT_TOLD:
                    yield _told(frame)
            yield _told(frames.closing("renew"))
        except FirstlineError as error:
            failure = told(error)
            yield _told(frames.error(failure.code, failure.message, retryable=failure.retryable))

    async def _from_log(self) -> AsyncIterator[str]:
        more = True
        while more:
            found = await run_in_threadpool(
                self._container.conversations.events, self._conversation_id, after_seq=self._last_seq, limit=_AT_ONCE
            )
            for event in found:
                self._last_seq = event.seq
                yield f"id: {event.seq}\n{_told(frames.event(event))}"
            more = len(found) == _AT_ONCE


def _connect(container: Container, session: Session, connection_id: str) -> None:
    token = container.open_session.socket_token(session)
    container.connect_socket.connect(connection_id, session.session_id, token)


def _told(frame: dict[str, Any]) -> str:
    return f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n"


def _place(last_event_id: str | None, after_seq: int) -> int:
    if not last_event_id:
        return after_seq
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 12):
        raise InvalidInputError("Last-Event-ID must be the id of an event of this stream")
    return int(last_event_id)
