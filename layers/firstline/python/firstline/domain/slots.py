"""What a customer asks to be done, read from their words without a model: which tool, with which arguments.

Rules, and rather too few requests than too many: "How do I close my account?" is a question for the articles,
"Close my account." is a request.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from firstline.domain import request_patterns as patterns
from firstline.domain.conversation import Author
from firstline.domain.lexical import terms
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.ticket_codes import named_code
from firstline.domain.tool_texts import ASK_FOR_TICKET_TEXT
from firstline.domain.turn import HistoryMessage

_MOST_CHARACTERS = 4_000
_LEAST_WORDS = 3
_SHORTEST_CODE = 4


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    # On first use: compiling them all takes a function's cold start longer than everything else here.
    return re.compile(pattern)


@dataclass(frozen=True)
class ToolRequest:
    """What is to be done."""

    tool: str
    """Name of one of the tools."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Those that the words hold; a ticket's id is not among them, but read where the customer's tickets are known."""
    missing: str = ""
    """The argument that has to be asked for."""


def read_request(question: str, history: Sequence[HistoryMessage] = ()) -> ToolRequest | None:
    """Return what the customer asks to be done, None where they ask to be told something.

    Parameters
    ----------
    question : str
        The unanswered messages, in order.
    history : sequence of HistoryMessage
        What was said before them, oldest first: a request for a ticket is about that, and an answer to our question
        what a ticket is to say is its text.
    """
    return next(iter(read_requests(question, history)), None)


def read_requests(question: str, history: Sequence[HistoryMessage] = ()) -> list[ToolRequest]:
    """Return all that the customer asks to be done, what changes something first; as ``read_request``."""
    text = _plain(question)
    if history and history[-1].author is Author.BOT and history[-1].text.startswith(ASK_FOR_TICKET_TEXT):
        return [_ticket(text, history)] if _says_something(text) else []
    sentences = _sentences(text)
    found = [_high_stakes(one) or _on_ticket(one) or _new_ticket(one, text, history) for one in sentences]
    found += [_look_up(sentence) for sentence in sentences]
    requests = [request for request in found if request is not None]
    if not requests and asks_for_person(text) and not re.match(r"(?i)\W*how\b", text):
        return [ToolRequest("escalate_to_human", {"reason": "asked"})]
    return requests


def asks_for_person(text: str) -> bool:
    """Tell whether the words name a person to talk to, other than to say that none is wanted."""
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    # "I don't want a bot but a human" wants a human.
    wanted = _compiled(patterns.NO_PERSON).sub(" ", _compiled(patterns.NOT_THIS_BUT).sub(" want", text))
    return bool(phrases_in(normalised(wanted), lexicon()["intents"]["human_request"]))


def declines_person(text: str) -> bool:
    """Tell whether the words name a person to talk to only to say that none is wanted."""
    return bool(phrases_in(normalised(text), lexicon()["intents"]["human_request"])) and not asks_for_person(text)


def asks_to(question: str, name: str) -> bool:
    """Tell whether the customer asks for what a company's own tool is called by, as in "Please cancel order 7".

    A sentence must be a request, begin with one word of the tool's name and hold all of them.
    """
    words = set(terms(name.replace("_", " ")))
    for sentence in _sentences(_plain(question)):
        begin = _compiled(rf"(?i){patterns.START}(?P<verb>\w+)").match(sentence)
        if begin is None or _compiled(patterns.NO_REQUEST).search(_compiled(patterns.REASON).split(sentence)[0]):
            continue
        if words & set(terms(begin["verb"])) and words <= set(terms(sentence)):
            return True
    return False


def _plain(question: str) -> str:
    composed = unicodedata.normalize("NFC", question)
    return composed.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()[:_MOST_CHARACTERS]


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _compiled(patterns.CLAUSE).split(text) if part.strip()]


def _high_stakes(sentence: str) -> ToolRequest | None:
    for action, pattern in (
        ("refund", patterns.REFUND),
        ("close_account", patterns.CLOSE_ACCOUNT),
        ("delete_data", patterns.DELETE_DATA),
    ):
        # Why it is wanted may hold any word: "because it doesn't work".
        wish = _compiled(patterns.REFUND_REASON if action == "refund" else patterns.REASON).split(sentence, maxsplit=1)[
            0
        ]
        if _compiled(pattern).search(sentence) and not _compiled(patterns.NO_REQUEST).search(wish):
            return ToolRequest("update_account", {"action": action, "detail": sentence[:500]})
    if _compiled(patterns.NO_REQUEST).search(sentence):
        return None
    found = _compiled(patterns.UPDATE).search(sentence)
    if found is None:
        return None
    name = next(key for key in patterns.FIELDS if found[key] or found[f"new_{key}"])
    value = re.sub(r"(?i)[\s,]*(?:please|thanks|thank you)?[\s.!?,;]*$", "", found["value"])
    given = _compiled(patterns.VALUES[name]).match(value)
    if given is None or (name in ("email", "phone") and given.end() < len(value) - 12):
        return None
    return ToolRequest("update_account", {"action": "change", "field": name, "value": given[0].strip()})


def _on_ticket(sentence: str) -> ToolRequest | None:
    comment = _compiled(patterns.COMMENT).search(sentence)
    if comment:
        return ToolRequest("update_ticket", {"comment": comment["comment"]})
    if _compiled(patterns.REOPEN).search(sentence):
        return ToolRequest("update_ticket", {"status": "reopened"})
    if _compiled(patterns.CLOSE).search(sentence) and not _compiled(patterns.NO_REQUEST).search(sentence):
        return ToolRequest("update_ticket", {"status": "closed"})
    return None


def _new_ticket(sentence: str, text: str, history: Sequence[HistoryMessage]) -> ToolRequest | None:
    found = _compiled(patterns.OPEN).search(sentence)
    if found is None or _compiled(patterns.HOW_TO).match(sentence):
        return None
    before, _, after = text.partition(sentence)
    said = re.sub(
        r"(?i)^[\s:,.!-]*(?:(?:please|for (?:me|us)|about|for|because|regarding|that says|saying|with)\b[\s:,.!-]*)*",
        "",
        sentence[found.end() :],
    )
    return _ticket("\n".join(part.strip() for part in (said, before, after) if _says_something(part)), history)


def _ticket(description: str, history: Sequence[HistoryMessage]) -> ToolRequest:
    if not description:
        said = [m.text for m in history if m.author is Author.CUSTOMER and _says_something(m.text)]
        description = "\n".join(text for text in said[-3:] if read_request(text) is None)
    if not description:
        return ToolRequest("create_ticket", missing="description")
    return ToolRequest("create_ticket", {"description": description})


def _look_up(sentence: str) -> ToolRequest | None:
    if _compiled(patterns.HOW_TO).match(sentence):
        return None
    if _compiled(patterns.ACCOUNT).search(sentence):
        return ToolRequest("lookup_account")
    if _compiled(patterns.LIST).search(sentence) and not _compiled(patterns.NO_REQUEST).search(sentence):
        return ToolRequest("get_user_tickets")
    if _names_ticket(sentence) and (
        _compiled(patterns.STATUS).search(sentence) or _compiled(patterns.ONLY_TICKET).fullmatch(sentence)
    ):
        return ToolRequest("get_ticket_status")
    return None


def _names_ticket(sentence: str) -> bool:
    code = named_code(sentence)
    # A number alone may be that of an order or an invoice.
    is_code = len(code) >= _SHORTEST_CODE and not code.isdigit()
    return _compiled(patterns.ONE_TICKET).search(sentence) is not None or is_code


def _says_something(text: str) -> bool:
    return len(re.findall(r"\w+", text)) >= _LEAST_WORDS
