"""The commands behind scripts/user, and the account that the first start makes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from user_commands import UserCommands, opened

from firstline.adapters.local.signing_keys import SIGNING_KEYS, FileSigningKeys
from firstline.adapters.passwords import Argon2Passwords
from firstline.domain.errors import InvalidInputError, NotAuthorizedError, NotFoundError
from firstline.domain.identity import Role
from firstline.local.server import _make_first_account
from tests.component.world import World

PASSWORD = "correct horse battery"  # pragma: allowlist secret


@pytest.fixture
def commands(world: World, tmp_path: Path) -> Iterator[UserCommands]:
    # The folder of the world, whose store is another connection to the same file, as that of a running server is.
    with opened(tmp_path, passwords=Argon2Passwords(memory_kib=8, passes=1, lanes=1)) as commands:
        commands._out = io.StringIO()
        yield commands


def printed(commands: UserCommands) -> list[str]:
    assert isinstance(commands._out, io.StringIO)
    lines = commands._out.getvalue().splitlines()
    commands._out = io.StringIO()
    return lines


def test_accounts_that_are_made_changed_and_disabled_hold_for_the_running_server(
    world: World, commands: UserCommands
) -> None:
    identity = world.container.identity
    commands.add("Ada", PASSWORD, "agent", "Ada L.")
    token = identity.sign_in.sign_in("ada", PASSWORD).token
    commands.role("ada", "admin")
    assert identity.authenticate_user.principal(token).role is Role.ADMIN
    commands.list()
    assert printed(commands) == ["made ada  agent  Ada L.", "ada is admin", "ada  admin  Ada L."]
    commands.disable("ada")
    with pytest.raises(NotAuthorizedError):
        identity.authenticate_user.principal(token)
    commands.list()
    assert printed(commands) == ["ada is disabled", "ada  admin  disabled  Ada L."]
    commands.password("ada", "another long password")
    assert identity.sign_in.sign_in("ada", "another long password").principal.role is Role.ADMIN
    assert printed(commands) == ["ada has a new password"]


def test_what_cannot_be_done_is_refused_by_name(commands: UserCommands) -> None:
    with pytest.raises(InvalidInputError, match="12 to 256"):
        commands.add("ada", "short", "agent", "")
    with pytest.raises(NotFoundError, match="no account ada"):
        commands.password("ada", PASSWORD)
    commands.list()
    assert printed(commands) == []


def test_a_rotated_key_signs_the_next_tokens_of_the_running_server(
    world: World, commands: UserCommands, tmp_path: Path
) -> None:
    identity = world.container.identity
    commands.add("ada", PASSWORD, "agent", "")
    before = identity.sign_in.sign_in("ada", PASSWORD).token
    commands.rotate_key()
    after = identity.sign_in.sign_in("ada", PASSWORD).token
    assert after.split(".")[0] != before.split(".")[0]
    for token in (before, after):
        assert identity.authenticate_user.principal(token).user_id == "ada"
    assert len(FileSigningKeys(tmp_path / SIGNING_KEYS).keys()) == 2


def test_the_first_start_prints_a_password_that_works_and_the_second_prints_none(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    _make_first_account(world.container)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("First start: sign in as admin with the password ")
    assert "scripts/user" in second
    signed_in = world.container.identity.sign_in.sign_in("admin", first.rsplit(" ", 1)[1])
    assert signed_in.principal.role is Role.ADMIN
    _make_first_account(world.container)
    assert capsys.readouterr().out == ""


def test_beside_an_identity_provider_the_first_start_makes_no_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, oidc_issuer="https://login.company.test/pool")
    _make_first_account(world.container)
    assert (capsys.readouterr().out, world.container.identity.manage_users.all()) == ("", [])
