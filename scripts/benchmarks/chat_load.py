"""Many open sockets on one server: what is lost, how long answers take, and how many it gives as fast as it can."""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.chat_network import SAID, Progress
from benchmarks.conversations import history, post, resident_mb

Talk = Callable[["Socket", ClientConnection, float], Coroutine[Any, Any, None]]
"""What a socket does, given the moment at which it began."""

OPENERS = 8
SETTLE_S = 120.0
"""Longest wait for the last answers: a slow machine is late, and loses nothing."""

TEXTS = tuple(text for text in SAID if "human" not in text)


@dataclass
class Socket:
    """One customer with an open socket, and the messages sent by it."""

    session: dict[str, Any]
    sent: dict[str, float] = field(default_factory=dict)
    """By message id, when."""
    places: dict[str, int] = field(default_factory=dict)
    """By message id, its place in the log."""
    latencies_ms: list[float] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    n_replies: int = 0
    n_refused: int = 0
    closed_early: bool = False

    async def say(self, connection: ClientConnection, text: str) -> None:
        message_id = str(uuid.uuid4())
        self.sent[message_id] = time.perf_counter()
        self.answered.clear()
        await connection.send(json.dumps({"action": "message", "message_id": message_id, "text": text}))

    async def listen(self, connection: ClientConnection) -> None:
        waiting: dict[int, float] = {}
        async for received in connection:
            frame = json.loads(received)
            if frame["type"] == "accepted":
                self.places[frame["message_id"]] = frame["seq"]
                waiting[frame["seq"]] = self.sent[frame["message_id"]]
            elif frame["type"] == "reply":
                now = time.perf_counter()
                self.n_replies += 1
                for seq in [seq for seq in waiting if seq < frame["seq"]]:
                    self.latencies_ms.append((now - waiting.pop(seq)) * 1000)
                if not waiting:
                    self.answered.set()
            elif frame["type"] == "error":
                self.n_refused += 1
                self.answered.set()


def load(
    port: int,
    pid: int,
    *,
    n_sockets: int,
    every_s: float,
    seconds: float,
    saturate_s: float,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """Open the sockets, have each send now and then, then some as fast as they can; count at the end."""
    with ThreadPoolExecutor(OPENERS) as pool:
        sockets = []
        for session in pool.map(lambda _: post(port, "/chat/sessions", {}), range(n_sockets)):
            sockets.append(Socket(session))
            progress("sessions opened", len(sockets), n_sockets)
    before_mb = resident_mb(pid)
    steady = asyncio.run(_Phase(sockets, port, pid, progress, seed).steady(every_s, seconds))
    fast = [Socket(post(port, "/chat/sessions", {})) for _ in range(min(32, n_sockets))]
    saturated = asyncio.run(_Phase(fast, port, pid, progress, seed).as_fast_as_it_can(saturate_s))
    violations = [*lost(port, sockets, progress), *lost(port, fast, progress)]
    latencies = [latency for socket in sockets for latency in socket.latencies_ms]
    return {
        "sockets": n_sockets,
        "seconds": seconds,
        "messages": sum(len(socket.sent) for socket in sockets),
        "answers": sum(socket.n_replies for socket in sockets),
        "sockets_closed_early": sum(socket.closed_early for socket in sockets),
        "p50_ms": round(float(np.percentile(latencies, 50)), 1) if latencies else None,
        "p95_ms": round(float(np.percentile(latencies, 95)), 1) if latencies else None,
        "p99_ms": round(float(np.percentile(latencies, 99)), 1) if latencies else None,
        "rss_before_mb": before_mb,
        "rss_most_mb": max(steady, saturated),
        "saturation_sockets": len(fast),
        "turns_per_second_at_saturation": round(sum(socket.n_replies for socket in fast) / saturate_s, 1),
        "violations": violations,
    }


class _Phase:
    """Sockets that are open at the same time."""

    def __init__(self, sockets: list[Socket], port: int, pid: int, progress: Progress, seed: int) -> None:
        self._sockets = sockets
        self._port = port
        self._pid = pid
        self._progress = progress
        self._rng = random.Random(seed)  # noqa: S311
        self._most_mb = resident_mb(pid)

    async def steady(self, every_s: float, seconds: float) -> float:
        """Have every socket send at its own moment of each period; return the most memory seen, in MB."""

        async def talk(socket: Socket, connection: ClientConnection, begins: float) -> None:
            moments = np.arange(self._rng.uniform(0, every_s), seconds, every_s)
            for moment in moments:
                await asyncio.sleep(max(0.0, begins + float(moment) - time.perf_counter()))
                await socket.say(connection, self._rng.choice(TEXTS))

        return await self._run(talk, seconds, "seconds of load")

    async def as_fast_as_it_can(self, seconds: float) -> float:
        """Have every socket send again as soon as it is answered; return the most memory seen, in MB."""

        async def talk(socket: Socket, connection: ClientConnection, begins: float) -> None:
            while time.perf_counter() < begins + seconds:
                await socket.say(connection, self._rng.choice(TEXTS))
                await asyncio.wait_for(socket.answered.wait(), SETTLE_S)

        return await self._run(talk, seconds, "seconds at saturation")

    async def _run(self, talk: Talk, seconds: float, what: str) -> float:
        begins = time.perf_counter()
        watch = asyncio.create_task(self._watch(begins, seconds, what))
        opened = asyncio.Semaphore(OPENERS)
        await asyncio.gather(*(self._live(socket, talk, opened) for socket in self._sockets))
        watch.cancel()
        return self._most_mb

    async def _live(self, socket: Socket, talk: Talk, opened: asyncio.Semaphore) -> None:
        async with opened:
            connection = await connect(socket.session["ws_url"], max_size=None, open_timeout=60, compression=None)
        async with connection:
            listening = asyncio.create_task(socket.listen(connection))
            try:
                await talk(socket, connection, time.perf_counter())
                await asyncio.wait_for(socket.answered.wait(), SETTLE_S)
            except (ConnectionClosed, TimeoutError):
                # Whatever it was, the log will tell whether anything is lost.
                socket.closed_early = True
            listening.cancel()

    async def _watch(self, begins: float, seconds: float, what: str) -> None:
        for second in range(1, int(seconds) + 1):
            await asyncio.sleep(max(0.0, begins + second - time.perf_counter()))
            self._most_mb = max(self._most_mb, resident_mb(self._pid))
            self._progress(what, second, int(seconds))


def lost(port: int, sockets: list[Socket], progress: Progress) -> Iterator[str]:
    """Compare what was sent with the logs: each message once, and an answer at or after it."""
    for number, socket in enumerate(sockets, start=1):
        session = socket.session["session_id"]
        events = history(port, session, socket.session["token"])
        stored = [event["message_id"] for event in events if event["author"] == "customer"]
        places = [event["seq"] for event in events if event["author"] == "customer"]
        answered_to = max((event["detail"].get("answers_up_to", 0) for event in events), default=0)
        if sorted(stored) != sorted(socket.sent):
            yield f"session {session}: {len(socket.sent)} messages sent, {len(stored)} in the log"
        if places and answered_to < places[-1]:
            yield f"session {session}: the last message has no answer"
        if socket.n_refused:
            yield f"session {session}: {socket.n_refused} messages refused"
        progress("logs checked", number, len(sockets))
