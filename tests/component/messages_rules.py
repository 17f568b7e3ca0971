"""What the Messages API refuses, as documented."""

import json
import re
from collections.abc import Iterator
from typing import Any

from firstline.adapters.claude_models import find_model
from tests.component.messages_events import Failure, Received, Thought

API_KEY = "test-key"  # pragma: allowlist secret
API_VERSIONS = ("2023-06-01", "2026-10-21")
BEDROCK_VERSIONS = ("bedrock-2023-05-31", "2026-10-21")
TAKES_TEMPERATURE = ("claude-sonnet-4-", "claude-opus-4-5", "claude-opus-4-6", "claude-haiku-4-")
THINKING_TYPES = {
    "claude-opus-5-5": {"adaptive"},
    "claude-sonnet-5-5": {"adaptive", "between_tools"},
    "claude-haiku-5-5": {"adaptive", "disabled"},
}
MOST_MARKS = 4
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_REFUSED = Failure(400, "invalid_request_error")


def objection(received: Received) -> Failure | None:
    """Return why the Anthropic API would refuse this request, if it would."""
    if received.headers.get("authorization") != f"Bearer {API_KEY}":
        return Failure(401, "authentication_error")
    version = received.headers.get("anthropic-version")
    if version not in API_VERSIONS or not isinstance(received.body.get("model"), str):
        return _REFUSED
    return objection_to_body(received.body, received.body["model"], newest=version == API_VERSIONS[-1])


def objection_to_body(body: dict[str, Any], model: str, *, newest: bool) -> Failure | None:
    """Return why a request with this body would be refused, by either service."""
    if not {"max_tokens", "messages"} <= body.keys() or body["max_tokens"] < 1:
        return _REFUSED
    if "temperature" in body and (newest or not model.startswith(TAKES_TEMPERATURE)):
        return _REFUSED
    allowed = THINKING_TYPES.get(model, {"adaptive", "disabled"})
    if "thinking" in body and body["thinking"]["type"] not in allowed:
        return _REFUSED
    fits = _messages_fit(body["messages"], model) and _tools_fit(body.get("tools", [])) and _marks_fit(body)
    return None if fits else _REFUSED


def content(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a message's blocks; a text alone stands for one."""
    given = message["content"]
    return [{"type": "text", "text": given}] if isinstance(given, str) else given


def all_blocks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what may carry a mark of the prompt cache, in the order of the prefix."""
    yield from body.get("tools", [])
    system = body.get("system", [])
    yield from [{"type": "text", "text": system}] if isinstance(system, str) else system
    for message in body["messages"]:
        yield from content(message)


def _messages_fit(messages: list[dict[str, Any]], model: str) -> bool:
    if not messages or messages[0]["role"] != "user" or messages[-1]["role"] != "user":
        return False
    asked: list[str] = []
    for message in messages:
        blocks = content(message)
        if not blocks or not all(_block_fits(block, message["role"], model) for block in blocks):
            return False
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        # Every call is answered by the very next message, before any text in it, and nothing else is.
        if sorted(results) != sorted(asked) or any(b["type"] != "tool_result" for b in blocks[: len(results)]):
            return False
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if len(set(asked)) != len(asked):
            return False
    return not asked


def _block_fits(block: dict[str, Any], role: str, model: str) -> bool:
    match block["type"]:
        case "text":
            return bool(block["text"].strip())
        case "tool_use":
            return role == "assistant" and isinstance(block["input"], dict)
        case "thinking":
            return role == "assistant" and block["signature"] == Thought(block["thinking"]).signature(model)
        case "tool_result":
            return role == "user" and isinstance(block["content"], str | list)
        case kind:
            return kind == "image" and role == "user"


def _tools_fit(tools: list[dict[str, Any]]) -> bool:
    names = [tool["name"] for tool in tools]
    schemas = [tool["input_schema"] for tool in tools]
    plain = all(isinstance(schema, dict) and schema.get("type") == "object" for schema in schemas)
    json.dumps(schemas)
    return plain and len(set(names)) == len(names) and all(_TOOL_NAME.fullmatch(name) for name in names)


def _marks_fit(body: dict[str, Any]) -> bool:
    marked = [block["cache_control"] for block in all_blocks(body) if "cache_control" in block]
    return len(marked) <= MOST_MARKS and all(mark == {"type": "ephemeral"} for mark in marked)


def least_cacheable(model: str) -> int:
    """Return the tokens that a prefix must have to be cached."""
    from firstline.adapters.claude_models import claude_models

    known = find_model(model, claude_models())
    return known.least_cacheable if known else 1024
