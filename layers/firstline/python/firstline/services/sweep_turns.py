"""Start unfinished turns again: what was accepted is never forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from firstline.domain.errors import ConditionFailedError, WorkflowUnavailableError
from firstline.domain.ports import Clock, WorkflowEngine
from firstline.domain.turn import Turn
from firstline.repositories.turns import StoredTurn, TurnRepository
from firstline.services.accept_message import start_turn, turn_document
from firstline.services.hand_over import HandOver


@dataclass(frozen=True)
class SweepReport:
    """What one sweep did."""

    restarted: int
    handed_over: int


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
        return self._restart(list(self._turns.due(now=self._clock.now())))

    def recover(self) -> SweepReport:
        """After a crash of the only process that runs turns: start again everything unfinished, leases or not."""
        unfinished = list(self._turns.due(now=self._clock.now() + timedelta(days=365), limit=10_000))
        for turn in unfinished:
            try:
                self._turns.release(turn)
            except ConditionFailedError:
                continue
        return self._restart(unfinished)

    def _restart(self, turns: list[StoredTurn]) -> SweepReport:
        restarted = handed_over = 0
        for turn in turns:
            if turn.attempt >= self._max_attempts and turn.reply is None:
                handed_over += self._give_up(turn)
                continue
            try:
                start_turn(self._engine, turn)
            except WorkflowUnavailableError:
                break
            restarted += 1
        return SweepReport(restarted=restarted, handed_over=handed_over)

    def _give_up(self, turn: StoredTurn) -> bool:
        return self._hand_over.after_too_many_attempts(Turn.model_validate(turn_document(turn)))
