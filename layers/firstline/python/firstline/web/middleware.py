"""What every request passes before its route, from the outside in."""

from __future__ import annotations

import re

from fastapi import FastAPI

from firstline.container import Container
from firstline.domain.attachments import MAX_FILE_BYTES
from firstline.domain.client_address import parse_networks
from firstline.domain.errors import (
    IdentityProviderUnavailableError,
    InvalidInputError,
    NotAuthorizedError,
    SigningKeyUnavailableError,
    StoreUnavailableError,
)
from firstline.settings import InvalidSettingError
from firstline.web.access import may_administer, may_upload
from firstline.web.attachments import FORM_PATH, LARGEST_FORM, UPLOAD_PATH, is_upload_address
from firstline.web.client_address import TrustedProxies
from firstline.web.compressed_files import CompressedFiles
from firstline.web.cross_origin import CrossOrigin
from firstline.web.guard import LargerBody, RequestGuard
from firstline.web.knowledge_paths import IMPORT_PATH
from firstline.web.rate_limits import ClientRateLimit
from firstline.web.security_headers import SecurityHeaders


def install(app: FastAPI, container: Container) -> None:
    """Put everything in front of the app's routes.

    Raises
    ------
    InvalidSettingError
        TRUSTED_PROXIES is no list of addresses and networks.
    """
    settings = container.settings
    try:
        trusted = parse_networks(settings.trusted_proxies)
    except InvalidInputError as error:
        raise InvalidSettingError(f"TRUSTED_PROXIES: {error}") from error
    # What is added last is passed first.
    app.add_middleware(ClientRateLimit, limits=container.limit_rate, caller_of=lambda token: _caller(container, token))
    app.add_middleware(
        RequestGuard,
        ids=container.ports.ids,
        max_bytes=settings.max_request_bytes,
        larger=(
            LargerBody(
                re.compile(re.escape(IMPORT_PATH)),
                settings.max_import_bytes,
                lambda headers, _: may_administer(container, headers.get("authorization", "")),
            ),
            LargerBody(
                FORM_PATH,
                LARGEST_FORM,
                lambda headers, _: may_upload(container, headers.get("authorization", "")),
                content_type="multipart/form-data",
            ),
            LargerBody(UPLOAD_PATH, MAX_FILE_BYTES, lambda _, path: is_upload_address(container, path)),
        ),
    )
    app.add_middleware(CrossOrigin, allows=lambda origin, host: container.sites.allows(origin, host=host))
    if trusted:
        app.add_middleware(TrustedProxies, trusted=trusted)
    app.add_middleware(SecurityHeaders)
    if settings.runtime == "local":
        app.add_middleware(CompressedFiles)


def _caller(container: Container, token: str) -> str:
    try:
        return container.identity.authenticate_user.principal(token).user_id
    except (
        NotAuthorizedError,
        IdentityProviderUnavailableError,
        SigningKeyUnavailableError,
        StoreUnavailableError,
    ):
        # A session's token, one that we do not know, or cannot look up now: its sender is counted by address.
        return ""
