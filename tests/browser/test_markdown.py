"""What the chat shows of texts: the Markdown that answers use, and nothing that runs, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from firstline.domain import frames
from firstline.domain.conversation import Author
from firstline.domain.turn import Citation
from firstline.web.widget_files import widget_files
from tests.browser.conversing import ask, broadcast_of, conversation_of, said_by
from tests.component.live import LiveFirstline

ATTACKS = (
    "<script>owned()</script>",
    "<img src=x onerror=owned()>",
    "<svg/onload=owned()>",
    "<svg><animate onbegin=owned() attributeName=x dur=1s>",
    "<iframe src=javascript:owned()></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=owned()>",
    "<details open ontoggle=owned()>",
    "<a href=javascript:owned()>x</a>",
    "<form action=javascript:owned()><button>x</button></form>",
    "<style>@import 'http://evil.example/x.css'</style>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=javascript:owned()>",
    "<!--><img src=x onerror=owned()>-->",
    "</div></li><img src=x onerror=owned()>",
    "&lt;img src=x onerror=owned()&gt;",
    "[x](javascript:owned())",
    "[x](JaVaScRiPt:owned())",
    "[x](java\tscript:owned())",
    "[x](java&#10;script:owned())",
    "[x](&#106;avascript:owned())",
    "[x](%6aavascript:owned())",
    "[x]( javascript:owned())",
    "[x](\x01javascript:owned())",
    "[x](data:text/html,<script>owned()</script>)",
    "[x](vbscript:owned())",
    "[x](blob:http://evil.example/1)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    '[x](https://ok.example/"onmouseover="owned())',
    "[x](https://ok.example/'onclick='owned())",
    "[x](https://ok.example/><img src=x onerror=owned()>)",
    "![x](javascript:owned())",
    "![x](https://evil.example/pixel.png)",
    "<https://ok.example onclick=owned()>",
    "[<img src=x onerror=owned()>](https://ok.example)",
    "**<img src=x onerror=owned()>**",
    "`<img src=x onerror=owned()>`",
    "```html\n<script>owned()</script>\n```",
    "| <img src=x onerror=owned()> | b |\n|---|---|\n| <script>owned()</script> | [x](javascript:owned()) |",
    "> <img src=x onerror=owned()>",
    "- <img src=x onerror=owned()>",
    "# <img src=x onerror=owned()>",
    "javascript:owned()",
    "https://ok.example/<script>owned()</script>",
    "[x]: javascript:owned()\n[x]",
    "{{constructor.constructor('owned()')()}}",
    "${owned()}",
    "\u202e<img src=x onerror=owned()>",
)

INSPECT = """(root) => {
    const bad = [];
    for (const element of root.querySelectorAll("*")) {
        if (["SCRIPT", "IFRAME", "IMG", "STYLE", "FORM", "BASE", "META", "OBJECT", "EMBED"].includes(element.tagName))
            bad.push(element.outerHTML);
        for (const { name, value } of element.attributes) {
            if (/^on/i.test(name) || name === "style") bad.push(`${name}=${value}`);
            if (name === "href" && !/^(https?|mailto):/.test(element.href)) bad.push(element.href);
        }
    }
    return bad;
}"""

OWNED = "() => { window.wasOwned = false; window.owned = () => { window.wasOwned = true; }; }"


@pytest.fixture(scope="module")
def rendered(browser: Any, shop: LiveFirstline) -> Any:
    """Render a text by the published module: what it contains that may do harm, and its HTML."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shop.url}/chat")
    page.evaluate(OWNED)
    module = f"/widget/{widget_files().version}/conversation.js"

    def render(text: str) -> dict[str, Any]:
        made: dict[str, Any] = page.evaluate(
            f"""async (text) => {{
                const {{ markdown }} = await import("{module}");
                const root = document.createElement("div");
                const began = performance.now();
                root.append(markdown(text));
                const ms = performance.now() - began;
                document.body.append(root);
                root.querySelectorAll("a").forEach((a) => a.dispatchEvent(new MouseEvent("mouseover")));
                await new Promise((resolve) => setTimeout(resolve));
                const found = {{ bad: ({INSPECT})(root), html: root.innerHTML, owned: wasOwned, ms }};
                root.remove();
                return found;
            }}""",
            text,
        )
        return made

    yield render
    context.close()


def test_no_attack_becomes_an_element_or_an_address(rendered: Callable[[str], dict[str, Any]]) -> None:
    found = {attack: made for attack in ATTACKS if (made := rendered(attack))["bad"] or made["owned"]}
    assert found == {}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\ntwo\n\nthree", "<p>One<br>two</p><p>three</p>"),
        ("**a** and *b* and `c*d*`", "<p><strong>a</strong> and <em>b</em> and <code>c*d*</code></p>"),
        ("2 * 3 * 4 and snake_case_name", "<p>2 * 3 * 4 and snake_case_name</p>"),
        ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("1. a\n\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("## Head ##", '<p class="heading">Head</p>'),
        ("> a\n> b", "<blockquote><p>a<br>b</p></blockquote>"),
        ("```sh\nls <x>\n```", '<pre tabindex="0"><code>ls &lt;x&gt;</code></pre>'),
        ("```\nnot closed", '<pre tabindex="0"><code>not closed</code></pre>'),
        (
            "|a|b|\n|-|:-:|\n|1|2 \\| 3|",
            '<div class="table" tabindex="0" role="group"><table><thead><tr><th scope="col">a</th>'
            '<th scope="col">b</th>'
            "</tr></thead><tbody><tr><td>1</td><td>2 | 3</td></tr></tbody></table></div>",
        ),
        ("[1] and [note]", "<p>[1] and [note]</p>"),
        ("a\n---\nb", "<p>a</p><hr><p>b</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_elements(rendered: Callable[[str], dict[str, Any]], text: str, html: str) -> None:
    assert rendered(text)["html"] == html


def test_an_address_in_the_text_is_a_link_without_the_stop_after_it(rendered: Callable[[str], dict[str, Any]]) -> None:
    html = rendered("See https://help.example/a?b=1&c=2.")["html"]
    assert '<a href="https://help.example/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">' in html
    assert html.endswith("</a>.</p>")


@pytest.mark.parametrize("piece", ["*", "**a", "[", "[a](", "> ", "- ", "|", "`", "_a", "https://a", "# "])
def test_the_time_grows_with_the_length_whatever_is_written(
    rendered: Callable[[str], dict[str, Any]], piece: str
) -> None:
    def taken_ms(n_characters: int) -> float:
        return float(min(rendered(piece * (n_characters // len(piece)))["ms"] for _ in range(3)))

    # Eight times as long takes eight times the time; in proportion to the square it would be 64 times.
    assert taken_ms(32_000) < 40 * max(taken_ms(4_000), 2)


def test_nothing_runs_whoever_wrote_it(visitor: Callable[..., Page], shop: LiveFirstline) -> None:
    page = visitor()
    page.evaluate(OWNED)
    everything = "\n\n".join(ATTACKS).replace("\x01", "").replace("\u202e", "")
    ask(page, everything[:3500])
    expect(page.locator(".customer .state")).to_contain_text("Sent")
    expect(page.locator(".bot")).to_have_count(2)
    conversation, cast = conversation_of(shop, page), broadcast_of(shop)
    article = Citation(
        number=1,
        chunk_id="c",
        source="s",
        title=ATTACKS[1],
        heading=ATTACKS[0],
        url="javascript:owned()",
        quote=everything,
        distance=0.1,
    )
    detail = {"citations": [article.model_dump()], "handover": {"ticket_id": ATTACKS[1]}}
    cast.to_conversation(conversation, frames.event(said_by(shop, Author.BOT, everything + " [1]", 90, **detail)))
    cast.to_conversation(conversation, frames.agent(91, "user-1", 2, name=ATTACKS[1]))
    cast.to_conversation(conversation, frames.event(said_by(shop, Author.AGENT, everything, 92, name=ATTACKS[2])))
    cast.to_conversation(conversation, frames.event(said_by(shop, Author.SYSTEM, everything, 93)))
    cast.to_conversation(conversation, frames.delta("t9", 1, 0, everything))
    cast.to_conversation(conversation, frames.typing(Author.AGENT, name=ATTACKS[1]))
    expect(page.locator(".status")).to_contain_text("is writing")
    expect(page.locator(".presence")).to_have_text(f"You are talking to {ATTACKS[1]}")
    page.locator(".chip").last.click()
    expect(page.locator(".sheet blockquote")).to_contain_text("owned()")
    expect(page.locator(".sheet a")).to_have_count(0)
    for part in ("header", ".log", ".sheet"):
        assert page.locator(part).evaluate(INSPECT) == []
    assert page.evaluate("wasOwned") is False
