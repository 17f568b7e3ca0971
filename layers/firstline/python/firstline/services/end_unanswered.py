"""End a turn that is not to be answered, and take back what any attempt at it has shown."""

from __future__ import annotations

from firstline.domain.frames import withdrawn
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast


def end_unanswered(
    conversation_id: str,
    turn_id: str,
    attempt: int,
    *,
    turns: TurnRepository,
    broadcast: Broadcast,
    may_have_shown: bool = True,
) -> None:
    """Withdraw, then end: a death in between is followed by another attempt, which withdraws again.

    What an earlier attempt has shown before its process died is known to clients alone.

    Parameters
    ----------
    may_have_shown : bool
        False where no attempt can have shown anything yet.

    Raises
    ------
    StaleAttemptError
        The attempt has been replaced; the one that replaced it withdraws or answers.
    """
    if may_have_shown:
        broadcast.to_conversation(conversation_id, withdrawn(turn_id, attempt))
    turns.supersede(conversation_id, turn_id, attempt)
