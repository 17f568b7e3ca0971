"""The README's clients, as they stand there, against a server that runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.component.live import LiveFirstline
from tests.component.scripted_model import ScriptedModel

README = Path(__file__).resolve().parents[2] / "README.md"
SECTION = README.read_text(encoding="utf-8").partition("## Talk to it from a program\n")[2].partition("\n## ")[0]
CLIENTS = dict(zip(("rest", "socket"), re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL), strict=True))


def said_by(client: str, live: LiveFirstline) -> str:
    command = [sys.executable, "-W", "error", "-c", CLIENTS[client], live.url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.mark.parametrize("client", ["rest", "socket"])
def test_a_client_is_some_fifteen_lines(client: str) -> None:
    assert len([line for line in CLIENTS[client].splitlines() if line.strip()]) <= 18


def test_the_rest_client_prints_an_answer_with_its_source_and_a_ticket(live: LiveFirstline) -> None:
    said = said_by("rest", live)
    assert "forgotten password" in said
    assert "['Accounts'] None" in said
    ticket_id = said.split()[-1]
    assert live.container.tickets.get(ticket_id).reason.value == "explicit_request"


def test_the_socket_client_prints_the_answer_as_it_is_written_and_as_it_stands(live: LiveFirstline) -> None:
    said = said_by("socket", live)
    assert said.count("forgotten password") == 2
    assert said.rstrip().endswith("['Accounts']")


def test_the_socket_client_joins_a_reply_that_came_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "You can reset a forgotten password yourself. " * 900
    live = LiveFirstline(tmp_path, monkeypatch, model=ScriptedModel((f"{words}[1]",)))
    try:
        said = said_by("socket", live)
    finally:
        live.stop()
    assert said.count("forgotten password") == 2 * 900
