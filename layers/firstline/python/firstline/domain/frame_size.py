"""Frames as text that no socket refuses: UTF-8, and within API Gateway's limit of one frame."""

from __future__ import annotations

import json
from typing import Any

MAX_FRAME_BYTES = 32 * 1024
"""API Gateway's limit of one frame."""

SHORT_QUOTE = 200
"""Characters that stay of a quote in a frame that would be too long."""


def encoded(frame: dict[str, Any]) -> str:
    """Return the frame as JSON text of at most ``MAX_FRAME_BYTES``.

    Where it would be longer, quotes of citations are cut first, then the text, and the frame says ``truncated``; the
    whole is in the conversation's history. Half a surrogate pair becomes a question mark.
    """
    text = _json(frame)
    if _n_bytes(text) <= MAX_FRAME_BYTES:
        return text
    shorter = _with_short_quotes({**frame, "truncated": True})
    kept = str(shorter.get("text", ""))
    while (excess := _n_bytes(text := _json({**shorter, "text": kept})) - MAX_FRAME_BYTES) > 0 and kept:
        # A character takes at most 12 bytes as JSON (an escaped surrogate pair), so this never cuts far too much.
        kept = kept[: -max(1, excess // 12)]
    return text


def _json(frame: dict[str, Any]) -> str:
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()


def _n_bytes(text: str) -> int:
    return len(text.encode())


def _with_short_quotes(frame: dict[str, Any]) -> dict[str, Any]:
    detail = frame.get("detail") or {}
    if detail.get("citations"):
        return {**frame, "detail": {**detail, "citations": [_cut(citation) for citation in detail["citations"]]}}
    if frame.get("citations"):
        return {**frame, "citations": [_cut(citation) for citation in frame["citations"]]}
    return frame


def _cut(citation: dict[str, Any]) -> dict[str, Any]:
    return {**citation, "quote": str(citation["quote"])[:SHORT_QUOTE]}
