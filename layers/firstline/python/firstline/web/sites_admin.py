"""Sites: what a widget asks of its own, and their registration."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from firstline.domain.locales import text
from firstline.domain.sites import Branding, Prechat, Site, SiteContent, SiteId
from firstline.web.access import PUBLIC, ContainerOfApp, admin
from firstline.web.admin import ExpectedVersion
from firstline.web.widget_files import widget_files

PREFIX = "/admin/sites"
_MAX_AGE_S = 60

public_router = APIRouter(prefix="/sites", tags=["sites"], dependencies=[PUBLIC])
router = APIRouter(prefix=PREFIX, tags=["site administration"], dependencies=[Depends(admin)])


class PeopleThere(BaseModel):
    """Whether people answer now."""

    there: bool
    back_at: datetime | None
    """From when they do, where they do not now and that is known."""


class WidgetSite(BaseModel):
    """What everybody may know of a site."""

    site_id: str
    branding: Branding
    languages: tuple[str, ...]
    offered: tuple[str, ...]
    """Languages that the widget's own words are there in."""
    greeting: str
    is_own_greeting: bool
    """False: nobody has put theirs in its place, and the widget says it in the visitor's language."""
    starter_questions: tuple[str, ...]
    prechat: Prechat | None
    """What is asked before a conversation; null for nothing."""
    can_mail: bool
    """Whether transcripts, and answers to who is away, can go by mail."""
    people: PeopleThere


class NewSite(SiteContent):
    """A site to register."""

    site_id: SiteId


class SiteList(BaseModel):
    """Every site, those of the settings file among them at version 0."""

    sites: list[Site]


@public_router.get("/{site_id}")
def widget_site(site_id: SiteId, container: ContainerOfApp, response: Response) -> WidgetSite:
    """What a widget shows on this site."""
    site = container.sites.get(site_id)
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE_S}"
    # An empty greeting would leave the widget without the first event of the conversation to come.
    greeting = site.greeting or container.open_session.greeting
    hours, now = container.ticket_log.team_hours.of(site_id).hours, container.ports.clock.now()
    there = hours.is_open(now)
    return WidgetSite(
        site_id=site.site_id,
        branding=site.branding,
        languages=site.languages,
        offered=widget_files().languages,
        greeting=greeting,
        is_own_greeting=greeting != text("widget.greeting"),
        starter_questions=site.starter_questions,
        prechat=site.prechat if site.prechat and site.prechat.asks else None,
        can_mail=container.can_mail,
        people=PeopleThere(there=there, back_at=None if there else hours.next_opening(now)),
    )


@router.get("")
def list_sites(container: ContainerOfApp) -> SiteList:
    """Every site."""
    return SiteList(sites=container.sites.all())


@router.post("", status_code=HTTPStatus.CREATED)
def create_site(body: NewSite, container: ContainerOfApp, response: Response) -> Site:
    """Register a site; 412 where its id is known already."""
    created = container.sites.create(body.site_id, SiteContent(**body.model_dump(exclude={"site_id"})))
    response.headers["Location"] = f"{PREFIX}/{created.site_id}"
    return _tagged(response, created)


@router.get("/{site_id}")
def get_site(site_id: SiteId, container: ContainerOfApp, response: Response) -> Site:
    """One site; its ETag is what ``If-Match`` takes."""
    return _tagged(response, container.sites.get(site_id))


@router.put("/{site_id}")
def change_site(
    site_id: SiteId, body: SiteContent, version: ExpectedVersion, container: ContainerOfApp, response: Response
) -> Site:
    """Replace what a site says, be it from the settings file or registered."""
    return _tagged(response, container.sites.change(site_id, body, version=version))


@router.delete("/{site_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_site(site_id: SiteId, version: ExpectedVersion, container: ContainerOfApp) -> None:
    """Forget what was registered; a site of the settings file is then as the file says."""
    container.sites.delete(site_id, version=version)


def _tagged(response: Response, site: Site) -> Site:
    response.headers["ETag"] = f'"{site.version}"'
    return site
