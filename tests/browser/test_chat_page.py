"""The chat as people use it, on a phone and on a desk, on a page of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from firstline.adapters.local.connections import LocalConnections
from firstline.domain import frames
from firstline.domain.conversation import Author, Event
from firstline.local.outgoing import GOING_AWAY
from tests.browser.conftest import begin
from tests.browser.conversing import ask, conversation_of, stored_session
from tests.component.live import QUESTION, LiveFirstline


def test_a_question_is_answered_with_sources_that_open(page: Page) -> None:
    expect(page.get_by_role("listitem").first).to_contain_text("Hello!")
    ask(page, QUESTION)
    expect(page.locator(".customer .state")).to_contain_text("Sent")
    expect(page.get_by_label("Your message")).to_be_focused()
    answer = page.locator(".bot").nth(1)
    expect(answer).to_contain_text("The link in the mail is good for 30 minutes.")
    answer.get_by_role("button", name="Source 1").first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("blockquote")).to_contain_text("The link in the mail is good for 30 minutes.")
    link = sheet.get_by_role("link", name="Read the article")
    expect(link).to_have_attribute("href", "https://help.example/accounts#reset-your-password")
    expect(link).to_be_focused()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(answer.get_by_role("button", name="Source 1").first).to_be_focused()


def test_a_handover_shows_its_ticket(page: Page) -> None:
    ask(page, "I want to talk to a human")
    expect(page.locator(".note")).to_contain_text("Your ticket is ")


def test_texts_are_never_html(page: Page) -> None:
    ask(page, "<img src=x onerror=document.title='owned'> [1] <b>bold</b>")
    expect(page.locator(".customer .text")).to_have_text("<img src=x onerror=document.title='owned'> [1] <b>bold</b>")
    assert page.locator(".entry img, .entry b").count() == 0
    assert page.title() == "Chat with us"


def test_a_refused_message_can_be_edited_and_sent(page: Page) -> None:
    field = page.get_by_label("Your message")
    field.evaluate("(field) => { field.value = 'reset\\u0001 password'; }")
    field.press("Enter")
    expect(page.locator(".failed .state")).to_contain_text("Not sent: text holds the control character U+0001")
    page.get_by_role("button", name="Edit").click()
    expect(page.locator(".failed")).to_have_count(0)
    field.fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".sources")).to_be_visible()


def test_streamed_text_grows_and_is_withdrawn_when_superseded(page: Page, live: LiveFirstline) -> None:
    conversation = conversation_of(live, page)
    broadcast = live.container.broadcast
    broadcast.to_conversation(conversation, frames.status("t9", "RetrieveKnowledge"))
    expect(page.locator(".status")).to_have_text("Looking through the help centre")
    for index, text in enumerate(("Open ", "the page")):
        broadcast.to_conversation(conversation, frames.delta("t9", 1, index, text))
    expect(page.locator(".bot").nth(1)).to_have_text("Open the page")
    broadcast.to_conversation(conversation, frames.delta("t9", 2, 0, "Another try"))
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 2, " of the dead"))
    expect(page.locator(".bot").nth(1)).to_have_text("Another try")
    broadcast.to_conversation(conversation, frames.superseded("t9"))
    expect(page.locator(".bot")).to_have_count(1)


def test_an_answer_is_drawn_once_per_frame_however_fast_its_words_come(page: Page) -> None:
    drawn = page.evaluate(
        """async () => {
            const chat = document.querySelector("firstline-chat");
            const { connection, log } = chat.panel.conversation;
            const grows = (turnId, text) =>
                connection.dispatchEvent(new CustomEvent("draft", { detail: { turnId, text } }));
            const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
            let changes = 0;
            const observer = new MutationObserver((records) => {
                changes += records.filter((record) => record.target.matches?.(".text")).length;
            });
            observer.observe(log.list, { childList: true, subtree: true });
            for (let words = 1; words <= 200; words += 1) grows("t8", "word ".repeat(words));
            grows("t9", "Taken back at once");
            grows("t9", null);
            await frame();
            await frame();
            const texts = [...log.list.querySelectorAll("[aria-busy] .text")].map((text) => text.textContent.length);
            grows("t8", "Too late");
            log.entry({ author: "bot", seq: 2, turn_id: "t8", text: "The answer." });
            await frame();
            await frame();
            const shown = [...log.list.querySelectorAll(".bot .text")].slice(1).map((text) => text.textContent);
            return { changes, texts, shown };
        }"""
    )
    assert drawn == {"changes": drawn["changes"], "texts": [len("word " * 200) - 1], "shown": ["The answer."]}
    # One paragraph put in where nothing was.
    assert drawn["changes"] <= 2


def test_a_draft_that_comes_again_as_one_piece_leaves_no_gap_and_doubles_nothing(
    page: Page, live: LiveFirstline
) -> None:
    conversation = conversation_of(live, page)
    broadcast = live.container.broadcast
    draft = page.locator(".bot").nth(1)
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 0, "Open "))
    expect(draft).to_have_text("Open")
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 2, "page"))
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 0, "Open the page", next_index=3))
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 1, "the "))
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 3, "."))
    expect(draft).to_have_text("Open the page.")
    broadcast.to_conversation(conversation, frames.superseded("t9", attempt=1, before_index=4))
    expect(page.locator(".bot")).to_have_count(1)
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 2, "late"))
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 4, "Another answer"))
    expect(draft).to_have_text("Another answer")


def test_a_person_who_takes_over_is_named_and_what_the_bot_was_writing_goes(page: Page, live: LiveFirstline) -> None:
    conversation = conversation_of(live, page)
    broadcast = live.container.broadcast
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 0, "Half an", version=1))
    expect(page.locator(".bot")).to_have_count(3)
    broadcast.to_conversation(conversation, frames.agent(4, "user-1", 2, name="Anna"))
    expect(page.locator(".system")).to_have_text("You are talking to Anna")
    broadcast.to_conversation(conversation, frames.delta("t9", 1, 1, " answer", version=1))
    broadcast.to_conversation(conversation, frames.typing(Author.AGENT, name="Anna"))
    expect(page.locator(".status")).to_have_text("Anna is writing")
    expect(page.locator(".bot")).to_have_count(2)


def test_an_entry_too_long_for_one_frame_is_shown_whole(page: Page, live: LiveFirstline) -> None:
    text = "word " * 9_000 + "end"
    entry = Event(seq=2, author=Author.AGENT, text=text, at=live.container.ports.clock.now())
    live.container.broadcast.to_conversation(conversation_of(live, page), frames.event(entry))
    expect(page.locator(".agent .text")).to_have_text(text)


def test_a_socket_that_is_too_old_is_replaced_and_nobody_notices(page: Page, live: LiveFirstline) -> None:
    conversation = conversation_of(live, page)
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    page.evaluate("window.states = new Set()")
    page.locator(".connection").evaluate(
        """(line) => new MutationObserver(() => line.textContent && states.add(line.textContent))
            .observe(line, {childList: true, characterData: true, subtree: true})"""
    )
    (old,) = live.container.conversations.connections(conversation)
    connections = live.container.ports.connections
    assert isinstance(connections, LocalConnections)
    with page.expect_websocket():
        connections._open[old].close(GOING_AWAY)  # type: ignore[call-arg]
    ask(page, "How do I export timesheets?")
    expect(page.locator(".bot").nth(2)).to_contain_text("CSV")
    assert page.evaluate("[...states]") == []


def test_a_page_that_made_room_for_newer_ones_waits_until_something_is_said(page: Page, live: LiveFirstline) -> None:
    stored = stored_session(page)
    for _ in range(5):
        fresh = live.post(f"/chat/sessions/{stored['session_id']}/socket", token=stored["token"])
        live.dial(fresh["ws_url"])
    expect(page.locator(".connection")).to_have_text("The chat is open elsewhere. Write here to go on here.")
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    expect(page.locator(".connection")).to_be_hidden()


@pytest.fixture
def killable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFirstline]:
    server = LiveFirstline(tmp_path, monkeypatch)
    yield server
    server.stop()


def test_a_restart_loses_nothing_and_shows_nothing_twice(browser: Browser, killable: LiveFirstline) -> None:
    live, page = killable, browser.new_page()
    page.goto(f"{live.url}/chat")
    begin(page)
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    live.stop_server()
    expect(page.locator(".connection")).to_have_text("Connection lost. Trying again.")
    ask(page, "How do I export timesheets?")
    expect(page.locator(".customer .state").nth(1)).to_have_text("Sending")
    live.start_again()
    expect(page.locator(".customer .state").nth(1)).to_contain_text("Sent", timeout=20_000)
    expect(page.locator(".bot").nth(2)).to_contain_text("CSV")
    expect(page.locator(".customer")).to_have_count(2)
    expect(page.locator(".bot")).to_have_count(3)
    page.reload()
    expect(page.locator(".entry")).to_have_count(5)
    events = live.container.conversations.events(conversation_of(live, page))
    assert [event.author.value for event in events] == ["bot", "customer", "bot", "customer", "bot"]
    page.close()


def test_an_answer_that_overtakes_the_replay_hides_nothing_and_is_shown_in_its_place(
    page: Page, live: LiveFirstline
) -> None:
    expect(page.locator(".entry")).to_have_count(1)
    stored = stored_session(page)
    conversation = conversation_of(live, page)
    # The replay is asked for only when the test says so.
    page.evaluate(
        """() => {
            const send = WebSocket.prototype.send;
            const asked = new Promise((resolve) => (window.replay = resolve));
            WebSocket.prototype.send = function (text) {
                if (JSON.parse(text).action === "resume") asked.then(() => send.call(this, text));
                else send.call(this, text);
            };
        }"""
    )
    (connection_id,) = live.container.conversations.connections(conversation)
    live.container.ports.connections.close(connection_id)
    expect(page.locator(".connection")).to_have_text("Connection lost. Trying again.")
    missed = {"message": "How do I export timesheets?", "session_id": stored["session_id"]}
    live.post("/chat", missed, token=stored["token"])
    expect(page.locator(".connection")).to_be_hidden()
    live.post("/chat", missed | {"message": QUESTION}, token=stored["token"])
    expect(page.locator(".bot")).to_have_count(2)
    page.evaluate("window.replay()")
    expect(page.locator(".entry")).to_have_count(5)
    questions = page.locator(".customer .text").all_inner_texts()
    assert questions == ["How do I export timesheets?", QUESTION]
    classes = page.locator(".entry").evaluate_all("items => items.map((item) => item.classList[1])")
    assert classes == ["bot", "customer", "bot", "customer", "bot"]


def test_a_status_line_goes_when_a_known_answer_comes_again(page: Page, live: LiveFirstline) -> None:
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
    conversation = conversation_of(live, page)
    answer = live.container.conversations.events(conversation)[-1]
    live.container.broadcast.to_conversation(conversation, frames.status(answer.turn_id, "RetrieveKnowledge"))
    expect(page.locator(".status")).to_be_visible()
    live.container.broadcast.to_conversation(conversation, frames.event(answer))
    expect(page.locator(".status")).to_be_hidden()
    expect(page.locator(".bot")).to_have_count(2)


def test_two_tabs_of_one_browser_show_the_same_conversation(page: Page) -> None:
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.locator(".entry")).to_have_count(1)
    ask(page, QUESTION)
    expect(second.locator(".customer .text")).to_have_text(QUESTION)
    expect(second.locator(".sources")).to_be_visible()
    ask(second, "How do I export timesheets?")
    expect(page.locator(".bot").nth(2)).to_contain_text("CSV")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (1280, 800)])
def test_nothing_is_cut_off_at_this_width(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    ask(page, QUESTION + " " + "x" * 300)
    expect(page.locator(".sources")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    expect(page.locator(".sources").last).to_be_in_viewport()


def test_a_message_too_long_for_a_frame_is_refused_and_the_next_is_answered(page: Page) -> None:
    expect(page.get_by_role("listitem").first).to_contain_text("Hello!")
    field = page.get_by_label("Your message")
    field.evaluate("(field) => { field.value = 'a'.repeat(33000); }")
    field.press("Enter")
    expect(page.locator(".failed .state")).to_contain_text("Not sent: the message is too long")
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()


def test_a_message_that_the_server_closes_the_socket_for_is_given_up(page: Page) -> None:
    expect(page.get_by_role("listitem").first).to_contain_text("Hello!")
    page.evaluate("TextEncoder.prototype.encode = () => []")
    field = page.get_by_label("Your message")
    field.evaluate("(field) => { field.value = 'a'.repeat(33000); }")
    field.press("Enter")
    expect(page.locator(".failed .state")).to_contain_text("Not sent: the message is too long")
    ask(page, QUESTION)
    expect(page.locator(".sources")).to_be_visible()
