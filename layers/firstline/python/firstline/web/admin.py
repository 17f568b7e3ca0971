"""What administrative routes share: who does it, and which version of a thing they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, HTTPException

RequireAdmin = Callable[..., str]
"""A dependency that lets admins in and returns the id of who it is; ``access.administrator`` in the app."""


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
