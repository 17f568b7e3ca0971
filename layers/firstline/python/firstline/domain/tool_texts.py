"""What Firstline says of what its tools did, where no model writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

ASK_FOR_TICKET_TEXT = "I will open a ticket for you."
TICKET_TEXT_MISSING = f"{ASK_FOR_TICKET_TEXT} What should it say? Please describe the problem in a sentence or two."
NO_SUCH_TICKET = "I cannot find ticket {code} among yours. Please check the number."
NO_TICKETS = "You have no open tickets."
NO_TICKETS_AT_ALL = "You have no tickets."
WHICH_TICKET = "Which ticket do you mean?"
TICKET_UNCHANGEABLE = "That ticket cannot be changed in this way: it is {status}."
TICKET_STATES = {
    "open": "open",
    "pending": "being worked on",
    "waiting_for_customer": "waiting for your answer",
    "resolved": "resolved",
    "closed": "closed",
    "reopened": "open again",
}
NOT_POSSIBLE = "I cannot do that here. If you like, I can pass you on to a colleague."
ALREADY_WAITING = "Your request to {what} is already waiting for a colleague's approval. You will hear of it here."
TOO_MANY_WAITING = "Several requests of yours are waiting for a colleague already. Please wait until they are decided."
MUST_BE_APPROVED = (
    "You asked me to {what}. A colleague has to approve that, so I have passed it on. "
    "You will hear here as soon as it is decided."
)
APPROVED_AND_DONE = {
    "change": "Your request to {what} was approved, and it is done.",
    "": "Your request to {what} was approved. A colleague is taking care of it{ticket}.",
}
APPROVED_BY_TOOL = "Your request to {what} was approved, and it was carried out."
REJECTED = "Your request to {what} was not approved.{note}"
EXPIRED = "Nobody decided in time on your request to {what}, so it was not done. Please ask again if you need it."
APPROVED_BUT_FAILED = (
    "Your request to {what} was approved, but I could not confirm that it was carried out. "
    "A colleague is looking at it{ticket}."
)

_FIELDS = {
    "email": "e-mail address",
    "phone": "phone number",
    "address": "address",
    "company": "company name",
    "plan": "plan",
    "name": "name",
}
_ACTIONS = {
    "refund": "get a refund",
    "close_account": "close your account",
    "delete_data": "delete your data",
}
# What customers ask for in one breath: "close my account and delete my data".
_JOINED = {"close_account": ("delete_data",), "delete_data": ("close_account",)}
_TOO = {
    "close_account": r"(?:close|cancel|delete|deactivate|terminate) (?:down )?(?:my|our|the|this) (?:\w+ )?account\b",
    "delete_data": r"(?:delete|erase|remove|wipe|destroy) (?:(?:all|any|of|my|our|the|personal|private) ){1,4}"
    r"(?:data|information)\b",
}


def what_is_asked(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return what a call that waits for approval would do, as it follows "your request to"."""
    if tool != "update_account":
        return tool.replace("_", " ")
    action = str(arguments.get("action", ""))
    if action in _ACTIONS:
        further = next((other for other in _JOINED.get(action, ()) if _asked_too(other, arguments)), "")
        return f"{_ACTIONS[action]} and {_ACTIONS[further]}" if further else _ACTIONS[action]
    field = _FIELDS.get(str(arguments.get("field", "")), "account")
    return f"change your {field} to {arguments.get('value', '')}"


def _asked_too(action: str, arguments: Mapping[str, Any]) -> bool:
    words = str(arguments.get("detail", ""))
    return bool(re.search(rf"(?i)\b(?:and|then)[, ]+(?:(?:please|also|then|to|you) )*{_TOO[action]}", words))


def on_day(moment: datetime) -> str:
    """Return a date in words, such as ``2 June 2026``."""
    return f"{moment.day} {moment:%B %Y}"
