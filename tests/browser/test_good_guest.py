"""The chat is a guest on the page: it takes no focus, no key and no colour that it was not given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conversing import FORM, ask, conversation_of, site
from tests.browser.host_page import host_page
from tests.component.live import QUESTION, LiveFirstline

BEHIND = '<p><a href="#x" id="link">Shop</a> <input id="search"></p>'


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    yield context.new_page()
    context.close()


def script(live: LiveFirstline, attributes: str = "") -> str:
    return f'<script src="{live.url}/widget.js" {attributes} async></script>'


@pytest.mark.parametrize("how", ["inline", "open"])
def test_a_chat_that_is_there_from_the_beginning_leaves_the_focus_where_it_is(
    phone: Page, live: LiveFirstline, how: str
) -> None:
    phone.set_viewport_size({"width": 1280, "height": 800})
    chat = f"<input id='search' autofocus><firstline-chat {how}></firstline-chat>"
    with host_page(chat + script(live, "data-element")) as address:
        phone.goto(address)
        expect(phone.get_by_label("Your message")).to_be_visible()
        phone.locator("firstline-chat").evaluate("(chat) => chat.ready")
        expect(phone.locator("#search")).to_be_focused()


def test_writing_into_the_options_of_the_documentation_is_not_disturbed_by_its_preview(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    site(shop, "quiet", prechat=FORM)
    page = visitor("/docs/widget", begins=False)
    greeting = page.get_by_label("Greeting")
    greeting.press_sequentially("Ahoy")
    expect(page.locator("#preview .entry.bot")).to_have_text("Ahoy")
    expect(greeting).to_be_focused()
    page.get_by_label("Site").fill("quiet")
    expect(page.get_by_role("dialog", name="Before we begin")).to_be_visible()
    expect(page.get_by_label("Site")).to_be_focused()


def test_behind_a_chat_that_fills_the_screen_nothing_gets_the_focus(phone: Page, live: LiveFirstline) -> None:
    focused = "document.activeElement?.id || document.activeElement?.localName"
    with host_page(BEHIND + script(live)) as address:
        phone.goto(address)
        phone.get_by_role("button", name="Open the chat").click()
        expect(phone.get_by_label("Your message")).to_be_focused()
        seen = set()
        for _ in range(12):
            phone.keyboard.press("Tab")
            seen.add(phone.evaluate(focused))
        assert seen <= {"firstline-chat", "body"}
        # As a phone turned or a window widened, which show both.
        phone.set_viewport_size({"width": 1280, "height": 800})
        phone.locator("#search").focus()
        expect(phone.locator("#search")).to_be_focused()
        phone.set_viewport_size({"width": 390, "height": 844})
        assert phone.locator("#search").evaluate("(field) => field.closest('[inert]') !== null")
        phone.get_by_role("button", name="Close the chat").click()
        assert phone.locator("[inert]").count() == 0


def test_keys_pressed_in_the_chat_are_no_shortcuts_of_the_page(phone: Page, live: LiveFirstline) -> None:
    with host_page(BEHIND + script(live)) as address:
        phone.goto(address)
        phone.get_by_role("button", name="Open the chat").click()
        phone.evaluate(
            "() => { window.heard = []; for (const kind of ['keydown', 'keypress', 'keyup'])"
            " document.addEventListener(kind, (event) => heard.push(event.key)); }"
        )
        phone.get_by_label("Your message").press_sequentially("s/?")
        phone.keyboard.press("Escape")
        expect(phone.get_by_role("dialog")).to_be_hidden()
        assert [key for key in phone.evaluate("heard") if key != "Escape"] == []
        phone.locator("#search").press("j")
        assert "j" in phone.evaluate("heard")


@pytest.mark.parametrize("colour", ["yellow", "#fffff", "url(x)", "rgb(255 255 0)"])
def test_a_colour_that_no_text_colour_can_be_computed_for_is_not_taken(
    visitor: Callable[..., Page], colour: str
) -> None:
    page = visitor("/", begins=False)
    launcher = page.get_by_role("button", name="Open the chat")
    expect(launcher).to_be_visible()
    shown = "(e) => { const { backgroundColor, color } = getComputedStyle(e); return [backgroundColor, color]; }"
    page.evaluate("(colour) => Firstline.init({ colour })", colour)
    expect(launcher).to_be_visible()
    assert launcher.evaluate(shown) == ["rgb(29, 78, 216)", "rgb(255, 255, 255)"]
    page.evaluate("() => Firstline.init({ colour: '#ffff00' })")
    expect(launcher).to_be_visible()
    assert launcher.evaluate(shown) == ["rgb(255, 255, 0)", "rgb(0, 0, 0)"]


def test_the_chats_own_page_is_in_the_language_of_its_chat(visitor: Callable[..., Page]) -> None:
    page = visitor("/chat?language=ja", begins=False)
    expect(page.locator(".panel")).to_have_attribute("lang", "ja")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    title = page.locator(".panel").get_attribute("aria-label")
    assert title and title != "Chat with us"
    expect(page).to_have_title(title)


def test_the_log_is_one_with_a_name_and_does_not_speak_itself(visitor: Callable[..., Page]) -> None:
    page = visitor()
    log = page.get_by_role("log", name="Conversation")
    expect(log.locator(".entry")).to_have_count(1)
    expect(log).to_have_attribute("aria-live", "off")


def test_at_four_hundred_per_cent_what_is_said_has_room_beside_the_questions(visitor: Callable[..., Page]) -> None:
    page = visitor("/", begins=False, viewport={"width": 320, "height": 256}, device_scale_factor=4)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.locator(".starters button").first).to_be_visible()
    log = page.locator(".log").bounding_box()
    assert log is not None and log["height"] >= 80
    last = page.locator(".starters button").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=0.9)


def test_the_form_that_comes_first_leads_to_a_person_too(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    page = visitor(site(shop, "asks-person", prechat=FORM), begins=False)
    sheet = page.locator(".sheet")
    person = sheet.get_by_role("button", name="Talk to a person")
    person.click()
    expect(sheet).to_be_visible()
    sheet.locator("[name=name]").fill("Zoe")
    sheet.locator("[name=consent]").check()
    person.click()
    expect(sheet).to_be_hidden()
    expect(page.locator(".presence")).to_contain_text("in line.")
    assert shop.container.conversations.get(conversation_of(shop, page)).contact.name == "Zoe"


def test_a_browser_that_knows_one_theme_alone_shows_the_light_one_readably(visitor: Callable[..., Page]) -> None:
    page = visitor("/", begins=False, color_scheme="dark")
    page.route(
        "**/widget.css",
        lambda route: route.fulfill(
            body=route.fetch().text().replace("light-dark(", "unknown("),
            content_type="text/css",
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
    page.add_init_script("const real = fetch; window.fetch = (to, how) => real(to, { ...how, integrity: '' });")
    page.reload()
    page.get_by_role("button", name="Open the chat").click()
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    colours = "(e) => { const { backgroundColor, color } = getComputedStyle(e); return [backgroundColor, color]; }"
    assert page.locator(".panel").evaluate(colours) == ["rgb(255, 255, 255)", "rgb(17, 24, 39)"]


def test_a_downloaded_conversation_has_whole_dates_and_its_sources(visitor: Callable[..., Page]) -> None:
    page = visitor(language="en-GB")
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    page.get_by_role("button", name="More").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="Download the conversation").click()
    lines = downloading.value.path().read_text(encoding="utf-8").split("\n\n")
    now = datetime.now(UTC)
    asked = next(line for line in lines if line.endswith(f"You: {QUESTION}"))
    assert f"{now:%B %Y} at " in asked and " AM]" not in asked and " PM]" not in asked
    assert any(line.startswith("[1] Accounts") for line in lines)
    assert "**" not in "".join(lines)


@pytest.mark.parametrize(("locale", "said"), [("en-GB", "15:04"), ("en-US", "3:04"), ("de-AT", "15:04")])
def test_times_are_those_of_the_visitors_country(visitor: Callable[..., Page], locale: str, said: str) -> None:
    page = visitor("/chat", begins=False, language=locale)
    page.locator(".panel").wait_for()
    time = page.locator("firstline-chat").evaluate("(chat) => chat.texts.time(new Date(2026, 1, 3, 15, 4))")
    assert time.startswith(said)
