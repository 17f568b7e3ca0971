"""Who may administer: whoever holds the admin token. Accounts and roles take this one place later."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from firstline.domain.errors import NotAuthorizedError

_bearer = HTTPBearer(auto_error=False, scheme_name="Admin token", description="The setting ADMIN_TOKEN")

AdminCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
RequireAdmin = Callable[..., str]

ADMIN = "admin"
"""Who did it, as long as there is one token for all."""


def require_admin(admin_token: str) -> RequireAdmin:
    """Return the dependency that lets administrators in and returns who it is.

    Parameters
    ----------
    admin_token : str
        The setting; while it is empty, nobody is let in (403, which names the setting).
    """

    def administrator(credentials: AdminCredentials) -> str:
        if not admin_token:
            detail = "Administration is off. Set ADMIN_TOKEN and send it as a bearer token."
            raise HTTPException(HTTPStatus.FORBIDDEN, detail)
        given = credentials.credentials if credentials else ""
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), admin_token.encode()):
            raise NotAuthorizedError("this needs the admin token as a bearer token")
        return ADMIN

    return administrator


def expected_version(
    if_match: Annotated[str | None, Header(description='ETag of the version that was read, such as "3"; or *')] = None,
) -> int | None:
    """Return the version that the caller has read, None for whichever stands; 428 where nothing is said."""
    if if_match is None:
        detail = "Send If-Match with the ETag of the version that you have read."
        raise HTTPException(HTTPStatus.PRECONDITION_REQUIRED, detail)
    if if_match.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"(\d{1,9})"', if_match.strip())
    if not found:
        raise HTTPException(HTTPStatus.BAD_REQUEST, 'If-Match must be an ETag such as "3", or *.')
    return int(found[1])


ExpectedVersion = Annotated[int | None, Depends(expected_version)]
