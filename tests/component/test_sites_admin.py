"""Registering sites over REST, and what a widget may know of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from firstline.container import Container
from firstline.domain.locales import text
from firstline.web.app import create_app
from tests.component.rest import bearer, problem_of
from tests.component.world import World

ADMIN = "an-admin-token-of-the-test"  # pragma: allowlist secret
SHOP = {
    "origins": ["https://store.example"],
    "branding": {"name": "Store", "colour": "#0a7d55", "logo_url": "https://store.example/logo.svg"},
    "languages": ["de", "en"],
    "greeting": "Guten Tag",
    "starter_questions": ["Wo ist mein Paket?"],
    "business_hours": {"times": "Mon-Fri 09:00-17:00", "time_zone": "Europe/Berlin", "holidays": "12-25"},
    "offline_message": "Gerade ist niemand da.",
    "identity": {"jwks_url": "https://store.example/keys", "audience": "store"},
}


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(World(tmp_path, admin_token=ADMIN).container), headers=bearer(ADMIN)) as client:
        yield client


def test_a_site_is_registered_changed_and_deleted_under_its_version(http: TestClient) -> None:
    created = http.post("/admin/sites", json={"site_id": "store", **SHOP})
    assert (created.status_code, created.headers["location"], created.headers["etag"]) == (
        201,
        "/admin/sites/store",
        '"1"',
    )
    again = http.post("/admin/sites", json={"site_id": "store", **SHOP})
    assert (again.status_code, problem_of(again)["type"]) == (412, "urn:firstline:problem:site_changed")
    changed = http.put("/admin/sites/store", json={**SHOP, "greeting": "Hallo"}, headers={"If-Match": '"1"'})
    assert (changed.json()["greeting"], changed.headers["etag"]) == ("Hallo", '"2"')
    assert http.get("/admin/sites/store").json() == changed.json()
    for method, status in (("PUT", 412), ("DELETE", 412)):
        stale = http.request(method, "/admin/sites/store", json=SHOP, headers={"If-Match": '"1"'})
        assert stale.status_code == status
        unsaid = http.request(method, "/admin/sites/store", json=SHOP)
        assert unsaid.status_code == 428
    assert [site["site_id"] for site in http.get("/admin/sites").json()["sites"]] == ["default", "store"]
    assert http.delete("/admin/sites/store", headers={"If-Match": '"2"'}).status_code == 204
    assert http.get("/admin/sites/store").status_code == 404


def test_a_widget_gets_what_it_shows_and_nothing_of_who_may_use_it(http: TestClient) -> None:
    http.post("/admin/sites", json={"site_id": "store", **SHOP})
    shown = http.get("/sites/store", headers={"Authorization": ""})
    assert set(shown.json().pop("offered")) >= {"en"}
    assert {name: told for name, told in shown.json().items() if name != "offered"} == {
        "site_id": "store",
        "branding": SHOP["branding"],
        "languages": ["de", "en"],
        "greeting": "Guten Tag",
        "is_own_greeting": True,
        "starter_questions": ["Wo ist mein Paket?"],
        "prechat": None,
        "can_mail": False,
        "people": {"there": True, "back_at": None},
    }
    assert shown.headers["cache-control"] == "public, max-age=60"
    default = http.get("/sites/default").json()
    assert (default["greeting"], default["is_own_greeting"]) == (text("widget.greeting"), False)
    # A page that only shows the launcher has nothing made that answers or mails.
    container: Container = http.app.state.container  # type: ignore[attr-defined]
    assert {"visitors", "people", "answers"} & vars(container).keys() == set()
    assert http.get("/sites/nowhere").status_code == 404
    assert http.get("/sites/..%2f..%2fetc").status_code in {404, 422}


def test_without_an_admins_token_nobody_sees_or_changes_sites(http: TestClient) -> None:
    for method, path in (
        ("GET", "/admin/sites"),
        ("POST", "/admin/sites"),
        ("GET", "/admin/sites/default"),
        ("PUT", "/admin/sites/default"),
        ("DELETE", "/admin/sites/default"),
    ):
        for token in ("", "wrong"):
            refused = http.request(method, path, json=SHOP, headers={"Authorization": f"Bearer {token}"})
            assert refused.status_code == 401, (method, path)


def test_a_mistake_in_a_site_is_named(http: TestClient) -> None:
    refused = http.post("/admin/sites", json={"site_id": "x", "origins": ["https://*"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.origins.0")


SECRET = "a secret of the store and of nobody else"  # pragma: allowlist secret


def test_a_secret_is_written_kept_and_never_told(http: TestClient) -> None:
    given = {**SHOP, "identity": {"secret": SECRET, "audience": "store"}}
    told = [http.post("/admin/sites", json={"site_id": "store", **given})]
    # A change that says nothing of the secret keeps it; what is told in its place is no secret.
    told.append(http.put("/admin/sites/store", json={**SHOP, "identity": {"issuer": "x"}}, headers={"If-Match": "*"}))
    told += [http.get("/admin/sites/store"), http.get("/admin/sites"), http.get("/sites/store")]
    assert not any(SECRET in answer.text for answer in told)
    assert told[1].json()["identity"]["secret"] == "*" * 10
    container: Container = http.app.state.container  # type: ignore[attr-defined]
    kept = container.sites.get("store").identity
    assert kept is not None
    assert (kept.secret.get_secret_value(), kept.issuer, kept.audience) == (SECRET, "x", "firstline")
    echoed = http.put(
        "/admin/sites/store", json={**SHOP, "identity": told[1].json()["identity"]}, headers={"If-Match": "*"}
    )
    assert echoed.status_code == 422
    http.put("/admin/sites/store", json=SHOP, headers={"If-Match": "*"})
    replaced = container.sites.get("store").identity
    assert replaced is not None
    assert (replaced.secret.get_secret_value(), replaced.jwks_url) == ("", "https://store.example/keys")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"business_hours": {"times": "whenever"}}, "body.business_hours"),
        ({"business_hours": {"times": "Mon 09:00-17:00", "time_zone": "Moon/Crater"}}, "body.business_hours"),
        ({"identity": {"secret": "short"}}, "body.identity.secret"),  # pragma: allowlist secret
        ({"identity": {"jwks_url": "http://store.example/keys"}}, "body.identity.jwks_url"),
        ({"identity": {"secret": SECRET, "jwks_url": "https://store.example/keys"}}, "body.identity"),
    ],
)
def test_hours_and_identities_that_cannot_work_are_refused(
    http: TestClient, wrong: dict[str, object], field: str
) -> None:
    refused = http.post("/admin/sites", json={"site_id": "x", **wrong})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert SECRET not in refused.text


def test_an_identity_without_any_key_is_refused(http: TestClient) -> None:
    refused = http.post("/admin/sites", json={"site_id": "x", "identity": {"audience": "x"}})
    assert (refused.status_code, "x.identity" in problem_of(refused)["detail"]) == (400, True)
    assert http.get("/admin/sites/x").status_code == 404
