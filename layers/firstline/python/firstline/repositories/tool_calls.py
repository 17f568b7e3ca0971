"""What tools did for a turn: kept with what they changed, so that a second attempt gets the first one's outcome."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Check, Compare, Operation, Put, Update
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Reason, Turn
from firstline.repositories import keys
from firstline.repositories.conversations import may_answer
from firstline.repositories.schema import Schema
from firstline.repositories.stored_turns import PENDING

TOOL_CALL = Schema("tool_call", version=1)


@dataclass(frozen=True)
class KeptCall:
    """One call of a turn that changed something, or was about to."""

    place: str
    """Which of the turn's calls it is, in whatever words it was made (``tool_catalogue.call_place``)."""
    digest: str
    """Of its tool and arguments."""
    outcome: ToolOutcome


class ToolCallRepository:
    """Keys: ``CONV#<id>`` / ``TOOL#<turn>#<place of the call in it>``."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def kept(self, turn: Turn) -> list[KeptCall]:
        """Return the calls of all attempts of a turn.

        One that was begun by another attempt and never ended has failed: nobody knows whether it was carried out.
        """
        prefix = keys.tool_call(turn.turn_id, "")
        page = self._table.query(keys.conversation(turn.conversation_id), sk_prefix=prefix, consistent=True)
        loaded = [TOOL_CALL.load(item) for item in page.items]
        return [
            KeptCall(str(item["sk"]).removeprefix(prefix), str(item.get("digest", "")), _outcome(str(item["outcome"])))
            for item in loaded
        ]

    def keep(self, turn: Turn, kept: KeptCall, tool: str, *, now: datetime) -> Operation:
        """Return the operation that keeps an outcome, once."""
        item = {
            "pk": keys.conversation(turn.conversation_id),
            "sk": keys.tool_call(turn.turn_id, kept.place),
            "digest": kept.digest,
            "tool": tool,
            "outcome": _body(kept.outcome),
            "expires_at": keys.expiry(now, self._retention_days),
        }
        return Put(TOOL_CALL.stamp(item), if_absent=True)

    def begin(self, turn: Turn, uncertain: KeptCall, tool: str, *, now: datetime) -> bool:
        """Note that a call outside is about to be made, under the turn's fence; False where it was begun before.

        Parameters
        ----------
        uncertain : KeptCall
            What stands for it until ``settle``.

        Raises
        ------
        ConditionFailedError
            The fence does not hold.
        """
        try:
            self._table.transact([self.keep(turn, uncertain, tool, now=now), *self.fence(turn)])
        except ConditionFailedError as error:
            if 0 in error.failed:
                return False
            raise
        return True

    def settle(self, turn: Turn, place: str, outcome: ToolOutcome, *, also: tuple[Operation, ...] = ()) -> None:
        """Keep what a call that was begun has given."""
        pk, sk = keys.conversation(turn.conversation_id), keys.tool_call(turn.turn_id, place)
        self._table.transact([Update(pk, sk, set={"outcome": _body(outcome)}), *also])

    def transact(self, operations: list[Operation]) -> None:
        """Carry out all or none. Raises as ``Table.transact`` does."""
        self._table.transact(operations)

    def fence(self, turn: Turn) -> list[Operation]:
        """Return the checks that this attempt may still act: it is the turn's latest, and the bot may answer."""
        identified, pk = turn.identified, keys.conversation(turn.conversation_id)
        latest = AllOf((Compare("attempt", "=", identified.attempt), Compare("state", "=", PENDING)))
        allowed = AllOf(may_answer(identified.conversation_version, turn.message.seq))
        return [Check(pk, keys.turn(turn.turn_id), latest), Check(pk, keys.META, allowed)]


def _body(outcome: ToolOutcome) -> str:
    return json.dumps(
        {
            "status": outcome.status.value,
            "content": outcome.content,
            "text": outcome.text,
            "ticket_id": outcome.ticket_id,
            "reason": outcome.handover_reason.value if outcome.handover_reason else "",
        }
    )


def _outcome(body: str) -> ToolOutcome:
    said = json.loads(body)
    return ToolOutcome(
        ToolStatus(said["status"]),
        said["content"],
        said["text"],
        ticket_id=said["ticket_id"],
        handover_reason=Reason(said["reason"]) if said["reason"] else None,
    )
