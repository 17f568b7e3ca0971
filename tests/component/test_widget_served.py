"""The widget's files as a page gets them: sums, how long they may be kept, compression where it is asked for."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rehearsal.checking import CheckFailedError
from rehearsal.widget_checks import widget_served

from firstline.web import widget_pages
from firstline.web.widget_files import WidgetFiles, widget_files, write_published
from tests.component.live import LiveFirstline


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveFirstline]:
    with pytest.MonkeyPatch.context() as patch:
        server = LiveFirstline(tmp_path_factory.mktemp("served"), patch)
        yield server
        server.stop()


def test_every_file_that_the_loader_names_is_served_with_its_sum(live: LiveFirstline) -> None:
    assert widget_served(live.url).startswith(f"{len(widget_files().files)} files")


def test_a_file_that_is_not_what_the_loader_says_is_found(live: LiveFirstline, monkeypatch: pytest.MonkeyPatch) -> None:
    real = widget_files()
    wrong = {**real.files, "menu.js": real.files["menu.js"] + b"\n"}
    monkeypatch.setattr(
        widget_pages, "widget_files", lambda: WidgetFiles(real.version, real.loader, wrong, real.languages)
    )
    with pytest.raises(CheckFailedError, match=r"menu\.js has another sum"):
        widget_served(live.url)


@pytest.mark.parametrize("path", ["/widget.js", "/", "/chat", "/static/pages/page.css"])
def test_files_are_compressed_for_who_takes_it_and_for_nobody_else(live: LiveFirstline, path: str) -> None:
    with httpx.Client(base_url=live.url, timeout=60) as http:
        plain = http.get(path, headers={"Accept-Encoding": "identity"})
        packed = http.get(path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content)


def test_answers_of_the_api_are_not_compressed(live: LiveFirstline) -> None:
    with httpx.Client(base_url=live.url, timeout=60) as http:
        document = http.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert len(document.content) > 10_000
    assert "content-encoding" not in document.headers


def test_what_is_written_for_the_bucket_is_what_is_served(live: LiveFirstline, tmp_path: Path) -> None:
    made = write_published(tmp_path)
    with httpx.Client(base_url=live.url, timeout=60) as http:
        for file in (path for path in tmp_path.rglob("*") if path.is_file()):
            assert http.get(f"/{file.relative_to(tmp_path).as_posix()}").content == file.read_bytes()
    assert len(gzip.compress(made.loader)) < len(made.loader)
