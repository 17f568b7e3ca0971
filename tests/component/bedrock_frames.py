"""The wire of Amazon Bedrock's InvokeModelWithResponseStream: signed requests in, binary frames with checksums out."""

import base64
import json
import struct
import urllib.parse
import zlib
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from firstline.adapters.claude_models import claude_models, find_model
from tests.component.messages_events import Failure, Received
from tests.component.messages_rules import BEDROCK_VERSIONS, objection_to_body

REGION = "eu-central-1"
ACCESS_KEY, SECRET_KEY, SESSION_TOKEN = (
    "AKIDTEST",
    "secret-of-the-role",
    "token-of-the-role",
)  # pragma: allowlist secret
_STREAM = "/invoke-with-response-stream"
_TEXT = 7


def is_bedrock(path: str) -> bool:
    """Return whether a request is for Bedrock."""
    return path.startswith("/model/")


def model_of(path: str) -> str:
    """Return the plain name of the model that a path is about; the id itself where it is unknown."""
    asked = urllib.parse.unquote(path.removeprefix("/model/").removesuffix(_STREAM))
    for name, known in claude_models().items():
        if find_model(asked, claude_models()) is known:
            return name
    return asked


def objection(received: Received, url: str) -> Failure | None:
    """Return why Bedrock would refuse this request, if it would."""
    if not _is_signed(received, url):
        return Failure(403, "InvalidSignatureException")
    if not received.path.endswith(_STREAM):
        return Failure(404, "ResourceNotFoundException")
    body = received.body
    if body.get("anthropic_version") not in BEDROCK_VERSIONS or {"model", "stream"} & body.keys():
        return Failure(400, "ValidationException")
    newest = body["anthropic_version"] == BEDROCK_VERSIONS[-1]
    wrong = objection_to_body(body, model_of(received.path), newest=newest)
    return Failure(400, "ValidationException") if wrong else None


def _is_signed(received: Received, url: str) -> bool:
    headers = received.headers
    given = headers.get("authorization", "")
    if not given.startswith("AWS4-HMAC-SHA256") or headers.get("x-amz-security-token") != SESSION_TOKEN:
        return False
    fields = dict(part.split("=", 1) for part in given.split(" ", 1)[1].replace(" ", "").split(","))
    signed = {name: headers[name] for name in fields["SignedHeaders"].split(";") if name in headers}
    request = AWSRequest("POST", f"{url}{received.path}", headers=signed, data=headers["raw-body"].encode())
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN), "bedrock", REGION)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return bool(fields["Signature"] == signature)


def chunk(event: dict[str, Any]) -> bytes:
    """Return one event as a frame."""
    payload = {"bytes": base64.b64encode(json.dumps(event).encode()).decode(), "p": "abcdefgh"}
    return frame({":message-type": "event", ":event-type": "chunk", ":content-type": "application/json"}, payload)


def exception(name: str) -> bytes:
    """Return the frame with which a stream fails, such as ``throttlingException``."""
    headers = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
    return frame(headers, {"message": "Scripted."})


def frame(headers: dict[str, str], payload: dict[str, Any]) -> bytes:
    """Return a frame: lengths, their CRC-32, headers, payload, CRC-32 of everything."""
    named = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _TEXT, len(value)) + value.encode()
        for name, value in headers.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", len(named) + len(body) + 16, len(named))
    whole = prelude + struct.pack("!I", zlib.crc32(prelude)) + named + body
    return whole + struct.pack("!I", zlib.crc32(whole))
