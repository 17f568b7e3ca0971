"""Pause the bot everywhere at once, and let it answer again."""

from __future__ import annotations

from firstline.domain.identity import Principal
from firstline.domain.ports import Clock, Ids, Table
from firstline.repositories.audit import AuditRepository
from firstline.repositories.bot_switch import BotState, BotSwitchRepository


class PauseBot:
    """While it is paused, every turn that comes to its answer hands over to people.

    The switch is read consistently when a turn decides what to do: an answer that is being written at that moment is
    finished, none is begun afterwards. What was handed over stays with people when the bot runs again.
    """

    def __init__(
        self, table: Table, switch: BotSwitchRepository, audit: AuditRepository, *, clock: Clock, ids: Ids
    ) -> None:
        self._table = table
        self._switch = switch
        self._audit = audit
        self._clock = clock
        self._ids = ids

    def state(self) -> BotState:
        """Return whether the bot answers."""
        return self._switch.read()

    def set(self, by: Principal, *, paused: bool, reason: str) -> BotState:
        """Pause the bot or let it run, with an audit entry; saying what is so already changes nothing."""
        before = self._switch.read()
        if (before.paused, before.reason) == (paused, reason):
            return before
        now = self._clock.now()
        state = BotState(paused=paused, reason=reason, changed_by=by.user_id, changed_at=now)
        action = "bot_paused" if paused else "bot_resumed"
        entry = self._audit.recorded(self._ids.new(), action=action, by=by.user_id, of="bot", now=now)
        self._table.transact([self._switch.turned(state), entry])
        return state
