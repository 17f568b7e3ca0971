"""What a client has seen of a conversation, when events may overtake each other."""

from __future__ import annotations

from typing import Any

Frame = dict[str, Any]


class EventLog:
    """Gives events out in the order of the log, each once.

    A live event may arrive before the replay of those it follows; it waits here until the gap is filled.
    """

    def __init__(self) -> None:
        self._last_seq = 0
        self._ahead: dict[int, Frame | None] = {}

    @property
    def last_seq(self) -> int:
        """Up to here nothing is missing; where to resume from."""
        return self._last_seq

    @property
    def has_gap(self) -> bool:
        """Whether something has come whose predecessors have not."""
        return bool(self._ahead)

    def add(self, seq: int, frame: Frame | None) -> list[Frame]:
        """Note an event, and return those that can be shown now; None is one that has no need to be shown."""
        if seq > self._last_seq:
            self._ahead.setdefault(seq, frame)
        return self._in_order()

    def settle(self, last_seq: int) -> list[Frame]:
        """Note that up to there everything has been replayed, and return what can be shown now."""
        shown = [self._ahead.pop(seq) for seq in sorted(self._ahead) if seq <= last_seq]
        self._last_seq = max(self._last_seq, last_seq)
        return [frame for frame in shown if frame is not None] + self._in_order()

    def _in_order(self) -> list[Frame]:
        shown = []
        while self._last_seq + 1 in self._ahead:
            self._last_seq += 1
            shown.append(self._ahead.pop(self._last_seq))
        return [frame for frame in shown if frame is not None]
