"""What tests of the chat do with a page, and with the conversation behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from firstline.domain.conversation import Author, Event
from firstline.domain.identity import Principal, Role
from firstline.domain.sites import SiteContent
from firstline.services.broadcast import Broadcast
from tests.component.live import LiveFirstline

ANA = Principal("ana", Role.AGENT, name="Ana")
FORM = {
    "name": "required",
    "email": "optional",
    "consent": "We keep what you write.",
    "privacy_url": "https://x.example",
}


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


def site(shop: LiveFirstline, site_id: str, **said: object) -> str:
    """Register a site; return the path of the chat's own page for it."""
    shop.container.sites.create(site_id, SiteContent.model_validate(said))
    return f"/chat?site={site_id}"


def nobody_is_there() -> dict[str, str]:
    """Business hours that do not hold now."""
    another_day = datetime.now(UTC) + timedelta(days=3)
    return {"times": f"{another_day:%a} 09:00-17:00"}
