"""Sites: the company's web pages that carry the widget, what it looks like there, and who may call from where."""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from firstline.domain.business_hours import BusinessHours, InvalidBusinessHoursError
from firstline.domain.errors import ConflictError, InvalidInputError

DEFAULT_SITE = "default"
"""The site of sessions that name none."""

_ORIGIN = re.compile(r"(https?)://(\*\.)?([a-z0-9.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}|\*))?")
_SHORTEST_SECRET = 32
_LEAST_LABELS = 2
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class InvalidSitesError(InvalidInputError):
    """The file of sites cannot be read; the message names the place."""


class SiteChangedError(ConflictError):
    """The site is not at the version that the caller has read."""


class _Origin(NamedTuple):
    scheme: str
    any_subdomain: bool
    host: str
    port: str


def _parsed_origin(text: str) -> _Origin | None:
    found = _ORIGIN.fullmatch(text.lower())
    if not found:
        return None
    scheme, any_subdomain, host, port = found.groups()
    return _Origin(scheme, bool(any_subdomain), host, port or _DEFAULT_PORTS[scheme])


def _checked_origin(text: str) -> str:
    stripped = text.lower().rstrip("/")
    origin = _parsed_origin(stripped)
    if origin is None:
        raise ValueError("an origin is like https://shop.example, https://*.shop.example or http://localhost:*")
    if origin.any_subdomain and len([label for label in origin.host.split(".") if label]) < _LEAST_LABELS:
        raise ValueError("*. needs a domain of its own below it, such as https://*.shop.example")
    return stripped


def _checked_address(text: str) -> str:
    parts = urlsplit(text)
    if text and not (parts.scheme == "https" and parts.netloc) and not re.fullmatch(r"/(?!/)[\w./-]+", text):
        raise ValueError("must be an https address, or a path of this server")
    return text


def _checked_secret(secret: SecretStr) -> SecretStr:
    if 0 < len(secret.get_secret_value()) < _SHORTEST_SECRET:
        raise ValueError(f"a secret has at least {_SHORTEST_SECRET} characters")
    return secret


def _checked_keys_address(text: str) -> str:
    parts = urlsplit(text)
    is_local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if text and not (parts.netloc and (parts.scheme == "https" or is_local)):
        raise ValueError("must be an https address")
    return text


SiteId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
OriginPattern = Annotated[str, StringConstraints(max_length=300), AfterValidator(_checked_origin)]
Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class Branding(BaseModel):
    """How the widget looks."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Line = ""
    """Of the assistant or the company, above the conversation."""
    colour: Annotated[str, StringConstraints(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    """``#rrggbb``; empty for the widget's own."""
    logo_url: Annotated[str, StringConstraints(max_length=500), AfterValidator(_checked_address)] = ""


class SiteHours(BaseModel):
    """When people are there for a site; each field is written as the setting of its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    times: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    """As ``BUSINESS_HOURS``."""
    time_zone: Line = "UTC"
    holidays: Annotated[str, StringConstraints(max_length=2000)] = ""
    """As ``HOLIDAYS``."""

    @model_validator(mode="after")
    def _readable(self) -> SiteHours:
        try:
            self.parsed()
        except InvalidBusinessHoursError as error:
            raise ValueError(str(error)) from error
        return self

    def parsed(self) -> BusinessHours:
        """Return the hours."""
        return BusinessHours.parse(self.times, self.time_zone, self.holidays)


class SiteIdentity(BaseModel):
    """How a site proves who its visitors are, in place of the ``IDENTITY_`` settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    secret: Annotated[SecretStr, AfterValidator(_checked_secret)] = SecretStr("")
    """It signs the site's tokens (HS256). Written and never told; left out in a change, the one before stays."""
    jwks_url: Annotated[str, StringConstraints(max_length=500), AfterValidator(_checked_keys_address)] = ""
    """Where the site's public keys are, if it signs with a private one."""
    issuer: Line = ""
    """``iss`` that the tokens must have; empty for any."""
    audience: Annotated[Line, StringConstraints(min_length=1)] = "firstline"
    id_prefix: Annotated[str, StringConstraints(max_length=64, pattern=r"^[\w.:-]*$")] = ""
    """Put before the site's ids of customers, where they are not the company's: one id is one customer everywhere."""

    @model_validator(mode="after")
    def _one_key(self) -> SiteIdentity:
        if self.secret.get_secret_value() and self.jwks_url:
            raise ValueError("give a secret or a jwks_url, not both")
        return self

    @property
    def has_key(self) -> bool:
        """Whether it is said what the tokens are checked with."""
        return bool(self.secret.get_secret_value() or self.jwks_url)


class Prechat(BaseModel):
    """What a site asks a visitor before the conversation; see ``domain.prechat``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Literal["no", "optional", "required"] = "no"
    email: Literal["no", "optional", "required"] = "no"
    consent: Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""
    """The text that a visitor must agree to; empty for none."""
    privacy_url: Annotated[str, StringConstraints(max_length=500), AfterValidator(_checked_address)] = ""
    """Where more is said."""

    @property
    def asks(self) -> bool:
        """Whether there is anything to ask."""
        return self.name != "no" or self.email != "no" or bool(self.consent)


class SiteContent(BaseModel):
    """What a company says of a site."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    origins: tuple[OriginPattern, ...] = Field(default=(), max_length=50)
    """Pages that may use this site. ``*.`` stands for any subdomain, ``:*`` for any port. Our own pages always may."""
    branding: Branding = Branding()
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1, max_length=30)
    """The first is the site's own."""
    greeting: Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""
    """First event of a conversation; empty for the usual one."""
    starter_questions: tuple[Line, ...] = Field(default=(), max_length=8)
    business_hours: SiteHours | None = None
    """None for those of the settings."""
    offline_message: Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""
    """What is said outside the business hours; empty for that of the settings."""
    prechat: Prechat | None = None
    """None for no questions before the conversation."""
    identity: SiteIdentity | None = None
    """None for that of the settings."""


class Site(SiteContent):
    """A registered site."""

    site_id: SiteId
    version: int = Field(default=0, ge=0)
    """Goes up with every change over REST; 0 for what a file says."""


def site_allows(site: SiteContent, origin: str) -> bool:
    """Tell whether a page of this origin may use the site.

    Parameters
    ----------
    origin : str
        As browsers send it: scheme, host and, where it is not the scheme's own, port.
    """
    given = _parsed_origin(origin)
    if given is None or given.any_subdomain or given.port == "*":
        return False
    return any(_matches(allowed, given) for pattern in site.origins if (allowed := _parsed_origin(pattern)))


def is_at(site: SiteContent, domain: str) -> bool:
    """Tell whether a page of the site is at this domain, or below it."""
    hosts = [allowed.host for pattern in site.origins if (allowed := _parsed_origin(pattern))]
    return bool(domain) and any(f".{host}".endswith(f".{domain.lower()}") for host in hosts)


def _matches(allowed: _Origin, given: _Origin) -> bool:
    same_host = given.host.endswith(f".{allowed.host}") if allowed.any_subdomain else given.host == allowed.host
    return allowed.scheme == given.scheme and same_host and allowed.port in ("*", given.port)


def is_own_origin(origin: str, host: str) -> bool:
    """Tell whether a page comes from the very server that it calls; ``host`` is the request's Host header."""
    return bool(host) and urlsplit(origin.lower()).netloc == host.lower()


def origin_of(url: str) -> str:
    """Return the origin of an address as browsers send it, in small letters; empty for an empty address."""
    parts = urlsplit(url.lower())
    default = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.removesuffix(default) if default else parts.netloc}" if parts.netloc else ""
