"""Bodies that may be larger on one path are only taken of those who may send them."""

from __future__ import annotations

import asyncio
import itertools
import re
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from firstline.web.guard import LargerBody, RequestGuard

LIMIT, LARGER = 10_000, 20_000_000
BLOCK = 100_000


class CountedIds:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        return f"id{next(self._numbers)}"

    def short(self) -> str:
        return self.new()

    def secret(self) -> str:
        return self.new()


class Seen:
    """The app behind the guard: notes what body it gets and refuses everybody."""

    def __init__(self) -> None:
        self.bodies: list[int] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        self.bodies.append(len(message["body"]))
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def posted(path: str, n_blocks: int, *, token: str) -> tuple[int, list[int], int]:
    """Return the status, the bodies that the app saw, and the peak of memory in bytes."""
    seen, blocks, sent = Seen(), iter(range(n_blocks)), []
    guard = RequestGuard(
        seen,
        ids=CountedIds(),
        max_bytes=LIMIT,
        larger=[
            LargerBody(re.compile("/import"), LARGER, lambda headers, _: headers.get("authorization") == "Bearer right")
        ],
    )
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b"", "state": {}}

    async def receive() -> dict[str, Any]:
        number = next(blocks, None)
        body = b"" if number is None else bytes(BLOCK)
        return {"type": "http.request", "body": body, "more_body": number is not None}

    async def send(message: Any) -> None:
        sent.append(message)

    tracemalloc.start()
    asyncio.run(guard(scope, receive, send))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return sent[0]["status"], seen.bodies, peak


@pytest.fixture(autouse=True)
def _no_tracing_left() -> Iterator[None]:
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("token", ["", "wrong"])
def test_of_who_may_not_send_a_large_body_nothing_is_kept_and_the_route_refuses_them(token: str) -> None:
    status, bodies, peak = posted("/import", 100, token=token)
    assert (status, bodies) == (401, [0])
    assert peak < 10 * BLOCK


def test_of_who_may_the_whole_body_arrives_up_to_the_larger_limit() -> None:
    assert posted("/import", 100, token="right")[1] == [100 * BLOCK]
    status, bodies, _ = posted("/import", LARGER // BLOCK + 1, token="right")
    assert (status, bodies) == (413, [])


def test_on_other_paths_nobody_asks_who_it_is() -> None:
    for token in ("right", "wrong"):
        status, bodies, _ = posted("/chat", 1, token=token)
        assert (status, bodies) == (413, [])
        assert posted("/chat", 0, token=token)[1] == [0]
