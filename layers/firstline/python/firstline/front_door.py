"""Who may come in, from where and how often: put together from the settings."""

from __future__ import annotations

from firstline.domain.ports import Clock, Table
from firstline.domain.rate_limit import Limit
from firstline.repositories.rate_limits import RateLimitRepository
from firstline.repositories.sites import SiteRepository
from firstline.services.limit_customer import FRAMES_PER_REQUEST
from firstline.services.limit_rate import LimitRate
from firstline.services.manage_sites import ManageSites, configured_sites
from firstline.services.sign_in import SIGN_INS_PER_MINUTE, SIGN_INS_PER_MINUTE_FROM_ANYWHERE
from firstline.settings import Settings

TRANSCRIPTS_PER_MINUTE = 3


def assemble_limits(settings: Settings, table: Table, clock: Clock) -> LimitRate:
    """Return the rate limits of the settings."""
    per_minute = {
        Limit.REQUESTS: settings.max_requests_per_minute,
        Limit.CUSTOMER: settings.max_requests_per_minute_per_customer,
        Limit.MESSAGES: settings.max_messages_per_minute,
        Limit.SESSIONS: settings.max_sessions_per_minute,
        Limit.FRAMES: FRAMES_PER_REQUEST * settings.max_requests_per_minute_per_customer,
        Limit.TRANSCRIPTS: TRANSCRIPTS_PER_MINUTE,
        Limit.SIGN_INS: SIGN_INS_PER_MINUTE,
        Limit.ACCOUNT: SIGN_INS_PER_MINUTE_FROM_ANYWHERE,
    }
    return LimitRate(RateLimitRepository(table), per_minute, clock=clock)


def assemble_sites(settings: Settings, table: Table, clock: Clock) -> ManageSites:
    """Return the sites of the settings file and of the store. Raises ``InvalidSitesError``."""
    configured = configured_sites(settings.sites_path)
    return ManageSites(
        SiteRepository(table),
        configured,
        clock=clock,
        is_local=settings.runtime == "local",
        own_url=settings.public_url,
    )
