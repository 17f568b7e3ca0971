"""Keys of the single table, and the time each kind of item stays."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

N_DUE_SHARDS: Final = 4
N_AUDIT_SHARDS: Final = 4
META: Final = "META"
USERS: Final = "USERS"
"""Partition of the accounts."""


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


def reply_drafts(turn_id: str, attempt: int) -> str:
    """Prefix of the sort keys of what one attempt at a turn has written so far."""
    return f"DRAFT#{turn_id}#{attempt}#"


def rating(seq: int) -> str:
    """Sort key of the rating of the answer at ``seq``."""
    return f"RATE#{seq:012d}"


def sockets_of(user: str) -> str:
    """Partition of the open sockets of one user, in all conversations."""
    return f"USER#{user}"


def receipt(turn_id: str) -> str:
    """Sort key of an answer's receipt."""
    return f"RCPT#{turn_id}"


def receipts(day: date, shard: int) -> str:
    """Partition of ``by_queue`` of the receipts of one day's turns."""
    return f"RECEIPTS#{day.isoformat()}#{shard}"


def connection(connection_id: str) -> str:
    """Sort key of an open connection in its conversation; alone, the partition of the connection itself."""
    return f"CONN#{connection_id}"


def session(session_id: str) -> str:
    """Partition of a session."""
    return f"SESS#{session_id}"


def user(username: str) -> str:
    """Sort key of an account."""
    return f"USER#{username}"


def customer(customer_id: str) -> str:
    """Partition of a customer."""
    return f"CUST#{customer_id}"


def fact(kind: str) -> str:
    """Sort key of what is known of a customer, by kind."""
    return f"MEM#{kind}"


def identity(kind: str, value: str) -> str:
    """Partition of an identity: one name by which a customer is known."""
    return f"IDENT#{kind}#{value}"


def threads(site_id: str) -> str:
    """Sort key, below an identity, of the customer's conversations on that site."""
    return f"THREADS#{site_id}"


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


def file(file_id: str) -> str:
    """Sort key of an attached file."""
    return f"FILE#{file_id}"


def file_text(file_id: str) -> str:
    """Sort key of an attached file's text."""
    return f"FILETEXT#{file_id}"


def idempotency(digest: str) -> str:
    """Partition of an ``Idempotency-Key``."""
    return f"IDEM#{digest}"


def due(turn_id: str) -> str:
    """Partition of ``by_due`` that this turn waits in."""
    return f"DUE#{_shard(turn_id)}"


def quiet(conversation_id: str) -> str:
    """Partition of ``by_due`` in which this conversation waits to be looked at for silence."""
    return f"QUIET#{_shard(conversation_id)}"


def due_at(moment: datetime, turn_id: str) -> str:
    """Sort key of ``by_due``: milliseconds since the epoch, so that the order is that of time."""
    return f"{int(moment.timestamp() * 1000):015d}#{turn_id}"


def audit(now: datetime, shard: int) -> str:
    """Partition of the audit log: one day's shard."""
    return f"AUDIT#{now:%Y-%m-%d}#{shard}"


def notice(notice_id: str) -> str:
    """Partition of an outgoing notice."""
    return f"OUT#{notice_id}"


def notice_due(notice_id: str) -> str:
    """Partition of ``by_due`` that this notice waits in."""
    return f"OUT{due(notice_id)}"


def delivery_due(delivery_id: str) -> str:
    """Partition of ``by_due`` that this delivery of an event waits in."""
    return f"HOOK{due(delivery_id)}"


WEBHOOKS: Final = "WEBHOOKS"
"""Partition of the subscriptions to events."""
RECEIVERS: Final = "RECEIVERS"
"""Partition of the receivers of events that fail."""
DEAD_LETTERS: Final = "DEADLETTERS"
"""Partition of ``by_queue`` of what was given up."""


def ticket_queue(queue: str, status: str) -> str:
    """Partition of ``by_queue`` of the tickets of a queue, ``open`` or ``resolved``."""
    return f"QUEUE#{queue}#{status}"


def ticket_request(digest: str) -> str:
    """Partition of the marker that a request to do something with a ticket was carried out."""
    return f"TICKETREQ#{digest}"


def agent(user_id: str) -> str:
    """Partition of a person who answers customers."""
    return f"AGENT#{user_id}"


def agent_marker(message_id: str) -> str:
    """Sort key of the marker that a person's message id was seen."""
    return f"AMSG#{message_id}"


PEOPLE_QUEUE: Final = "PEOPLE"
"""Partition of ``by_queue`` of the conversations that people look after."""


def waiting(since: datetime, conversation_id: str) -> str:
    """Sort key in ``PEOPLE_QUEUE`` of a conversation that nobody has taken."""
    return f"WAITING#{due_at(since, conversation_id)}"


WAITING: Final = "WAITING#"
"""What their sort keys begin with as long as nobody has taken them."""


def taken(owner: str, since: datetime, conversation_id: str) -> str:
    """Sort key in ``PEOPLE_QUEUE`` of a conversation that a person owns."""
    return f"TAKEN#{owner}#{due_at(since, conversation_id)}"


def rate_bucket(limit: str, subject_sha256: str) -> str:
    """Partition of a token bucket."""
    return f"RATE#{limit}#{subject_sha256}"


def model_spend(day: date) -> str:
    """Partition of what that day's month has cost in language models."""
    return f"SPEND#{day:%Y-%m}"


def customer_spend(day: date) -> str:
    """Sort key, below a customer, of what their answers of that day have cost."""
    return f"SPEND#{day.isoformat()}"


def cached(kind: str, digest: str) -> str:
    """Partition of something worked out before."""
    return f"CACHE#{kind}#{digest}"


def counters(period: str, shard: int) -> str:
    """Partition of the counters of an hour, ``2026-06-01T12``, or of all time, ``total``."""
    return f"STAT#{period}#{shard}"


def active(shard: int) -> str:
    """Partition of the conversations that somebody has lately written in."""
    return f"ACTIVE#{shard}"


def tool_call(turn_id: str, place: str) -> str:
    """Sort key of what a tool did for a turn; without a place, what those of all its calls begin with."""
    return f"TOOL#{turn_id}#{place}"


def approval(approval_id: str) -> str:
    """Sort key of something that waits, or has waited, for a person's approval."""
    return f"APPROVAL#{approval_id}"


def approvals(status: str) -> str:
    """Partition of ``by_queue`` of the approvals of one status."""
    return f"APPROVALS#{status}"


def approval_due(approval_id: str) -> str:
    """Partition of ``by_due`` in which an approval waits for its expiry, or to be carried out."""
    return f"APPROVAL{due(approval_id)}"


ACCOUNT: Final = "ACCOUNT"
"""Sort key of what a customer's account says, below the customer."""

BUDGET_ALERTS: Final = "BUDGET#ALERTS"
"""Partition of the budget alerts that wait for their delivery."""

OWN_INTENTS: Final = "INTENTS"
"""What was learnt from a company's own examples."""
SITES: Final = "SITES"
"""Partition of the sites that were registered over REST."""


def expiry(now: datetime, days: float) -> int:
    """``expires_at`` of something that stays for so many days."""
    return int((now + timedelta(days=days)).timestamp())


def expiry_of_day(day: date, days: float) -> int:
    """``expires_at`` of something that stays for so many days after the end of that day."""
    return expiry(datetime.combine(day, time.max, tzinfo=UTC), days)


def due_shard(value: str) -> int:
    """Return which of ``N_DUE_SHARDS`` an id belongs to."""
    return _shard(value)


def _shard(value: str) -> int:
    return int(hashlib.sha256(value.encode()).hexdigest()[:8], 16) % N_DUE_SHARDS
