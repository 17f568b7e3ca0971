"""What people of the company do with a stage: tickets, approvals, webhooks, receipts; as an admin."""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.checking import check, eventually
from rehearsal.receiver import Receiver
from rehearsal.visitor import REPLY_WITHIN_S, Visitor, send

QUESTION = "How do I reset a forgotten password?"
ASKED_FOR = "Please close my account and delete all of my data."
BOTH = ("close your account", "delete your data")
# The schedule's minute, and twice of it where one round failed.
DELIVERED_WITHIN_S = 150.0


class StaffChecks:
    """Each check returns what it found, in a few words, or raises ``CheckFailedError``.

    Parameters
    ----------
    token : str
        An admin's access token.
    """

    def __init__(self, rest_url: str, token: str, receiver: Receiver) -> None:
        self._url = rest_url.rstrip("/")
        self._token = token
        self._receiver = receiver
        self._secret = ""
        self._ticket = ""

    def webhook_made(self) -> str:
        """An admin subscribes to events of tickets; nobody else may."""
        body = {"url": self._receiver.url, "events": ["ticket.*"]}
        refused, *_ = self._send("POST", "/admin/webhooks", body, token=Visitor(self._url).token)
        check(refused in {401, 403}, f"a visitor subscribed: {refused}")
        made = self._made("/admin/webhooks", body)
        self._secret = made["secret"]
        return f"webhook {made['webhook_id']}"

    def ticket_changed(self) -> str:
        """A customer's ticket is made once, and changed only by who has read it last."""
        customer = Visitor(self._url)
        body = {"subject": "Export fails", "description": "The export of my invoices fails.", "priority": "high"}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answers = [self._send("POST", "/api/v1/tickets", body, token=customer.token, headers=key) for _ in range(2)]
        check([a[0] for a in answers] == [201, 201], f"not opened: {answers}")
        check(answers[0][1]["ticket_id"] == answers[1][1]["ticket_id"], f"sent again, it was opened twice: {answers}")
        self._ticket = answers[0][1]["ticket_id"]
        path = f"/api/v1/tickets/{self._ticket}"
        stranger, *_ = self._send("GET", path, token=Visitor(self._url).token)
        check(stranger == 404, f"another visitor reads it: {stranger}")
        read = {"If-Match": self._etag(path)}
        change = {"priority": "urgent"}
        statuses = [self._send("PATCH", path, change, headers=condition)[0] for condition in ({}, read, read)]
        check(statuses == [428, 200, 412], f"without a version, with the one read, with it again: {statuses}")
        _, found, _ = self._send("GET", path, token=customer.token)
        check(found["priority"] == "urgent", f"the customer reads {found}")
        return f"{self._ticket}, {found['status']}"

    def approval_given(self) -> str:
        """What must not be undone waits for a person; approved twice, it is carried out and told once."""
        visitor = Visitor(self._url)
        answer = visitor.ask(ASKED_FOR)
        told = len(visitor.history())
        waiting = eventually(
            lambda: [a for a in self._read("/admin/approvals")["approvals"] if a["asked"] == ASKED_FOR],
            bool,
            f"nothing waits for an approval after {answer['message']!r}",
            within_s=30,
        )
        check(len(waiting) == 1, f"asked for once, waiting {len(waiting)} times")
        path = f"/admin/approvals/{waiting[0]['approval_id']}"
        read = {"If-Match": self._etag(path)}
        given = [self._send("POST", f"{path}/approve", {}, headers=read) for _ in range(2)]
        check([status for status, *_ in given] == [200, 200], f"approved, and pressed again: {given}")
        check(given[0][1]["status"] == given[1][1]["status"], f"pressed again: {given}")
        heard = eventually(
            visitor.history, lambda events: len(events) > told, "the customer heard nothing", within_s=REPLY_WITHIN_S
        )[told:]
        check(len(heard) == 1, f"the customer was told {[event['text'] for event in heard]}")
        for said in (answer["message"], heard[0]["text"]):
            check(all(asked in said for asked in BOTH), f"not all that was asked for is named: {said!r}")
        check("ticket" in heard[0]["text"], f"nobody takes care of it: {heard[0]['text']!r}")
        return f"told: {heard[0]['text']}"

    def receipt_read(self) -> str:
        """An answer's receipt names what it was made from."""
        visitor = Visitor(self._url)
        answer = visitor.ask(QUESTION)
        (turn_id,) = {event["turn_id"] for event in visitor.history() if event["author"] == "bot" and event["turn_id"]}
        receipt = self._read(f"/admin/answers/{turn_id}")
        check(receipt["text"] == answer["message"], f"the receipt is of another answer: {receipt}")
        check(set(receipt["cited"]) <= set(receipt["chunk_versions"]) != set(), f"cited without a version: {receipt}")
        check("RetrieveKnowledge" in receipt["elapsed_ms"], f"times by state: {receipt['elapsed_ms']}")
        return f"{len(receipt['chunk_versions'])} chunks, without a model: {receipt['without_model']}"

    def webhook_delivered(self) -> str:
        """The sweep has sent the ticket's events, signed with the secret that was shown once, each with an id."""
        check(bool(self._ticket and self._secret), "there was no ticket, or no subscription")
        types = ("ticket.created", "ticket.updated")
        found = eventually(
            self._events, lambda events: set(types) <= set(events), "not delivered", within_s=DELIVERED_WITHIN_S
        )
        for name in types:
            found[name].check_signature(self._secret)
        ids = {delivery.headers.get("firstline-delivery", "") for delivery in found.values()}
        check(len(ids) == len(found) and "" not in ids, f"ids of deliveries: {ids}")
        return ", ".join(sorted(found))

    def _events(self) -> dict[str, Any]:
        of_ticket = [d for d in self._receiver.deliveries if self._ticket in d.body.decode()]
        return {delivery.headers.get("firstline-event", ""): delivery for delivery in of_ticket}

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, made, _ = self._send("POST", path, body)
        check(status == 201, f"{path} answered {status}: {made}")
        return dict(made)

    def _read(self, path: str) -> dict[str, Any]:
        status, found, _ = self._send("GET", path)
        check(status == 200, f"{path} answered {status}: {found}")
        return dict(found)

    def _etag(self, path: str) -> str:
        status, found, headers = self._send("GET", path)
        check(status == 200 and "etag" in headers, f"{path} answered {status} without an ETag: {found}")
        return headers["etag"]

    def _send(
        self, method: str, path: str, body: Any = None, *, token: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        return send(method, self._url + path, body, token=token or self._token, headers=headers)
