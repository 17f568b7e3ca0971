"""State HandOverToPerson: a node failed for good; a person gets the conversation with a ticket."""

from __future__ import annotations

from firstline.domain.errors import TurnAlreadyFinishedError
from firstline.domain.frames import reply as reply_frame
from firstline.domain.ports import Clock
from firstline.domain.turn import Reason, Reply, Turn
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast
from firstline.services.hand_over import HandOver


def hand_over_to_person(
    turn: Turn, *, execution_id: str, turns: TurnRepository, hand_over: HandOver, broadcast: Broadcast, clock: Clock
) -> Reply:
    """Open a ticket, tell the customer, end the turn.

    Raises
    ------
    StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
        Somebody else has answered or will; nothing was written.
    """
    claimed = turns.claim(turn.conversation_id, turn.turn_id, execution_id=execution_id, now=clock.now())
    if claimed.reply is not None:
        # Its sending may be what failed; the sweep runs the parts that come after it.
        broadcast.to_conversation(turn.conversation_id, reply_frame(turn.turn_id, claimed.reply))
        raise TurnAlreadyFinishedError(f"turn {turn.turn_id} has its reply")
    reply = hand_over.hand_over(turn, claimed.attempt, Reason.FAILURE)
    turns.finish(turn.conversation_id, turn.turn_id, claimed.attempt)
    return reply
