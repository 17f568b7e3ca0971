"""Web pages as our Markdown."""

import random

import pytest

from firstline.adapters.documents.html import read_html
from firstline.adapters.documents.limits import ReadLimits
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.markdown import split_sections

PAGE = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Reset your router | Acme Help</title>
<link rel="canonical" href="https://help.example.com/a/reset"><script>track()</script></head><body>
<div id="cookie-banner">We use cookies. <button>Accept</button></div>
<header class="site-header"><a href="/">Acme</a></header><nav><ul><li><a href="/b">Pricing</a></li></ul></nav>
<main><h1>Reset your router</h1><p>Most faults go after a <b>restart</b>. See <a href="/faults">the faults</a>
or <a href="#steps">the steps</a>, or <a href="javascript:alert(1)">this</a>.</p>
<h2 id="steps">Steps</h2><ol><li>Unplug it.</li><li>Wait:<ul><li>10 seconds, R100</li><li>30 seconds, R200<ol>
<li>until dark</li></ol></li></ul></li><li>Plug it in.<p>The lamp is green.</p></li></ol>
<aside class="warning"><p>Never press for long.</p></aside><aside><p>Related pages</p></aside>
<h2>Lamp codes</h2><table><tr><th>Lamp</th><th>Meaning</th><th>Act</th></tr>
<tr><td rowspan="2">red | dark</td><td>no signal</td><td>Check the cable.<br>Then call.</td></tr>
<tr><td colspan="2">no power</td></tr></table>
<pre><code class="language-bash"><span class="lineno">1</span>acme reset \\
    --hard</code></pre><p>Run <code>acme ping</code> now.</p>
<dl><dt>SSID</dt><dd>Its name.</dd></dl><p style="display:none">secret draft</p>
<details><summary>Are my settings lost?</summary><p>Only by a hard reset.</p></details>
<details><summary>How long?</summary><div id="f" style="display:none"></div><p>A minute.</p></details>
</main><footer><p>Imprint</p></footer></body></html>"""

EXPECTED = """# Reset your router

Most faults go after a restart. See [the faults](https://help.example.com/faults) or the steps, or this.

## Steps

1. Unplug it.
2. Wait:
   - 10 seconds, R100
   - 30 seconds, R200
     1. until dark
3. Plug it in.
   The lamp is green.

Never press for long.

## Lamp codes

| Lamp | Meaning | Act |
| --- | --- | --- |
| red \\| dark | no signal | Check the cable. Then call. |
| red \\| dark | no power |  |

```bash
acme reset \\
    --hard
```

Run `acme ping` now.

- SSID: Its name.

### Are my settings lost?

Only by a hard reset.

### How long?

A minute.
"""


def markdown(body: str) -> str:
    return read_html(f"<!doctype html><body>{body}</body>".encode()).markdown


def test_a_help_page_keeps_its_text_and_loses_the_site_around_it():
    parsed = read_html(PAGE.encode())
    assert parsed.markdown == EXPECTED
    assert parsed.title == "Reset your router"
    assert parsed.metadata == {"encoding": "utf-8", "language": "en", "url": "https://help.example.com/a/reset"}
    assert parsed.anchors == ("steps", "", "", "")


def test_the_anchors_belong_to_the_headings_that_our_markdown_has():
    parsed = read_html(PAGE.encode())
    _, sections = split_sections(parsed.markdown)
    headings = [line for line in parsed.markdown.splitlines() if line.startswith("##")]
    assert len(headings) == len(parsed.anchors)
    assert [section.heading_path[-1] for section in sections[1:3]] == ["Steps", "Lamp codes"]


def test_a_page_without_main_is_read_whole_and_named_by_its_title():
    parsed = read_html(b"<title>Opening hours - Acme</title><p>Nine to five.")
    assert (parsed.title, parsed.markdown) == ("Opening hours", "# Opening hours\n\nNine to five.\n")


def test_an_answer_that_a_click_unfolds_is_kept_though_it_is_hidden():
    text = markdown(
        '<h3><button aria-controls="p1">x</button>Refunds?</h3><div id="p1" hidden>Within 30 days.</div>'
        '<div hidden id="p2">Not for readers.</div><p>End.</p>'
    )
    assert "Within 30 days." in text
    assert "Not for readers." not in text


def test_an_article_about_cookies_is_no_cookie_banner():
    text = markdown(
        '<section id="cookies"><h2>Cookies</h2><p>We set two.</p></section><div class="cookie-bar">OK?</div>'
    )
    assert text == "## Cookies\n\nWe set two.\n"


def test_nothing_that_holds_the_title_is_taken_for_boilerplate():
    assert "Hello there" in markdown('<div class="sidebar"><h1>Guide</h1><p>Hello there</p></div>')


def test_a_table_that_only_arranges_the_page_is_read_as_text():
    text = markdown("<table><tr><td><h2>Left</h2><p>One.</p></td><td><p>Two.</p></td></tr></table>")
    assert text == "## Left\n\nOne.\n\nTwo.\n"


def test_text_that_looks_like_markdown_makes_no_heading_and_no_fence():
    text = markdown("<p># 1 reason</p><p>```</p><p>a<br>---</p><p>Word</p>")
    assert split_sections(text)[1][0].heading_path == ()
    assert "\n# " not in f"\n{text}"
    assert "\n---" not in text


def test_backticks_in_code_get_a_longer_fence():
    assert markdown("<pre>a ``` b</pre>") == "````\na ``` b\n````\n"


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        (
            '<meta charset="iso-8859-1"><p>Gr\xfc\xdfe \x96 hier</p>'.encode("latin-1"),
            "Gr\xfc\xdfe \u2013 hier",
            "cp1252",
        ),
        ("<p>\u4f60\u597d</p>".encode("utf-16"), "\u4f60\u597d", "utf-16"),
        ('<meta charset="shift_jis"><p>\u30c6\u30b9\u30c8</p>'.encode("shift_jis"), "\u30c6\u30b9\u30c8", "shift_jis"),
        ('<meta charset="no-such"><p>\u00e9</p>'.encode(), "\u00e9", "utf-8"),
        (b"<p>caf\xe9</p>", "caf\xe9", "cp1252"),
    ],
)
def test_the_encoding_is_found_and_named(content, text, encoding):
    parsed = read_html(content)
    assert parsed.markdown == f"{text}\n"
    assert parsed.metadata["encoding"] == encoding


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<html><body><nav>Menu</nav><script>app()</script></body></html>", "only menus or scripts"),
        (b"<h1>Only a title</h1>", "no text"),
        (b"<p>\0</p>", "NUL"),
        (b"<div>" * 300 + b"deep", "nested more than 200 deep"),
        (b"<div>" * 500_000 + b"deep", "nested more than 200 deep"),
        (b"<p>" + b"x " * 600, "more than 1000 characters"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused_with_its_reason(content, reason):
    with pytest.raises(UnreadableDocumentError, match=reason):
        read_html(content, limits=ReadLimits(max_characters=1000))


@pytest.mark.parametrize("seed", range(150))
def test_damaged_pages_are_read_or_refused_and_never_fail_otherwise(seed):
    chance = random.Random(seed)
    content = bytearray(PAGE.encode())
    for _ in range(chance.randint(1, 40)):
        content[chance.randrange(len(content))] = chance.choice(b"<>&;\"'/ \x00\xff\x80ab")
    try:
        parsed = read_html(bytes(content[: chance.randint(1, len(content))]))
    except UnreadableDocumentError as error:
        assert str(error)
    else:
        assert parsed.markdown.strip()
