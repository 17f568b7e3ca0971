"""The chat in every language: whole words in their places, the right plural forms, both directions of writing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from firstline.domain.locales import text
from firstline.web.widget_files import LOCALES
from tests.browser.conftest import begin
from tests.browser.conversing import ask
from tests.component.live import QUESTION
from tests.unit.test_widget_locales import PLURALS

CUT_OFF = """(chat) => {
    const bad = [];
    const panel = chat.shadowRoot.querySelector(".panel");
    const { left, right } = panel.getBoundingClientRect();
    for (const element of panel.querySelectorAll("button, h2, p, label, legend, span, input, textarea, .text, li")) {
        const box = element.getBoundingClientRect();
        if (!box.width || element.closest(".unseen")) continue;
        if (box.left < left - 1 || box.right > right + 1) bad.push(`outside: ${element.outerHTML.slice(0, 200)}`);
        if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline")
            bad.push(`cut off: ${element.outerHTML.slice(0, 200)}`);
    }
    const texts = [...panel.querySelectorAll("*")].map((e) => e.getAttribute("aria-label") ?? e.textContent);
    for (const text of texts) if (/widget\\.|\\{\\w+\\}/.test(text)) bad.push(`no text: ${text}`);
    return bad;
}"""


def texts(language: str) -> dict[str, str]:
    loaded: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def cut_off(page: Page) -> list[str]:
    found: list[str] = page.locator("firstline-chat").evaluate(CUT_OFF)
    return found


@pytest.mark.parametrize("language", PLURALS)
def test_nothing_is_cut_off_on_a_small_phone_in_any_language(
    visitor: Callable[..., Page], screenshot: Callable[[Page, str], bytes], language: str
) -> None:
    words = texts(language)
    page = visitor(language=language, viewport={"width": 320, "height": 568}, begins=False)
    panel = page.locator(".panel")
    expect(panel).to_have_attribute("lang", language)
    expect(page.get_by_role("textbox")).to_have_attribute("placeholder", words["widget.placeholder"])
    assert cut_off(page) == []
    ask(page, QUESTION)
    expect(page.locator(".customer .state")).to_contain_text(words["widget.state_sent"])
    page.get_by_role("button", name=words["widget.thumb_down"], exact=True).click()
    expect(page.get_by_role("button", name=words["widget.reason_not_my_question"])).to_be_visible()
    assert cut_off(page) == []
    screenshot(page, f"language-{language}")
    page.get_by_role("button", name=words["widget.menu"], exact=True).click()
    assert cut_off(page) == []
    page.get_by_role("menuitem", name=words["widget.rate_conversation"]).click()
    expect(page.get_by_role("dialog", name=words["widget.csat_title"])).to_be_visible()
    assert cut_off(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name=words["widget.menu"], exact=True).click()
    page.get_by_role("menuitem", name=words["widget.forget"]).click()
    expect(page.get_by_role("button", name=words["widget.forget_now"])).to_be_visible()
    assert cut_off(page) == []


def test_the_plural_forms_of_the_files_are_those_that_browsers_ask_for(visitor: Callable[..., Page]) -> None:
    page = visitor(begins=False)
    asked = page.evaluate(
        """(languages) => Object.fromEntries(languages.map((language) =>
            [language, new Intl.PluralRules(language).resolvedOptions().pluralCategories]))""",
        list(PLURALS),
    )
    assert {language: set(forms) for language, forms in asked.items()} == PLURALS


@pytest.mark.parametrize(("wanted", "spoken"), [("de-AT", "de"), ("zh-Hant-TW", "zh"), ("xx", "en"), ("pt-PT", "pt")])
def test_the_visitors_language_is_spoken_if_there_is_such_a_file(
    visitor: Callable[..., Page], wanted: str, spoken: str
) -> None:
    page = visitor(f"/chat?language={wanted}", begins=False)
    expect(page.locator(".panel")).to_have_attribute("lang", spoken)


def test_the_greeting_is_in_the_visitors_language_and_stays_when_the_conversation_begins(
    visitor: Callable[..., Page],
) -> None:
    page = visitor("/chat", begins=False, language="de-AT")
    greeting = page.locator(".entry.bot .text").first
    expect(greeting).to_have_text(text("widget.greeting", "de"))
    begin(page)
    expect(greeting).to_have_text(text("widget.greeting", "de"))
    page.get_by_role("button", name="Mit einem Menschen sprechen").click()
    expect(page.locator(".entry.bot .text").last).to_contain_text("Ich gebe Sie an jemanden aus dem Team weiter.")
    own = visitor("/chat", begins=False)
    own.get_by_role("textbox").wait_for()
    own.locator("firstline-chat").evaluate("(chat) => chat.configure({ greeting: 'Ahoy' })")
    expect(own.locator(".entry.bot .text")).to_have_text("Ahoy")
    begin(own)
    expect(own.locator(".entry.bot .text")).to_have_text("Ahoy")


def test_written_from_right_to_left_everything_changes_sides(
    visitor: Callable[..., Page], screenshot: Callable[[Page, str], bytes]
) -> None:
    page = visitor()
    page.locator(".panel").evaluate("(panel) => { panel.dir = 'rtl'; }")
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    width = 390
    own, answer, send = (
        page.locator(place).last.bounding_box() for place in (".customer .text", ".bot .text", ".send")
    )
    assert own is not None and answer is not None and send is not None
    assert own["x"] < 30 and answer["x"] + answer["width"] > width - 30 and send["x"] < 30
    page.get_by_role("button", name="More").click()
    menu = page.get_by_role("menu").bounding_box()
    assert menu is not None and menu["x"] < 30
    assert cut_off(page) == []
    screenshot(page, "right-to-left")
