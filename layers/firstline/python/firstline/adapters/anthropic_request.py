"""A model request in the form of the Messages API, with the marks of its prompt cache."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from firstline.adapters.claude_models import ClaudeModel
from firstline.domain.language_model import ModelMessage, ModelRequest

_MARK = {"cache_control": {"type": "ephemeral"}}
MOST_MARKS = 4
"""That the API takes in one request."""

Block = dict[str, Any]
"""One content block of a message."""
Recall = Callable[[ModelMessage], list[Block] | None]


def parameters(request: ModelRequest, model: str, known: ClaudeModel | None, *, recall: Recall) -> dict[str, Any]:
    """Return the parameters of a request, but for its temperature.

    What is stable comes first, as the cache is one of prefixes: tools, then the system prompt, then the messages.
    Four places are marked, up to each of which the service keeps the prefix for five minutes: the last tool, the
    system prompt, the end of the history and, once tools have answered, the last message. The message that asks is not
    marked before: its sources are another turn's no more, and writing them into the cache would cost a quarter more
    for nothing unless a tool is called.

    Parameters
    ----------
    known : ClaudeModel or None
        What is known about the model.
    recall : callable
        Gives the blocks in which the model itself wrote an assistant message, None where they are not known.
    """
    chosen: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "system": [{"type": "text", "text": request.system, **_MARK}],
        "messages": _messages(request.messages, recall),
    }
    if request.tools:
        tools: list[Block] = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.input_schema)}
            for tool in request.tools
        ]
        tools[-1] |= _MARK
        chosen["tools"] = tools
    if known and known.thinking:
        chosen["thinking"] = {"type": known.thinking}
    if known and known.effort:
        chosen["output_config"] = {"effort": known.effort}
    return chosen


def _messages(messages: tuple[ModelMessage, ...], recall: Recall) -> list[Block]:
    asking = max((n for n, message in enumerate(messages) if _asks(message)), default=0)
    marked = {asking - 1} | ({len(messages) - 1} if len(messages) - 1 > asking else set())
    written = []
    for number, message in enumerate(messages):
        blocks = (recall(message) if message.tool_calls else None) or _blocks(message)
        if number in marked:
            blocks = [*blocks[:-1], {**blocks[-1], **_MARK}]
        plain = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
        written.append({"role": message.role, "content": blocks[0]["text"] if plain else blocks})
    return written


def _asks(message: ModelMessage) -> bool:
    return message.role == "user" and not message.tool_results


def _blocks(message: ModelMessage) -> list[Block]:
    blocks: list[Block] = [
        {
            "type": "tool_result",
            "tool_use_id": result.call_id,
            "content": result.content,
            **({"is_error": True} if result.is_error else {}),
        }
        for result in message.tool_results
    ]
    for image in message.images:
        data = base64.b64encode(image.content).decode("ascii")
        blocks.append({"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": data}})
    # The service refuses a text without a word.
    if message.text.strip() or not (blocks or message.tool_calls):
        blocks.append({"type": "text", "text": message.text})
    blocks += [
        {"type": "tool_use", "id": call.call_id, "name": call.name, "input": dict(call.arguments)}
        for call in message.tool_calls
    ]
    return blocks
