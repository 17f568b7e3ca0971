"""Marks of programs on a mail: in its sender's name, its return path and its headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from firstline.domain.mail.notice import folded
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.reply_text import reply_text

_EXCHANGE = re.compile(r"microsoftexchange[0-9a-f]{32}")
BODY_READ = 4_000
"""Letters of a body that are looked at."""


@dataclass(frozen=True)
class GateWords:
    """Phrases of what programs send, folded, by list."""

    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def found(self, name: str, text: str) -> bool:
        """Return whether a phrase of a list stands in a folded text."""
        return any(phrase in text for phrase in self.lists[name])


@lru_cache(maxsize=1)
def gate_words() -> GateWords:
    """Return the phrases, read once."""
    loaded = json.loads(Path(__file__).with_name("gate_words.json").read_text(encoding="utf-8"))
    return GateWords({name: tuple(map(folded, phrases)) for name, phrases in loaded.items()})


def has_null_sender(mail: ParsedMail) -> bool:
    """Return whether nothing may be sent back to a mail: its return path is empty (RFC 5321, 4.5.5)."""
    return any(value.replace(" ", "") == "<>" for value in mail.all("return-path"))


def sender_local(mail: ParsedMail) -> str:
    """Return the part before the @ of a mail's sender, also of one that is no address."""
    return (mail.sender.address if mail.sender else mail.header("from").lower()).partition("@")[0].strip('<> "')


def is_bulk(mail: ParsedMail) -> bool:
    """Return whether a mail says that it goes to many."""
    return mail.header("precedence").lower() in ("bulk", "list", "junk")


def is_daemon(mail: ParsedMail) -> bool:
    """Return whether a mail system is the sender, by its name."""
    local = sender_local(mail)
    if _EXCHANGE.fullmatch(local):
        return True
    names = gate_words().lists["daemons"]
    return any(local == name or local.startswith((f"{name}-", f"{name}+", f"{name}.")) for name in names)


def is_no_reply(local: str) -> bool:
    """Return whether the local part of an address says that nobody reads what is sent there."""
    names = gate_words().lists["no_reply"]
    return any(
        local == name
        or local.startswith((f"{name}+", f"{name}-", f"{name}."))
        or local.endswith((f"-{name}", f".{name}", f"_{name}"))
        for name in names
    )


def is_notifier(local: str) -> bool:
    """Return whether the local part of an address is one that programs send notices from."""
    return re.split(r"[-_.+]", local)[0] in gate_words().lists["notifiers"] or local in gate_words().lists["notifiers"]


def is_forged(mail: ParsedMail) -> bool:
    """Return whether the domain that a mail names as its sender's says that it is not its mail (DMARC).

    Whoever has found so: what speaks against a mail counts from any server, what speaks for it (``sender_proof``) only
    from ours. The newest finding stands first.
    """
    return bool(re.search(r"\bdmarc\s*=\s*fail\b", mail.header("authentication-results").lower()))


def suppresses_answers(mail: ParsedMail) -> bool:
    """Return whether X-Auto-Response-Suppress names answers, and not only receipts."""
    value = mail.header("x-auto-response-suppress").lower()
    return any(word in value for word in ("all", "autoreply", "oof"))


def own_words(mail: ParsedMail) -> str:
    """Return what a mail says itself: who asks about a bounce or an automatic reply quotes it or sends it on."""
    return reply_text(mail.text[:BODY_READ]).text
