"""Accounts of the issuer of our own: made, changed, switched off by who runs the system."""

from __future__ import annotations

import re

from firstline.domain.errors import InvalidInputError, UserExistsError
from firstline.domain.identity import Role, User
from firstline.domain.identity_ports import PasswordHasher
from firstline.domain.ports import Clock, Ids
from firstline.repositories.users import UserRepository

FIRST_ADMIN = "admin"
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


def checked_username(text: str) -> str:
    """Return the name in small letters.

    Raises
    ------
    InvalidInputError
        Not 1 to 64 letters, digits or ``. _ @ -``, the first a letter or digit.
    """
    username = text.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise InvalidInputError("a username is 1 to 64 letters, digits or . _ @ - and starts with a letter or digit")
    return username


class ManageUsers:
    """Makes and changes accounts."""

    def __init__(self, users: UserRepository, passwords: PasswordHasher, *, clock: Clock, ids: Ids) -> None:
        self._users = users
        self._passwords = passwords
        self._clock = clock
        self._ids = ids

    def add(self, username: str, password: str, role: Role, *, name: str = "") -> User:
        """Make an account.

        Raises
        ------
        UserExistsError, InvalidInputError
        """
        if role is Role.CUSTOMER:
            raise InvalidInputError("accounts are for agents and admins; customers come by their sessions")
        user = User(
            username=checked_username(username),
            role=role,
            name=name.strip(),
            password_hash=self._hash(password),
            created_at=self._clock.now(),
        )
        self._users.add(user)
        return user

    def add_first_admin(self) -> tuple[User, str] | None:
        """Make the first account with a password that nobody has chosen; None where there is an account already."""
        if self._users.all():
            return None
        password = self._ids.secret()[:24]
        try:
            return self.add(FIRST_ADMIN, password, Role.ADMIN, name="Administrator"), password
        except UserExistsError:
            return None

    def all(self) -> list[User]:
        """Return every account, by name."""
        return self._users.all()

    def set_password(self, username: str, password: str) -> User:
        """Change a password; who is signed in has to do so again. Raises ``NotFoundError``, ``InvalidInputError``."""
        return self._users.change(
            checked_username(username), ends_tokens=True, password_hash=self._hash(password), disabled=False
        )

    def disable(self, username: str) -> User:
        """Switch an account off, with every token that it has. Raises ``NotFoundError``."""
        return self._users.change(checked_username(username), ends_tokens=True, disabled=True)

    def set_role(self, username: str, role: Role) -> User:
        """Change what an account may do, from its next request on. Raises ``NotFoundError``, ``InvalidInputError``."""
        if role is Role.CUSTOMER:
            raise InvalidInputError("accounts are for agents and admins; customers come by their sessions")
        return self._users.change(checked_username(username), role=role.value)

    def _hash(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise InvalidInputError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        return self._passwords.hash(password)
