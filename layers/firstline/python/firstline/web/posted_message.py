"""A customer message as it is posted: JSON, or the fields and files of a form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from firstline.web.models import PostMessageRequest

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FILE_FIELDS = ("files", "file", "attachments")
_MAX_FIELDS = 20

_SCHEMA = PostMessageRequest.model_json_schema()
_FILES = {
    "type": "array",
    "items": {"type": "string", "format": "binary"},
    "description": "Files, up to 5, and 4 MB in all; larger ones go by `POST /attachments`",
}
_WITH_FILES = {**_SCHEMA, "properties": {**_SCHEMA["properties"], "files": _FILES}}
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **{kind: {"schema": _SCHEMA} for kind in ("application/json", FORMS[0])},
            FORMS[1]: {"schema": _WITH_FILES},
        },
    }
}


@dataclass(frozen=True)
class FormFile:
    """A file as a form has it."""

    name: str
    content: bytes

    @property
    def named(self) -> dict[str, str]:
        """Its name and hash: what makes it the same file when it is sent again."""
        return {"name": self.name, "sha256": hashlib.sha256(self.content).hexdigest()}


@dataclass(frozen=True)
class PostedMessage:
    """A message and the files that came with it."""

    message: PostMessageRequest
    files: tuple[FormFile, ...] = ()

    @property
    def content(self) -> dict[str, Any]:
        """All that is asked for, each file by its name and hash."""
        files = [file.named for file in self.files]
        return {**self.message.model_dump(mode="json"), **({"files": files} if files else {})}


async def posted_message(request: Request) -> PostedMessage:
    """Return the message.

    Raises
    ------
    RequestValidationError
        It is not JSON, or a field is missing, unknown or of the wrong kind.
    HTTPException
        415: neither JSON nor a form; 400: a form that is not well made.
    """
    kind = content_type(request)
    if kind in FORMS:
        async with request.form(max_fields=_MAX_FIELDS, max_files=_MAX_FIELDS) as form:
            fields = form.multi_items()
            files = [
                FormFile(value.filename or "", await value.read())
                for name, value in fields
                if isinstance(value, UploadFile) and name in _FILE_FIELDS
            ]
        # A file under another name is refused with the field's name.
        others = [(name, value) for name, value in fields if isinstance(value, str) or name not in _FILE_FIELDS]
        return PostedMessage(_validated(_joined(others, has_files=bool(files))), tuple(files))
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return PostedMessage(_validated(await request.json()))
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "not JSON"}]) from error
    detail = "Send JSON, with the header Content-Type: application/json, or a form."
    raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)


def content_type(request: Request) -> str:
    """Return the body's type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _joined(given: Iterable[tuple[str, Any]], *, has_files: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in given:
        if name == "attachments":
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    if has_files and not fields.keys() & {"text", "message", "content"}:
        fields["text"] = ""
    return fields


def _validated(fields: Any) -> PostMessageRequest:
    try:
        return PostMessageRequest.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**entry, "loc": ("body", *(entry["loc"] or ("text",)))} for entry in found]
        ) from error


MessageOfBody = Annotated[PostedMessage, Depends(posted_message)]
