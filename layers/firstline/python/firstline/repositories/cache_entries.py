"""What was worked out before, kept for a while for every process."""

from __future__ import annotations

from firstline.domain.ports import Table
from firstline.domain.table import MAX_ITEM_BYTES
from firstline.repositories import keys
from firstline.repositories.schema import Schema

ENTRY = Schema("cache_entry", version=1)

_LARGEST = MAX_ITEM_BYTES - 4096


class CacheEntryRepository:
    """Keys: ``CACHE#<kind>#<digest>`` / ``META``; the digest alone says what an entry is of."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, kind: str, digest: str) -> tuple[str, int] | None:
        """Return what is kept and the second in which it expires, None where there is nothing."""
        item = self._table.get(keys.cached(kind, digest), keys.META, consistent=False)
        if item is None:
            return None
        item = ENTRY.load(item)
        return str(item["body"]), int(item["expires_at"])

    def put(self, kind: str, digest: str, body: str, *, expires_at: int) -> None:
        """Keep something until a second since the epoch; what is too large for an item is not kept."""
        if len(body.encode()) > _LARGEST:
            return
        item = {"pk": keys.cached(kind, digest), "sk": keys.META, "body": body, "expires_at": expires_at}
        self._table.put(ENTRY.stamp(item))
