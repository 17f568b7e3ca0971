"""Sites: which pages may use them, what a settings file may say, and who wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from firstline.adapters.local.table import SQLiteTable
from firstline.domain.errors import NotFoundError, NotPermittedError, StoreUnavailableError
from firstline.domain.sites import InvalidSitesError, Site, SiteChangedError, SiteContent, is_own_origin, site_allows
from firstline.repositories.sites import SiteRepository
from firstline.services.manage_sites import ManageSites, configured_sites

SHOP = SiteContent.model_validate({"origins": ["https://shop.example"], "greeting": "Welcome to the shop"})


class Clock:
    moment = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repository(tmp_path: Path, clock: Clock) -> SiteRepository:
    return SiteRepository(SQLiteTable(tmp_path / "table.db", clock=clock))


@pytest.fixture
def sites(repository: SiteRepository, clock: Clock) -> ManageSites:
    return ManageSites(repository, {"blog": Site(site_id="blog", greeting="File")}, clock=clock, is_local=True)


@pytest.mark.parametrize("pattern", ["https://*.com", "https://*.com.", "https://*..com", "http://*.localhost:*"])
def test_any_subdomain_needs_a_domain_of_its_own_below_it(pattern: str) -> None:
    with pytest.raises(ValidationError, match=r"https://\*\.shop\.example"):
        SiteContent.model_validate({"origins": [pattern]})


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        ("https://shop.example", "https://shop.example", True),
        ("https://SHOP.example/", "https://Shop.Example", True),
        ("https://shop.example:443", "https://shop.example", True),
        ("https://shop.example", "https://shop.example:443", True),
        ("https://shop.example", "http://shop.example", False),
        ("https://shop.example", "https://shop.example:8443", False),
        ("https://shop.example", "https://shop.example.evil.example", False),
        ("https://shop.example", "https://evil-shop.example", False),
        ("https://shop.example", "null", False),
        ("https://shop.example", "", False),
        ("https://shop.example", "https://shop.example/path", False),
        ("https://*.shop.example", "https://www.shop.example", True),
        ("https://*.shop.example", "https://a.b.shop.example", True),
        ("https://*.shop.example", "https://shop.example", False),
        ("https://*.shop.example", "https://evilshop.example", False),
        ("https://*.shop.example", "https://*.shop.example", False),
        ("http://localhost:*", "http://localhost:5500", True),
        ("http://localhost:*", "http://localhost", True),
        ("http://localhost:*", "http://localhost:*", False),
        ("http://localhost:*", "http://localhost.evil.example:80", False),
        ("http://[::1]:8000", "http://[::1]:8000", True),
    ],
)
def test_an_origin_is_allowed_if_it_is_the_one_that_is_meant(pattern: str, origin: str, allowed: bool) -> None:
    assert site_allows(SiteContent.model_validate({"origins": [pattern]}), origin) == allowed


@pytest.mark.parametrize(
    "content",
    [
        {"origins": ["*"]},
        {"origins": ["https://*"]},
        {"origins": ["shop.example"]},
        {"origins": ["https://shop.example/path"]},
        {"origins": ["javascript:alert(1)"]},
        {"origins": ["https://a.example"] * 51},
        {"branding": {"colour": "red; background: url(x)"}},
        {"branding": {"logo_url": "http://shop.example/logo.png"}},
        {"branding": {"logo_url": "javascript:alert(1)"}},
        {"branding": {"logo_url": "//evil.example/x"}},
        {"branding": {"name": "two\nlines"}},
        {"languages": []},
        {"languages": ["english"]},
        {"greeting": "x" * 1001},
        {"starter_questions": ["q"] * 9},
        {"unknown": 1},
    ],
)
def test_what_no_site_can_be_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SiteContent.model_validate(content)


def test_our_own_pages_are_those_of_the_host_that_is_called() -> None:
    assert is_own_origin("http://127.0.0.1:8000", "127.0.0.1:8000")
    assert not is_own_origin("http://127.0.0.1:8001", "127.0.0.1:8000")
    assert not is_own_origin("null", "")
    assert not is_own_origin("", "")


def test_a_file_of_sites_is_read_and_its_mistakes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text("shop:\n  origins: [https://shop.example]\n  branding: {name: Shop}\nblog:\n", encoding="utf-8")
    read = configured_sites(str(path))
    assert (read["shop"].origins, read["shop"].branding.name, read["shop"].version) == (
        ("https://shop.example",),
        "Shop",
        0,
    )
    assert read["blog"].languages == ("en",)
    for text, named in (
        ("shop: {origins: [x]}", "shop.origins.0"),
        ("SHOP: {}", "SHOP.site_id"),
        ("- shop", "must map"),
        ("shop: [", "cannot be read"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidSitesError, match=named):
            configured_sites(str(path))
    with pytest.raises(InvalidSitesError, match="cannot be read"):
        configured_sites(str(tmp_path / "none.yaml"))
    assert configured_sites("") == {}


def test_what_is_registered_wins_over_the_file_until_it_is_deleted(sites: ManageSites) -> None:
    assert (sites.get("blog").version, sites.get("blog").greeting) == (0, "File")
    changed = sites.change("blog", SHOP, version=0)
    assert (changed.version, sites.get("blog").greeting) == (1, "Welcome to the shop")
    sites.delete("blog", version=1)
    assert sites.get("blog").greeting == "File"
    with pytest.raises(NotFoundError):
        sites.delete("blog", version=None)


def test_of_two_who_read_one_version_one_writes(sites: ManageSites, repository: SiteRepository) -> None:
    created = sites.create("shop", SHOP)
    sites.change("shop", SHOP, version=created.version)
    with pytest.raises(SiteChangedError):
        sites.change("shop", SHOP, version=created.version)
    with pytest.raises(SiteChangedError):
        repository.put(Site(site_id="shop", version=2), replaces=1)
    with pytest.raises(SiteChangedError):
        sites.delete("shop", version=created.version)
    for known in ("shop", "blog", "default"):
        with pytest.raises(SiteChangedError):
            sites.create(known, SHOP)
    assert sites.change("shop", SiteContent(), version=None).version == 3
    with pytest.raises(NotFoundError):
        sites.change("nowhere", SHOP, version=None)
    assert [site.site_id for site in sites.all()] == ["blog", "default", "shop"]


def test_a_page_may_use_the_sites_that_name_it(sites: ManageSites) -> None:
    sites.create("shop", SHOP)
    assert sites.opened_from("shop", "https://shop.example", host="api.example").greeting == "Welcome to the shop"
    assert sites.opened_from("shop", "", host="api.example")
    assert sites.opened_from("shop", "https://api.example", host="api.example")
    with pytest.raises(NotPermittedError):
        sites.opened_from("blog", "https://shop.example", host="api.example")
    with pytest.raises(NotFoundError):
        sites.opened_from("nowhere", "", host="api.example")
    assert sites.allows("https://shop.example", host="api.example")
    assert not sites.allows("https://evil.example", host="api.example")


def test_another_process_learns_of_a_site_within_five_seconds(
    sites: ManageSites, repository: SiteRepository, clock: Clock
) -> None:
    other = ManageSites(repository, {}, clock=clock, is_local=False)
    assert not other.allows("https://shop.example")
    sites.create("shop", SHOP)
    clock.forward(5)
    assert other.allows("https://shop.example")


def test_pages_of_this_machine_are_allowed_on_a_laptop_only(repository: SiteRepository, clock: Clock) -> None:
    laptop, cloud = (ManageSites(repository, {}, clock=clock, is_local=is_local) for is_local in (True, False))
    assert laptop.allows("http://localhost:5500")
    assert not cloud.allows("http://localhost:5500")


def test_our_own_pages_may_call_our_other_hosts_too(repository: SiteRepository, clock: Clock) -> None:
    # On AWS the socket API has another host than the one that the page came from.
    page, socket_host = "https://a1.execute-api.eu-west-1.amazonaws.com", "b2.execute-api.eu-west-1.amazonaws.com"
    cloud = ManageSites(repository, {}, clock=clock, is_local=False, own_url=f"{page.upper()}:443/")
    assert cloud.may_use("default", page, host=socket_host)
    assert cloud.allows(page, host=socket_host)
    for other in (
        "https://c3.execute-api.eu-west-1.amazonaws.com",
        page.replace("https", "http"),
        f"{page}.evil.example",
    ):
        assert not cloud.may_use("default", other, host=socket_host)
    unknown = ManageSites(repository, {}, clock=clock, is_local=False)
    assert not unknown.may_use("default", page, host=socket_host)
    assert not unknown.allows("null", host=socket_host)


def test_while_the_store_does_not_answer_what_was_known_last_holds(
    sites: ManageSites, repository: SiteRepository, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites.create("shop", SHOP)
    assert sites.allows("https://shop.example")

    def fail() -> list[Site]:
        raise StoreUnavailableError("down")

    monkeypatch.setattr(repository, "all", fail)
    clock.forward(60)
    assert sites.allows("https://shop.example")


SECRET = "a secret of the shop and of nobody else"  # pragma: allowlist secret


def test_the_file_may_say_hours_and_identity(tmp_path: Path) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text(
        "shop:\n  business_hours: {times: Mon-Fri 09:00-17:00, time_zone: Europe/Berlin}\n"
        f"  identity: {{secret: {SECRET}, audience: shop}}\n",
        encoding="utf-8",
    )
    shop = configured_sites(str(path))["shop"]
    assert shop.business_hours is not None
    assert shop.business_hours.time_zone == "Europe/Berlin"
    assert shop.identity is not None
    assert (shop.identity.secret.get_secret_value(), shop.identity.audience) == (SECRET, "shop")
    assert SECRET not in repr(shop) + shop.model_dump_json()


@pytest.mark.parametrize("said", ["business_hours: {times: never}", "identity: {audience: x}", "identity: {secret: x}"])
def test_hours_and_identities_of_the_file_that_cannot_work_are_named(tmp_path: Path, said: str) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text(f"shop:\n  {said}\n", encoding="utf-8")
    with pytest.raises(InvalidSitesError, match=f"shop.{said.split(':')[0]}"):
        configured_sites(str(path))


def test_a_secret_comes_back_from_the_store_and_stays_in_a_change_that_says_none(
    repository: SiteRepository, sites: ManageSites
) -> None:
    sites.create("shop", SiteContent.model_validate({"identity": {"secret": SECRET}}))
    sites.change("shop", SiteContent.model_validate({"identity": {"issuer": "x"}}), version=1)
    stored = repository.get("shop")
    assert stored is not None
    assert stored.identity is not None
    assert (stored.identity.secret.get_secret_value(), stored.identity.issuer) == (SECRET, "x")
    assert sites.change("shop", SiteContent(), version=2).identity is None


def test_a_site_stored_before_hours_and_identities_were_described_is_still_read(tmp_path: Path, clock: Clock) -> None:
    table = SQLiteTable(tmp_path / "old.db", clock=clock)
    body = '{"greeting": "Hello", "business_hours": "", "identity": "shop"}'
    table.put({"pk": "SITES", "sk": "shop", "version": 3, "body": body, "type": "site", "schema": 1})
    assert SiteRepository(table).get("shop") == Site(site_id="shop", version=3, greeting="Hello")
