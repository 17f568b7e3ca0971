"""Everybody can use the chat: axe-core in every state and theme, keys alone, screen readers, zoom, little motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import web_tools
from playwright.sync_api import Page, expect

from firstline.domain import frames
from firstline.domain.conversation import Author, Event
from tests.browser.conversing import ANA, FORM, ask, broadcast_of, conversation_of, nobody_is_there, site
from tests.component.live import QUESTION, LiveFirstline

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
NOTE = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"The printer says E47."}
MARKDOWN = """Here is **how**:

1. Open *Settings*
2. Choose `Export`
   - CSV

| Plan | Price |
|---|---|
| Team | 12 EUR |

```
curl -X POST https://api.example/exports --data '{"format": "csv"}' --header 'Accept: text/csv'
```

> See [the guide](https://help.example/x)."""

AXE = """async () => {
    const found = await axe.run(document, {
        rules: { "target-size": { enabled: true } },
        resultTypes: ["violations"],
    });
    return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""

WIDER_THAN_ITS_PLACE = """(labels) =>
    labels.filter((label) => label.scrollWidth > label.clientWidth).map((label) => label.textContent)"""

FOCUSED = """() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
}"""


class Walk:
    """Goes from state to state; looks at each with axe-core, and keeps a picture of it on both screens."""

    def __init__(self, page: Page, theme: str, screenshot: Callable[[Page, str], Any]) -> None:
        self._page, self._theme, self._screenshot = page, theme, screenshot
        self.violations: dict[str, list[str]] = {}

    def see(self, state: str) -> None:
        for name, size in (("phone", PHONE), ("desk", DESK)):
            self._page.set_viewport_size(size)  # type: ignore[arg-type]
            self._screenshot(self._page, f"{name}-{self._theme}-{state}")
        self._page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        if not self._page.evaluate("'axe' in window"):
            self._page.evaluate(web_tools.axe_source().read_text(encoding="utf-8") + ";0")
        found = self._page.evaluate(AXE)
        if found:
            self.violations[state] = found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_state_has_a_violation(
    visitor: Callable[..., Page], shop: LiveFirstline, screenshot: Callable[[Page, str], Any], theme: str
) -> None:
    page = visitor("/", begins=False, color_scheme=theme)
    walk = Walk(page, theme, screenshot)
    opener = page.get_by_role("button", name="Open the chat")
    expect(opener).to_be_visible()
    walk.see("closed")
    opener.click()
    expect(page.locator(".starters button").first).to_be_visible()
    walk.see("begin")
    ask(page, QUESTION)
    expect(page.locator(".thumbs")).to_be_visible()
    walk.see("answer")
    page.locator(".chip").first.click()
    walk.see("source")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More").click()
    walk.see("menu")
    page.get_by_role("menuitem", name="Rate the conversation").click()
    expect(page.locator(".sheet")).to_be_visible()
    walk.see("rate")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Forget this conversation").click()
    expect(page.locator(".sheet")).to_be_visible()
    walk.see("forget")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Not helpful").click()
    expect(page.locator(".reasons")).to_be_visible()
    walk.see("thumbs")
    conversation, cast = conversation_of(shop, page), broadcast_of(shop)
    cast.to_conversation(conversation, frames.status("t9", "RetrieveKnowledge"))
    expect(page.locator(".status")).to_be_visible()
    walk.see("status")
    cast.to_conversation(conversation, frames.delta("t9", 1, 0, MARKDOWN))
    expect(page.locator(".bot table")).to_be_visible()
    walk.see("draft")
    cast.to_conversation(conversation, frames.superseded("t9"))
    page.locator("input[type=file]").set_input_files([NOTE])  # type: ignore[list-item]
    expect(page.locator(".files progress")).to_have_count(0)
    walk.see("files")
    people = shop.container.people
    people.own_conversation.take(conversation, ANA)
    people.answer_as_person.say(conversation, ANA, "a1", "Let me look into this for you.")
    people.answer_as_person.typing(conversation, ANA)
    expect(page.locator(".status")).to_have_text("Ana is writing")
    walk.see("person")
    page.context.set_offline(True)
    expect(page.locator(".connection")).to_be_visible()
    ask(page, "Are you there?")
    expect(page.locator(".waiting")).to_be_visible()
    walk.see("offline")
    page.context.set_offline(False)
    expect(page.locator(".connection")).to_be_hidden()
    assert walk.violations == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_state_beside_an_answer_has_a_violation(
    visitor: Callable[..., Page],
    shop: LiveFirstline,
    mailing: Path,
    screenshot: Callable[[Page, str], Any],
    theme: str,
) -> None:
    path = site(shop, f"axe-{theme}", prechat=FORM, business_hours=nobody_is_there())
    page = visitor(path, begins=False, color_scheme=theme)
    walk = Walk(page, theme, screenshot)
    sheet = page.locator(".sheet")
    expect(sheet).to_be_visible()
    walk.see("prechat")
    sheet.locator("[name=name]").fill("Zoe")
    sheet.locator("[name=consent]").check()
    sheet.locator("[type=submit]").click()
    ask(page, "I want to talk to a human.")
    expect(page.locator(".leave-email")).to_be_visible()
    walk.see("leave-address")
    page.locator(".leave-email input").fill("zoe@nowhere")
    page.locator(".leave-email button").click()
    expect(page.locator(".leave-email [role=alert]")).to_have_text(
        "This is no e-mail address such as name@example.com."
    )
    walk.see("wrong-address")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Send the conversation by e-mail").click()
    expect(sheet).to_be_visible()
    walk.see("mail-transcript")
    page.keyboard.press("Escape")
    field = page.get_by_label("Your message")
    field.evaluate("(field) => { field.value = 'reset\\u0001 password'; }")
    field.press("Enter")
    expect(page.locator(".failed")).to_be_visible()
    walk.see("failed")
    page.get_by_role("button", name="Edit").click()
    assert walk.violations == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chat_that_is_refused_has_no_violation(
    visitor: Callable[..., Page], screenshot: Callable[[Page, str], Any], theme: str
) -> None:
    page = visitor("/", begins=False, color_scheme=theme)
    page.route(
        "**/chat/sessions",
        lambda route: route.fulfill(
            status=403, content_type="application/problem+json", body='{"detail": "not from this page"}'
        ),
    )
    page.get_by_role("button", name="Open the chat").click()
    ask(page, QUESTION)
    expect(page.locator(".connection")).to_have_text("The chat cannot be used here: not from this page")
    walk = Walk(page, theme, screenshot)
    walk.see("refused")
    assert walk.violations == {}


@pytest.mark.parametrize("path", ["/chat", "/docs/widget", "/"])
def test_our_own_pages_have_no_violation(
    visitor: Callable[..., Page], shop: LiveFirstline, screenshot: Callable[[Page, str], Any], path: str
) -> None:
    page = visitor(path, begins=False)
    expect(page.locator("firstline-chat").get_by_role("button").first).to_be_visible()
    walk = Walk(page, "light", screenshot)
    walk.see("page" + path.replace("/", "-"))
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.locator("label").evaluate_all(WIDER_THAN_ITS_PLACE) == []
    assert walk.violations == {}


def tab(page: Page, times: int = 1, *, back: bool = False) -> list[str]:
    """Press Tab and return what had the focus each time."""
    names = []
    for _ in range(times):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        names.append(page.evaluate(FOCUSED))
    return names


def test_keys_alone_are_enough_and_the_focus_comes_back(visitor: Callable[..., Page]) -> None:
    page = visitor("/", begins=False)
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    page.get_by_role("button", name="Open the chat").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your message")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".thumbs")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()
    assert tab(page, 2) == ["Send", "Talk to a person"]
    backwards = tab(page, 10, back=True)
    assert backwards[:8] == [
        "Send",
        "Your message",
        "Attach a file",
        "Not helpful",
        "Helpful",
        "Source 1: Accounts",
        "Source 1: Accounts",
        backwards[7],
    ]
    assert backwards[8:] == ["Close the chat", "More"]
    page.keyboard.press("Enter")
    items = page.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(items.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.get_by_role("button", name="More")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Rate the conversation").focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="How was it?")
    expect(sheet.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(sheet.get_by_role("radio", name="5")).to_be_checked()
    # What lies behind the sheet is out of reach.
    assert not {"Send a message", "Attach a file", "More"} & set(tab(page, 6))
    page.get_by_role("textbox", name="Anything else? (optional)").focus()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open the chat")).to_be_focused()


def test_an_answer_is_told_sentence_by_sentence_and_once(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    page = visitor()
    conversation, cast = conversation_of(shop, page), broadcast_of(shop)
    expect(page.locator(".entry")).to_have_count(1)
    page.evaluate(
        """() => {
            window.told = [];
            const voice = document.querySelector("firstline-chat").shadowRoot.querySelector(".unseen");
            new MutationObserver((changes) => {
                for (const { addedNodes } of changes) told.push(...[...addedNodes].map((node) => node.textContent));
            }).observe(voice, { childList: true });
        }"""
    )
    answer = "You can do that yourself. Open **Settings** [1] and choose Export. It takes 2.5 minutes!"
    for place, word in enumerate(answer.split(" ")):
        cast.to_conversation(conversation, frames.delta("t9", 1, place, f"{word} "))
    expect(page.locator(".bot").nth(1)).to_contain_text("2.5 minutes!")
    first, second, third = "You can do that yourself.", "Open Settings and choose Export.", "It takes 2.5 minutes!"
    assert page.evaluate("told") == [first, second]
    end = Event(seq=2, author=Author.BOT, text=answer, at=shop.container.ports.clock.now(), turn_id="t9")
    cast.to_conversation(conversation, frames.event(end))
    expect(page.locator(".bot[data-seq='2']")).to_be_visible()
    cast.to_conversation(conversation, frames.event(end))
    cast.to_conversation(conversation, frames.agent(3, "user-1", 2, name="Ana"))
    expect(page.locator(".system")).to_have_text("You are talking to Ana")
    assert page.evaluate("told") == [first, second, third, "You are talking to Ana"]
    # Only that one place speaks.
    assert page.locator("[aria-live]:not([aria-live=off])").count() == 1


def test_who_wants_little_motion_gets_none(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    animations = "document.querySelector('firstline-chat').shadowRoot.getAnimations().length"
    for motion, n in (("no-preference", 1), ("reduce", 0)):
        page = visitor(reduced_motion=motion)
        broadcast_of(shop).to_conversation(conversation_of(shop, page), frames.status("t9", "RetrieveKnowledge"))
        expect(page.locator(".status")).to_be_visible()
        assert page.evaluate(animations) == n


@pytest.mark.parametrize(
    ("screen", "name"),
    [
        ({"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}, "zoom-200"),
        ({"viewport": {"width": 844, "height": 390}, "is_mobile": True, "has_touch": True}, "landscape"),
        ({"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4}, "zoom-400"),
    ],
)
def test_on_little_room_everything_can_be_reached(
    visitor: Callable[..., Page], screenshot: Callable[[Page, str], Any], screen: dict[str, Any], name: str
) -> None:
    page = visitor("/", begins=False, **screen)
    page.get_by_role("button", name="Open the chat").click()
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    for button in ("Send", "Attach a file", "More", "Close the chat", "Talk to a person"):
        expect(page.get_by_role("button", name=button, exact=True)).to_be_in_viewport(ratio=0.9)
    log = page.locator(".log").bounding_box()
    assert log is not None and log["height"] >= 80
    screenshot(page, name)
    page.get_by_role("button", name="More").click()
    for item in page.get_by_role("menuitem").all():
        item.scroll_into_view_if_needed()
        expect(item).to_be_in_viewport()
    page.get_by_role("menuitem", name="Rate the conversation").click()
    submit = page.get_by_role("dialog", name="How was it?").get_by_role("button", name="Send")
    submit.scroll_into_view_if_needed()
    expect(submit).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_keyboard_that_covers_the_page_leaves_the_line_to_write_in_above_it(visitor: Callable[..., Page]) -> None:
    page = visitor("/", begins=False)
    page.get_by_role("button", name="Open the chat").click()
    page.evaluate(
        """() => {
            Object.defineProperty(visualViewport, "height", { value: 500, configurable: true });
            visualViewport.dispatchEvent(new Event("resize"));
        }"""
    )
    panel = page.locator(".panel").bounding_box()
    assert panel is not None and (panel["y"], panel["height"]) == (0, 500)
    page.evaluate("() => { delete visualViewport.height; visualViewport.dispatchEvent(new Event('resize')); }")
    panel = page.locator(".panel").bounding_box()
    assert panel is not None and panel["height"] == 844
