"""Frames as text that no socket refuses: UTF-8, and within API Gateway's limit of one frame."""

from __future__ import annotations

import hashlib
import json
from typing import Any

MAX_FRAME_BYTES = 32 * 1024
"""API Gateway's limit of one frame."""

_PIECE_BYTES = 15 * 1024
"""Of a frame's own text in one part: as a JSON string it at most doubles, but for escaped control characters."""

Frame = dict[str, Any]


def encoded(frame: Frame) -> list[str]:
    """Return the frame as JSON texts of at most ``MAX_FRAME_BYTES`` each; nothing is ever cut.

    A frame that fits is one text. A longer one is several of type ``part``: their pieces, joined in the order of
    ``part``, are the frame's JSON. Half a surrogate pair becomes a question mark.
    """
    text = _json(frame)
    if _n_bytes(text) <= MAX_FRAME_BYTES:
        return [text]
    # Names the frame by what it says: a repeated post fills the same places.
    frame_id = hashlib.sha256(text.encode()).hexdigest()[:16]
    pieces = _pieces(text)
    return [
        _json({"type": "part", "frame_id": frame_id, "part": number, "parts": len(pieces), "piece": piece})
        for number, piece in enumerate(pieces, start=1)
    ]


def fits(frame: Frame) -> bool:
    """Tell whether one text holds the frame: a client cannot send it in parts."""
    return _n_bytes(_json(frame)) <= MAX_FRAME_BYTES


class PartJoiner:
    """Puts the parts of one socket's frames together again; whole frames pass through."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[int, str]] = {}

    def take(self, frame: Frame) -> Frame | None:
        """Return the frame that is now complete, or None while parts are missing."""
        if frame.get("type") != "part":
            return frame
        pieces = self._waiting.setdefault(frame["frame_id"], {})
        pieces[frame["part"]] = frame["piece"]
        if len(pieces) < frame["parts"]:
            return None
        del self._waiting[frame["frame_id"]]
        joined: Frame = json.loads("".join(pieces[number] for number in sorted(pieces)))
        return joined


def _pieces(text: str) -> list[str]:
    """Cut a JSON text so that each piece, as a JSON string, stays well below the limit."""
    pieces, start = [], 0
    while start < len(text):
        # A character takes at most 4 bytes, or 2 where it is escaped once more: control characters are escaped already.
        end = start + _PIECE_BYTES
        while _n_bytes(_json(text[start:end])) > 2 * _PIECE_BYTES:
            end -= max(1, (end - start) // 4)
        pieces.append(text[start:end])
        start = end
    return pieces


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()


def _n_bytes(text: str) -> int:
    return len(text.encode())
