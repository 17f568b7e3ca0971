"""What visitors say of themselves, kept on the conversation itself."""

from __future__ import annotations

from firstline.domain.contact import Contact
from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Exists
from firstline.repositories import keys


class ContactRepository:
    """Keys: ``CONV#<id>`` / ``META``, attribute ``contact``; it is read with the conversation."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, conversation_id: str, contact: Contact) -> None:
        """Keep it in the place of what was there. Raises ``NotFoundError``."""
        changes = {"contact": contact.model_dump(mode="json")}
        try:
            self._table.update(keys.conversation(conversation_id), keys.META, set=changes, condition=Exists())
        except ConditionFailedError as error:
            raise NotFoundError(f"no conversation {conversation_id}") from error
