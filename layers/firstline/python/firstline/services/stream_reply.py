"""Stream an answer that is being written: batched, fenced, withdrawn when it may not stand."""

from __future__ import annotations

from datetime import datetime, timedelta

from firstline.domain.frames import delta, superseded
from firstline.domain.ports import Clock
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast

BATCH = timedelta(milliseconds=80)
"""Each post to a connection is billed on AWS, so text is gathered this long."""


class StreamReply:
    """The deltas of one attempt at one turn."""

    def __init__(
        self,
        broadcast: Broadcast,
        turns: TurnRepository,
        clock: Clock,
        *,
        conversation_id: str,
        turn_id: str,
        attempt: int,
    ) -> None:
        self._broadcast = broadcast
        self._turns = turns
        self._clock = clock
        self._conversation_id = conversation_id
        self._turn_id = turn_id
        self._attempt = attempt
        self._waiting = ""
        self._n_sent = 0
        self._sent_at: datetime | None = None

    def push(self, text: str) -> None:
        """Add text; it is sent at once if nothing was sent for 80 ms. Raises ``StaleAttemptError``."""
        self._waiting += text
        if self._sent_at is None or self._clock.now() - self._sent_at >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Send what waits. Raises ``StaleAttemptError``, and then nothing was sent."""
        if not self._waiting:
            return
        self._turns.check_fence(self._conversation_id, self._turn_id, self._attempt)
        frame = delta(self._turn_id, self._attempt, self._n_sent, self._waiting)
        self._broadcast.to_conversation(self._conversation_id, frame)
        self._waiting, self._sent_at = "", self._clock.now()
        self._n_sent += 1

    def withdraw(self) -> None:
        """Take back what was streamed, if anything was."""
        self._waiting = ""
        if self._n_sent:
            self._broadcast.to_conversation(self._conversation_id, superseded(self._turn_id))
            self._n_sent, self._sent_at = 0, None
