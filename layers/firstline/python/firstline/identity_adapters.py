"""The adapters of identity, as the settings choose them; ``bootstrap`` asks for them."""

from __future__ import annotations

from firstline.domain.identity_ports import IdentityPorts, SigningKeys, TokenVerifier
from firstline.domain.ports import Clock
from firstline.domain.sites import SiteIdentity
from firstline.settings import InvalidSettingError, Settings


def identity_ports(chosen: Settings, keys: SigningKeys, clock: Clock) -> IdentityPorts:
    """Return the adapters of identity. Raises ``InvalidSettingError``."""
    from firstline.adapters.passwords import Argon2Passwords
    from firstline.adapters.signed_tokens import SignedTokens

    return IdentityPorts(
        SignedTokens(keys),
        Argon2Passwords(),
        users=_users(chosen, clock),
        customers=_customers(chosen, clock),
        site_customers=lambda site: _site_customers(site, clock, max_age_s=chosen.identity_max_age_s),
    )


def _users(chosen: Settings, clock: Clock) -> TokenVerifier | None:
    if not chosen.oidc_issuer:
        return None
    from firstline.adapters.remote_keys import RemoteKeys, discovered, fetch_json
    from firstline.adapters.token_verifier import Agreement, JwtVerifier

    agreement = Agreement(chosen.required("oidc_audience"), chosen.oidc_issuer, is_access_token=True)
    keys = RemoteKeys(discovered(chosen.oidc_issuer, fetch_json), fetch=fetch_json, clock=clock)
    return JwtVerifier(keys, agreement, clock=clock)


def _customers(chosen: Settings, clock: Clock) -> TokenVerifier | None:
    if not (chosen.identity_jwks_url or chosen.identity_secret or chosen.identity_secret_arn):
        return None
    from firstline.adapters.remote_keys import SHORTEST_SECRET, RemoteKeys, SharedSecret, fetch_json
    from firstline.adapters.token_verifier import Agreement, JwtVerifier

    if 0 < len(chosen.identity_secret) < SHORTEST_SECRET:
        raise InvalidSettingError(f"IDENTITY_SECRET must have at least {SHORTEST_SECRET} characters")
    keys = (
        RemoteKeys(lambda: chosen.identity_jwks_url, fetch=fetch_json, clock=clock)
        if chosen.identity_jwks_url
        else SharedSecret(lambda: chosen.identity_secret or _secret(chosen.identity_secret_arn))
    )
    audience, max_age_s = chosen.required("identity_audience"), chosen.identity_max_age_s
    return JwtVerifier(keys, Agreement(audience, chosen.identity_issuer, max_age_s=max_age_s), clock=clock)


def _site_customers(site: SiteIdentity, clock: Clock, *, max_age_s: float) -> TokenVerifier:
    from firstline.adapters.remote_keys import RemoteKeys, SharedSecret, fetch_json
    from firstline.adapters.token_verifier import Agreement, JwtVerifier

    keys = (
        RemoteKeys(lambda: site.jwks_url, fetch=fetch_json, clock=clock)
        if site.jwks_url
        else SharedSecret(site.secret.get_secret_value)
    )
    return JwtVerifier(keys, Agreement(site.audience, site.issuer, max_age_s=max_age_s), clock=clock)


def _secret(arn: str) -> str:
    from aws_lambda_powertools.utilities import parameters

    return str(parameters.get_secret(arn, max_age=3600))
