"""A customer's message or question as it is posted: JSON, or the fields and files of a form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from firstline.web.models import ChatRequest, PostMessageRequest

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FILE_FIELDS = ("files", "file", "attachments")
_MAX_FIELDS = 20

Posted = TypeVar("Posted", bound=BaseModel)

_SCHEMA, _QUESTION = PostMessageRequest.model_json_schema(), ChatRequest.model_json_schema()
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
QUESTION_OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": _QUESTION} for kind in ("application/json", *FORMS)},
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
        415: neither JSON nor a form; 400: a form that is not well made, or not UTF-8.
    """
    if content_type(request) not in FORMS:
        return PostedMessage(_validated(PostMessageRequest, await _json_of(request)))
    fields = await _form_of(request)
    files = tuple(value for name, value in fields if isinstance(value, FormFile) and name in _FILE_FIELDS)
    # A file under another name is refused with the field's name.
    others = [(name, value) for name, value in fields if isinstance(value, str) or name not in _FILE_FIELDS]
    return PostedMessage(_validated(PostMessageRequest, _joined(others, has_files=bool(files))), files)


async def posted_question(request: Request) -> ChatRequest:
    """Return the question. Raises as ``posted_message`` does, and 422 for a form with a file."""
    if content_type(request) not in FORMS:
        return _validated(ChatRequest, await _json_of(request))
    fields = await _form_of(request)
    for name, value in fields:
        if isinstance(value, FormFile):
            reason = "files go with the messages of a session"
            raise RequestValidationError([{"type": "value_error", "loc": ("body", name), "msg": reason}])
    return _validated(ChatRequest, dict(fields))


def content_type(request: Request) -> str:
    """Return the body's type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _json_of(request: Request) -> Any:
    kind = content_type(request)
    if kind != "application/json" and not kind.endswith("+json"):
        detail = "Send JSON, with the header Content-Type: application/json, or a form."
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    if not await request.body():
        raise RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "Field required"}])
    try:
        return await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "not JSON"}]) from error


async def _form_of(request: Request) -> list[tuple[str, str | FormFile]]:
    try:
        if content_type(request) == FORMS[0]:
            text = (await request.body()).decode()
            return [*parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)]
        return await _multipart_of(request)
    except MultiPartException as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, error.message) from error
    except UnicodeDecodeError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The form is not UTF-8.") from error
    except ValueError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"A form has at most {_MAX_FIELDS} fields.") from error


async def _multipart_of(request: Request) -> list[tuple[str, str | FormFile]]:
    # The parser takes what is not in the form's charset for Latin-1, in silence. Told Latin-1 it gives the bytes.
    headers = Headers({"content-type": f"{request.headers['content-type']}; charset=latin-1"})
    form = await MultiPartParser(headers, request.stream(), max_fields=_MAX_FIELDS, max_files=_MAX_FIELDS).parse()
    try:
        return [
            (
                _utf8(name),
                FormFile(_utf8(value.filename or ""), await value.read())
                if isinstance(value, UploadFile)
                else _utf8(value),
            )
            for name, value in form.multi_items()
        ]
    finally:
        await form.close()


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode()


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


def _validated(model: type[Posted], fields: Any) -> Posted:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**entry, "loc": ("body", *(entry["loc"] or ("text",)))} for entry in found]
        ) from error


MessageOfBody = Annotated[PostedMessage, Depends(posted_message)]
QuestionOfBody = Annotated[ChatRequest, Depends(posted_question)]
