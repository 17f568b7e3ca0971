"""The widget on a company's page: strict policies, hostile styles, several tabs, a page that plays with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from firstline.domain import frames
from firstline.domain.conversation import Author, Event
from tests.browser.conversing import ask, conversation_of
from tests.browser.host_page import HOSTILE, host_page
from tests.component.live import QUESTION, LiveFirstline

ALL_STYLES = "(e) => JSON.stringify([...Object.values(getComputedStyle(e))])"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


def script(live: LiveFirstline, attributes: str = "") -> str:
    return f'<script src="{live.url}/widget.js" {attributes} async></script>'


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """Return a page and what goes wrong on it: errors, and what its policy refuses."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    return page, faults


def open_chat(page: Page) -> None:
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_label("Your message")).to_be_focused()


def test_one_tag_on_a_page_with_a_strict_policy_is_enough(context: BrowserContext, live: LiveFirstline) -> None:
    socket = live.url.replace("http", "ws", 1)
    policy = f"default-src 'none'; script-src {live.url}; connect-src {live.url} {socket}"
    page, faults = watched(context)
    with host_page(script(live), policy=policy) as address:
        page.goto(address)
        open_chat(page)
        ask(page, QUESTION)
        expect(page.locator(".sources")).to_be_visible()
        page.locator(".chip").first.click()
        expect(page.get_by_role("dialog").locator("blockquote")).to_be_visible()
    assert faults == []


def test_a_pages_styles_stay_outside_and_ours_inside(context: BrowserContext, live: LiveFirstline) -> None:
    page, _ = watched(context)
    words = '<p id="word">Word</p>'
    with host_page(words + script(live)) as plain:
        page.goto(plain)
        expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
        before = page.locator("#word").evaluate(ALL_STYLES)
    bare, _ = watched(context)
    with host_page(words) as nothing:
        bare.goto(nothing)
        assert before == bare.locator("#word").evaluate(
            "(e) => JSON.stringify([...Object.values(getComputedStyle(e))])"
        )
    hostile, _ = watched(context)
    with host_page(words + script(live), style=HOSTILE) as address:
        hostile.goto(address)
        open_chat(hostile)
        ask(hostile, QUESTION)
        expect(hostile.locator(".sources")).to_be_visible()
        shown = hostile.locator(".customer .text").evaluate(
            "(e) => { const s = getComputedStyle(e);"
            " return [s.fontSize, s.color, s.visibility, s.transform, s.letterSpacing, s.textTransform]; }"
        )
    assert shown == ["15px", "rgb(255, 255, 255)", "visible", "none", "normal", "none"]


def test_the_page_opens_closes_sends_and_hears(context: BrowserContext, live: LiveFirstline) -> None:
    page, faults = watched(context)
    with host_page(script(live, 'data-launcher="hidden" data-language="en"')) as address:
        page.goto(address)
        page.wait_for_function("window.Firstline !== undefined")
        page.evaluate(
            "() => { window.heard = []; for (const kind of ['ready', 'open', 'message', 'close'])"
            " Firstline.on(kind, (detail) => heard.push([kind, detail?.author ?? null])); }"
        )
        page.evaluate(f"Firstline.send({QUESTION!r})")
        expect(page.locator(".sources")).to_be_visible()
        expect(page.get_by_role("button", name="Open the chat")).to_be_hidden()
        page.evaluate("Firstline.close()")
        expect(page.get_by_role("dialog")).to_be_hidden()
        heard = page.evaluate("heard")
    assert sorted(kind for kind, _ in heard) == ["close", "message", "message", "open", "ready"]
    assert [author for kind, author in heard if kind == "message"] == ["customer", "bot"]
    assert faults == []


def test_the_page_comes_first_and_nothing_of_it_moves(context: BrowserContext, live: LiveFirstline) -> None:
    page, faults = watched(context)
    page.add_init_script(
        """window.shifts = [];
        const isOfThePage = ({ node }) => node?.isConnected && node.getRootNode() === document;
        new PerformanceObserver((list) => {
            const moved = list.getEntries().flatMap((entry) => entry.sources).filter(isOfThePage);
            shifts.push(...moved.map(({ node }) => node.nodeName));
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    words = "<p>Words of the page.</p>" * 60
    with host_page(words + script(live)) as address:
        page.goto(address)
        expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
        # Opened by the page and not by a hand, whose clicks would excuse what moves.
        page.evaluate("Firstline.open()")
        page.evaluate(f"Firstline.send({QUESTION!r})")
        expect(page.locator(".sources")).to_be_visible()
        page.evaluate("Firstline.close()")
        expect(page.get_by_role("dialog")).to_be_hidden()
        settled = "new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(shifts))))"
        shifts = page.evaluate(settled)
        early = page.evaluate(
            """() => {
                const loaded = performance.getEntriesByType("navigation")[0].loadEventStart;
                return performance.getEntriesByType("resource")
                    .filter((one) => one.startTime < loaded).map((one) => new URL(one.name).pathname);
            }"""
        )
        # What would move is seen.
        page.evaluate("document.body.prepend(Object.assign(document.createElement('h1'), { textContent: 'Moved' }))")
        page.wait_for_function("shifts.includes('P')")
    assert shifts == []
    assert set(early) <= {"/widget.js"}
    assert faults == []


def test_on_slow_3g_what_is_written_at_once_is_sent_and_answered(context: BrowserContext, live: LiveFirstline) -> None:
    page, faults = watched(context)
    cdp = context.new_cdp_session(page)
    cdp.send("Network.enable")
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    cdp.send("Network.emulateNetworkConditions", slow)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    with host_page(script(live)) as address:
        page.goto(address)
        page.get_by_role("button", name="Open the chat").click()
        ask(page, QUESTION)
        # What sends it has yet to come.
        assert "conversation.js" in asked and page.locator(".entry.customer:not(.waiting)").count() == 0
        expect(page.locator(".sources")).to_be_visible()
        expect(page.locator(".entry.customer")).to_have_count(1)
    assert not {"menu.js", "prechat.js", "attachments.js"} & set(asked)
    assert faults == []


def remove_and_add(page: Page, *, times: int) -> None:
    for _ in range(times):
        page.evaluate(
            """async () => {
                const chat = document.getElementById("chat");
                chat.remove();
                await new Promise((resolve) => setTimeout(resolve));
                document.body.append(chat);
                await chat.ready;
            }"""
        )


def test_an_app_that_removes_and_adds_the_element_ten_times_leaks_nothing(
    context: BrowserContext, live: LiveFirstline
) -> None:
    page, faults = watched(context)
    page.add_init_script(
        """(() => {
            window.openSockets = new Set();
            const Real = WebSocket;
            window.WebSocket = class extends Real {
                constructor(...a) {
                    super(...a);
                    openSockets.add(this);
                    this.addEventListener("close", () => openSockets.delete(this));
                }
            };
            window.listening = new Set();
            for (const target of [window, document]) {
                const add = target.addEventListener.bind(target);
                target.addEventListener = (kind, listener, options) => {
                    if (!["online", "storage", "visibilitychange"].includes(kind)) return add(kind, listener, options);
                    const entry = { kind };
                    listening.add(entry);
                    options?.signal?.addEventListener("abort", () => listening.delete(entry));
                    if (options?.once) listening.delete(entry);
                    return add(kind, listener, options);
                };
            }
        })()"""
    )
    with host_page(script(live, "data-element") + '<firstline-chat id="chat" open></firstline-chat>') as address:
        page.goto(address)
        ask(page, QUESTION)
        expect(page.locator(".sources")).to_be_visible()
        remove_and_add(page, times=1)
        expect(page.locator(".thumbs")).to_be_visible()
        listening = page.evaluate("[...listening].map((entry) => entry.kind).sort()")
        nodes = page.locator("firstline-chat").evaluate("(e) => e.shadowRoot.querySelectorAll('*').length")
        remove_and_add(page, times=10)
        expect(page.locator(".thumbs")).to_be_visible()
        page.wait_for_function("openSockets.size === 1")
        assert page.evaluate("[...listening].map((entry) => entry.kind).sort()") == listening
        assert page.locator("firstline-chat").evaluate("(e) => e.shadowRoot.querySelectorAll('*').length") == nodes
        page.evaluate("document.getElementById('chat').remove()")
        page.wait_for_function("openSockets.size === 0")
    assert faults == []


def test_news_while_closed_are_counted_on_the_launcher_and_in_the_title(
    context: BrowserContext, live: LiveFirstline
) -> None:
    page, _ = watched(context)
    with host_page(script(live)) as address:
        page.goto(address)
        open_chat(page)
        ask(page, QUESTION)
        expect(page.locator(".sources")).to_be_visible()
        page.keyboard.press("Escape")
        conversation = conversation_of(live, page)
        entry = Event(seq=4, author=Author.AGENT, text="Are you there?", at=live.container.ports.clock.now())
        live.container.broadcast.to_conversation(conversation, frames.event(entry))
        expect(page.get_by_role("button", name="Open the chat: 1 new message")).to_be_focused()
        assert page.title() == "(1) Shop"
        page.keyboard.press("Enter")
        expect(page.locator(".sources")).to_be_visible()
        assert page.title() == "Shop"


def test_an_unknown_site_or_a_page_that_may_not_use_it_shows_nothing(
    context: BrowserContext, live: LiveFirstline
) -> None:
    page, faults = watched(context)
    with host_page("<p>Shop</p>" + script(live, 'data-site="unknown"')) as address:
        page.goto(address)
        page.wait_for_function("document.querySelector('firstline-chat') !== null")
        page.wait_for_timeout(200)
        assert page.locator("firstline-chat").evaluate("(e) => e.shadowRoot.childElementCount") == 0
    assert any("unknown" in fault for fault in faults)
