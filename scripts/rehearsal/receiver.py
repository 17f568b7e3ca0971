"""A company's own system on this machine, to which webhooks are sent."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rehearsal.checking import check

HEADER = "Firstline-Signature"


@dataclass(frozen=True)
class Delivery:
    """What was sent once."""

    body: bytes
    headers: dict[str, str]

    @property
    def content(self) -> dict[str, Any]:
        """The body's JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def check_signature(self, secret: str) -> None:
        """Compute the signature as a receiver does, from what the README says. Raises ``CheckFailedError``."""
        parts = dict(part.split("=", 1) for part in self.headers.get(HEADER.lower(), "").split(",") if "=" in part)
        signed = f"{parts.get('t', '')}.".encode() + self.body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        check(hmac.compare_digest(expected, parts.get("v1", "")), f"signed by another secret: {self.headers}")


@dataclass
class Receiver:
    """Takes whatever is posted to ``url``."""

    url: str
    deliveries: list[Delivery] = field(default_factory=list)


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """Yield a receiver that listens on 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            taken.deliveries.append(Delivery(body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken = Receiver(f"http://127.0.0.1:{server.server_port}/events")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
