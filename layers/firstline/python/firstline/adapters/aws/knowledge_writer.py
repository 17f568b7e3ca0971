"""Writes to the OpenSearch knowledge index: one writer at a time, each document whole, what it replaces retired."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from firstline.adapters.aws.knowledge_queries import chunk_record, every_hit, of_source, packed, record_id, unpacked
from firstline.adapters.aws.opensearch_errors import refuse_errors
from firstline.adapters.system import SystemClock
from firstline.domain.errors import KnowledgeIndexUnavailableError
from firstline.domain.knowledge import DocumentVersion, EmbeddedChunk
from firstline.domain.ports import Clock

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

_MOST_BYTES = 4 * 1024 * 1024
"""Of one request: a small node takes 10 MiB, and less is quicker where it is short of memory."""
_LOCK = record_id("write lock")
_LEASE = timedelta(seconds=30)
"""After this long a writer counts as dead; a document is written in far less."""
_PAUSE_S = 0.03


class KnowledgeWriter:
    """Takes turns with other writers by a lease, kept as a record of the index.

    A refresh publishes everything that any writer has written so far, and the chunks to retire are those that the last
    writer published: two writers at once would show halves of documents and leave chunks of both versions.

    Parameters
    ----------
    client : OpenSearch
    index : str
    clock : Clock, optional
        Stamps leases and retired chunks; the system's by default.
    sleep : callable
        Waits so many seconds for another writer.
    longest_wait_s : float
        How long one waits in all, in seconds.
    """

    through_alias = True
    """Whether ``index`` names an alias. Where that is gone, a write then fails, and makes no index of its name."""

    def __init__(
        self,
        client: OpenSearch,
        index: str,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        longest_wait_s: float = 20.0,
    ) -> None:
        self._client = client
        self._index = index
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._longest_wait_s = longest_wait_s

    def replace(self, document: DocumentVersion, chunks: Sequence[EmbeddedChunk]) -> None:
        """Write a document's chunks and retire those that it had before; one refresh shows the change."""
        new = {record_id(entry.chunk.chunk_id): chunk_record(entry, document) for entry in chunks}
        record = {"kind": "document", "source": document.source, "body": packed(document.model_dump_json())}
        with self._turn():
            gone = {at: body for at, body in self._bodies(document.source).items() if at not in new}
            written = [*new.items(), *self._retired(document.source, gone)]
            self._write([({"index": {"_id": at}}, body) for at, body in written])
            at = _document_id(document.source)
            self._client.index(index=self._index, id=at, body=record, refresh=True, **self._alias)

    def delete(self, source: str) -> None:
        """Retire a document's chunks and forget it."""
        with self._turn():
            gone = self._retired(source, self._bodies(source))
            self._write([({"index": {"_id": at}}, body) for at, body in gone])
            self._client.delete(index=self._index, id=_document_id(source), ignore=404, refresh=True)

    def purge(self, before: datetime) -> int:
        """Delete the chunks retired before that moment and return how many."""
        old = [{"term": {"kind": "retired"}}, {"range": {"retired_at": {"lt": _epoch_ms(before)}}}]
        answer = self._client.delete_by_query(
            index=self._index, body={"query": {"bool": {"filter": old}}}, refresh=True, conflicts="proceed"
        )
        return int(answer["deleted"])

    def _bodies(self, source: str) -> dict[str, str]:
        hits = every_hit(self._client, self._index, of_source(source), {"_source": ["body"]})
        return {hit["_id"]: hit["_source"]["body"] for hit in hits}

    def _retired(self, source: str, bodies: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
        now = _epoch_ms(self._clock.now())
        return [
            (at, {"kind": "retired", "source": source, "body": body, "retired_at": now})
            for at, body in sorted(bodies.items())
        ]

    def _write(self, actions: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        for lines in _batches(actions):
            refuse_errors(self._client.bulk(index=self._index, body=lines, refresh=False, **self._alias))

    @property
    def _alias(self) -> dict[str, Any]:
        return {"require_alias": self.through_alias}

    @contextmanager
    def _turn(self) -> Iterator[None]:
        held = self._lease()
        try:
            yield
        finally:
            self._client.delete(index=self._index, id=_LOCK, params=held, ignore=(404, 409))

    def _lease(self) -> dict[str, int]:
        """Take the lease and return what names it; a lease that ran out is taken from its holder."""
        from opensearchpy.exceptions import ConflictError

        waited = 0.0
        while waited < self._longest_wait_s:
            until = _epoch_ms(self._clock.now() + _LEASE)
            try:
                body = {"kind": "lock", "body": packed(str(until))}
                made = self._client.index(index=self._index, id=_LOCK, body=body, op_type="create", **self._alias)
            except ConflictError:
                if not self._ended():
                    self._sleep(_PAUSE_S)
                    waited += _PAUSE_S
                continue
            return {"if_seq_no": made["_seq_no"], "if_primary_term": made["_primary_term"]}
        raise KnowledgeIndexUnavailableError("another writer is at work")

    def _ended(self) -> bool:
        """Tell whether the lease is free now; one that ran out is removed."""
        found = self._client.get(index=self._index, id=_LOCK, ignore=404)
        if not found.get("found"):
            return True
        if int(unpacked(found["_source"]["body"])) > _epoch_ms(self._clock.now()):
            return False
        named = {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
        self._client.delete(index=self._index, id=_LOCK, params=named, ignore=(404, 409))
        return True


def keep_cited(client: OpenSearch, old: str, new: str, now: datetime) -> None:
    """Copy the chunks that a new index lacks from an old one as retired: answers cite them."""
    client.indices.refresh(index=new)
    script = """
        if (ctx._source.retired_at == null) { ctx._source.retired_at = params.now; }
        ctx._source.keySet().retainAll(['source', 'body', 'retired_at']);
        ctx._source.kind = 'retired';
    """
    client.reindex(
        body={
            "conflicts": "proceed",
            "source": {"index": old, "query": {"terms": {"kind": ["chunk", "retired"]}}},
            "dest": {"index": new, "op_type": "create"},
            "script": {"source": script, "params": {"now": _epoch_ms(now)}},
        },
        params={"refresh": "true"},
    )


def _batches(actions: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[list[str]]:
    """Yield lines of requests that stay within ``_MOST_BYTES``, unless one record alone exceeds it."""
    lines: list[str] = []
    size = 0
    for action in actions:
        pair = [json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in action]
        more = sum(len(line.encode()) + 1 for line in pair)
        if lines and size + more > _MOST_BYTES:
            yield lines
            lines, size = [], 0
        lines += pair
        size += more
    if lines:
        yield lines


def _document_id(source: str) -> str:
    return record_id(f"document {source}")


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
