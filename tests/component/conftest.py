"""Fixtures of component tests: a running server, and events as AWS sends them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.component.live import LiveFirstline

EVENTS = Path(__file__).resolve().parent.parent / "events"

LoadEvent = Callable[[str], dict[str, Any]]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFirstline]:
    server = LiveFirstline(tmp_path, monkeypatch)
    yield server
    server.stop()


@pytest.fixture
def load_event() -> LoadEvent:
    """Reads one of ``tests/events``."""

    def load(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
        return event

    return load
