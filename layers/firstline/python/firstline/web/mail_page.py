"""A mail as a page of its own: what its sender wrote, in which nothing runs and nothing is loaded."""

from __future__ import annotations

import html
from collections.abc import Mapping

from firstline.domain.mail.parsed_mail import ParsedMail

_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
PAGE_HEADERS: Mapping[str, str] = {
    # No script whatever the page says; no host is asked for anything, not even for a picture or a font.
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
_STYLE = (
    "body{margin:0;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff;"
    "overflow-wrap:anywhere}img,table,video{max-width:100%}pre{white-space:pre-wrap;font:inherit;margin:0}"
    # What the mail says of its own layout stays in its place: it can cover nothing of the page around it.
    "main{contain:layout paint;overflow-x:auto}"
)


def mail_page(mail: ParsedMail, shown: str) -> str:
    """Return the page.

    Parameters
    ----------
    shown : str
        The mail's sanitised html; where it is empty, the page shows the text.
    """
    content = shown or f"<pre>{html.escape(mail.text)}</pre>"
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{html.escape(mail.subject) or 'Mail'}</title><style>{_STYLE}</style></head>"
        f"<body><main>{content}</main></body></html>\n"
    )
