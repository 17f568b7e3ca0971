"""Start unfinished turns again: what was accepted is never forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from firstline.domain.errors import ConditionFailedError, WorkflowUnavailableError
from firstline.domain.ports import Clock, WorkflowEngine
from firstline.domain.turn import Turn
from firstline.repositories.stored_turns import DueTurns
from firstline.repositories.turns import TurnRepository
from firstline.services.accept_message import start_turn, turn_document
from firstline.services.hand_over import HandOver


@dataclass(frozen=True)
class SweepReport:
    """What one sweep did."""

    restarted: int
    handed_over: int
    unreadable: tuple[str, ...] = ()
    """Keys of turns that this code cannot read; they stay for one that can."""


class SweepTurns:
    """Looks for turns whose lease ended without an end."""

    def __init__(
        self, turns: TurnRepository, engine: WorkflowEngine, hand_over: HandOver, *, clock: Clock, max_attempts: int
    ) -> None:
        self._turns = turns
        self._engine = engine
        self._hand_over = hand_over
        self._clock = clock
        self._max_attempts = max_attempts

    def sweep(self) -> SweepReport:
        """Start again what is due; after ``max_attempts`` starts a person is asked instead."""
        return self._restart(self._turns.due(now=self._clock.now()))

    def recover(self) -> SweepReport:
        """After a crash of the only process that runs turns: start again everything unfinished, leases or not."""
        unfinished = self._turns.due(now=self._clock.now() + timedelta(days=365), limit=10_000)
        for turn in unfinished.turns:
            try:
                self._turns.release(turn)
            except ConditionFailedError:
                continue
        return self._restart(unfinished)

    def _restart(self, due: DueTurns) -> SweepReport:
        restarted = handed_over = 0
        for turn in due.turns:
            if turn.tries >= self._max_attempts and turn.reply is None:
                handed_over += self._hand_over.after_too_many_attempts(Turn.model_validate(turn_document(turn)))
                continue
            try:
                # A start that only waits in line must not be started again by every sweep.
                self._turns.postpone(turn, now=self._clock.now())
                start_turn(self._engine, turn)
            except ConditionFailedError:
                continue
            except WorkflowUnavailableError:
                break
            restarted += 1
        return SweepReport(restarted=restarted, handed_over=handed_over, unreadable=tuple(due.unreadable))
