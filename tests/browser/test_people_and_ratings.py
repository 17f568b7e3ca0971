"""People in the chat, and what the visitor thinks of it: takeover, handback, thumbs, scores, transcript."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from firstline.domain import frames
from firstline.repositories.ratings import RatingRepository
from tests.browser.conversing import ANA, ask, broadcast_of, conversation_of
from tests.component.live import QUESTION, LiveFirstline


def test_a_person_takes_over_writes_and_hands_back(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    page = visitor()
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    people, conversation = shop.container.people, conversation_of(shop, page)
    people.own_conversation.take(conversation, ANA)
    expect(page.locator(".presence")).to_have_text("You are talking to Ana")
    expect(page.locator(".system")).to_have_text(["You are talking to Ana"])
    expect(page.get_by_role("button", name="Talk to a person")).to_be_hidden()
    people.answer_as_person.typing(conversation, ANA)
    expect(page.locator(".status")).to_have_text("Ana is writing")
    people.answer_as_person.say(conversation, ANA, "a1", "Have you looked into your spam folder?")
    expect(page.locator(".agent .text")).to_have_text("Have you looked into your spam folder?")
    expect(page.locator(".agent .who")).to_have_text("Ana")
    expect(page.locator(".status")).to_be_hidden()
    ask(page, "Yes, nothing there.")
    expect(page.locator(".customer .state").nth(1)).to_contain_text("Sent")
    people.own_conversation.hand_back(conversation, ANA)
    expect(page.locator(".presence")).to_have_text("Automated assistant")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    expect(page.locator(".system")).to_have_text(["You are talking to Ana", "The assistant answers again."])
    page.reload()
    expect(page.locator(".agent .who")).to_have_text("Ana")
    expect(page.locator(".system")).to_have_count(2)


def test_words_that_another_attempt_replaces_keep_their_place(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    page = visitor()
    conversation, cast = conversation_of(shop, page), broadcast_of(shop)
    cast.to_conversation(conversation, frames.delta("t9", 1, 0, "One line.\n\nAnother line."))
    draft = page.locator(".bot").nth(1)
    expect(draft).to_contain_text("Another line.")
    page.evaluate(
        """() => {
            const log = document.querySelector("firstline-chat").shadowRoot.querySelector(".entries");
            window.added = 0;
            window.removed = 0;
            new MutationObserver((changes) => {
                for (const change of changes) {
                    added += change.addedNodes.length;
                    removed += change.removedNodes.length;
                }
            }).observe(log, { childList: true });
        }"""
    )
    cast.to_conversation(conversation, frames.withdrawn("t9", 1))
    cast.to_conversation(conversation, frames.delta("t9", 2, 0, "Better words."))
    expect(draft).to_have_text("Better words.")
    expect(draft).to_be_visible()
    cast.to_conversation(conversation, frames.delta("t9", 2, 1, " And more."))
    expect(draft).to_have_text("Better words. And more.")
    assert page.evaluate("[added, removed]") == [0, 0]
    cast.to_conversation(conversation, frames.superseded("t9"))
    expect(page.locator(".bot")).to_have_count(1)


def test_an_answer_is_rated_by_a_thumb_with_a_reason_and_the_mind_changed(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    page = visitor()
    ask(page, QUESTION)
    down, up = (page.get_by_role("button", name=name, exact=True) for name in ("Not helpful", "Helpful"))
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Something is missing").click()
    expect(page.locator(".reasons")).to_be_hidden()
    expect(page.locator("firstline-chat .unseen")).to_contain_text("Thank you for your rating.")
    assert kept_rating(page, shop, 3, score=1, reason="incomplete")
    page.reload()
    expect(down).to_have_attribute("aria-pressed", "true")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(down).to_have_attribute("aria-pressed", "false")
    assert kept_rating(page, shop, 3, score=5)


def kept_rating(page: Page, shop: LiveFirstline, *seqs: int, score: int, reason: str = "") -> bool:
    """Wait until a rating is kept as it should be."""
    ratings = RatingRepository(shop.container.ports.table, retention_days=30)
    for _ in range(200):
        found = [ratings.get(conversation_of(shop, page), seq) for seq in seqs]
        if any(rating is not None and (rating.score, rating.reason) == (score, reason) for rating in found):
            return True
        page.wait_for_timeout(20)
    return False


def test_the_conversation_is_rated_from_the_menu(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    page = visitor()
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Rate the conversation").click()
    sheet = page.get_by_role("dialog", name="How was it?")
    expect(sheet).to_be_visible()
    sheet.get_by_role("radio", name="4").check(force=True)
    sheet.get_by_role("textbox", name="Anything else? (optional)").fill("Quick.")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet).to_be_hidden()
    expect(page.locator(".system").last).to_have_text("Thank you for your rating.")
    assert kept_rating(page, shop, 0, 3, score=4, reason="Quick.")


def test_the_conversation_is_kept_as_a_file(visitor: Callable[..., Page]) -> None:
    page = visitor()
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    page.get_by_role("button", name="More").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download the conversation").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert f"You: {QUESTION}" in text
    assert "Assistant: " in text
    assert "good for 30 minutes" in text
