"""What scripts/user does, over the data folder of a laptop."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import environment

from firstline.adapters.local.signing_keys import SIGNING_KEYS, FileSigningKeys
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.passwords import Argon2Passwords
from firstline.adapters.system import SystemClock, SystemIds
from firstline.domain.identity import Role, User
from firstline.domain.identity_ports import PasswordHasher
from firstline.repositories.users import UserRepository
from firstline.services.manage_users import ManageUsers
from firstline.settings import Settings


@contextmanager
def opened(data: Path | None, *, passwords: PasswordHasher | None = None) -> Iterator[UserCommands]:
    """Open the data folder that ``scripts/run`` uses; a running server may use it too."""
    folder = (data or environment.ROOT / Settings.from_env(os.environ).data_path).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    table = SQLiteTable(folder / "firstline.db", clock=clock)
    users = ManageUsers(UserRepository(table), passwords or Argon2Passwords(), clock=clock, ids=SystemIds())
    try:
        yield UserCommands(users, FileSigningKeys(folder / SIGNING_KEYS))
    finally:
        table.close()


class UserCommands:
    """One method per command; each prints what it did."""

    def __init__(self, users: ManageUsers, signing_keys: FileSigningKeys, *, out: TextIO | None = None) -> None:
        self._users = users
        self._signing_keys = signing_keys
        self._out = out

    def add(self, username: str, password: str, role: str, name: str) -> None:
        """Make an account."""
        self._say(f"made {line(self._users.add(username, password, Role(role), name=name))}")

    def list(self) -> None:
        """Print every account."""
        for user in self._users.all():
            self._say(line(user))

    def password(self, username: str, password: str) -> None:
        """Change a password."""
        self._say(f"{self._users.set_password(username, password).username} has a new password")

    def disable(self, username: str) -> None:
        """Switch an account off."""
        self._say(f"{self._users.disable(username).username} is disabled")

    def role(self, username: str, role: str) -> None:
        """Change what an account may do."""
        self._say(f"{self._users.set_role(username, Role(role)).username} is {role}")

    def rotate_key(self) -> None:
        """Sign with a new key from now on."""
        self._signing_keys.rotate()
        self._say("tokens are signed with a new key from now on")

    def _say(self, text: str) -> None:
        print(text, file=self._out or sys.stdout)


def line(user: User) -> str:
    """Return an account for people."""
    return f"{user.username}  {user.role}{'  disabled' if user.disabled else ''}{f'  {user.name}' if user.name else ''}"
