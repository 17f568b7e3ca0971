"""Documentation pages: from our own server where their assets are installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from firstline.web import pages
from firstline.web.app import create_app
from tests.component.world import World

ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js")


def test_with_assets_no_other_host_is_asked(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ASSETS:
        (tmp_path / name).write_text(f"/* {name} */")
    monkeypatch.setattr(pages, "_docs_assets", lambda: tmp_path)
    http = TestClient(create_app(world.container))
    for page in ("/docs", "/redoc"):
        response = http.get(page)
        text = response.text
        assert "img-src 'self' data:;" in response.headers["content-security-policy"]
        assert not re.findall(r"""(?:src|href)=["']https?:""", text)
        links = re.findall(r"""(?:src|href)=["'](/static/[^"']+)""", text)
        assert len(links) >= 2
        assert {http.get(link).status_code for link in links} == {200}


def test_without_assets_the_pages_are_there_all_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_docs_assets", lambda: None)
    http = TestClient(create_app(world.container))
    assert "SwaggerUIBundle" in http.get("/docs").text
    assert "<redoc" in http.get("/redoc").text
