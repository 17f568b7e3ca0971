"""The Message Batches API of the local server: a batch is answered when it is made, and told after some polls."""

import json
from typing import TYPE_CHECKING, Any

from tests.component.messages_events import Failure, Lapse, Received, message
from tests.component.messages_rules import API_KEY

if TYPE_CHECKING:
    from tests.component.messages_api import MessagesApi

_STAMP = "2026-06-01T00:00:00Z"
_NONE = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}


class MessageBatches:
    """The batches of a server; their requests take entries of its script."""

    def __init__(self, api: "MessagesApi", polls: int) -> None:
        self._api = api
        self._polls = polls
        self._results: dict[str, list[dict[str, Any]]] = {}
        self._asked: dict[str, int] = {}

    def create(self, received: Received) -> Failure | tuple[str, str]:
        """Answer a submission."""
        requests = received.body.get("requests", [])
        ids = [request["custom_id"] for request in requests]
        if received.headers.get("authorization") != f"Bearer {API_KEY}":
            return Failure(401, "authentication_error")
        if not ids or len(set(ids)) != len(ids):
            return Failure(400, "invalid_request_error")
        batch_id = f"msgbatch_{len(self._results)}"
        results = [self._result(request, received) for request in requests]
        # In no order that was asked for.
        self._results[batch_id], self._asked[batch_id] = results[::-1], 0
        return "application/json", json.dumps(self._batch(batch_id, ""))

    def read(self, received: Received, url: str) -> Failure | tuple[str, str]:
        """Answer a question after a batch or its results."""
        _, _, tail = received.path.partition("/v1/messages/batches/")
        batch_id, _, results = tail.partition("/")
        if batch_id not in self._results:
            return Failure(404, "not_found_error")
        if results:
            lines = "".join(json.dumps(result) + "\n" for result in self._results[batch_id])
            return "application/x-jsonl", lines
        self._asked[batch_id] += 1
        return "application/json", json.dumps(self._batch(batch_id, url))

    def _result(self, request: dict[str, Any], received: Received) -> dict[str, Any]:
        given = Received("/v1/messages", received.headers, request["params"])
        entry, tokens = self._api.next_entry(given)
        if isinstance(entry, Lapse):
            result: dict[str, Any] = {"type": entry.kind}
        elif isinstance(entry, Failure):
            error = {"type": "error", "error": {"type": entry.kind, "message": "Scripted."}, "request_id": None}
            result = {"type": "errored", "error": error}
        else:
            result = {"type": "succeeded", "message": message(entry, request["params"]["model"], tokens)}
        return {"custom_id": request["custom_id"], "result": result}

    def _batch(self, batch_id: str, url: str) -> dict[str, Any]:
        results, ended = self._results[batch_id], self._asked[batch_id] > self._polls
        counts = dict(_NONE)
        for result in results:
            counts[result["result"]["type"] if ended else "processing"] += 1
        return {
            **{"id": batch_id, "type": "message_batch", "request_counts": counts, "created_at": _STAMP},
            **{"expires_at": "2026-06-02T00:00:00Z", "ended_at": _STAMP if ended else None},
            **{"archived_at": None, "cancel_initiated_at": None},
            "processing_status": "ended" if ended else "in_progress",
            "results_url": f"{url}/v1/messages/batches/{batch_id}/results" if ended else None,
        }
