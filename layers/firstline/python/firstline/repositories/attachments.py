"""Attached files: what is known of each, its text, and which message it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from firstline.domain.attachment_errors import AttachmentUsedError, TooManyAttachmentsError
from firstline.domain.attachments import Attachment, AttachmentKind
from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, AnyOf, Compare, Condition, Exists, Item, Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

FILE = Schema("attachment", version=1)
FILE_TEXT = Schema("attachment_text", version=1)

MAX_FILES_OF_A_CONVERSATION = 100


class FileState(StrEnum):
    """How far a file has come."""

    AWAITED = "awaited"
    """Announced; its upload may be there or not."""
    READY = "ready"
    """Checked and read; it can be sent and fetched."""
    REFUSED = "refused"
    """Its content was looked at and is not taken."""


@dataclass(frozen=True)
class StoredFile:
    """What is known of one file."""

    file_id: str
    conversation_id: str
    name: str
    size_bytes: int
    state: FileState
    key: str
    """Of the checked file in the store."""
    upload_key: str
    """Where its upload goes; empty where it came in a form."""
    kind: str = ""
    """Known once it is ready."""
    refusal: str = ""
    """Class and reason of the refusal."""
    message_id: str = ""
    """The message that it was sent with."""

    @property
    def attachment(self) -> Attachment:
        """The file as messages name it; only of one that is ready."""
        kind = AttachmentKind(self.kind)
        return Attachment(file_id=self.file_id, name=self.name, kind=kind, size_bytes=self.size_bytes)


@dataclass(frozen=True)
class ClaimedFiles:
    """The files of a message, and the writes that make them its own."""

    attachments: tuple[Attachment, ...] = ()
    operations: tuple[Operation, ...] = ()


class AttachmentRepository:
    """Keys: ``CONV#<id>`` with ``FILE#<file id>`` and ``FILETEXT#<file id>``."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def add(self, file: StoredFile, *, now: datetime) -> None:
        """Store what was announced; once it is there, nothing changes.

        Raises
        ------
        TooManyAttachmentsError
            The conversation has 100 files already.
        """
        pk = keys.conversation(file.conversation_id)
        page = self._table.query(pk, sk_prefix=keys.file(""), limit=MAX_FILES_OF_A_CONVERSATION)
        if len(page.items) >= MAX_FILES_OF_A_CONVERSATION:
            raise TooManyAttachmentsError(f"a conversation may have {MAX_FILES_OF_A_CONVERSATION} files")
        item = {
            "pk": pk,
            "sk": keys.file(file.file_id),
            "file_id": file.file_id,
            "conversation_id": file.conversation_id,
            "name": file.name,
            "size_bytes": file.size_bytes,
            "state": file.state.value,
            "key": file.key,
            "upload_key": file.upload_key,
            "kind": file.kind,
            "refusal": file.refusal,
            "message_id": "",
            "expires_at": keys.expiry(now, self._retention_days),
        }
        try:
            self._table.put(FILE.stamp(item), if_absent=True)
        except ConditionFailedError:
            return

    def find(self, conversation_id: str, file_id: str) -> StoredFile | None:
        """Return the file, read consistently; None where this conversation has none of that id."""
        item = self._table.get(keys.conversation(conversation_id), keys.file(file_id))
        return _file(FILE.load(item)) if item is not None else None

    def get(self, conversation_id: str, file_id: str) -> StoredFile:
        """Return the file. Raises ``NotFoundError`` where this conversation has none of that id."""
        found = self.find(conversation_id, file_id)
        if found is None:
            raise NotFoundError(f"there is no attachment {file_id} in this conversation")
        return found

    def keys_of(self, conversation_id: str) -> list[str]:
        """Return the keys in the store under which a conversation's files may lie."""
        items = self._table.query(keys.conversation(conversation_id), sk_prefix=keys.file(""), consistent=True).items
        return [str(key) for item in items for key in (item["key"], item["upload_key"]) if key]

    def made_ready(self, file: StoredFile, attachment: Attachment, text: str, *, now: datetime) -> None:
        """Keep what reading a file has found; of several readers the first is kept."""
        pk = keys.conversation(file.conversation_id)
        expires = keys.expiry(now, self._retention_days)
        kept = {"pk": pk, "sk": keys.file_text(file.file_id), "text": text, "expires_at": expires}
        changes = {"state": FileState.READY.value, "kind": attachment.kind.value, "size_bytes": attachment.size_bytes}
        self._once([_changed(file, changes, _still(FileState.AWAITED)), Put(FILE_TEXT.stamp(kept))])

    def refused(self, file: StoredFile, refusal: str) -> None:
        """Keep why a file is not taken; of several readers the first is kept."""
        changes = {"state": FileState.REFUSED.value, "refusal": refusal}
        self._once([_changed(file, changes, _still(FileState.AWAITED))])

    def claims(
        self, conversation_id: str, file_ids: Sequence[str], message_id: str, *, now: datetime
    ) -> tuple[Operation, ...]:
        """Return the writes that give files that are ready to a message.

        Raises
        ------
        NotFoundError
        AttachmentUsedError
            One of them is another message's.
        """
        operations: list[Operation] = []
        for file_id in file_ids:
            file = self.get(conversation_id, file_id)
            if file.message_id not in ("", message_id):
                raise AttachmentUsedError(
                    f"{file.name} was sent with another message; upload it again to send it again"
                )
            # It then stays as long as the message.
            changes = {"message_id": message_id, "expires_at": keys.expiry(now, self._retention_days)}
            free = AnyOf((Compare("message_id", "=", ""), Compare("message_id", "=", message_id)))
            operations.append(_changed(file, changes, AllOf((_still(FileState.READY), free))))
        return tuple(operations)

    def text(self, conversation_id: str, file_id: str) -> str:
        """Return what was read of a file; empty for a picture, and where it has expired."""
        item = self._table.get(keys.conversation(conversation_id), keys.file_text(file_id))
        return str(FILE_TEXT.load(item)["text"]) if item is not None else ""

    def _once(self, operations: Sequence[Operation]) -> None:
        try:
            self._table.transact(operations)
        except ConditionFailedError:
            return


def _changed(file: StoredFile, changes: Mapping[str, object], condition: Condition) -> Update:
    pk, sk = keys.conversation(file.conversation_id), keys.file(file.file_id)
    return Update(pk, sk, set=changes, condition=AllOf((Exists(), condition)))


def _still(state: FileState) -> Compare:
    return Compare("state", "=", state.value)


def _file(item: Item) -> StoredFile:
    return StoredFile(
        file_id=item["file_id"],
        conversation_id=item["conversation_id"],
        name=item["name"],
        size_bytes=int(item["size_bytes"]),
        state=FileState(item["state"]),
        key=item["key"],
        upload_key=item["upload_key"],
        kind=item["kind"],
        refusal=item["refusal"],
        message_id=item["message_id"],
    )
