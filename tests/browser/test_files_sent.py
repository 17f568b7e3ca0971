"""Files in the chat: chosen, pasted or dropped, checked, on their way, taken back, opened again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from firstline.domain.conversation import Author
from tests.browser.conversing import ask, conversation_of
from tests.component.live import QUESTION, LiveFirstline


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + b"\x7f" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


NOTE = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"The printer says E47."}
PICTURE = {"name": "screen.png", "mimeType": "image/png", "buffer": png(60, 40)}

MADE = """([kind, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], `${kind}.txt`, { type: "text/plain" }));
    const chat = document.querySelector("firstline-chat").shadowRoot;
    const is = { bubbles: true, cancelable: true };
    const event = kind === "pasted"
        ? new ClipboardEvent("paste", { clipboardData: data, ...is })
        : new DragEvent("drop", { dataTransfer: data, ...is });
    chat.querySelector(kind === "pasted" ? "textarea" : ".log").dispatchEvent(event);
    return event.defaultPrevented;
}"""


def choose(page: Page, *files: object) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach a file").click()
    chooser.value.set_files(list(files))  # type: ignore[arg-type]


def uploaded(page: Page, n: int) -> None:
    """Wait until the upload of so many files has ended."""
    expect(page.locator(".files li")).to_have_count(n)
    expect(page.locator(".files progress")).to_have_count(0)


def test_files_chosen_pasted_and_dropped_are_sent_with_the_message_and_open_again(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    page = visitor()
    choose(page, PICTURE)
    uploaded(page, 1)
    expect(page.locator(".files canvas")).to_have_count(1)
    assert page.evaluate(MADE, ["pasted", "from the clipboard"])
    assert page.evaluate(MADE, ["dropped", "from the desk"])
    uploaded(page, 3)
    ask(page, QUESTION)
    names = ["screen.png", "pasted.txt", "dropped.txt"]
    expect(page.locator(".customer .file button")).to_have_text(names)
    expect(page.locator(".customer .state")).to_contain_text("Sent")
    expect(page.locator(".files")).to_be_hidden()
    (event,) = [
        event
        for event in shop.container.conversations.events(conversation_of(shop, page))
        if event.author is Author.CUSTOMER
    ]
    assert [file["name"] for file in event.detail["attachments"]] == names
    with page.expect_download() as download:
        page.get_by_role("button", name="dropped.txt").click()
    assert download.value.path().read_text(encoding="utf-8") == "from the desk"
    page.reload()
    expect(page.locator(".customer .file button")).to_have_text(names)
    page.get_by_role("button", name="screen.png").click()
    expect(page.get_by_role("dialog", name="screen.png").get_by_role("img", name="screen.png")).to_be_visible()


def test_a_file_alone_is_a_message(visitor: Callable[..., Page]) -> None:
    page = visitor()
    choose(page, NOTE)
    uploaded(page, 1)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".customer .file button")).to_have_text(["note.txt"])
    expect(page.locator(".customer .state")).to_contain_text("Sent")


def test_an_upload_shows_its_progress_holds_the_message_back_and_can_be_cancelled(
    visitor: Callable[..., Page], shop: LiveFirstline
) -> None:
    page = visitor()
    held: list[Route] = []
    page.route("**/attachments/**", lambda route: held.append(route))
    with page.expect_request(lambda request: request.method == "PUT"):
        choose(page, NOTE)
    expect(page.get_by_role("progressbar", name="note.txt")).to_be_visible()
    ask(page, QUESTION)
    expect(page.locator(".system").last).to_have_text("A file is still being uploaded.")
    expect(page.locator(".customer")).to_have_count(0)
    expect(page.get_by_role("textbox")).to_have_value(QUESTION)
    page.get_by_role("button", name="Remove note.txt").click()
    expect(page.locator(".files")).to_be_hidden()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".sources")).to_be_visible()
    assert len(held) == 1
    assert page.locator(".customer .file").count() == 0


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({**NOTE, "name": "setup.exe"}, "setup.exe is of a kind that cannot be sent"),
        ({**NOTE, "buffer": b""}, "note.txt is empty."),
        ({**NOTE, "buffer": b"x" * (5 * 1024 * 1024)}, "note.txt is too large: at most 4.5 MB."),
        ({**PICTURE, "buffer": b"no picture"}, "screen.png was not uploaded."),
    ],
)
def test_a_file_that_cannot_be_sent_is_named_with_the_reason(
    visitor: Callable[..., Page], file: dict[str, object], said: str
) -> None:
    page = visitor()
    choose(page, file)
    if "uploaded" in said:
        uploaded(page, 1)
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".failed .state")).to_contain_text("Not sent: ")
        return
    expect(page.locator(".system").last).to_contain_text(said)
    expect(page.locator(".files")).to_be_hidden()


def test_an_upload_that_fails_says_so(visitor: Callable[..., Page]) -> None:
    page = visitor()
    page.route("**/attachments/**", lambda route: route.abort())
    choose(page, NOTE)
    expect(page.locator(".system").last).to_contain_text("note.txt was not uploaded.")
    expect(page.locator(".files")).to_be_hidden()


def test_more_files_than_a_message_takes_are_counted(visitor: Callable[..., Page]) -> None:
    page = visitor()
    choose(page, *({**NOTE, "name": f"note-{number}.txt"} for number in range(6)))
    expect(page.locator(".system").last).to_have_text("At most 5 files can be sent at once.")
    uploaded(page, 5)
