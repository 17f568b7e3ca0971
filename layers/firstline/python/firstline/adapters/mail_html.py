"""A mail's html made safe to show: an allow-list of elements, attributes, addresses and styles."""

from __future__ import annotations

import re
from collections.abc import Mapping

import nh3

MAX_CHARACTERS = 500_000
"""Of html that is shown; the rest is cut off."""
_MAX_NESTING = 1_000
_TAGS = (
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del div dl dt "
    "em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp section "
    "small span strike strong sub sup table tbody td tfoot th thead tr tt u ul wbr"
)
_WITH_CONTENT = (
    "script style head title template noscript object embed applet iframe frame frameset noframes svg math select "
    "textarea canvas video audio source track xml noembed plaintext xmp"
)
"""Removed with what stands in them."""
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"color", "face", "size"},
    "img": {"alt", "src"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_STYLES = (
    "border border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse border-color "
    "border-left border-left-color border-left-style border-left-width border-radius border-right border-right-color "
    "border-right-style border-right-width border-spacing border-style border-top border-top-color border-top-style "
    "border-top-width border-width color background-color direction display font-family font-size font-style "
    "font-weight height letter-spacing line-height margin margin-bottom margin-left margin-right margin-top max-width "
    "min-width padding padding-bottom padding-left padding-right padding-top text-align text-decoration text-indent "
    "text-transform vertical-align white-space width word-break word-wrap"
)
"""Properties that can load nothing and move nothing over the page that shows the mail."""
_LINKS = ("http://", "https://", "mailto:", "tel:")
_UNSAFE_STYLE = re.compile(
    r"(?i)url\s*\(|image|expression|javascript|import|attr\s*\(|var\s*\(|\\|[<>@]|-moz-binding|behavior|"
    r"(?:margin|indent)[^:;]{0,10}:[^;]*-\s*[\d.]"
)
_MARKUP = re.compile(r"<(/?)[a-zA-Z]")


def sanitised_html(html: str, images: Mapping[str, str] | None = None) -> str:
    """Return a mail's html that may be shown on a page of ours.

    Parameters
    ----------
    html : str
        As the mail has it; any content.
    images : mapping of str to str, optional
        Addresses of ours of the mail's own pictures, by Content-ID without brackets. Every other picture keeps only
        its alternative text: nothing is loaded from elsewhere, so a sender does not learn that the mail was opened.

    Returns
    -------
    str
        A fragment without scripts, forms, frames, style sheets, comments, names and classes. Links are absolute ones
        to the web, to addresses and to telephones, open in a new window and tell it nothing (``rel``). Html nested
        deeper than 1,000 elements is given as the text between its tags.

    Notes
    -----
    Parsed and written by ammonia (the HTML standard's parsing algorithm), so that what was checked is what a browser
    reads.
    """
    known = images or {}

    def kept(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return known.get(_content_id(value)) if tag == "img" else None
        if attribute == "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        if attribute == "style":
            return None if _UNSAFE_STYLE.search(value) else value
        return value

    text = html[:MAX_CHARACTERS]
    if _nesting(text) > _MAX_NESTING:
        return nh3.clean_text(re.sub(r"<[^>]{0,2000}>", " ", text))
    return nh3.clean(
        text,
        tags=set(_TAGS.split()),
        clean_content_tags=set(_WITH_CONTENT.split()),
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES.split()),
        strip_comments=True,
    )


def _content_id(value: str) -> str:
    scheme, _, name = value.strip().partition(":")
    return name.strip("<> ") if scheme.lower() == "cid" else ""


def _nesting(html: str) -> int:
    depth = deepest = 0
    for match in _MARKUP.finditer(html):
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest
