"""Keys of the single table for what the learner keeps beside its arms."""

from __future__ import annotations

from datetime import date
from typing import Final

from firstline.repositories import keys

ARM_CONTROLS: Final = "LEARN#CONTROLS"
"""Partition of what people, or the guard, have set for single arms."""
EFFECT: Final = "LEARN#EFFECT"
"""Begin of the partitions of the rewards by day and group."""
DECISIONS_DUE: Final = "DECISION"
"""Begin of the partitions of ``by_due`` of the decisions whose window has not ended, before that of ``keys.due``."""
ROLLBACKS: Final = "LEARN#ROLLBACKS"
"""Partition of the last rollback of each policy version's arms."""
NIGHTS: Final = "LEARN#NIGHTS"
"""Partition of the nightly runs, by day."""


def decisions(day: date, shard: int) -> str:
    """Partition of ``by_queue`` of the decisions of one day's turns."""
    return f"DECISIONS#{day.isoformat()}#{shard}"


def decision_due(turn_id: str) -> str:
    """Partition of ``by_due`` in which this decision waits for the end of its window."""
    return f"{DECISIONS_DUE}{keys.due(turn_id)}"


def arm(name: str, shard: int) -> str:
    """Sort key of one shard of an arm's statistics."""
    return f"{name}#{shard}"


def effect(policy: str) -> str:
    """Partition of one policy version's rewards by day and group."""
    return f"{EFFECT}#{policy}"


def in_effect(policy: str, group: str) -> str:
    """Sort key, below a conversation, of the one answer that counts in the effect of learning."""
    return f"EFFECT#{policy}#{group}"


def hours(policy: str) -> str:
    """Partition of one policy version's figures by the hour."""
    return f"LEARN#HOURS#{policy}"


def kept_arms(day: date, policy: str) -> str:
    """Partition of one night's copy of a policy version's arms."""
    return f"LEARN#KEPT#{day.isoformat()}#{policy}"


def asked(turn_id: str) -> str:
    """Sort key, below a customer, of a question that they may ask again."""
    return f"ASKED#{turn_id}"
