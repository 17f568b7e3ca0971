"""When a conversation is to be looked at for silence."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.table import Put
from firstline.repositories import keys
from firstline.repositories.schema import Schema

QUIET_WATCH = Schema("quiet_watch", version=1)
SORT_KEY = "QUIET"


def quiet_watch(conversation_id: str, *, look_at: datetime, expires: int) -> Put:
    """Return the operation that has the sweep look at a conversation from that moment on.

    An item of its own: on the conversation's, each message would be written to the index as well.
    """
    item = {
        "pk": keys.conversation(conversation_id),
        "sk": SORT_KEY,
        "conversation_id": conversation_id,
        "by_due_pk": keys.quiet(conversation_id),
        "by_due_sk": keys.due_at(look_at, conversation_id),
        "expires_at": expires,
    }
    return Put(QUIET_WATCH.stamp(item))
