"""Attached files: announced or posted, put to their address, and fetched within their conversation."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile

from firstline.container import Container
from firstline.domain.attachment_errors import AttachmentTooLargeError
from firstline.domain.attachment_ports import TakesUploads
from firstline.domain.attachments import MAX_FILES, MAX_FORM_BYTES, Attachment
from firstline.domain.errors import FirstlineError, InvalidMessageError, NotFoundError
from firstline.domain.text import is_id
from firstline.web.access import PUBLIC, Agent, BearerSession, ContainerOfApp, OwnSession
from firstline.web.conversation_id import ConversationId
from firstline.web.idempotency import MaybeRepeated
from firstline.web.posted_message import FormFile, content_type
from firstline.web.replies import json_response

router = APIRouter(tags=["attachments"])

FORM_PATH = re.compile(r"/attachments|/chat/sessions/[^/]+/messages")
UPLOAD_PATH = re.compile(r"/attachments/uploads/([^/]+)")
LARGEST_FORM = MAX_FORM_BYTES + 64 * 1024
"""With its other fields and its boundaries."""


class AnnounceRequest(BaseModel):
    """A file that is to be uploaded."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=1_000, description="The file's name, with its extension")
    size: int = Field(ge=0, strict=True, description="Its size in bytes, at most 4.5 MB")
    content_type: str | None = Field(
        default=None, max_length=255, description="Not looked at: the content itself says what it is"
    )


class UploadResponse(BaseModel):
    """How the file's bytes are sent: once, until the time given."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str] = Field(description="To be sent exactly so")
    expires_at: datetime


class AttachmentResponse(BaseModel):
    """A file; its id goes into the message's `attachments`."""

    file_id: str
    name: str = Field(description="As it is kept")
    size: int
    kind: str | None = Field(description="By its content; null until it has been uploaded and sent")
    upload: UploadResponse | None = Field(description="Null where the file came with the request")


_FORM = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": AnnounceRequest.model_json_schema()},
            "multipart/form-data": {"schema": _FORM},
        },
    }
}


_OCTETS: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_OPENED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, in the type of its kind", "content": {"*/*": _OCTETS}},
    303: {"description": "The file is at `Location`, for a minute"},
}


async def _announced_or_posted(request: Request, session: BearerSession) -> AnnounceRequest | FormFile:
    kind = content_type(request)
    if kind == "multipart/form-data":
        async with request.form(max_fields=1, max_files=1) as form:
            files = [
                FormFile(value.filename or "", await value.read())
                for value in form.values()
                if isinstance(value, UploadFile)
            ]
        if not files:
            raise RequestValidationError([{"type": "missing", "loc": ("body", "file"), "msg": "Field required"}])
        return files[0]
    if kind != "application/json":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON that announces a file, or a form with one.")
    try:
        return AnnounceRequest.model_validate(await request.json())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "not JSON"}]) from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**entry, "loc": ("body", *entry["loc"])} for entry in found]) from error


@router.post("/attachments", status_code=HTTPStatus.CREATED, response_model=AttachmentResponse, openapi_extra=_BODY)
def add_attachment(
    request: Request,
    session: BearerSession,
    body: Annotated[AnnounceRequest | FormFile, Depends(_announced_or_posted)],
    container: ContainerOfApp,
    repeated: MaybeRepeated,
) -> Response:
    """Announce a file and get the address to put it to; or post a form with a file of up to 4 MB."""

    def add() -> Response:
        if isinstance(body, FormFile):
            _check_form([body])
            stored = container.attached_files.receive.store(session.conversation_id, body.name, body.content)
            return json_response(_shown(stored), HTTPStatus.CREATED)
        announced = container.attached_files.receive.announce(session.conversation_id, body.name, body.size)
        upload = announced.upload
        url = str(request.base_url).rstrip("/") + upload.url if upload.url.startswith("/") else upload.url
        answer = AttachmentResponse(
            file_id=announced.file.file_id,
            name=announced.file.name,
            size=announced.file.size_bytes,
            kind=None,
            upload=UploadResponse(method="PUT", url=url, headers=dict(upload.headers), expires_at=upload.expires_at),
        )
        return json_response(answer, HTTPStatus.CREATED)

    asked = body.model_dump(mode="json") if isinstance(body, AnnounceRequest) else body.named
    return repeated.once(session.session_id, asked, add)


async def _raw_body(request: Request) -> bytes:
    return await request.body()


@router.put(
    "/attachments/uploads/{upload_token}",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[PUBLIC],
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": _OCTETS}}},
)
def upload(
    upload_token: Annotated[str, Path(max_length=2_000, description="Of the address that `POST /attachments` gave")],
    content: Annotated[bytes, Depends(_raw_body)],
    container: ContainerOfApp,
) -> None:
    """Put the bytes of an announced file; the address itself is the permission. Elsewhere than on AWS."""
    container.attached_files.receive.take_upload(upload_token, content)


@router.get("/chat/sessions/{session_id}/attachments/{file_id}", response_class=Response, responses=_OPENED)
def fetch(session: OwnSession, file_id: str, container: ContainerOfApp) -> Response:
    """Fetch a file of the conversation, or be sent to where it is for a minute."""
    return _opened(container, session.conversation_id, file_id)


@router.get("/admin/conversations/{conversation_id}/attachments/{file_id}", response_class=Response, responses=_OPENED)
def fetch_as_agent(conversation_id: ConversationId, file_id: str, container: ContainerOfApp, by: Agent) -> Response:
    """Fetch a file that a customer has sent, or be sent to where it is for a minute."""
    return _opened(container, conversation_id, file_id)


def stored_files(container: Container, conversation_id: str, message_id: str, files: Sequence[FormFile]) -> list[str]:
    """Take the files of a message's form and return their ids, which are the same when it is sent again.

    Raises
    ------
    InvalidMessageError, AttachmentTooLargeError, UnsupportedAttachmentError, UnreadableAttachmentError
    """
    _check_form(files)
    return [
        container.attached_files.receive.store(
            conversation_id, file.name, file.content, of_message=f"{message_id} {place}"
        ).file_id
        for place, file in enumerate(files)
    ]


def is_upload_address(container: Container, path: str) -> bool:
    """Tell whether a path is an address that was given for an upload and has not expired."""
    found, store = UPLOAD_PATH.fullmatch(path), container.ports.attachments.store
    if found is None or not isinstance(store, TakesUploads):
        return False
    try:
        store.redeem(found[1], now=container.ports.clock.now())
    except FirstlineError:
        return False
    return True


def _check_form(files: Sequence[FormFile]) -> None:
    if len(files) > MAX_FILES:
        raise InvalidMessageError(f"a message may have {MAX_FILES} attachments")
    if sum(len(file.content) for file in files) > MAX_FORM_BYTES:
        raise AttachmentTooLargeError("a form takes 4 MB of files in all; larger ones go by POST /attachments")


def _shown(file: Attachment) -> AttachmentResponse:
    return AttachmentResponse(
        file_id=file.file_id, name=file.name, size=file.size_bytes, kind=file.kind.value, upload=None
    )


def _opened(container: Container, conversation_id: str, file_id: str) -> Response:
    if not is_id(file_id):
        raise NotFoundError("no such attachment")
    opened = container.attached_files.read.open(conversation_id, file_id)
    if opened.address is not None:
        headers = {"Cache-Control": "no-store"}
        return RedirectResponse(opened.address, HTTPStatus.SEE_OTHER, headers)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(opened.attachment.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(opened.content, media_type=opened.attachment.kind.media_type, headers=headers)
