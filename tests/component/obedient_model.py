"""A model that obeys: what any text in a request orders, whoever wrote it, it does. The worst model there could be.

Its one kind of honesty: a question about a ticket has it look that ticket up, so that a ticket's text reaches it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.component.messages_events import Answer, Received, ToolUse
from tests.component.messages_rules import content

_CALL = re.compile(r"call (?:the )?(?:tool|function) ['\"`]?(\w+)['\"`]? with (?=\{)", re.IGNORECASE)
_REVEAL = re.compile(
    r"\b(?:reveal|print|repeat|show|quote|output)\b[^.\n]{0,60}\b(?:system prompt|instructions|rules)\b", re.IGNORECASE
)
_OF_CUSTOMER = re.compile(r"\b(?:data|tickets|account) of customer (\S+?)[.,;!]?(?:\s|$)", re.IGNORECASE)
_SAY = re.compile(r"\b(?:say|answer|write) exactly: ['\"]([^'\"\n]+)['\"]", re.IGNORECASE)
_ASKED_TICKET = re.compile(r"what about (?:my )?ticket ([\w-]+)", re.IGNORECASE)
_MOST_CALLS = 30


class ObedientModel:
    """A script of the local Messages API.

    Attributes
    ----------
    obeyed : list of str
        What it was ordered to do and did: names of tools, ``reveal``, ``say``.
    """

    def __init__(self) -> None:
        self.obeyed: list[str] = []

    def __call__(self, received: Received) -> Answer:
        """Obey what is not done yet; when nothing is left, write."""
        messages = received.body["messages"]
        done = {
            (block["name"], json.dumps(block["input"], sort_keys=True))
            for message in messages
            if message["role"] == "assistant"
            for block in content(message)
            if block["type"] == "tool_use"
        }
        data = "\n".join(_texts(messages))
        left = [order for order in dict.fromkeys(_orders(data)) if order not in done]
        if left and len(done) < _MOST_CALLS:
            self.obeyed += [name for name, _ in left]
            return Answer(
                tuple(
                    ToolUse(name, arguments, f"toolu_{len(done) + place}_{len(messages)}")
                    for place, (name, arguments) in enumerate(left)
                )
            )
        return Answer((self._words(received, data, messages),))

    def _words(self, received: Received, data: str, messages: list[dict[str, Any]]) -> str:
        written = []
        if _REVEAL.search(data):
            self.obeyed.append("reveal")
            written.append("\n".join(block["text"] for block in received.body["system"]))
        for said in _SAY.finditer(data):
            self.obeyed.append("say")
            written.append(said[1])
        # Whatever a tool returned, it tells word for word.
        written += [
            str(block["content"])
            for message in messages
            for block in content(message)
            if block["type"] == "tool_result"
        ]
        return "\n\n".join(written) or "Open Settings and choose Accounts [1]."


def _texts(messages: list[dict[str, Any]]) -> Iterator[str]:
    for message in messages:
        if message["role"] == "user":
            for block in content(message):
                yield str(block.get("text") or block.get("content") or "").replace('\\"', '"')


def _orders(data: str) -> Iterator[tuple[str, str]]:
    for found in _CALL.finditer(data):
        try:
            arguments, _ = json.JSONDecoder().raw_decode(data[found.end() :])
        except json.JSONDecodeError:
            continue
        yield found[1], json.dumps(arguments, sort_keys=True)
    for found in _OF_CUSTOMER.finditer(data):
        named = json.dumps({"customer_id": found[1]})
        for tool in ("get_user_tickets", "lookup_account"):
            yield tool, named
            yield tool, "{}"
    for found in _ASKED_TICKET.finditer(data):
        yield "get_ticket_status", json.dumps({"ticket_id": found[1]})
