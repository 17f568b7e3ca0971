"""How a conversation begins where something is in its way: an old proof, a lost file, an ended session."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conversing import ask, conversation_of, stored_session
from tests.browser.host_page import host_page
from tests.browser.test_widget import context as context
from tests.browser.test_widget import open_chat, script
from tests.component.live import QUESTION, LiveFirstline


def test_with_an_old_proof_of_identity_the_chat_goes_on_as_a_visitors_and_the_page_is_asked_for_another(
    context: BrowserContext, live: LiveFirstline
) -> None:
    page = context.new_page()
    opened: list[str] = []
    page.on("request", lambda request: opened.append(request.post_data or "") if _opens(request.url) else None)
    with host_page(script(live, 'data-identity-token="old.proof.x"')) as address:
        page.goto(address)
        page.wait_for_function("window.Firstline !== undefined")
        page.evaluate("() => { window.heard = []; Firstline.on('identity', (detail) => heard.push(detail.reason)); }")
        open_chat(page)
        ask(page, QUESTION)
        expect(page.locator(".sources")).to_be_visible()
        assert len(page.evaluate("heard")) == 1
    assert ["old.proof.x" in body for body in opened] == [True, False]


def _opens(url: str) -> bool:
    return url.endswith("/chat/sessions")


def test_a_conversation_that_ended_while_away_is_followed_by_one_that_is_answered(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    page = visitor()
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator(".connection")).to_contain_text("You are offline.")
    session = shop.container.sessions.get(stored_session(page)["session_id"])
    shop.container.identity.end_session.end(session)
    ask(page, "How do I export timesheets?")
    page.context.set_offline(False)
    expect(page.locator(".system")).to_have_text("The earlier conversation has ended. A new one begins here.")
    expect(page.locator(".customer .text")).to_have_text(["How do I export timesheets?"])
    expect(page.locator(".bot[data-seq]")).to_have_count(2)
    assert conversation_of(shop, page) != session.conversation_id


def test_what_fails_to_load_at_first_is_loaded_again(context: BrowserContext, live: LiveFirstline) -> None:
    page = context.new_page()
    failed: list[str] = []

    def once(route: Route) -> None:
        if route.request.url in failed:
            route.continue_()
        else:
            failed.append(route.request.url)
            route.abort()

    for pattern in ("**/firstline-chat.js", "**/conversation.js", "**/sites/*"):
        page.route(pattern, once)
    with host_page(script(live)) as address:
        page.goto(address)
        page.wait_for_function("window.Firstline !== undefined")
        page.evaluate("Firstline.open()")
        ask(page, QUESTION)
        expect(page.locator(".sources")).to_be_visible()
    assert len(failed) == 3


def test_a_page_for_no_known_site_says_so(context: BrowserContext, live: LiveFirstline) -> None:
    page = context.new_page()
    page.goto(f"{live.url}/chat?site=nosuch")
    expect(page.get_by_role("alert")).to_contain_text("site nosuch cannot be used")
    refused = page.evaluate("document.querySelector('firstline-chat').open().then(() => '', (error) => error.message)")
    assert "nosuch" in refused
