"""Which of a mail's text parts are its words: one of each alternative, siblings in order, forwarded mails apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import unescape

from firstline.adapters.mail_html_text import shown_text

FORWARDED = "---------- Forwarded message ----------"
_LONGEST_STUB = 600
_READ_HTML = 200_000
_READ_BESIDE = 50_000
"""Letters of the plain text before an html part that are looked at."""
_COMPARED = 200
"""Different words of a text, from its beginning, that are looked for in another."""
_SAME = 0.9
_OTHER = 0.5
_LEAST = 1 / 3
"""Of a short plain text's length, that an html which stands in its place has."""
_TAG = re.compile(r"(?is)<(?:style|script|title)\b[^<>]{0,500}>[^<]{0,20000}|<[^<>]{0,2000}>")
_LINK = re.compile(r"https?://\S+|\[[^\[\]\s]{0,500}\]")
_WORD = re.compile(r"\w{3,}")
_BREAKS = re.compile(r"\W+")


@dataclass(frozen=True)
class Words:
    """A part's text."""

    text: str
    """Plain, or html as it came."""
    is_html: bool = False
    is_forwarded: bool = False
    """Another mail's, enclosed in this one."""
    instead: str = ""
    """Plain text to show where the html shows nothing."""


def alternative(children: Sequence[Sequence[Words]]) -> list[Words]:
    """Return the words of a ``multipart/alternative`` (RFC 2046, 5.1.4), whose parts say the same.

    Plain text is taken; the html where there is none, or where the plain text is a stub that says something else ("your
    program shows no html").
    """
    spoken = [child for child in children if any(words.text.strip() for words in child)]
    plain = [words for child in spoken if not _has_html(child) for words in child]
    html = next((child for child in reversed(spoken) if _has_html(child)), None)
    if html is None:
        return plain
    if not plain:
        return list(html)
    written = "\n\n".join(words.text for words in plain)
    if not _is_stub(written, "\n".join(words.text for words in html)):
        return plain
    return [replace(words, instead=written) if words.is_html else words for words in html]


def siblings(children: Iterable[Sequence[Words]]) -> list[Words]:
    """Return the words of parts that stand one after another, without html that only repeats the plain text."""
    found: list[Words] = []
    plain = ""
    for child in children:
        found += [words for words in child if not (words.is_html and plain.strip() and _repeats(words.text, plain))]
        for words in child:
            if not words.is_html and not words.is_forwarded:
                plain = f"{plain}\n{words.text[-_READ_BESIDE:]}"[-_READ_BESIDE:]
    return found


def forwarded(inner: Iterable[Words], headers: str) -> list[Words]:
    """Return an enclosed mail's words, below a line that says that they are another's, and some of its headers."""
    words = [replace(words, is_forwarded=True) for words in inner]
    return [Words(f"{FORWARDED}\n{headers}".strip(), is_forwarded=True), *words] if words else []


def text_of(words: Sequence[Words], most: int, problems: list[str]) -> str:
    """Return the text that is shown: a mail's own words, then those it forwards; else what it says of its pictures.

    Parameters
    ----------
    most : int
        Characters of html that are read.
    problems : list of str
        Gets ``hidden_text`` and ``html_too_deep`` where html has them.
    """
    left = most
    own: list[str] = []
    others: list[str] = []
    pictured: list[str] = []
    for part in words:
        text = part.text
        if part.is_html:
            shown = shown_text(text[:left])
            left -= len(text[:left])
            found = {"hidden_text": shown.hidden, "html_too_deep": not shown.complete}
            problems += [name for name, is_found in found.items() if is_found and name not in problems]
            text = shown.text if shown.text.strip() else part.instead
            pictured.append(shown.pictured)
        if text.strip():
            (others if part.is_forwarded else own).append(text)
    if own:
        return "\n\n".join([*own, *others])
    if others := [text for text in others if not text.startswith(FORWARDED)]:
        return "\n\n".join(others)
    # A mail of pictures only.
    return "\n\n".join(text for text in pictured if text)


def _has_html(words: Iterable[Words]) -> bool:
    return any(part.is_html and part.text.strip() for part in words)


def _is_stub(plain: str, html: str) -> bool:
    """Return whether a short plain text is another one than the html's."""
    bare = _LINK.sub(" ", plain[: 4 * _LONGEST_STUB])
    said = _compact(bare)
    if not said or len(said) > _LONGEST_STUB:
        return not said
    shown = _compact(_without_tags(html))
    if len(shown) < max(1, len(said) * _LEAST) or said in shown:
        return False
    return ("html" in said and "html" not in shown) or _share(bare, shown) < _OTHER


def _repeats(html: str, plain: str) -> bool:
    bare = _without_tags(html[: 4 * _READ_BESIDE])
    return _share(bare, _compact(plain)) >= _SAME


def _share(text: str, compact: str) -> float:
    """Return the share of a text's words that a compact text holds; of its letters where it has no longer words."""
    lowered = text.lower()[:_READ_HTML]
    found = _WORD.findall(lowered) or list(_BREAKS.sub("", lowered))
    words = list(dict.fromkeys(found))[:_COMPARED]
    return sum(word in compact for word in words) / max(1, len(words))


def _compact(text: str) -> str:
    return _BREAKS.sub("", text.lower())


def _without_tags(html: str) -> str:
    return unescape(_TAG.sub(" ", html[:_READ_HTML]))
