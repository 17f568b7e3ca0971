"""Hostile mails in the agent's own browser: received as any mail is, opened from the API, and nothing runs."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from firstline.domain.identity import Role
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.web.mail_page import PAGE_HEADERS, mail_page
from tests.component.live import LiveFirstline
from tests.unit.mail.test_mail_html import VECTORS

PASSWORD = "correct horse battery"  # pragma: allowlist secret
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LETTER = """<html><head><style>@import 'https://evil.example/x.css';</style></head><body>
<table width="640" style="font-family:Arial;border-collapse:collapse"><tr><td bgcolor="#003366" style="padding:16px">
<font color="#ffffff" size="5">Order 17 has come back</font></td></tr><tr><td style="padding:16px">
<p>Hello,</p><p>the parcel came back to <b>you</b>; see <a href="https://shop.example/17">the tracking page</a>.</p>
<blockquote>On Monday you wrote: it is on its way.</blockquote><img src="cid:logo"
 alt="our logo" width="120" height="40">
<img src="https://track.example/pixel.gif" alt="a picture from elsewhere"><ul><li>One</li><li>Two</li></ul>
</td></tr></table></body></html>"""

SWALLOWS = re.compile(
    r"(?i)<!|plaintext|<svg|<math|<embed|<isindex|xmp|template|noscript|title|textarea|<style|mglyph|\x00|<<|<form|<select"
)
"""Vectors whose end, or whose way out, is not within themselves: each has a mail of its own."""

HARMFUL = """() => {
    const bad = [];
    for (const element of document.querySelectorAll("body, body *")) {
        const name = element.tagName.toLowerCase();
        if (/^(script|iframe|object|embed|form|input|button|svg|math|style|link|base|meta|video|audio)$/.test(name))
            bad.push(element.outerHTML);
        for (const attribute of element.attributes)
            if (/^on|^srcdoc$|^formaction$|^ping$/i.test(attribute.name)) bad.push(attribute.name);
        if (name === "a" && element.hasAttribute("href") && !/^(https?|mailto|tel):$/.test(element.protocol))
            bad.push(element.href);
        if (name === "img" && element.src && !element.src.startsWith("data:image/")) bad.push(element.src);
        element.dispatchEvent(new MouseEvent("mouseover"));
    }
    return bad;
}"""


class Agent:
    """An agent's browser: what it is asked to load from elsewhere is written down, and so is every dialog."""

    def __init__(self, browser: Browser, shop: LiveFirstline, token: str, **screen: Any) -> None:
        self._shop = shop
        headers = {"Authorization": f"Bearer {token}"}
        self.context = browser.new_context(extra_http_headers=headers, **screen)
        self.elsewhere: list[str] = []
        self.ran: list[str] = []
        self.context.route("**/*", self._loaded)
        self.page = self.context.new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.ran.append(str(error)))

    def open(self, conversation_id: str, mail_id: str) -> Page:
        self.page.goto(f"{self._shop.url}/admin/conversations/{conversation_id}/mails/{mail_id}/html")
        return self.page

    def _loaded(self, route: Route) -> None:
        if route.request.url.startswith((self._shop.url, "data:")):
            route.continue_()
            return
        self.elsewhere.append(route.request.url)
        route.abort()

    def _dialog(self, dialog: Any) -> None:
        self.ran.append(dialog.message)
        dialog.dismiss()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveFirstline]:
    """A server that receives mail."""
    with pytest.MonkeyPatch.context() as patch:
        server = LiveFirstline(tmp_path_factory.mktemp("mail"), patch, support_address="support@shop.example")
        yield server
        server.stop()


@pytest.fixture(scope="module")
def token(shop: LiveFirstline) -> str:
    shop.container.identity.manage_users.add("mail-reader", PASSWORD, Role.AGENT, name="Anna")
    return shop.container.identity.sign_in.sign_in("mail-reader", PASSWORD).token


@pytest.fixture
def agent(browser: Browser, shop: LiveFirstline, token: str) -> Iterator[Agent]:
    agent = Agent(browser, shop, token, viewport={"width": 1280, "height": 800})
    yield agent
    agent.context.close()
    assert agent.elsewhere == []
    assert agent.ran == []


def received(shop: LiveFirstline, html: str, number: int = 0) -> tuple[str, str]:
    """Have a mail come in; return its conversation and its id."""
    message = EmailMessage()
    sender = f"{shop.container.ports.ids.new().lower()}@customers.example"
    message["From"], message["To"], message["Subject"] = sender, "support@shop.example", f"Order <b>{number}</b>"
    message["Message-ID"] = f"<{shop.container.ports.ids.new()}@customers.example>"
    message.set_content(f"How do I reset a forgotten password? {shop.container.ports.ids.new()}")
    message.add_alternative(html, subtype="html")
    html_part = message.get_payload()[1]
    assert isinstance(html_part, EmailMessage)
    html_part.add_related(PICTURE, "image", "png", cid="<logo>")
    store = shop.container.ports.received_mail
    assert store is not None
    key = f"incoming/{shop.container.ports.ids.new()}.eml"
    store.write(key, message.as_bytes())
    taken = shop.container.mailing.receive.receive(key)
    assert taken.conversation_id
    return taken.conversation_id, taken.mail_id


def test_nothing_of_a_hostile_mail_runs_or_is_loaded(agent: Agent, shop: LiveFirstline) -> None:
    many = "".join(f"<div>{vector}</div>" for vector in VECTORS if not SWALLOWS.search(vector))
    page = agent.open(*received(shop, f"{many}<p>THE END</p>"))
    expect(page.locator("main")).to_contain_text("THE END")
    assert page.evaluate(HARMFUL) == []
    assert page.title() == "Order <b>0</b>"


@pytest.mark.parametrize("part", range(3))
def test_neither_does_what_swallows_or_breaks_out_of_the_page_around_it(
    agent: Agent, shop: LiveFirstline, part: int
) -> None:
    for number, vector in enumerate([vector for vector in VECTORS if SWALLOWS.search(vector)][part::3]):
        page = agent.open(*received(shop, f"<p>before</p>{vector}", number))
        expect(page.locator("main")).to_contain_text("before")
        assert page.evaluate(HARMFUL) == [], vector


def test_the_pages_own_rules_hold_even_where_nothing_was_taken_out(
    browser: Browser, shop: LiveFirstline, token: str
) -> None:
    agent = Agent(browser, shop, token)
    unclean = mail_page(ParsedMail(subject="x"), "\n".join(vector for vector in VECTORS if "plaintext" not in vector))
    address = f"{shop.url}/unclean"
    agent.context.route(
        address, lambda route: route.fulfill(body=unclean, content_type="text/html", headers=dict(PAGE_HEADERS))
    )
    agent.page.goto(address)
    agent.page.wait_for_load_state("load")
    agent.context.close()
    assert agent.ran == []
    assert agent.elsewhere == []


@pytest.mark.parametrize(("name", "width"), [("phone", 390), ("desktop", 1280)])
def test_an_ordinary_mail_looks_as_its_sender_meant_it(
    browser: Browser, shop: LiveFirstline, token: str, screenshot: Callable[[Page, str], bytes], name: str, width: int
) -> None:
    agent = Agent(browser, shop, token, viewport={"width": width, "height": 800})
    page = agent.open(*received(shop, LETTER))
    expect(page.get_by_text("Order 17 has come back")).to_be_visible()
    expect(page.get_by_text("the tracking page")).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert page.locator("img[alt='our logo']").evaluate("(img) => img.complete && img.naturalWidth") == 1
    assert page.locator("img[alt='a picture from elsewhere']").get_attribute("src") is None
    # What is wider than the screen scrolls within its place.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    screenshot(page, f"mail-{name}")
    agent.context.close()
    assert agent.elsewhere == []
    assert agent.ran == []


def test_the_raw_mail_is_saved_and_never_shown(browser: Browser, shop: LiveFirstline, token: str) -> None:
    agent = Agent(browser, shop, token)
    conversation_id, mail_id = received(shop, "<script>alert(1)</script>")
    raw = f"{shop.url}/admin/conversations/{conversation_id}/mails/{mail_id}/raw"
    with agent.page.expect_download() as saved, pytest.raises(Error, match="Download is starting"):
        agent.page.goto(raw)
    assert saved.value.suggested_filename == f"{mail_id}.eml"
    agent.context.close()
    assert agent.ran == []
