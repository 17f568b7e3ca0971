"""What tests of the chat do with a page, and with the conversation behind it."""

from __future__ import annotations

from playwright.sync_api import Page

from firstline.domain.conversation import Author, Event
from firstline.domain.identity import Principal, Role
from firstline.services.broadcast import Broadcast
from tests.component.live import LiveFirstline

ANA = Principal("ana", Role.AGENT, name="Ana")


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")


def stored_session(page: Page) -> dict[str, str]:
    """What the browser keeps of the session."""
    key = "Object.keys(localStorage).find((key) => key.endsWith('.session'))"
    session: dict[str, str] = page.evaluate(f"JSON.parse(localStorage.getItem({key}))")
    return session


def conversation_of(live: LiveFirstline, page: Page) -> str:
    return live.container.sessions.get(stored_session(page)["session_id"]).conversation_id


def broadcast_of(live: LiveFirstline) -> Broadcast:
    return live.container.broadcast


def said_by(live: LiveFirstline, author: Author, text: str, seq: int, **detail: object) -> Event:
    return Event(seq=seq, author=author, text=text, at=live.container.ports.clock.now(), detail=detail)
