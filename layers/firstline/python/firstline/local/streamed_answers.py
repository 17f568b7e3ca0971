"""Answers as a client sees them grow, whatever comes twice, late or again after a reconnection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]


@dataclass
class _Draft:
    attempt: int
    withdrawn_before: int = 0
    pieces: dict[int, str] = field(default_factory=dict)
    """Text by its place; a piece that stands for several places lies at the first, the others are empty."""
    shown: str = ""
    of_this_socket: bool = True

    @property
    def text(self) -> str:
        place = min(self.pieces, default=0)
        text = ""
        while place in self.pieces:
            text += self.pieces[place]
            place += 1
        return text


class StreamedAnswers:
    """Turns what the server sends of answers in the making into what is to be shown.

    A ``delta`` that comes out holds only what is new, in order; a ``superseded`` comes out only where something had
    been shown.
    """

    def __init__(self) -> None:
        self._drafts: dict[str, _Draft] = {}
        self._over: set[str] = set()
        self._version = 0

    def take(self, frame: Frame) -> list[Frame]:
        """Return what to show for a frame that is about answers in the making, or about whose the conversation is."""
        kind = frame["type"]
        if kind == "delta":
            return self._delta(frame)
        if kind == "superseded":
            return self._superseded(frame)
        if kind in {"agent", "connected"}:
            return self._changed_hands(frame["version"])
        if kind == "event":
            return self._changed_hands(frame["detail"].get("version", 0))
        return [] if frame["more"] else self._not_resumed()

    def settle(self, turn_id: str) -> None:
        """Note that this turn's answer is in the log: no piece of it matters any more."""
        self._over.add(turn_id)
        self._drafts.pop(turn_id, None)

    def reconnected(self) -> None:
        """Note that a new socket is open: what is still being written comes again from its beginning."""
        for draft in self._drafts.values():
            draft.of_this_socket = False

    def forget_shown(self) -> None:
        """Note that the screen holds nothing of unfinished answers any more."""
        for draft in self._drafts.values():
            draft.shown = ""

    def _delta(self, frame: Frame) -> list[Frame]:
        turn_id, attempt = frame["turn_id"], frame["attempt"]
        if turn_id in self._over or frame.get("version", self._version) < self._version:
            return []
        draft = self._drafts.setdefault(turn_id, _Draft(attempt))
        if attempt < draft.attempt or (attempt == draft.attempt and frame["index"] < draft.withdrawn_before):
            return []
        if attempt > draft.attempt:
            draft.attempt, draft.withdrawn_before, draft.pieces = attempt, 0, {}
        if not draft.of_this_socket:
            draft.of_this_socket, draft.pieces = True, {}
        places = range(frame["index"], frame["next"])
        if all(place in draft.pieces for place in places):
            return []
        draft.pieces |= dict.fromkeys(places, "") | {places[0]: frame["text"]}
        return self._show(turn_id, draft)

    def _show(self, turn_id: str, draft: _Draft) -> list[Frame]:
        text = draft.text
        out: list[Frame] = []
        if not text.startswith(draft.shown):
            out.append({"type": "superseded", "turn_id": turn_id})
            draft.shown = ""
        if text != draft.shown:
            new = text[len(draft.shown) :]
            out.append({"type": "delta", "turn_id": turn_id, "attempt": draft.attempt, "text": new})
        draft.shown = text
        return out

    def _superseded(self, frame: Frame) -> list[Frame]:
        turn_id, attempt = frame["turn_id"], frame.get("attempt")
        if attempt is None:
            self._over.add(turn_id)
            return self._withdraw(turn_id)
        draft = self._drafts.setdefault(turn_id, _Draft(attempt))
        if attempt < draft.attempt:
            return []
        before = max(frame["before_index"], draft.withdrawn_before if attempt == draft.attempt else 0)
        kept = {place: text for place, text in draft.pieces.items() if attempt == draft.attempt and place >= before}
        out: list[Frame] = []
        if draft.shown and len(kept) < len(draft.pieces):
            out.append({"type": "superseded", "turn_id": turn_id})
            draft.shown = ""
        draft.attempt, draft.withdrawn_before, draft.pieces = attempt, before, kept
        return out + self._show(turn_id, draft)

    def _changed_hands(self, version: int) -> list[Frame]:
        if version <= self._version:
            return []
        before, self._version = self._version, version
        return [frame for turn_id in list(self._drafts) for frame in self._withdraw(turn_id)] if before else []

    def _not_resumed(self) -> list[Frame]:
        gone = [turn_id for turn_id, draft in self._drafts.items() if not draft.of_this_socket]
        return [frame for turn_id in gone for frame in self._withdraw(turn_id)]

    def _withdraw(self, turn_id: str) -> list[Frame]:
        draft = self._drafts.pop(turn_id, None)
        return [{"type": "superseded", "turn_id": turn_id}] if draft and draft.shown else []
