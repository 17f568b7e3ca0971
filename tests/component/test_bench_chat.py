"""The bench of the chat protocol sees what is lost, doubled or unanswered, and runs on a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.chat_load import Socket, load, lost
from benchmarks.chat_network import disordered, wrong_in

from firstline.repositories import keys
from tests.component.live import LiveFirstline

ROOT = Path(__file__).resolve().parents[2]
SAID = ["How do I reset a forgotten password?", "thanks"]


def port_of(live: LiveFirstline) -> int:
    return int(live.url.rsplit(":", 1)[1])


def silent(what: str, done: int, total: int) -> None:
    assert done <= total, what


def log() -> list[dict[str, Any]]:
    said = iter(enumerate(("Hello", SAID[0], "On the sign-in page.", SAID[1], "You are welcome."), start=1))
    authors = ("bot", "customer", "bot", "customer", "bot")
    return [
        {"seq": seq, "text": text, "author": author, "detail": {"answers_up_to": seq - 1} if author == "bot" else {}}
        for author, (seq, text) in zip(authors, said, strict=True)
    ]


def test_nothing_is_wrong_in_a_log_with_one_answer_to_each_message() -> None:
    assert wrong_in(log(), SAID, "here") == []


@pytest.mark.parametrize("lost", range(1, 5))
def test_a_log_that_lacks_anything_or_has_it_twice_is_called_wrong(lost: int) -> None:
    without = [event for event in log() if event["seq"] != lost]
    assert wrong_in(without, SAID, "here")
    renumbered = [event | {"seq": seq} for seq, event in enumerate(without, start=1)]
    assert wrong_in(renumbered, SAID, "here") or lost == 1
    doubled = [*log()[: lost + 1], log()[lost], *log()[lost + 1 :]]
    assert wrong_in([event | {"seq": seq} for seq, event in enumerate(doubled, start=1)], SAID, "here")


def test_a_disordered_conversation_on_a_good_server_breaks_no_promise(live: LiveFirstline) -> None:
    result = disordered(port_of(live), n_conversations=1, seed=3, progress=silent)
    assert result["violations"] == []
    assert result["client_frames"] > 60


def test_a_load_counts_what_was_sent_and_answered_on_a_good_server(live: LiveFirstline) -> None:
    result = load(
        port_of(live), os.getpid(), n_sockets=4, every_s=0.5, seconds=1, saturate_s=0.5, seed=1, progress=silent
    )
    assert result["violations"] == []
    assert result["sockets_closed_early"] == 0
    assert 4 <= result["answers"] <= result["messages"]
    assert result["turns_per_second_at_saturation"] > 0
    assert result["rss_most_mb"] >= result["rss_before_mb"] > 10


def test_a_load_says_which_message_is_gone_from_the_log(live: LiveFirstline) -> None:
    session = live.open()
    client = live.dial(session.ws_url)
    client.say(SAID[0], "m1")
    client.until("reply")
    socket = Socket({"session_id": session.session_id, "token": session.token}, sent={"m1": 0.0})
    assert list(lost(port_of(live), [socket], silent)) == []
    live.container.ports.table.delete(keys.conversation(session.thread_id), keys.event(2))
    (said,) = lost(port_of(live), [socket], silent)
    assert "1 messages sent, 0 in the log" in said


def test_help_tells_the_parts() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "bench"), "chat", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for word in ("network", "kills", "takeovers", "buckets", "load", "--only", "--sockets", "--json"):
        assert word in shown
