"""Fixtures of browser tests: Chromium, and a page that may not fail silently."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from environment import ROOT
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firstline.adapters.local.mailer import FolderMailer
from firstline.settings import Settings
from tests.component.live import LiveFirstline

CHROMIUM = "/usr/bin/chromium"

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveFirstline]:
    """One server for all tests that leave it as it is: each visitor has a conversation of their own."""
    with pytest.MonkeyPatch.context() as patch:
        server = LiveFirstline(tmp_path_factory.mktemp("shop"), patch)
        yield server
        server.stop()


@pytest.fixture
def live(shop: LiveFirstline) -> LiveFirstline:
    return shop


@pytest.fixture
def visitor(browser: Browser, shop: LiveFirstline) -> Iterator[Callable[..., Page]]:
    """Open the chat's own page as a new visitor: on a phone, unless told of another screen; its errors fail the test.

    Begins a conversation, unless told not to.
    """
    faults: list[str] = []
    contexts = []

    def visit(path: str = "/chat", *, begins: bool = True, language: str = "en-GB", **screen: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 390, "height": 844}, "locale": language, **screen})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(shop.url + path)
        if begins:
            begin(page)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="session")
def screenshot() -> Callable[[Page, str], bytes]:
    """Keep what a page looks like in ``.cache/screenshots``, as an artefact of the test run."""
    folder = ROOT / ".cache" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=folder / f"{name}.png")


@pytest.fixture
def mailing(shop: LiveFirstline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that mail goes to."""
    send = shop.container.outgoing_mail.send
    monkeypatch.setattr(send, "_mailer", FolderMailer(tmp_path / "mail"))
    monkeypatch.setattr(send, "_sender", "bot@help.example")
    monkeypatch.setattr(shop.container.visitors.mail_customer, "_can_mail", True)
    monkeypatch.setattr(Settings, "mail_sender", "bot@help.example")
    yield tmp_path / "mail"


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
    field = page.get_by_role("textbox")
    field.press_sequentially("x")
    expect(page.locator(".entry.bot[data-seq]")).to_have_count(1)
    field.fill("")
