"""Register sites, and tell which pages may call from where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import ValidationError

from firstline.domain.errors import NotFoundError, NotPermittedError, StoreUnavailableError
from firstline.domain.ports import Clock
from firstline.domain.sites import (
    DEFAULT_SITE,
    InvalidSitesError,
    Site,
    SiteChangedError,
    SiteContent,
    is_at,
    is_own_origin,
    origin_of,
    site_allows,
)
from firstline.repositories.sites import SiteRepository
from firstline.services.settings_files import first_fault, read_declarations

_FRESH = timedelta(seconds=5)


class ManageSites:
    """Sites of the settings file, and those registered over REST, which win.

    What is registered takes effect within five seconds in every process: so long a list of sites is kept.

    Parameters
    ----------
    configured : mapping of str to Site
        The file's sites by id, each at version 0. Where none is called ``default``, there is one that allows pages of
        this machine when ``is_local``, and none otherwise.
    own_url : str
        Address of this installation, whose own pages may call from there whatever host they call: the socket API has
        another. Empty where it is not known.
    """

    def __init__(
        self,
        sites: SiteRepository,
        configured: Mapping[str, Site],
        *,
        clock: Clock,
        is_local: bool,
        own_url: str = "",
    ) -> None:
        self._sites = sites
        self._own_origin = origin_of(own_url)
        local = ("http://localhost:*", "http://127.0.0.1:*") if is_local else ()
        self._configured = {DEFAULT_SITE: Site(site_id=DEFAULT_SITE, origins=local), **configured}
        self._clock = clock
        self._kept: dict[str, Site] = {}
        self._kept_until: datetime | None = None

    def get(self, site_id: str) -> Site:
        """Return a site as it is now. Raises ``NotFoundError``."""
        found = self._sites.get(site_id) or self._configured.get(site_id)
        if found is None:
            raise NotFoundError("there is no such site")
        return found

    def find(self, site_id: str) -> Site | None:
        """Return a site as it was within the last five seconds, None where it is not known."""
        return self._lately().get(site_id)

    def of_mail_domain(self, domain: str) -> str:
        """Return the id of the site with a page at a mail domain or below it; the default one where none has."""
        return next((site.site_id for site in self._lately().values() if is_at(site, domain)), DEFAULT_SITE)

    def all(self) -> list[Site]:
        """Return every site as it is now, by id."""
        stored = {site.site_id: site for site in self._sites.all()}
        return sorted({**self._configured, **stored}.values(), key=lambda site: site.site_id)

    def create(self, site_id: str, content: SiteContent) -> Site:
        """Register a new site.

        Raises
        ------
        SiteChangedError
            It is known already.
        InvalidSitesError
            Its identity names no key.
        """
        if site_id in self._configured:
            raise SiteChangedError(f"site {site_id} is known already; change it instead")
        return self._put(site_id, content, replaces=0)

    def change(self, site_id: str, content: SiteContent, *, version: int | None) -> Site:
        """Replace what a site says; None replaces whatever version stands.

        An identity without a key keeps the secret that stands.

        Raises
        ------
        NotFoundError, SiteChangedError
        InvalidSitesError
            Its identity names no key, and none stands.
        """
        standing = self.get(site_id)
        if version is not None and version != standing.version:
            raise SiteChangedError(f"site {site_id} is at version {standing.version}")
        if content.identity and not content.identity.has_key and standing.identity:
            kept = content.identity.model_copy(update={"secret": standing.identity.secret})
            content = content.model_copy(update={"identity": kept})
        return self._put(site_id, content, replaces=standing.version)

    def delete(self, site_id: str, *, version: int | None) -> None:
        """Forget what was registered; a site of the file then is as the file says.

        Raises
        ------
        NotFoundError, SiteChangedError
        """
        standing = self._sites.get(site_id)
        if standing is None:
            raise NotFoundError("no such site was registered")
        self._sites.delete(site_id, version=standing.version if version is None else version)
        self._kept_until = None

    def allows(self, origin: str, *, host: str = "") -> bool:
        """Tell whether a page of this origin may call at all: it is ours, or some site's.

        Parameters
        ----------
        host : str
            The request's Host header; a page from there is our own.
        """
        return self._is_own(origin, host) or any(site_allows(site, origin) for site in self._lately().values())

    def opened_from(self, site_id: str, origin: str, *, host: str) -> Site:
        """Return the site that a session is opened on.

        Parameters
        ----------
        origin : str
            The request's Origin header; empty where it comes from no browser, which then may name any site.

        Raises
        ------
        NotFoundError
            There is no such site.
        NotPermittedError
            The page is not one of the site's.
        """
        site = self.find(site_id)
        if site is None:
            raise NotFoundError("there is no such site")
        if not self.may_use(site_id, origin, host=host):
            raise NotPermittedError("this page may not use that site")
        return site

    def may_use(self, site_id: str, origin: str, *, host: str) -> bool:
        """Tell whether a page of this origin, empty for no browser, may use a site; nobody may use an unknown one."""
        site = self.find(site_id)
        own = not origin or self._is_own(origin, host)
        return site is not None and (own or site_allows(site, origin))

    def _is_own(self, origin: str, host: str) -> bool:
        return is_own_origin(origin, host) or (bool(self._own_origin) and origin.lower() == self._own_origin)

    def _put(self, site_id: str, content: SiteContent, *, replaces: int) -> Site:
        site = Site(site_id=site_id, version=replaces + 1, **content.model_dump(include=set(SiteContent.model_fields)))
        _check_identity(site)
        self._sites.put(site, replaces=replaces)
        self._kept_until = None
        return site

    def _lately(self) -> dict[str, Site]:
        now = self._clock.now()
        if self._kept_until is None or now >= self._kept_until:
            try:
                self._kept = {site.site_id: site for site in self.all()}
            except StoreUnavailableError:
                # What was known last still holds; whatever matters fails by itself as long as the store does.
                self._kept = self._kept or self._configured
            self._kept_until = now + _FRESH
        return self._kept


def configured_sites(path: str) -> dict[str, Site]:
    """Read the settings file of sites: YAML, a mapping of site ids to what each site says.

    Parameters
    ----------
    path : str
        Empty for none.

    Raises
    ------
    InvalidSitesError
        It is not there, not YAML, or says what no site can be.
    """
    read = read_declarations(path, what="sites", refusal=InvalidSitesError)
    return {site_id: _configured(path, site_id, content) for site_id, content in read.items()}


def _configured(path: str, site_id: str, content: object) -> Site:
    try:
        said = SiteContent.model_validate(content if content is not None else {})
        site = Site(site_id=site_id, **said.model_dump())
    except ValidationError as error:
        raise InvalidSitesError(first_fault(path, site_id, error)) from error
    _check_identity(site, f"{path}: ")
    return site


def _check_identity(site: Site, place: str = "") -> None:
    if site.identity and not site.identity.has_key:
        raise InvalidSitesError(f"{place}{site.site_id}.identity: give a secret or a jwks_url")
