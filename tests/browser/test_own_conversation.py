"""What visitors decide of their own conversation: the form before it, an address to answer to, forgetting it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from firstline.domain.errors import NotFoundError
from tests.browser.conversing import ANA, FORM, ask, conversation_of, nobody_is_there, site, stored_session
from tests.component.live import QUESTION, LiveFirstline

PERSON = "I want to talk to a human."


def test_the_form_comes_first_and_what_it_says_goes_with_the_conversation(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    page = visitor(site(shop, "asks", prechat=FORM), begins=False, language="de-DE")
    sheet = page.locator(".sheet")
    expect(sheet).to_be_visible()
    sheet.locator("[type=submit]").click()
    expect(sheet).to_be_visible()
    sheet.locator("[name=name]").fill("Zoe")
    sheet.locator("[name=consent]").check()
    sheet.locator("[type=submit]").click()
    expect(sheet).to_be_hidden()
    expect(page.locator(".entry.bot[data-seq]")).to_have_count(1)
    conversation = shop.container.conversations.get(conversation_of(shop, page))
    assert (conversation.contact.name, conversation.contact.email, conversation.language) == ("Zoe", "", "de")
    assert conversation.contact.consent_at is not None
    page.reload()
    expect(page.locator(".entry.bot[data-seq]")).to_have_count(1)
    expect(sheet).to_be_hidden()


def test_a_form_that_asks_more_than_before_is_shown_again(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    path = site(shop, "asks-more", prechat=FORM)
    page = visitor(path, begins=False)
    page.locator(".sheet").wait_for()
    # As where the visitor has filled in an earlier form, without a name.
    page.evaluate("""() => {
        const chat = document.querySelector("firstline-chat");
        chat.storage.set("prechat", { consent: true });
    }""")
    page.reload()
    ask(page, QUESTION)
    sheet = page.locator(".sheet")
    expect(sheet).to_be_visible()
    sheet.locator("[name=name]").fill("Zoe")
    # Refused once more, what has been filled in stays.
    with page.expect_response(lambda answer: answer.url.endswith("/chat/sessions") and answer.status == 422):
        page.evaluate("document.querySelector('firstline-chat').panel.conversation.typing()")
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    expect(sheet.locator("[name=name]")).to_have_value("Zoe")
    sheet.locator("[name=consent]").check()
    sheet.locator("[type=submit]").click()
    expect(page.locator(".sources")).to_be_visible()
    expect(page.locator(".entry.customer")).to_have_count(1)


def test_while_nobody_is_there_an_address_is_asked_for_and_the_answer_goes_there(
    visitor: Callable[..., Page], shop: LiveFirstline, mailing: Path
) -> None:
    page = visitor(site(shop, "away", business_hours=nobody_is_there()))
    ask(page, PERSON)
    form = page.locator(".leave-email")
    form.get_by_role("textbox").fill("zoe@example.com")
    form.get_by_role("button").click()
    expect(page.locator(".system").last).to_have_text("We will also answer to zoe@example.com.")
    expect(form).to_have_count(0)
    conversation = conversation_of(shop, page)
    assert shop.container.conversations.get(conversation).contact.email == "zoe@example.com"
    page.reload()
    expect(page.locator(".presence")).to_contain_text("Our team is back")
    expect(form).to_have_count(0)


def test_who_waits_sees_their_place(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    first, second = visitor(), visitor()
    ask(first, PERSON)
    expect(first.locator(".presence")).to_contain_text("in line.")
    ask(second, PERSON)
    expect(second.locator(".presence")).to_contain_text("in line.")
    places = [int("".join(filter(str.isdigit, page.locator(".presence").inner_text()))) for page in (first, second)]
    assert places[1] == places[0] + 1
    shop.container.people.own_conversation.take(conversation_of(shop, first), ANA)
    expect(first.locator(".presence")).to_have_text("You are talking to Ana")
    second.reload()
    expect(second.locator(".presence")).to_contain_text(f"You are number {places[0]} in line.")


def test_a_thumb_given_on_one_device_is_pressed_on_the_other(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    phone, desk = visitor(), visitor("/chat", begins=False)
    ask(phone, QUESTION)
    expect(phone.locator(".sources")).to_be_visible()
    session = stored_session(phone)
    desk.get_by_role("textbox").wait_for()
    desk.evaluate("""(session) => document.querySelector("firstline-chat").storage.set("session", session)""", session)
    desk.reload()
    down = desk.get_by_role("button", name="Not helpful", exact=True)
    expect(down).to_have_attribute("aria-pressed", "false")
    phone.get_by_role("button", name="Not helpful", exact=True).click()
    expect(down).to_have_attribute("aria-pressed", "true")
    later = visitor("/chat", begins=False)
    later.get_by_role("textbox").wait_for()
    later.evaluate("""(session) => document.querySelector("firstline-chat").storage.set("session", session)""", session)
    later.reload()
    expect(later.get_by_role("button", name="Not helpful", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_forgotten_conversation_is_gone_here_and_there(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    page = visitor()
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    conversation = conversation_of(shop, page)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Forget this conversation").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".entry.customer")).to_have_count(0)
    expect(page.locator(".entry.bot")).to_have_count(1)
    with pytest.raises(NotFoundError):
        shop.container.conversations.get(conversation)
    kept = page.evaluate("Object.keys(localStorage).filter((key) => !key.endsWith('.open'))")
    assert kept == []
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    assert conversation_of(shop, page) != conversation
