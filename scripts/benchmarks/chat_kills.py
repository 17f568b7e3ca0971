"""kill -9 of a real server at random moments of a load, again and again, and what is in the log in the end."""

from __future__ import annotations

import random
import threading
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException

from benchmarks.chat_network import Progress, wrong_in
from benchmarks.conversations import Asked, Question, ask, free_port, history, server

TEXTS = (
    "How do I reset a forgotten password?",
    "How do I export timesheets as CSV?",
    "thanks",
    "Can I change my plan in the middle of a month?",
    "Let me talk to a human",
)
PAUSE_S = 0.2
GIVE_UP_S = 900.0
"""Longest that a customer tries; a slow machine takes long to start a server."""

LATEST_S = 1.5
"""Seconds after its start at which a server is killed at the latest."""

GONE = (WebSocketException, HTTPException, urllib.error.URLError, ConnectionError, TimeoutError)


class _Customer:
    """Says one thing after the other, each again until it is answered."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.said: list[Asked] = []
        self.n_tries = 0

    def talk(self, port: int, stop: threading.Event) -> None:
        session: dict[str, Any] = {}
        while not stop.is_set():
            asked = Asked(Question(self._rng.choice(TEXTS), set()), session=session)
            self.said.append(asked)
            self._say(port, asked)
            session = asked.session

    def _say(self, port: int, asked: Asked) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while True:
            self.n_tries += 1
            try:
                ask(port, asked)
            except GONE:
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_S)
            else:
                return


def kill_again_and_again(
    knowledge: Path, work: Path, *, n_kills: int, n_conversations: int, seed: int, progress: Progress
) -> dict[str, Any]:
    """Kill, start again, and have every customer go on; then count."""
    port, store = free_port(), work / "killed"
    rng = random.Random(seed)  # noqa: S311
    customers = [_Customer(random.Random(rng.random())) for _ in range(n_conversations)]  # noqa: S311
    stop = threading.Event()
    restarts = []
    with ThreadPoolExecutor(n_conversations) as threads:
        talks = [threads.submit(customer.talk, port, stop) for customer in customers]
        try:
            for number in range(1, n_kills + 1):
                started = time.perf_counter()
                with server(knowledge, store, port) as process:
                    restarts.append(time.perf_counter() - started)
                    time.sleep(rng.uniform(0.0, LATEST_S))
                    process.kill()
                    process.wait()
                progress("kill -9", number, n_kills)
            with server(knowledge, store, port):
                stop.set()
                for talk in talks:
                    talk.result()
                return {"kills": n_kills, "restart_s": _middle(restarts), **_counted(port, customers, progress)}
        finally:
            stop.set()


def _counted(port: int, customers: list[_Customer], progress: Progress) -> dict[str, Any]:
    violations: list[str] = []
    n_events = 0
    for number, customer in enumerate(customers, start=1):
        session = customer.said[0].session
        events = history(port, session["session_id"], session["token"])
        n_events += len(events)
        texts = [asked.question.text for asked in customer.said]
        violations += wrong_in(events, texts, f"conversation {number}")
        ids = [event["message_id"] for event in events if event["author"] == "customer"]
        if ids != [asked.message_id for asked in customer.said]:
            violations.append(f"conversation {number}: other message ids than were sent")
        progress("conversations checked", number, len(customers))
    n_said = sum(len(customer.said) for customer in customers)
    return {
        "conversations": len(customers),
        "messages": n_said,
        "sent_again": sum(customer.n_tries for customer in customers) - n_said,
        "events": n_events,
        "violations": violations,
    }


def _middle(seconds: list[float]) -> float:
    return round(sorted(seconds)[len(seconds) // 2], 2) if seconds else 0.0
