"""``Idempotency-Key``: a creating request that is sent again is carried out once and answered alike."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from firstline.domain.errors import InvalidInputError
from firstline.domain.ports import Clock, Ids
from firstline.repositories.idempotency import Claim, IdempotencyRepository, KeptAnswer
from firstline.web.access import ContainerOfApp

REPLAYED = "Idempotency-Replayed"
ANONYMOUS = ""
"""Caller of a request without a token."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_UNGUESSABLE = 32
_KEPT_HEADERS = ("content-type", "location", "retry-after", "etag")


class Idempotent:
    """What one request asks for with its key; without a key, everything is carried out as it comes.

    Only successes are kept: after a failure the key is free, and the request can be sent again as it is.
    """

    def __init__(self, repository: IdempotencyRepository, *, clock: Clock, ids: Ids, route: str, key: str) -> None:
        self._repository = repository
        self._clock = clock
        self._ids = ids
        self._route = route
        self._key = key

    def once(self, caller: str, content: BaseModel | dict[str, Any] | None, act: Callable[[], Response]) -> Response:
        """Return what ``act`` answers, or what it answered to this request before.

        Parameters
        ----------
        caller : str
            Who asks, such as a session or user id; keys of different callers never meet. ``ANONYMOUS`` needs a key
            that cannot be guessed, because the answer may hold a token.
        content : model, dict or None
            What is asked for, as parsed; the same key with other content is refused. Files go in as name and hash.
        act : callable
            Does it and returns the whole response.

        Raises
        ------
        InvalidInputError
            The key is not printable ASCII, too long, or too short for an anonymous caller.
        IdempotencyKeyReusedError, RequestInProgressError
        """
        if not self._key:
            return act()
        if not _KEY.fullmatch(self._key):
            raise InvalidInputError("Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID")
        if caller == ANONYMOUS and len(self._key) < _UNGUESSABLE:
            raise InvalidInputError(f"without a token, Idempotency-Key needs {_UNGUESSABLE} characters: use a UUID")
        claim = Claim(scope=f"{caller}\n{self._route}", key=self._key, holder=self._ids.new())
        kept = self._repository.begin(claim, _sha256_of(content), now=self._clock.now())
        if kept is not None:
            return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})
        return self._carried_out(claim, act)

    @property
    def key_of_request(self) -> str:
        """Route and key: what one request is known by where it is to be carried out once; empty without a key."""
        return f"{self._route} {self._key}" if self._key else ""

    def message_id(self) -> str:
        """Return the id of the message that the request says: the same for the same key.

        So it is said once even if the first try died before its answer was kept.
        """
        if not self._key:
            return self._ids.new()
        return f"idem-{hashlib.sha256(f'{self._route} {self._key}'.encode()).hexdigest()[:40]}"

    def _carried_out(self, claim: Claim, act: Callable[[], Response]) -> Response:
        succeeded = False
        try:
            response = act()
            succeeded = response.status_code < 400
        finally:
            if not succeeded:
                self._repository.release(claim)
        if succeeded:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            self._repository.keep(claim, KeptAnswer(response.status_code, bytes(response.body), headers))
        return response


def _sha256_of(content: BaseModel | dict[str, Any] | None) -> str:
    plain = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def idempotent(
    request: Request,
    container: ContainerOfApp,
    idempotency_key: Annotated[
        str, Header(description="Makes a repeated request safe for 24 hours; a UUID made by the client")
    ] = "",
) -> Idempotent:
    """Return this request's part in the mechanism."""
    return Idempotent(
        container.idempotency,
        clock=container.ports.clock,
        ids=container.ports.ids,
        route=f"{request.method} {request.url.path}",
        key=idempotency_key,
    )


MaybeRepeated = Annotated[Idempotent, Depends(idempotent)]
