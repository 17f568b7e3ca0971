"""Whether the customer's own words ask for what a tool would do: a call that a piece of data asked for is refused.

A model may be talked into a call by what it reads: an article, a file, a ticket, a page. What changes anything is
carried out only where the customer's words, which no such text can write, ask for it; the model is told to ask them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from firstline.domain.conversation import Author
from firstline.domain.lexical import terms
from firstline.domain.slots import read_request
from firstline.domain.turn import Category, Intent, Turn

NOT_ASKED_FOR = "The customer has not asked for this. Ask them whether they want it, and wait for their answer."

_YES = re.compile(
    r"(?i)\W*(?:yes|yep|yeah|sure|ok|okay|please do|go ahead|do it|do that|please|correct|right|exactly|ja|gerne|oui|"
    r"s\u00ed|si|claro)\b"
)
_MOST_WORDS_OF_YES = 8
_LITTLE_FRUSTRATION = 0.3
_SURE = 0.6
_TOPICS = {
    "create_ticket": r"tickets?|a case|report (?:it|this|an?)|escalat\w*|follow(?: |-)?up|look into|investigat\w*|"
    r"forward|pass (?:it|this) on|(?:your|the) (?:team|engineers?|developers?|technicians?)|log (?:it|this)",
    "update_ticket": r"tickets?|(?:my|the|this) case|solved|resolved|works now|working now",
    "remember_language": r"languages?|speak|write|answer|english|german|french|spanish|italian|deutsch|fran\w+ais|"
    r"espa\w+ol",
    "remember_tone": r"short\w*|brief\w*|detail\w*|simpl\w+|technical\w*|formal\w*|casual\w*|concise\w*|explain\w*|"
    r"answers?|steps?",
    "refund": r"refund\w*|money|reimburs\w*|charge\w*|paid|payment|"
    r"r\u00fcckerstatt\w*|erstatt\w*|rembours\w*|reembolso",
    "close_account": r"(?:clos|cancel|delet|terminat|deactivat|remov|"
    r"k\u00fcndig|l\u00f6sch|ferm|supprim|cerrar|elimin)\w*",
    "delete_data": r"(?:delet|eras|remov|forg[eo]t|wip|"
    r"l\u00f6sch|vergess|effac|supprim|borr|elimin)\w*|privacy|gdpr|dsgvo",
}


def is_asked_for(tool: str, arguments: Mapping[str, Any], turn: Turn) -> bool:
    """Tell whether the customer's words ask for a call that changes something.

    The words are those that are unanswered; where they say yes, also what the assistant has just asked. A value that
    would be written must stand in the customer's own words, of now or before.
    """
    words, agreed = _words(turn)
    if tool == "remember_fact":
        pattern = _TOPICS.get(f"remember_{arguments.get('kind', '')}")
        return _names(words, pattern) if pattern else _stands_in(str(arguments.get("value", "")), _said(turn))
    if tool == "escalate_to_human":
        return agreed or _may_need_a_person(turn)
    asked = read_request(turn.question, turn.identified.history)
    wants = agreed or not _asks_to_be_told(turn)
    if tool == "update_account":
        action = str(arguments.get("action", ""))
        if action == "change":
            return _stands_in(str(arguments.get("value", "")), _said(turn))
        same = asked is not None and asked.tool == tool and asked.arguments.get("action") == action
        return same or (wants and _names(words, _TOPICS[action]))
    if asked is not None and asked.tool == tool:
        return True
    if tool == "create_ticket" and _complains(turn):
        return True
    if tool in _TOPICS:
        return wants and _names(words, _TOPICS[tool])
    # A company's own tool: something of what it is called by.
    return wants and bool(set(terms(tool.replace("_", " "))) & set(terms(words)))


def _words(turn: Turn) -> tuple[str, bool]:
    question = turn.question
    history = turn.identified.history
    agreed = (
        bool(_YES.match(question))
        and len(question.split()) <= _MOST_WORDS_OF_YES
        and bool(history)
        and history[-1].author is Author.BOT
        and "?" in history[-1].text
    )
    return (f"{history[-1].text}\n{question}" if agreed else question), agreed


def _said(turn: Turn) -> str:
    earlier = [said.text for said in turn.identified.history if said.author is Author.CUSTOMER]
    return "\n".join([*earlier, turn.question])


def _asks_to_be_told(turn: Turn) -> bool:
    told = turn.classified
    return "?" in turn.question or (told.intent is Intent.QUESTION and told.intent_confidence >= _SURE)


def _complains(turn: Turn) -> bool:
    told = turn.classified
    return told.intent is Intent.COMPLAINT or (
        told.category is Category.BUG_REPORT and told.intent is not Intent.QUESTION
    )


def _may_need_a_person(turn: Turn) -> bool:
    told = turn.classified
    wants = told.intent in (Intent.HUMAN_REQUEST, Intent.COMPLAINT, Intent.TICKET_REQUEST)
    upset = told.frustration >= _LITTLE_FRUSTRATION or told.sentiment < 0
    return wants or upset or told.legal or turn.knowledge is None or turn.knowledge.abstained


def _names(words: str, pattern: str) -> bool:
    return re.search(rf"(?i)(?<!\w)(?:{pattern})(?!\w)", words) is not None


def _stands_in(value: str, words: str) -> bool:
    plain = _plain(value)
    return bool(plain) and plain in _plain(words)


def _plain(text: str) -> str:
    return re.sub(r"[^\w@.+]", "", text.casefold())
