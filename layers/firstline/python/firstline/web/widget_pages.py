"""The widget's addresses: its loader, its files, the chat as a page, and how to put it on a site."""

from __future__ import annotations

from pathlib import Path as FilePath

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from firstline.domain.errors import NotFoundError
from firstline.web.access import PUBLIC
from firstline.web.widget_files import LOADER_CACHE, MEDIA_TYPES, VERSIONED_CACHE, widget_files

PAGES = FilePath(__file__).parent / "static" / "pages"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Any page may carry the widget; which sites' pages may talk to us is checked where a session is opened.
_FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

router = APIRouter(include_in_schema=False, dependencies=[PUBLIC])


@router.get("/widget.js")
def loader() -> Response:
    """The script that a page carries."""
    return Response(
        widget_files().loader, media_type="text/javascript", headers={"Cache-Control": LOADER_CACHE, **_FROM_ANYWHERE}
    )


@router.get("/widget/{version}/{name}")
def versioned_file(version: str, name: str) -> Response:
    """One file of one version, which never changes. An old version is gone from a server that has a newer one."""
    published = widget_files()
    content = published.files.get(name)
    if version != published.version or content is None:
        raise NotFoundError("there is no such file of this version")
    kind = MEDIA_TYPES[FilePath(name).suffix]
    return Response(content, media_type=kind, headers={"Cache-Control": VERSIONED_CACHE, **_FROM_ANYWHERE})


@router.get("/")
def demo_page() -> FileResponse:
    """A company's page that carries the widget."""
    return _page("demo.html")


@router.get("/chat")
def full_page() -> FileResponse:
    """The chat alone, filling the window."""
    return _page("chat.html")


@router.get("/docs/widget")
def documentation() -> FileResponse:
    """How to put the widget on a site, with a preview."""
    return _page("widget.html")


def _page(name: str) -> FileResponse:
    return FileResponse(PAGES / name, headers={"Content-Security-Policy": PAGE_POLICY})
