"""Whether the domain that a mail names as its sender's has sent it, as SES has found."""

from __future__ import annotations

import re

from firstline.domain.mail.parsed_mail import ParsedMail

_SERVER = "amazonses.com"
"""By which SES names itself in its header (RFC 8601, 2.5), that it puts before whatever the mail brings along."""
_COMMENT = re.compile(r"\([^()]*\)")


def is_authenticated(mail: ParsedMail) -> bool:
    """Tell whether DMARC (RFC 7489), DKIM or SPF passed for the very domain of the sender's address.

    It counts for mail that came through SES alone: elsewhere whoever sends a mail writes such a header themselves.
    """
    if mail.sender is None or len(list(mail.all("from"))) != 1:
        return False
    server, _, results = mail.header("authentication-results").lower().partition(";")
    domain = re.escape(mail.sender.address.rpartition("@")[2].lower())
    if server.strip().partition(" ")[0] != _SERVER or not domain:
        return False
    named = rf"(?:\S*@)?{domain}(?=[\s;]|$)"
    found = [" ".join(_COMMENT.sub(" ", one).split()) for one in results.split(";")]
    if any(re.match("dmarc ?= ?fail", one) for one in found):
        return False
    passed = (
        rf"dmarc ?= ?pass\b.*\bheader\.from ?= ?{named}",
        rf"dkim ?= ?pass\b.*\bheader\.[id] ?= ?{named}",
        rf"spf ?= ?pass\b.*\bsmtp\.mailfrom ?= ?{named}",
    )
    return any(re.match(pattern, one) for one in found for pattern in passed)
