"""Fixtures of component tests: a running server, and events as AWS sends them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from firstline import bootstrap
from tests.component.live import LiveFirstline
from tests.component.world import World

EVENTS = Path(__file__).resolve().parent.parent / "events"

LoadEvent = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveFirstline]:
    """A server that a module's tests share; each opens sessions of its own."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        server = LiveFirstline(tmp_path_factory.mktemp("live"), monkeypatch)
        yield server
        server.stop()


@pytest.fixture
def own_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFirstline]:
    """A server of this test alone, to stop or to break."""
    server = LiveFirstline(tmp_path, monkeypatch)
    yield server
    server.stop()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Everything but the server, in the test's hands; what handlers get from bootstrap."""
    world = World(tmp_path)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    return world


@pytest.fixture
def load_event() -> LoadEvent:
    """Reads one of ``tests/events``."""

    def load(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
        return event

    return load


@pytest.fixture(scope="module")
def http(live: LiveFirstline) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=30) as client:
        yield client
