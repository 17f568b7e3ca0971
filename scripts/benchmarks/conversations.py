"""Asks a freshly started scripts/run through its WebSocket, then the same with a kill -9 in the middle."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
START_S = 600.0
ANSWER_S = 60.0
CLIENTS = 4
UNLIMITED = dict.fromkeys(
    (
        "MAX_REQUESTS_PER_MINUTE",
        "MAX_REQUESTS_PER_MINUTE_PER_CUSTOMER",
        "MAX_MESSAGES_PER_MINUTE",
        "MAX_SESSIONS_PER_MINUTE",
    ),
    "0",
)
"""All questions come from one address."""


@dataclass
class Question:
    """A question of the set, and the documents that answer it."""

    text: str
    gold: set[str]


@dataclass
class Asked:
    """A message that was sent, and what came of it."""

    question: Question
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    session: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    """0 until it was accepted."""
    reply: dict[str, Any] | None = None
    latency_ms: float = 0.0


def questions(data: Path, *, answerable: int, unanswerable: int, seed: int) -> tuple[list[Question], list[Question]]:
    """Draw questions from a folder of ``queries.jsonl`` and ``qrels.tsv``."""
    gold: dict[str, set[str]] = {}
    with (data / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t")
        next(rows)
        for query_id, document, score in rows:
            if float(score) > 0:
                gold.setdefault(query_id, set()).add(document)
    rows_read = [json.loads(line) for line in (data / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [Question(row["text"].strip()[:4000], gold.get(row["_id"], set())) for row in rows_read]
    random.Random(seed).shuffle(asked)  # noqa: S311
    return [q for q in asked if q.gold][:answerable], [q for q in asked if not q.gold][:unanswerable]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(knowledge: Path, data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start scripts/run and wait until it answers."""
    command = [sys.executable, str(ROOT / "scripts" / "run"), "--port", str(port), "--no-watch"]
    with (data.parent / "server.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--data", str(data), "--knowledge", str(knowledge)],
            stdout=log,
            stderr=log,
            env={**os.environ, **UNLIMITED},
        )
        try:
            wait_until_healthy(process, port)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_until_healthy(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"scripts/run ended with {process.returncode}; see server.log")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/readiness", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError("scripts/run did not get ready")


def post(port: int, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=json.dumps(body).encode(), headers=headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        document: dict[str, Any] = json.load(answer)
        return document


def ask(port: int, asked: Asked) -> None:
    """Open a session, send the message and take frames until its reply is there."""
    if not asked.session:
        asked.session = post(port, "/chat/sessions", {})
        url = asked.session["ws_url"]
    else:
        path = f"/chat/sessions/{asked.session['session_id']}/socket"
        url = post(port, path, {}, asked.session["token"])["ws_url"]
    with connect(url, max_size=None, close_timeout=1) as client:
        started = time.perf_counter()
        client.send(json.dumps({"action": "message", "message_id": asked.message_id, "text": asked.question.text}))
        receive(client, asked)
        asked.latency_ms = (time.perf_counter() - started) * 1000


def receive(client: ClientConnection, asked: Asked) -> None:
    deadline = time.monotonic() + ANSWER_S
    resumed = False
    while asked.reply is None:
        frame = json.loads(client.recv(timeout=max(0.1, deadline - time.monotonic())))
        if frame["type"] == "accepted" and frame["message_id"] == asked.message_id:
            asked.seq = frame["seq"]
            if not resumed:
                # The reply may have been sent while this client was away.
                client.send(json.dumps({"action": "resume", "after_seq": asked.seq}))
                resumed = True
        elif frame["type"] == "reply":
            asked.reply = frame
        elif frame["type"] == "event" and frame["author"] == "bot" and frame["seq"] > asked.seq > 0:
            asked.reply = {**frame, **frame["detail"]}
        elif frame["type"] == "error":
            raise RuntimeError(f"refused: {frame}")


def asked_in_order(port: int, asked: list[Asked], progress: Callable[[str, int, int], None], what: str) -> None:
    for done, one in enumerate(asked, start=1):
        ask(port, one)
        progress(what, done, len(asked))


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise ValueError("no VmRSS")


def measure(
    data: Path,
    work: Path,
    *,
    n_answerable: int,
    n_unanswerable: int,
    seed: int,
    progress: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """Ask, then kill in the middle and ask again; return the figures."""
    answerable, unanswerable = questions(data, answerable=n_answerable, unanswerable=n_unanswerable, seed=seed)
    port, store = free_port(), work / "data"
    started = time.perf_counter()
    with server(data, store, port) as process:
        ready_s = time.perf_counter() - started
        known, unknown = [Asked(q) for q in answerable], [Asked(q) for q in unanswerable]
        asked_in_order(port, known, progress, "answerable")
        asked_in_order(port, unknown, progress, "unanswerable")
        rss = resident_mb(process.pid)
    latencies = np.array([one.latency_ms for one in known])
    cited = [[c["source"] for c in (one.reply or {})["citations"]] for one in known]
    return {
        "questions": len(known),
        "ready_s": round(ready_s, 1),
        "answered_with_citation": sum(bool(sources) for sources in cited),
        "gold_in_first_three_citations": sum(
            bool(one.question.gold & set(sources[:3])) for one, sources in zip(known, cited, strict=True)
        ),
        "p50_ms": round(float(np.percentile(latencies, 50)), 1),
        "p95_ms": round(float(np.percentile(latencies, 95)), 1),
        "rss_mb": rss,
        "unanswerable": len(unknown),
        "declined": sum(not (one.reply or {})["citations"] for one in unknown),
        "kill": kill_in_the_middle(data, work, answerable, progress),
    }


def kill_in_the_middle(
    data: Path, work: Path, asked_questions: list[Question], progress: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """Ask from several clients, kill -9 half-way, start again, and have every message finished as clients would."""
    port, store = free_port(), work / "data"
    asked = [Asked(question) for question in asked_questions]
    with server(data, store, port) as process:
        half = threading.Event()
        count = iter(range(1, len(asked) + 1))

        def attempt(one: Asked) -> None:
            if half.is_set():
                return
            try:
                ask(port, one)
            except (WebSocketException, HTTPException, urllib.error.URLError, ConnectionError, TimeoutError):
                return
            if next(count) == len(asked) // 2:
                half.set()
                process.kill()

        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(attempt, asked))
        process.wait()
    sent = [one for one in asked if one.session]
    accepted = [one for one in sent if one.seq]
    open_ones = [one for one in sent if one.reply is None]
    cut = sum(bool(one.seq) for one in open_ones)
    started = time.perf_counter()
    with server(data, store, port):
        restart_s = time.perf_counter() - started
        asked_in_order(port, open_ones, progress, "after the kill")
        lost = doubled = 0
        for one in sent:
            events = history(port, one.session["session_id"], one.session["token"])
            questions_stored = [e for e in events if e["message_id"] == one.message_id]
            replies = [e for e in events if e["author"] == "bot" and e["detail"].get("answers_up_to") == one.seq]
            lost += not questions_stored or not replies
            doubled += len(questions_stored) > 1 or len(replies) > 1
    return {
        "sent": len(sent),
        "accepted_before": len(accepted),
        "accepted_but_unanswered_at_the_kill": cut,
        "restart_s": round(restart_s, 1),
        "lost": lost,
        "doubled": doubled,
    }


def history(port: int, session_id: str, token: str) -> list[dict[str, Any]]:
    """Return all that was said in a session, in order."""
    events: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/chat/sessions/{session_id}/history?after_seq={after}",
            headers={"authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            document: dict[str, Any] = json.load(answer)
        events += document["events"]
        after = document["next_after_seq"]
    return events


def table(result: dict[str, Any]) -> str:
    """Return the figures line by line."""
    figures = {**result, **{f"kill -9: {name}": value for name, value in result["kill"].items()}}
    del figures["kill"]
    return "\n".join(f"{name.replace('_', ' '):<44}{value:>10}" for name, value in figures.items())
