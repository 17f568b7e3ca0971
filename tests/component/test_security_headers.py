"""Headers of every answer, whatever its route, status or place of failure."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.web.app import create_app
from tests.component.world import World

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def get(world: World, path: str, base_url: str = "http://api.example") -> Any:
    client = TestClient(create_app(world.container), base_url=base_url, raise_server_exceptions=False)
    return client.get(path)


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/docs", "/redoc", "/static/icon.svg", "/openapi.json"])
def test_every_answer_is_kept_from_being_framed_sniffed_or_followed(world: World, path: str) -> None:
    headers = get(world, path).headers
    assert {name: headers[name] for name in EVERYWHERE} == EVERYWHERE
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


def test_a_bug_is_answered_with_them_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.container.sites, "get", lambda _: 1 / 0)
    answer = get(world, "/sites/default")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in EVERYWHERE} == EVERYWHERE


def test_our_page_runs_no_script_or_style_but_its_files(world: World) -> None:
    page = get(world, "/")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert page.text.count("<script") == page.text.count("<script src=") + page.text.count('<script type="module" src=')


def test_the_documentation_runs_its_own_starting_script_and_no_other(world: World) -> None:
    for path in ("/docs", "/redoc"):
        scripts = get(world, path).headers["content-security-policy"].split("script-src ")[1].split(";")[0]
        assert "'unsafe-inline'" not in scripts


def test_answers_are_not_kept_by_caches_and_files_may_be_embedded(world: World) -> None:
    api, file = get(world, "/health").headers, get(world, "/static/icon.svg").headers
    assert (api["cache-control"], api["cross-origin-resource-policy"]) == ("no-store", "same-origin")
    assert file["cross-origin-resource-policy"] == "cross-origin"
    assert file.get("cache-control") != "no-store"


def test_over_https_browsers_are_told_to_stay_there(world: World) -> None:
    assert get(world, "/health", "https://api.example").headers["strict-transport-security"] == "max-age=31536000"
