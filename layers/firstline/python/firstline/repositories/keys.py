"""Keys of the single table, and the time each kind of item stays."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

N_DUE_SHARDS: Final = 4
META: Final = "META"


def conversation(conversation_id: str) -> str:
    """Partition of a conversation and all that belongs to it."""
    return f"CONV#{conversation_id}"


def event(seq: int) -> str:
    """Sort key of an event; seq >= 1."""
    return f"EVT#{seq:012d}"


def marker(message_id: str) -> str:
    """Sort key of the marker that a client's message id was seen."""
    return f"MSG#{message_id}"


def turn(turn_id: str) -> str:
    """Sort key of a turn."""
    return f"TURN#{turn_id}"


def decision(turn_id: str) -> str:
    """Sort key of the learner's decision."""
    return f"DEC#{turn_id}"


def receipt(turn_id: str) -> str:
    """Sort key of an answer's receipt."""
    return f"RCPT#{turn_id}"


def connection(connection_id: str) -> str:
    """Sort key of an open connection in its conversation; alone, the partition of the connection itself."""
    return f"CONN#{connection_id}"


def session(session_id: str) -> str:
    """Partition of a session."""
    return f"SESS#{session_id}"


def customer(customer_id: str) -> str:
    """Partition of a customer."""
    return f"CUST#{customer_id}"


def identity(kind: str, value: str) -> str:
    """Partition of an identity: one name by which a customer is known."""
    return f"IDENT#{kind}#{value}"


def ticket(ticket_id: str) -> str:
    """Partition of a ticket."""
    return f"TICKET#{ticket_id}"


def arms(policy: str, segment: str) -> str:
    """Partition of the arms of one policy version and segment."""
    return f"ARM#{policy}#{segment}"


def node(kind: str, value: str) -> str:
    """Partition of a graph node."""
    return f"NODE#{kind}#{value}"


def edge(kind: str, value: str) -> str:
    """Sort key of an edge to that node."""
    return f"EDGE#{kind}#{value}"


def due(turn_id: str) -> str:
    """Partition of ``by_due`` that this turn waits in."""
    return f"DUE#{int(hashlib.sha256(turn_id.encode()).hexdigest()[:8], 16) % N_DUE_SHARDS}"


def due_at(moment: datetime, turn_id: str) -> str:
    """Sort key of ``by_due``: milliseconds since the epoch, so that the order is that of time."""
    return f"{int(moment.timestamp() * 1000):015d}#{turn_id}"


def expiry(now: datetime, days: float) -> int:
    """``expires_at`` of something that stays for so many days."""
    return int((now + timedelta(days=days)).timestamp())
