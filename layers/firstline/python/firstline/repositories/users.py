"""Accounts of the issuer of our own."""

from __future__ import annotations

from typing import Any

from firstline.domain.errors import ConditionFailedError, NotFoundError, UserExistsError
from firstline.domain.identity import User
from firstline.domain.ports import Table
from firstline.domain.table import Exists, Item
from firstline.repositories import keys
from firstline.repositories.schema import Schema

USER = Schema("user", version=1)


class UserRepository:
    """Keys: ``USERS`` / ``USER#<username>``: one partition, as these are the people of one company."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, user: User) -> None:
        """Store a new account. Raises ``UserExistsError``."""
        item = {"pk": keys.USERS, "sk": keys.user(user.username), **user.model_dump(mode="json")}
        try:
            self._table.put(USER.stamp(item), if_absent=True)
        except ConditionFailedError as error:
            raise UserExistsError(f"there is an account {user.username} already") from error

    def find(self, username: str) -> User | None:
        """Return the account, or None where there is none; read consistently."""
        item = self._table.get(keys.USERS, keys.user(username))
        return _from_item(item) if item else None

    def all(self) -> list[User]:
        """Return every account, by name."""
        return [_from_item(item) for item in self._table.query(keys.USERS, sk_prefix=keys.user("")).items]

    def change(self, username: str, *, ends_tokens: bool = False, **fields: Any) -> User:
        """Set fields of an account and return it as it is then.

        Parameters
        ----------
        ends_tokens : bool
            Refuse every token that was issued before.

        Raises
        ------
        NotFoundError
            There is no such account.
        """
        try:
            item = self._table.update(
                keys.USERS,
                keys.user(username),
                set=fields,
                add={"generation": 1} if ends_tokens else {},
                condition=Exists(),
            )
        except ConditionFailedError as error:
            raise NotFoundError(f"there is no account {username}") from error
        return _from_item(item)


def _from_item(item: Item) -> User:
    item = USER.load(item)
    return User.model_validate({name: item[name] for name in User.model_fields})
