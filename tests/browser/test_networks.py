"""The chat on networks that break: cut in the middle of an answer, offline while the visitor writes, a new page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.cutting_proxy import CuttingProxy
from playwright.sync_api import Browser, Page, expect

from firstline.domain import frames
from firstline.domain.conversation import Author
from tests.browser.conftest import begin
from tests.browser.conversing import ask, broadcast_of, conversation_of
from tests.component.live import QUESTION, WAIT_S, LiveFirstline
from tests.component.scripted_model import ScriptedModel

SENTENCES = ("You can reset a forgotten password yourself [1]. ", "The link in the mail is good for 30 minutes [1].")
QUESTIONS = ("How do I export timesheets?", QUESTION, "How do I delete my account?")


class Gate:
    """Holds an answer back in its middle until it is opened."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def wait(self) -> None:
        assert self._opened.wait(WAIT_S)

    def open(self) -> None:
        self._opened.set()


class Network:
    """The way from the browser to the server, which can be cut."""

    def __init__(self, live: LiveFirstline) -> None:
        self._cuts = False
        self._proxy = CuttingProxy(int(live.url.rsplit(":", 1)[1]), lambda _: self._cuts)
        self.url = self._proxy.url

    @property
    def n_cuts(self) -> int:
        return self._proxy.n_cuts

    def cut(self, *, after_next_frame: bool) -> None:
        self._cuts = after_next_frame

    def close(self) -> None:
        self._proxy.close()


def test_cut_in_the_middle_of_an_answer_the_page_shows_it_whole_and_once(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, model = Gate(), ScriptedModel()
    model.scripts.append((SENTENCES[0], SENTENCES[1][:12], gate.wait, SENTENCES[1][12:]))
    live = LiveFirstline(tmp_path, monkeypatch, model=model, classify_with_model=False)
    network = Network(live)
    page = browser.new_page()
    try:
        page.goto(f"{network.url}/chat")
        begin(page)
        ask(page, QUESTION)
        expect(page.locator(".bot").nth(1)).to_contain_text("You can reset a forgotten password yourself")
        with page.expect_websocket():
            network.cut(after_next_frame=True)
            broadcast_of(live).to_conversation(conversation_of(live, page), frames.typing(Author.CUSTOMER))
            expect(page.locator(".connection")).to_have_text("Connection lost. Trying again.")
            network.cut(after_next_frame=False)
        expect(page.locator(".connection")).to_be_hidden()
        gate.open()
        expect(page.locator(".sources")).to_be_visible()
        expect(page.locator(".bot")).to_have_count(2)
        text = page.locator(".bot .text").nth(1).inner_text()
        assert text.count("You can reset a forgotten password yourself") == 1
        assert text.count("The link in the mail is good for 30 minutes") == 1
        assert network.n_cuts == 1
    finally:
        gate.open()
        page.close()
        network.close()
        live.stop()


def go_offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator(".connection")).to_contain_text("You are offline.")


def expect_all_answered(page: Page, shop: LiveFirstline) -> None:
    states = page.locator(".customer .state")
    for place, _ in enumerate(QUESTIONS):
        expect(states.nth(place)).to_contain_text("Sent", timeout=20_000)
    expect(page.locator(".connection")).to_be_hidden()
    expect(page.locator(".status")).to_be_hidden()
    expect(page.locator(".customer")).to_have_count(3)
    assert page.locator(".customer .text").all_inner_texts() == list(QUESTIONS)
    events = shop.container.conversations.events(conversation_of(shop, page))
    assert [event.text for event in events if event.author is Author.CUSTOMER] == list(QUESTIONS)


def test_three_messages_written_offline_are_sent_in_their_order_when_the_network_is_back(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    away = visitor()
    go_offline(away)
    for question in QUESTIONS:
        ask(away, question)
    expect(away.locator(".customer.waiting .state")).to_have_text(["Sending"] * 3)
    away.context.set_offline(False)
    expect_all_answered(away, shop)


def test_what_was_written_offline_outlives_the_page(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    away = visitor()
    go_offline(away)
    for question in QUESTIONS:
        ask(away, question)
    expect(away.locator(".customer.waiting")).to_have_count(3)
    url = away.url
    away.goto("about:blank")
    away.context.set_offline(False)
    away.goto(url)
    expect_all_answered(away, shop)
    away.reload()
    expect(away.locator(".customer")).to_have_count(3)


def test_a_person_asked_for_before_there_is_a_connection_is_asked_for_when_there_is(
    visitor: Callable[..., Page],
) -> None:
    page = visitor(begins=False)
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".note")).to_contain_text("Your ticket is ")
    expect(page.locator(".presence")).to_contain_text("A colleague will join you here")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_hidden()


def test_a_failed_message_is_sent_again_by_its_button(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    page = visitor()
    # The server's word that it could not take the message now, in place of the message's way to the server.
    page.evaluate(
        """() => {
            const send = WebSocket.prototype.send;
            let once = true;
            WebSocket.prototype.send = function (text) {
                const frame = JSON.parse(text);
                if (frame.action !== "message" || !once) return send.call(this, text);
                once = false;
                const error = { type: "error", code: "too_busy", message: "Too busy.", retryable: true,
                    message_id: frame.message_id };
                this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(error) }));
            };
        }"""
    )
    ask(page, QUESTION)
    expect(page.locator(".failed .state")).to_contain_text("Not sent: Too busy.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".sources")).to_be_visible()
    expect(page.locator(".failed")).to_have_count(0)
    expect(page.locator(".customer")).to_have_count(1)
