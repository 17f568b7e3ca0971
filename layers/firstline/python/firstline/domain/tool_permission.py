"""What a model's call may change: only what the customer's own words ask for, and only in their words.

A model may be talked into a call by what it reads: an article, a file, a ticket, a page. What changes anything is
carried out where the customer has typed a request for the same thing, or has said yes to the assistant's question that
named it; the model is told to ask that question. What is written down are the customer's words, never the model's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firstline.domain.conversation import Author
from firstline.domain.lexical import terms
from firstline.domain.mail.own_words import said as said_by_customer
from firstline.domain.slots import ToolRequest, asks_to, read_requests
from firstline.domain.stated_facts import named_languages, sentences_of, stated_facts, typed_words
from firstline.domain.ticket_codes import named_code, normalised_code, ticket_codes
from firstline.domain.turn import Intent, Turn

NOT_ASKED_FOR = (
    "The customer has not asked for this in so many words. Ask them one question that names what you would do, with "
    "the ticket, the order or the value, and wait for their yes."
)

_YES = frozenset(
    """yes yep yeah yup sure ok okay please do go ahead it that this correct right exactly of course fine thanks thank
    you i want would like to a the my me and for now again ja bitte gerne genau oui merci s\u00ed si claro por favor
    gracias""".split()  # noqa: SIM905 - a list literal would take fifty lines
)
_SAYS_YES = re.compile(
    r"(?i)\W*(?:yes|yep|yeah|yup|sure|ok|okay|please do|go ahead|do it|do that|ja|gerne|oui|s\u00ed|si|claro)\b"
)
_QUESTION = re.compile(r"[^.!?\n]*(?:\.\w[^.!?\n]*)*\?")
_LITTLE_FRUSTRATION = 0.3
_SHORT = 6
_LEAST_CODE = 4
_ACTIONS = {
    "refund": r"refund|reimburs|money back",
    "close_account": r"(?:clos|delet|cancel|deactivat).*account",
    "delete_data": r"(?:delet|eras|remov).*(?:data|information)",
}
_SELF = re.compile(r"(?i)(?<!\w)(?:i|i'm|we|we're|my|our|ich|wir|mein\w*|unser\w*|je|nous|mon|ma|notre|yo|mi)(?!\w)")
_LANGUAGE = re.compile(
    r"(?i)\b(?:speak|write|answer|reply|respond|talk|continue|sprich|sprechen|schreib\w*|antwort\w*|parl\w+|habl\w+)\b"
)


@dataclass(frozen=True)
class _Said:
    """What the customer has said, and what they have said yes to."""

    now: str
    """What they have typed themselves of what is unanswered, without the mail that it cites."""
    ever: str
    """All that they have said in this conversation, quotations too."""
    agreed: str
    """The assistant's question to which they say yes; empty where they do not."""
    requests: tuple[ToolRequest, ...]


def permitted(tool: str, arguments: Mapping[str, Any], turn: Turn) -> dict[str, Any] | None:
    """Return the arguments with which a call that changes something may be made, None where it may not be.

    Free text that is not the customer's is replaced by what they have said.
    """
    said = _said(turn)
    given = dict(arguments)
    match tool:
        case "escalate_to_human":
            wanted = bool(re.search(r"(?i)colleague|person|human|agent|somebody|someone", said.agreed))
            return given if wanted or _may_need_a_person(turn) else None
        case "remember_fact":
            return given if _stated(given, said, turn) else None
        case "create_ticket":
            return _new_ticket(given, said, turn)
        case "update_ticket":
            return _ticket_change(given, said, turn)
        case "update_account":
            return _account_change(given, said)
    return given if _own_tool(tool, given, said, turn) else None


def _said(turn: Turn) -> _Said:
    question, history = said_by_customer(turn), turn.identified.history
    earlier = [said.text for said in history if said.author is Author.CUSTOMER]
    now = typed_words(question)
    agreed = ""
    if history and history[-1].author is Author.BOT and _SAYS_YES.match(question):
        asked = _QUESTION.findall(history[-1].text)
        known = {*_YES, *_words(asked[-1])} if asked else set()
        # "Ok, read the attached log" is no yes.
        agreed = asked[-1] if asked and set(_words(question)) <= known else ""
    return _Said(now, "\n".join([*earlier, question]), agreed, tuple(read_requests(now, history)))


def _new_ticket(given: dict[str, Any], said: _Said, turn: Turn) -> dict[str, Any] | None:
    asked = next((one for one in said.requests if one.tool == "create_ticket"), None)
    if asked is None and not re.search(r"(?i)\bticket\b", said.agreed):
        return None
    description = str(given["description"])
    if not _stands_in(description, said.ever):
        description = str(asked.arguments.get("description", "")) if asked else _earlier(turn)
    if not description.strip():
        return None
    subject = str(given["subject"])
    return {**given, "description": description, "subject": subject if _stands_in(subject, said.ever) else ""}


def _ticket_change(given: dict[str, Any], said: _Said, turn: Turn) -> dict[str, Any] | None:
    status, comment, code = str(given["status"]), str(given["comment"]), str(given["ticket_id"])
    agreed = said.agreed if _names_ticket(code, said.agreed) else ""
    asked = (
        [one for one in said.requests if one.tool == "update_ticket"] if _may_mean(code, said_by_customer(turn)) else []
    )
    if status:
        verb = r"re-?open" if status == "reopened" else r"(?<!re)(?<!re-)(?:clos|resolv)"
        same = any(one.arguments.get("status") == status for one in asked)
        return given if same or re.search(rf"(?i){verb}", agreed) else None
    wanted = next((one.arguments["comment"] for one in asked if "comment" in one.arguments), "")
    if wanted:
        return given if _stands_in(comment, said.ever) else {**given, "comment": wanted}
    if re.search(r"(?i)\b(?:add|comment|note|append|put)", agreed) and _stands_in(comment, f"{said.ever}\n{agreed}"):
        return given
    return None


def _account_change(given: dict[str, Any], said: _Said) -> dict[str, Any] | None:
    action = str(given["action"])
    asked = [one for one in said.requests if one.tool == "update_account" and one.arguments.get("action") == action]
    detail = str(given["detail"]) if _stands_in(str(given["detail"]), said.ever) else ""
    if action != "change":
        if asked:
            return {**given, "detail": detail or asked[0].arguments["detail"]}
        return {**given, "detail": detail} if re.search(rf"(?is){_ACTIONS[action]}", said.agreed) else None
    field, value = str(given["field"]), str(given["value"])
    same = any(one.arguments["field"] == field and _plain(one.arguments["value"]) == _plain(value) for one in asked)
    return {**given, "detail": detail} if same or _stands_in(value, said.agreed) else None


def _stated(given: dict[str, Any], said: _Said, turn: Turn) -> bool:
    kind, value = str(given["kind"]), str(given["value"])
    facts = stated_facts(said_by_customer(turn), topic=turn.classified.category)
    if any(fact.kind.value == kind and _plain(fact.value) == _plain(value) for fact in facts):
        return True
    if _stands_in(value, said.agreed) and re.search(r"(?i)remember|note|keep|merken", said.agreed):
        return True
    sentences = sentences_of(said.now)
    if kind == "language":
        return any(_LANGUAGE.search(one) and value in named_languages(one) for one in sentences)
    if kind in ("name", "product"):
        return any(_stands_in(value, one) and _SELF.search(one) and "?" not in one for one in sentences)
    return False


def _own_tool(tool: str, given: Mapping[str, Any], said: _Said, turn: Turn) -> bool:
    """Tell whether a company's own tool is asked for by its name, with values that the customer has named."""
    words = set(terms(tool.replace("_", " ")))
    if asks_to(said.now, tool):
        known = said.ever
    elif words and words <= set(terms(said.agreed)):
        known = f"{said.ever}\n{said.agreed}"
    else:
        return False
    return all(_stands_in(value, known) for value in _values(given))


def _values(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for one in value.values() for text in _values(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _values(one)]
    return [] if isinstance(value, bool) or value is None or value == "" else [str(value)]


def _may_need_a_person(turn: Turn) -> bool:
    told = turn.classified
    wants = told.intent in (Intent.HUMAN_REQUEST, Intent.COMPLAINT, Intent.TICKET_REQUEST)
    upset = told.frustration >= _LITTLE_FRUSTRATION or told.is_negative
    return wants or upset or told.legal or turn.knowledge is None or turn.knowledge.abstained


def _may_mean(code: str, question: str) -> bool:
    """Tell whether a ticket is the one that is named; where none is named it may be any of the customer's."""
    return not named_code(question) or _names_ticket(code, question)


def _names_ticket(code: str, text: str) -> bool:
    plain = normalised_code(code)
    return any(
        len(named) >= _LEAST_CODE and (plain.startswith(named) or plain.endswith(named) or named.startswith(plain))
        for named in ticket_codes(text)
    )


def _earlier(turn: Turn) -> str:
    said = [one.text for one in turn.identified.history if one.author is Author.CUSTOMER]
    return "\n".join(said[-3:])


def _stands_in(value: str, words: str) -> bool:
    plain = _plain(value)
    if len(plain) < _SHORT:
        # "7" is not in "17".
        return bool(plain) and plain in {*map(_plain, words.split()), *_words(words)}
    return plain in _plain(words)


def _plain(text: str) -> str:
    return re.sub(r"[^\w@.+]", "", text.casefold()).rstrip(".")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
