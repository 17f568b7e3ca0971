"""Checks that every answer passes, for tests whose model says what no article does."""

from __future__ import annotations

from collections.abc import Sequence

from firstline.domain.context import Passage
from firstline.domain.turn import Strategy, Turn


class UncheckedAnswer:
    result = None

    def push(self, text: str) -> str:
        return text

    def finish(self) -> str:
        return ""


class Unchecked:
    def begin(
        self, turn: Turn, sources: Sequence[Passage], strategy: Strategy, *, told: Sequence[str] = ()
    ) -> UncheckedAnswer:
        return UncheckedAnswer()
