"""A company's own issuer of access tokens, on this machine, because the emulator has no real key to sign with."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

AUDIENCE = "rehearsal"
_KEY_ID = "key"
_LIFE_S = 3_600


class Issuer:
    """Publishes its metadata (OpenID Connect Discovery 1.0) and keys (JWKS) at ``url``, and signs tokens."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        published = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
        documents: dict[str, Any] = {"/keys": {"keys": [{**published, "kid": _KEY_ID, "alg": "ES256", "use": "sig"}]}}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = documents.get(self.path)
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(json.dumps(found).encode())

            def log_message(self, *_: object) -> None:
                return

        self._key = key
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        documents["/.well-known/openid-configuration"] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self, role: str) -> str:
        """Return an access token of somebody with this role, good for an hour."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": f"{role}-1", "iat": now, "exp": now + _LIFE_S}
        return jwt.encode({**claims, "cognito:groups": [role]}, self._key, "ES256", {"kid": _KEY_ID})

    def stop(self) -> None:
        """Answer no longer."""
        self._server.shutdown()
        self._server.server_close()
