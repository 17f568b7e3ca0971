"""Static files, and the API's documentation."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from firstline.web import widget_pages
from firstline.web.access import PUBLIC

STATIC = Path(__file__).parent / "static"
_DOCS_ASSETS = "/static/docs"
_ICON = "/static/icon.svg"
# ReDoc fetches its maker's logo, which is nobody else's business, and both make styles as they go; the script within
# each page, which starts it, is known by its hash.
_DOCS_POLICY = (
    "default-src 'self'; script-src 'self' {script}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src blob:; frame-ancestors 'none'"
)
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def install(app: FastAPI) -> None:
    """Serve the pages of the widget, static files, and the documentation at ``/docs`` and ``/redoc``."""
    assets = _docs_assets()
    if assets is not None:
        app.mount(_DOCS_ASSETS, StaticFiles(directory=assets))
    app.mount("/static", StaticFiles(directory=STATIC))
    app.include_router(widget_pages.router)
    # Without the package of assets, as in a small Lambda layer, FastAPI's own pages load them from a public network.
    swagger_page = get_swagger_ui_html
    redoc_page = partial(get_redoc_html, with_google_fonts=False)
    if assets is not None:
        swagger_page = partial(
            get_swagger_ui_html,
            swagger_js_url=f"{_DOCS_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_DOCS_ASSETS}/swagger-ui.css",
        )
        redoc_page = partial(redoc_page, redoc_js_url=f"{_DOCS_ASSETS}/redoc.standalone.js")

    @app.get("/docs", include_in_schema=False, dependencies=[PUBLIC])
    def swagger() -> HTMLResponse:
        page = swagger_page(openapi_url="/openapi.json", title=app.title, swagger_favicon_url=_ICON)
        return _kept_to_ourselves(page) if assets is not None else page

    @app.get("/redoc", include_in_schema=False, dependencies=[PUBLIC])
    def redoc() -> HTMLResponse:
        page = redoc_page(openapi_url="/openapi.json", title=app.title, redoc_favicon_url=_ICON)
        return _kept_to_ourselves(page) if assets is not None else page


def _kept_to_ourselves(page: HTMLResponse) -> HTMLResponse:
    hashes = [hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(page.body)]
    named = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes)
    page.headers["Content-Security-Policy"] = _DOCS_POLICY.format(script=named)
    return page


def _docs_assets() -> Path | None:
    package = find_spec("fastapi_offline")
    return Path(package.origin).parent / "static" if package is not None and package.origin else None
