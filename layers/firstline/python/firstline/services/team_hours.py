"""When the team of a site is there, and what is said while it is not."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.business_hours import BusinessHours
from firstline.services.manage_sites import ManageSites


@dataclass(frozen=True)
class TeamTimes:
    """Opening times, and what is said of people who are not there."""

    hours: BusinessHours
    offline_message: str


class TeamHours:
    """A site's own business hours and offline message; where it says none, those of the settings.

    Parameters
    ----------
    usual : TeamTimes
        Those of the settings.
    """

    def __init__(self, sites: ManageSites, usual: TeamTimes) -> None:
        self._sites = sites
        self._usual = usual

    def of(self, site_id: str) -> TeamTimes:
        """Return what holds for a site; for one that is gone, what the settings say."""
        site = self._sites.find(site_id)
        if site is None:
            return self._usual
        hours = site.business_hours.parsed() if site.business_hours else self._usual.hours
        return TeamTimes(hours, site.offline_message or self._usual.offline_message)
