"""Which identity adapters the settings choose."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest

from firstline.adapters.local.signing_keys import FileSigningKeys
from firstline.domain.errors import NotAuthorizedError
from firstline.domain.identity_ports import IdentityPorts
from firstline.identity_adapters import identity_ports
from firstline.settings import InvalidSettingError, Settings
from tests.unit.identity_doubles import MovableClock

SECRET = "a secret of the shop and of nobody else"  # pragma: allowlist secret


def chosen(folder: Path, **settings: str) -> IdentityPorts:
    variables = {name.upper(): value for name, value in settings.items()}
    return identity_ports(Settings.from_env(variables), FileSigningKeys(folder / "keys.json"), MovableClock())


def test_without_settings_there_are_accounts_of_ours_and_nobody_vouches(tmp_path: Path) -> None:
    ports = chosen(tmp_path)
    assert (ports.users, ports.customers) == (None, None)
    assert ports.tokens.read(ports.tokens.sign({"aud": "a", "sub": "s", "exp": 1}), audience="a")["sub"] == "s"


def test_a_shared_secret_makes_the_site_vouch(tmp_path: Path) -> None:
    customers = chosen(tmp_path, identity_secret=SECRET, identity_audience="chat", identity_max_age_s="60").customers
    assert customers is not None
    now = int(MovableClock().now().timestamp())
    claims = {"sub": "ada", "aud": "chat", "iat": now, "exp": now + 30}
    assert customers.verify(jwt.encode(claims, SECRET, algorithm="HS256"))["sub"] == "ada"
    with pytest.raises(NotAuthorizedError):
        customers.verify(jwt.encode(claims | {"iat": now - 121}, SECRET, algorithm="HS256"))


def test_an_issuer_takes_the_place_of_our_accounts(tmp_path: Path) -> None:
    ports = chosen(tmp_path, oidc_issuer="https://login.company.test", oidc_audience="console")
    assert ports.users is not None
    with pytest.raises(NotAuthorizedError):
        ports.users.verify("x")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"oidc_issuer": "https://login.company.test"}, "OIDC_AUDIENCE"),
        ({"identity_secret": "too short"}, "IDENTITY_SECRET"),  # pragma: allowlist secret
    ],
)
def test_what_would_let_anybody_in_is_refused_by_name(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidSettingError, match=named):
        chosen(tmp_path, **settings)
