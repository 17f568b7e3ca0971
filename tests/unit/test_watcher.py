"""The watcher of the knowledge folder, when the folder itself comes and goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from watchfiles import Change

from firstline.local.watcher import KnowledgeWatcher
from firstline.services.knowledge_events import changed_keys


class Followed:
    """What the watcher has asked for."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.n_syncs = 0
        self.fails = threading.Event()

    def ingest(self, event: dict[str, Any]) -> None:
        if self.fails.is_set():
            self.fails.clear()
            raise ZeroDivisionError
        self.keys += [record["s3"]["object"]["key"] for record in event["Records"]]

    def sync(self) -> None:
        self.n_syncs += 1


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def followed() -> Followed:
    return Followed()


@pytest.fixture
def watch(followed: Followed) -> Iterator[Callable[[Path], None]]:
    started: list[KnowledgeWatcher] = []

    def begin(folder: Path) -> None:
        watcher = KnowledgeWatcher(folder, ingest=followed.ingest, sync=followed.sync, debounce_ms=50, look_ms=50)
        watcher.start()
        started.append(watcher)

    yield begin
    for watcher in started:
        watcher.stop()


def is_followed(folder: Path, followed: Followed, name: str) -> bool:
    """Tell whether changes of a file arrive; the watch may need a moment to be set up."""

    def change_again() -> bool:
        (folder / name).write_text(str(time.monotonic_ns()), encoding="utf-8")
        time.sleep(0.1)
        return name in followed.keys

    return eventually(change_again)


def test_a_folder_that_is_replaced_is_compared_and_followed_again(
    tmp_path: Path, followed: Followed, watch: Callable[[Path], None]
) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    watch(folder)
    assert is_followed(folder, followed, "first.md")
    assert followed.n_syncs == 0
    folder.rename(tmp_path / "old")
    folder.mkdir()
    assert eventually(lambda: followed.n_syncs == 1)
    assert is_followed(folder, followed, "second.md")
    (tmp_path / "old" / "first.md").unlink()
    assert followed.keys.count("second.md") >= 1


def test_a_link_that_is_turned_to_another_folder_is_followed(
    tmp_path: Path, followed: Followed, watch: Callable[[Path], None]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    link = tmp_path / "knowledge"
    link.symlink_to("a")
    watch(link)
    assert is_followed(tmp_path / "a", followed, "first.md")
    (tmp_path / "new").symlink_to("b")
    (tmp_path / "new").rename(link)
    assert eventually(lambda: followed.n_syncs == 1)
    assert is_followed(tmp_path / "b", followed, "second.md")


def test_a_folder_that_comes_later_is_compared_and_followed(
    tmp_path: Path, followed: Followed, watch: Callable[[Path], None]
) -> None:
    folder = tmp_path / "knowledge"
    watch(folder)
    folder.mkdir()
    assert eventually(lambda: followed.n_syncs == 1)
    assert is_followed(folder, followed, "first.md")


def test_a_change_that_cannot_be_read_in_ends_nothing(
    tmp_path: Path, followed: Followed, watch: Callable[[Path], None]
) -> None:
    watch(tmp_path)
    followed.fails.set()
    assert is_followed(tmp_path, followed, "first.md")
    assert not followed.fails.is_set()


def test_of_changes_at_once_files_that_are_there_come_first_whatever_bytes_their_names_hold(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    watcher = KnowledgeWatcher(tmp_path, ingest=events.append, sync=events.clear)
    names = ["a-old.md", "b-new.md", "caf\udce9.md"]
    for name in names[1:]:
        (tmp_path / name).write_text("text", encoding="utf-8")
    kinds = [Change.deleted, Change.added, Change.added]
    watcher._follow(tmp_path, [(kind, str(tmp_path / name)) for kind, name in zip(kinds, names, strict=True)])
    assert [changed_keys(event) for event in events] == [["b-new.md", "caf\udce9.md", "a-old.md"]]
