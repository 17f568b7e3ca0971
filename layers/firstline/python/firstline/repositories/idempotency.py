"""Answers kept under an ``Idempotency-Key``, so that a repeated request is carried out once."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from firstline.domain.errors import (
    ConditionFailedError,
    IdempotencyKeyReusedError,
    RequestInProgressError,
    TransactionConflictError,
)
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, Compare, Exists, Item
from firstline.repositories import keys
from firstline.repositories.schema import Schema

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

IDEMPOTENCY = Schema("idempotency_key", version=1)

KEPT_DAYS = 1
LEASE = timedelta(seconds=60)
"""A request ends within 30 s on AWS; one that has not, has died."""
_TRIES = 5


@dataclass(frozen=True)
class KeptAnswer:
    """An answer as it was given."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """One request's hold on its key."""

    scope: str
    """Who asks, for which route."""
    key: str
    holder: str


class IdempotencyRepository:
    """Keys: ``IDEM#<sha256 of scope and key>`` / ``META``.

    An answer may hold a token, so it is kept encrypted under the key that the client chose, of which only a hash is
    stored. Items live 24 hours.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, claim: Claim, request_sha256: str, *, now: datetime) -> KeptAnswer | None:
        """Take the key for this request; return the answer where it was given before.

        Raises
        ------
        RequestInProgressError
            Another request under this key is at work.
        IdempotencyKeyReusedError
            The key was used for another request.
        """
        pk = _partition(claim)
        lease = {"holder": claim.holder, "lease_until": _ms(now + LEASE)}
        fresh = {"pk": pk, "sk": keys.META, "request_sha256": request_sha256, **lease}
        for _ in range(_TRIES):
            try:
                self._table.put(IDEMPOTENCY.stamp(fresh | {"expires_at": keys.expiry(now, KEPT_DAYS)}), if_absent=True)
                return None
            except ConditionFailedError:
                known = self._table.get(pk, keys.META)
            if known is None:
                continue
            known = IDEMPOTENCY.load(known)
            if known["request_sha256"] != request_sha256:
                raise IdempotencyKeyReusedError("this Idempotency-Key was used for another request")
            if "answer" in known:
                return _opened(known, claim)
            if int(known["lease_until"]) > _ms(now):
                raise RequestInProgressError("a request under this Idempotency-Key is being carried out; ask again")
            try:
                same = AllOf((Exists(), Absent("answer"), Compare("holder", "=", known["holder"])))
                self._table.update(pk, keys.META, set=lease, condition=same)
                return None
            except ConditionFailedError:
                continue
        raise TransactionConflictError("too many requests at once under one Idempotency-Key")

    def keep(self, claim: Claim, answer: KeptAnswer) -> None:
        """Keep the answer; where a later request has taken over, that one's is kept."""
        content = json.dumps({"body": base64.b64encode(answer.body).decode(), "headers": dict(answer.headers)})
        sealed = {"status": answer.status, "answer": _cipher(claim).encrypt(content.encode())}
        try:
            self._table.update(_partition(claim), keys.META, set=sealed, condition=_held(claim))
        except ConditionFailedError:
            return

    def release(self, claim: Claim) -> None:
        """Give the key back after a failure, so that the request can be repeated."""
        try:
            self._table.delete(_partition(claim), keys.META, condition=_held(claim))
        except ConditionFailedError:
            return


def _held(claim: Claim) -> AllOf:
    return AllOf((Exists(), Absent("answer"), Compare("holder", "=", claim.holder)))


def _opened(item: Item, claim: Claim) -> KeptAnswer:
    content = json.loads(_cipher(claim).decrypt(bytes(item["answer"])))
    return KeptAnswer(int(item["status"]), base64.b64decode(content["body"]), content["headers"])


def _partition(claim: Claim) -> str:
    return keys.idempotency(hashlib.sha256(f"{claim.scope}\n{claim.key}".encode()).hexdigest())


def _cipher(claim: Claim) -> Fernet:
    # Imported on first use: it is 20 ms of a cold start that few requests need.
    from cryptography.fernet import Fernet

    secret = hashlib.sha256(f"idempotency answer\n{claim.scope}\n{claim.key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
