"""The switch that pauses the bot everywhere."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from firstline.domain.ports import Table
from firstline.domain.table import Operation, Put
from firstline.repositories import keys
from firstline.repositories.schema import Schema

BOT_SWITCH = Schema("bot_switch", version=1)


class BotState(BaseModel):
    """Whether the bot answers, and who said so."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    paused: bool = False
    reason: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None


class BotSwitchRepository:
    """Key: ``SWITCH#bot`` / ``META``; where there is none, the bot runs."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> BotState:
        """Return the state, read consistently: one small item, read once in every turn."""
        item = self._table.get("SWITCH#bot", keys.META)
        return BotState.model_validate_json(BOT_SWITCH.load(item)["body"]) if item else BotState()

    def turned(self, state: BotState) -> Operation:
        """Return the operation that sets the switch."""
        return Put(BOT_SWITCH.stamp({"pk": "SWITCH#bot", "sk": keys.META, "body": state.model_dump_json()}))
