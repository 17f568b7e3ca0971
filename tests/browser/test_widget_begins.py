"""How a conversation begins where something is in its way: an old proof, a lost file, no network, an ended session."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conversing import ANA, ask, conversation_of, site, stored_session
from tests.browser.host_page import host_page
from tests.browser.test_widget import context as context
from tests.browser.test_widget import open_chat, script, watched
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


def test_the_first_message_written_offline_is_sent_when_the_network_is_back(visitor: Callable[..., Page]) -> None:
    page = visitor(begins=False)
    page.context.set_offline(True)
    ask(page, QUESTION)
    expect(page.locator(".customer.waiting .text")).to_have_text(QUESTION)
    expect(page.locator(".connection")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    expect(page.locator(".sources")).to_be_visible()
    expect(page.locator(".customer .text")).to_have_text([QUESTION])


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


def test_a_language_that_is_not_spoken_gives_way_to_the_sites_own(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    assert visitor(language="da", begins=False).locator(".panel").get_attribute("lang") == "en"
    french = site(shop, "french", languages=["fr", "nl"])
    for asked, spoken in {"da": "fr", "de": "fr", "nl": "nl"}.items():
        panel = visitor(french, language=asked, begins=False).locator(".panel")
        expect(panel).to_have_attribute("lang", spoken)


def test_nothing_of_the_last_person_stays_for_the_next(context: BrowserContext, live: LiveFirstline) -> None:
    page, _ = watched(context)
    with host_page(script(live)) as address:
        page.goto(address)
        open_chat(page)
        ask(page, QUESTION)
        expect(page.locator(".sources")).to_be_visible()
        page.get_by_role("button", name="Helpful", exact=True).click()
        page.evaluate(
            "() => { const prefix = Object.keys(localStorage)[0].split('.').slice(0, -1).join('.').split('.rated')[0];"
            " for (const key of ['prechat', 'contact', 'csat']) localStorage.setItem(`${prefix}.${key}`, '{}'); }"
        )
        page.evaluate("Firstline.identify(null)")
        expect(page.locator(".customer")).to_have_count(0)
        assert [key for key in page.evaluate("Object.keys(localStorage)") if not key.endswith(".open")] == []
        ask(page, QUESTION)
        expect(page.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "false")


def test_while_a_person_has_the_chat_no_step_is_said_to_be_at_work_and_their_name_outlives_the_page(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    page = visitor()
    conversation = conversation_of(shop, page)
    shop.container.people.own_conversation.take(conversation, ANA)
    expect(page.locator(".presence")).to_have_text("You are talking to Ana")
    ask(page, "Hello Ana.")
    expect(page.locator(".customer .state")).to_contain_text("Sent")
    shop.container.broadcast.to_conversation(
        conversation, {"type": "status", "turn_id": "t1", "node": "IdentifyCustomer"}
    )
    shop.container.people.answer_as_person.say(conversation, ANA, "a1", "Hello.")
    expect(page.locator(".agent")).to_be_visible()
    page.reload()
    expect(page.locator(".agent")).to_be_visible()
    expect(page.locator(".connection")).to_be_hidden()
    expect(page.locator(".presence")).to_have_text("You are talking to Ana")
    shop.container.people.own_conversation.close(conversation, ANA)
    expect(page.get_by_role("button", name="Rate the conversation")).to_be_visible()


def test_a_title_that_begins_with_a_number_of_the_pages_own_is_kept(
    context: BrowserContext, live: LiveFirstline
) -> None:
    page, _ = watched(context)
    with host_page("<script>document.title = '(5) Inbox'</script>" + script(live)) as address:
        page.goto(address)
        open_chat(page)
        ask(page, QUESTION)
        expect(page.locator(".sources")).to_be_visible()
        page.keyboard.press("Escape")
        conversation = conversation_of(live, page)
        live.container.people.own_conversation.take(conversation, ANA)
        live.container.people.answer_as_person.say(conversation, ANA, "a1", "Are you there?")
        expect(page).to_have_title("(1) (5) Inbox")
        page.goto("about:blank")
        live.container.people.answer_as_person.say(conversation, ANA, "a2", "I wait.")
        page.goto(address)
        expect(page).to_have_title("(2) (5) Inbox")
        open_chat_with_news(page)
        expect(page).to_have_title("(5) Inbox")
        page.reload()
        expect(page.locator(".presence")).to_have_text("You are talking to Ana")
        expect(page).to_have_title("(5) Inbox")


def open_chat_with_news(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Open the chat: ")).click()


def test_where_sessions_are_opened_too_often_the_chat_says_so_and_waits_as_long_as_it_is_told(
    visitor: Callable[..., Page],
) -> None:
    page = visitor(begins=False)
    tries: list[str] = []

    def refuse_once(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) > 1:
            route.continue_()
        else:
            route.fulfill(status=429, headers={"Retry-After": "2"}, json={"detail": "Too many."})

    page.route("**/chat/sessions", refuse_once)
    ask(page, QUESTION)
    expect(page.locator(".connection")).to_contain_text("Too often in a short time.")
    page.evaluate("dispatchEvent(new Event('online'))")
    assert len(tries) == 1
    expect(page.locator(".sources")).to_be_visible()
    assert len(tries) == 2
