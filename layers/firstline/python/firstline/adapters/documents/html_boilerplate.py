"""Which parts of a web page are the site around the text: menus, banners, footers, what is hidden."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_NEVER_TEXT_NAMES = (
    "head script style noscript template svg math nav footer form button input select textarea iframe object "
    "embed canvas video audio dialog map"
)
_NEVER_TEXT = frozenset(_NEVER_TEXT_NAMES.split())
_SITE_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar"})
_CALLOUT = re.compile(r"note|tip|warn|caution|danger|info|important|callout|admonition|alert", re.I)
_SITE_NAME = re.compile(
    r"(?:.*(?:cookie|consent|gdpr)[-_]?(?:banner|bar|notice|popup|modal|overlay|dialog|wall|message|box|layer)"
    r"|(?:cookie|gdpr)[-_]?consent|onetrust.*|cookiebot|cybotcookie.*|cc-window"
    r"|(?:site|page|main|global)[-_]?(?:header|nav|footer|menu)|breadcrumbs?|sidebar|side[-_]?nav|navbar|pagination"
    r"|skip[-_]?(?:link|nav|to[-_]content)|share[-_]?(?:buttons?|links?|bar)|social[-_]?(?:share|links|icons|media)"
    r"|newsletter(?:[-_]?(?:signup|form))?|advert(?:isement)?s?|related(?:[-_](?:posts|articles|links|content))?"
    r"|header-?link|anchor-?link|toc|table-of-contents|was-this-helpful|article-(?:votes|share|feedback))",
    re.I,
)
_LINE_NUMBER = re.compile(r"(?:^|\s)(?:linenos?|line-numbers?|gutter)(?:\s|$)", re.I)
_NOT_DISPLAYED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_LEAST_OF_MAIN = 0.1


def main_part(page: LexborHTMLParser) -> LexborNode | None:
    """Return the one ``main`` or ``article`` of a page if it holds a tenth of its text, else the body."""
    body = page.body
    if body is None:
        return None
    for selector in ("main, [role=main]", "article"):
        found = body.css(selector)
        if len(found) == 1 and len(found[0].text()) >= _LEAST_OF_MAIN * len(body.text()):
            return found[0]
    return body


def controlled_ids(page: LexborHTMLParser) -> frozenset[str]:
    """Return the ids of panels that a click unfolds: their text is hidden only for a while."""
    nodes = page.css("[aria-controls], [data-target], [data-bs-target]")
    names = (node.attributes.get(name) for node in nodes for name in ("aria-controls", "data-target", "data-bs-target"))
    return frozenset(part.lstrip("#") for name in names if name for part in name.split())


def is_around_the_text(node: LexborNode, unfolded: frozenset[str]) -> bool:
    """Tell whether an element is no part of the text. An element that holds the page's ``h1`` always is part."""
    tag = node.tag or ""
    if tag in _NEVER_TEXT:
        return tag != "form" or not _has_title(node)
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".split()
    suspect = (
        (attributes.get("role") or "").lower() in _SITE_ROLES
        or (tag == "aside" and not any(_CALLOUT.search(name) for name in names))
        or (tag == "header" and not _within_text(node))
        or any(_SITE_NAME.fullmatch(name) for name in names)
        or _is_hidden(node, unfolded)
    )
    return suspect and tag not in ("html", "body", "main", "article") and not _has_title(node)


def is_line_number(node: LexborNode) -> bool:
    """Tell whether an element of a code block only counts its lines."""
    return bool(_LINE_NUMBER.search(node.attributes.get("class") or ""))


def _is_hidden(node: LexborNode, unfolded: frozenset[str]) -> bool:
    attributes = node.attributes
    hidden = "hidden" in attributes or bool(_NOT_DISPLAYED.search(attributes.get("style") or ""))
    panel = attributes.get("id") in unfolded or (attributes.get("role") or "") in ("tabpanel", "region")
    return hidden and not panel and attributes.get("hidden") != "until-found"


def _has_title(node: LexborNode) -> bool:
    return node.tag == "h1" or node.css_first("h1, main") is not None


def _within_text(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in ("main", "article", "section"):
            return True
        parent = parent.parent
    return False
