"""A bad network before a real server: connections cut after any frame, frames twice, late and out of order."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from websockets.sync.client import connect

from benchmarks.conversations import ANSWER_S, CLIENTS, history, post
from benchmarks.cutting_proxy import CuttingProxy
from firstline.local.chat_client import ChatClient

Progress = Callable[[str, int, int], None]
Events = list[dict[str, Any]]

SAID = (
    "How do I reset a forgotten password?",
    "How long is the link in the mail good for?",
    "thanks",
    "How do I export timesheets as CSV?",
    "Who can see my reports?",
    "And how do I delete my account?",
    "hello",
    "Can I change my plan in the middle of a month?",
    "I want to talk to a human",
    "goodbye",
)


class _Screen:
    """Keeps what the client shows of the log: everything but what the customer said."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, str]] = []

    def frame(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "reply" or (frame["type"] == "event" and frame["author"] != "customer"):
            self.shown.append((frame["seq"], frame["text"]))

    def connection(self, state: str) -> None:
        pass


def cut_after_every_frame(port: int, progress: Progress) -> dict[str, Any]:
    """Hold the conversation uncut, then once for each of its frames, cut after that one."""
    n_frames, _, violations = _converse(port, 0)
    n_cut = 0
    with ThreadPoolExecutor(CLIENTS) as pool:
        cut = pool.map(lambda number: _converse(port, number), range(1, n_frames + 1))
        for done, (_, n_cuts, found) in enumerate(cut, start=1):
            # Answers come in more pieces or fewer, so the last frames are not always there.
            n_cut += n_cuts
            violations += found
            progress("cut after a frame", done, n_frames)
    if n_cut < n_frames / 2:
        violations.append(f"only {n_cut} of {n_frames} conversations were cut")
    return {"frames_of_the_conversation": n_frames, "conversations_cut": n_cut, "violations": violations}


def _converse(port: int, cut_after: int) -> tuple[int, int, list[str]]:
    """Return how many frames and cuts there were, and what was wrong."""
    proxy, screen = CuttingProxy(port, lambda number: number == cut_after), _Screen()
    client = ChatClient(proxy.url, screen, jitter=lambda: 0.0)
    where = f"cut after frame {cut_after}" if cut_after else "uncut"
    try:
        client.start()
        for text in SAID:
            client.say(text)
            if not client.wait_answered(ANSWER_S):
                return proxy.n_frames, proxy.n_cuts, [f"{where}: no answer to {text!r} within {ANSWER_S:.0f} s"]
    finally:
        client.stop()
        proxy.close()
    # The client keeps to itself which session is its own; this bench wants to look behind its back.
    events = history(port, client._session.session_id, client._session.token)
    violations = wrong_in(events, list(SAID), where)
    if screen.shown != [(event["seq"], event["text"]) for event in events if event["author"] != "customer"]:
        violations.append(f"{where}: what the client showed is not what the log says")
    return proxy.n_frames, proxy.n_cuts, violations


def wrong_in(events: Events, said: list[str], where: str) -> list[str]:
    """Compare a log with what its customer said, one message after the answer to the other."""
    violations = []
    if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
        violations.append(f"{where}: the log has a gap or a place twice")
    asked = [event for event in events if event["author"] == "customer"]
    if [event["text"] for event in asked] != said:
        violations.append(f"{where}: {len(asked)} messages in the log, not the {len(said)} said, or in another order")
    answered = [event["detail"]["answers_up_to"] for event in events[1:] if event["author"] == "bot"]
    if answered != [event["seq"] for event in asked]:
        violations.append(f"{where}: not exactly one answer to each message")
    return violations


def disordered(port: int, *, n_conversations: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Send every message twice or more, with other frames around it and late copies of older ones."""
    violations: list[str] = []
    n_frames = 0
    rng = random.Random(seed)  # noqa: S311
    for number in range(1, n_conversations + 1):
        opened = post(port, "/chat/sessions", {})
        sent: list[dict[str, Any]] = []
        with connect(opened["ws_url"], max_size=None, close_timeout=1) as client:
            for place, text in enumerate(SAID):
                message = {"action": "message", "message_id": f"m{place}", "text": text}
                frames = [
                    {"action": "ping"},
                    {"action": "typing"},
                    {"action": "resume", "after_seq": rng.randrange(place + 1)},
                    *rng.sample(sent, k=min(len(sent), 2)),
                    message,
                    message,
                ]
                rng.shuffle(frames)
                for frame in frames:
                    client.send(json.dumps(frame))
                n_frames += len(frames)
                sent.append(message)
                wrong = _until_answered(client.recv, message["message_id"])
                if wrong:
                    violations.append(f"disordered conversation {number}: {wrong}")
                    break
        events = history(port, opened["session_id"], opened["token"])
        if len(sent) == len(SAID):
            violations += wrong_in(events, list(SAID), f"disordered conversation {number}")
        progress("disordered conversations", number, n_conversations)
    return {"conversations": n_conversations, "client_frames": n_frames, "violations": violations}


def _until_answered(receive: Callable[..., Any], message_id: Any) -> str:
    deadline, seq = time.monotonic() + ANSWER_S, 0
    while time.monotonic() < deadline:
        try:
            frame = json.loads(receive(timeout=max(0.1, deadline - time.monotonic())))
        except TimeoutError:
            break
        if frame["type"] == "error":
            return f"refused: {frame['code']}"
        if frame["type"] == "accepted" and frame["message_id"] == message_id:
            seq = frame["seq"]
        if seq and frame["type"] == "reply" and frame["seq"] > seq:
            return ""
    return f"no answer within {ANSWER_S:.0f} s"
