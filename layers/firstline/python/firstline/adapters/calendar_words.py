"""What an invitation says in words, for mails that hold nothing else (RFC 5545)."""

from __future__ import annotations

import re

from firstline.adapters.mail_html_text import html_text
from firstline.adapters.mail_plain import is_html

_FOLD = re.compile(r"\r?\n[ \t]")
_ALARM = re.compile(r"(?is)\nBEGIN:VALARM\b.*?(?:\nEND:VALARM\b|\Z)")
_EVENT = re.compile(r"(?is)\nBEGIN:(VEVENT|VTODO|VJOURNAL)\b.*?(?:\nEND:\1\b|\Z)")
_WORDS = re.compile(r'(?im)^(?:DESCRIPTION|COMMENT)(?:;(?:[^":\r\n]|"[^"\r\n]*"){0,500})?:([^\r\n]*)')
_REPLY = re.compile(r"(?im)^METHOD:\s*REPLY\b")
_ESCAPE = re.compile(r"\\([nN,;:\"\\])")
_MAX_READ = 200_000
_MAX_FIELDS = 20


def calendar_words(text: str) -> str:
    """Return the description and comments of the first event, unfolded and unescaped; empty where there are none.

    The reply to an invitation repeats only what its receiver has written.
    """
    unfolded = _FOLD.sub("", text[:_MAX_READ])
    event = _EVENT.search(unfolded if unfolded.startswith("\n") else f"\n{unfolded}")
    if event is None or _REPLY.search(unfolded):
        return ""
    written = _WORDS.findall(_ALARM.sub("", event[0]))[:_MAX_FIELDS]
    return "\n\n".join(dict.fromkeys(said for said in map(_plain, written) if said))


def _plain(value: str) -> str:
    said = _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value).strip()
    return html_text(said) if is_html(said) else said
