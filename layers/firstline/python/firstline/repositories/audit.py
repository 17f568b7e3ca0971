"""The audit log: who did what to what, kept longer than what it was done to."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from firstline.domain.table import Operation, Put
from firstline.repositories import keys
from firstline.repositories.schema import Schema

AUDIT = Schema("audit", version=1)

AUDIT_DAYS = 400


class AuditRepository:
    """Keys: ``AUDIT#<day>#<shard>`` / ``<milliseconds>#<id>``."""

    def recorded(self, audit_id: str, *, action: str, by: str, of: str, now: datetime, **detail: Any) -> Operation:
        """Return the operation that records an action, to stand or fall with what was done.

        Parameters
        ----------
        audit_id : str
            A new id; also chooses the shard.
        by, of : str
            Id of who did it, and of what it was done to.
        detail
            Ids and numbers; never a message's text.
        """
        shard = int(hashlib.sha256(audit_id.encode()).hexdigest()[:8], 16) % keys.N_AUDIT_SHARDS
        item = {
            "pk": keys.audit(now, shard),
            "sk": keys.due_at(now, audit_id),
            "action": action,
            "by": by,
            "of": of,
            "detail": json.dumps(detail),
            "at": now.isoformat(),
            "expires_at": keys.expiry(now, AUDIT_DAYS),
        }
        return Put(AUDIT.stamp(item), if_absent=True)
