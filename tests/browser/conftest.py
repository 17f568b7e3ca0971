"""Fixtures of browser tests: Chromium, and a page that may not fail silently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.component.live import LiveFirstline

CHROMIUM = "/usr/bin/chromium"

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFirstline]:
    server = LiveFirstline(tmp_path, monkeypatch)
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, live: LiveFirstline) -> Iterator[Page]:
    """The chat's own page with a conversation begun; errors of its scripts and calls to other hosts fail the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if live.url not in request.url else None)
    page.goto(f"{live.url}/chat")
    begin(page)
    yield page
    context.close()
    assert faults == []


def begin(page: Page) -> None:
    """Write a letter, with which a conversation begins, and take it back."""
    field = page.get_by_label("Your message")
    field.press_sequentially("x")
    expect(page.locator(".entry.bot[data-seq]")).to_have_count(1)
    field.fill("")
