"""Receive attached files: announced and put to an address of their own, or within a form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.attachment_errors import AttachmentUploadedError, UnreadableAttachmentError
from firstline.domain.attachment_ports import AttachmentPorts, TakesUploads, UploadAddress
from firstline.domain.attachments import Attachment, check_size, clean_name, promised_kind
from firstline.domain.errors import InvalidInputError, NotFoundError
from firstline.domain.ports import Clock, Ids
from firstline.repositories.attachments import AttachmentRepository, FileState, StoredFile
from firstline.services.read_attachment import ReadAttachment

UPLOAD_LIFE = timedelta(minutes=15)


@dataclass(frozen=True)
class Announced:
    """A file that is expected, and where."""

    file: StoredFile
    upload: UploadAddress


class ReceiveAttachment:
    """Keys of the store: ``incoming/<day>/<conversation>/<file>`` of uploads, ``files/...`` of what was checked.

    The day is that of the announcement, so that a rule over prefixes, or ``PurgeAttachments``, can tell what is old.
    """

    def __init__(
        self,
        files: AttachmentRepository,
        ports: AttachmentPorts,
        read_attachment: ReadAttachment,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._files = files
        self._store = ports.store
        self._read_attachment = read_attachment
        self._clock = clock
        self._ids = ids

    def announce(self, conversation_id: str, name: str, size_bytes: int) -> Announced:
        """Expect a file.

        Raises
        ------
        UnsupportedAttachmentError, UnreadableAttachmentError, AttachmentTooLargeError, TooManyAttachmentsError
        InvalidInputError
            It has no name.
        """
        name = self._checked(name, size_bytes)
        now = self._clock.now()
        file = self._new(conversation_id, self._ids.new(), name, size_bytes, now, uploaded=True)
        upload = self._store.upload_address(file.upload_key, size_bytes=size_bytes, expires_at=now + UPLOAD_LIFE)
        self._files.add(file, now=now)
        return Announced(file, upload)

    def take_upload(self, token: str, content: bytes) -> None:
        """Take what is put to an address of our own server; each takes one file, once.

        Raises
        ------
        NotAuthorizedError
            The address is not one of ours, or has expired.
        NotFoundError
            Uploads do not come by this server, or the file is gone.
        UnreadableAttachmentError
            It is not of the size that was announced.
        AttachmentUploadedError
        """
        if not isinstance(self._store, TakesUploads):
            raise NotFoundError("uploads do not come by this server")
        key, size_bytes = self._store.redeem(token, now=self._clock.now())
        _, _, conversation_id, file_id = key.split("/")
        file = self._files.get(conversation_id, file_id)
        if file.state is not FileState.AWAITED:
            raise AttachmentUploadedError(f"{file.name} has been uploaded before")
        if len(content) != size_bytes:
            raise UnreadableAttachmentError(f"{file.name} was announced with {size_bytes} bytes, {len(content)} came")
        self._store.write_new(key, content)

    def store(self, conversation_id: str, name: str, content: bytes, *, of_message: str = "") -> Attachment:
        """Take a file that came in a form, and look into it.

        Parameters
        ----------
        of_message : str
            The id and place within a message that is posted with its files: sent again, they are the same files.

        Raises
        ------
        UnsupportedAttachmentError, UnreadableAttachmentError, AttachmentTooLargeError, TooManyAttachmentsError
        InvalidInputError
            It has no name.
        """
        name = self._checked(name, len(content))
        now = self._clock.now()
        file_id = _file_id(of_message, name, content) if of_message else self._ids.new()
        file = self._files.find(conversation_id, file_id)
        if file is None:
            file = self._new(conversation_id, file_id, name, len(content), now, uploaded=False)
            self._files.add(file, now=now)
        if file.state is FileState.AWAITED:
            self._read_attachment.take_in(file, content)
        return self._read_attachment.ready(conversation_id, file_id)

    def _checked(self, name: str, size_bytes: int) -> str:
        name = clean_name(name)
        try:
            promised_kind(name)
            check_size(name, size_bytes)
        except InvalidInputError:
            self._read_attachment.count_refused(name)
            raise
        return name

    def _new(
        self, conversation_id: str, file_id: str, name: str, size_bytes: int, now: datetime, *, uploaded: bool
    ) -> StoredFile:
        place = f"{now:%Y-%m-%d}/{conversation_id}/{file_id}"
        return StoredFile(
            file_id=file_id,
            conversation_id=conversation_id,
            name=name,
            size_bytes=size_bytes,
            state=FileState.AWAITED,
            key=f"files/{place}",
            upload_key=f"incoming/{place}" if uploaded else "",
        )


def _file_id(of_message: str, name: str, content: bytes) -> str:
    digest = hashlib.sha256(f"{of_message}\n{name}\n".encode() + content).hexdigest()
    return f"form-{digest[:40]}"
