"""Look into attached files once: what they are, what they say; and hand them out within their conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firstline.domain.attachment_errors import (
    AttachmentUnfinishedError,
    UnreadableAttachmentError,
    UnsupportedAttachmentError,
)
from firstline.domain.attachment_ports import AttachmentPorts
from firstline.domain.attachments import (
    MAX_TEXT_CHARACTERS,
    PERSON_OFFER,
    Attachment,
    AttachmentKind,
    check_size,
    image_kind,
    promised_kind,
)
from firstline.domain.counters import ATTACHMENTS, series_key
from firstline.domain.errors import NotFoundError, StoreError, UnreadableDocumentError
from firstline.domain.ports import Clock, DocumentReader
from firstline.repositories.attachments import AttachmentRepository, ClaimedFiles, FileState, StoredFile
from firstline.repositories.counters import Counters

ADDRESS_LIFE_S = 60
_PARSED = (AttachmentKind.PDF, AttachmentKind.DOCX, AttachmentKind.HTML)


@dataclass(frozen=True)
class OpenedFile:
    """A file for somebody who may have it: an address that is good for a minute, else the content."""

    attachment: Attachment
    address: str | None
    content: bytes = b""


class ReadAttachment:
    """Every file is looked into once, before its message is taken; what was found, or why not, is kept.

    Parameters
    ----------
    on_uncounted : callable
        Told of a count that could not be stored.
    """

    def __init__(
        self,
        files: AttachmentRepository,
        ports: AttachmentPorts,
        counters: Counters,
        *,
        clock: Clock,
        on_uncounted: Callable[[StoreError], None],
    ) -> None:
        self._files = files
        self._ports = ports
        self._counters = counters
        self._clock = clock
        self._on_uncounted = on_uncounted

    def claim(self, conversation_id: str, file_ids: Sequence[str], message_id: str) -> ClaimedFiles:
        """Return the files of a message, looked into, with the writes that make them its own.

        Raises
        ------
        NotFoundError
            This conversation has no file of that id.
        AttachmentUnfinishedError, AttachmentUsedError, UnreadableAttachmentError, StoreUnavailableError
        """
        attachments = tuple(self.ready(conversation_id, file_id) for file_id in file_ids)
        now = self._clock.now()
        return ClaimedFiles(attachments, self._files.claims(conversation_id, file_ids, message_id, now=now))

    def ready(self, conversation_id: str, file_id: str) -> Attachment:
        """Return a file that has been uploaded, looked into. Raises what ``claim`` raises of one file."""
        file = self._files.get(conversation_id, file_id)
        if file.state is FileState.AWAITED and not file.upload_key:
            raise AttachmentUnfinishedError(f"{file.name} has not come whole; send its form again")
        if file.state is FileState.AWAITED:
            try:
                content = self._ports.store.read(file.upload_key)
            except NotFoundError as error:
                # Another reader may just have brought it to its place.
                file = self._files.get(conversation_id, file_id)
                if file.state is FileState.AWAITED:
                    raise AttachmentUnfinishedError(f"{file.name} has not been uploaded yet") from error
            else:
                self.take_in(file, content)
                file = self._files.get(conversation_id, file_id)
        if file.state is FileState.REFUSED:
            raise UnreadableAttachmentError(file.refusal)
        return file.attachment

    def take_in(self, file: StoredFile, content: bytes) -> None:
        """Look into a file's content and keep it, or keep why it is not taken. Raises ``StoreUnavailableError``."""
        try:
            attachment, text = examine(file.file_id, file.name, content, self._ports.reader)
        except UnreadableAttachmentError as error:
            self._files.refused(file, str(error))
            self.count_refused(file.name)
        else:
            # Written to a place of its own: what lies under the uploading address may still be replaced by the client.
            self._ports.store.write(file.key, content)
            self._files.made_ready(file, attachment, text[:MAX_TEXT_CHARACTERS], now=self._clock.now())
            self._count(attachment.kind.value, "stored" if attachment.kind.is_image else "read")
        if file.upload_key:
            self._ports.store.delete(file.upload_key)

    def open(self, conversation_id: str, file_id: str) -> OpenedFile:
        """Return a file to who may read its conversation. Raises what ``ready`` raises."""
        attachment = self.ready(conversation_id, file_id)
        key = self._files.get(conversation_id, file_id).key
        address = self._ports.store.download_address(
            key, name=attachment.name, media_type=attachment.kind.media_type, expires_s=ADDRESS_LIFE_S
        )
        return OpenedFile(attachment, address, b"" if address else self._ports.store.read(key))

    def text(self, conversation_id: str, file_id: str) -> str:
        """Return what a file says; empty for a picture."""
        return self._files.text(conversation_id, file_id)

    def content(self, conversation_id: str, file_id: str) -> bytes:
        """Return a file's content. Raises ``NotFoundError``, ``StoreUnavailableError``."""
        return self._ports.store.read(self._files.get(conversation_id, file_id).key)

    def count_refused(self, name: str) -> None:
        """Count a file that is not taken, by the kind that its name promises."""
        self._count(_named_kind(name), "refused")

    def _count(self, kind: str, outcome: str) -> None:
        counts = {series_key(ATTACHMENTS, {"kind": kind, "outcome": outcome}): 1}
        self._counters.add_if_possible(counts, on_failure=self._on_uncounted)


def examine(file_id: str, name: str, content: bytes, reader: DocumentReader) -> tuple[Attachment, str]:
    """Return what a file is, by its content, and its text.

    Raises
    ------
    UnreadableAttachmentError
        It is empty, broken, encrypted, unpacks into too much, or is not what its name says.
    AttachmentTooLargeError, UnsupportedAttachmentError
    """
    check_size(name, len(content))
    kind = promised_kind(name)
    text = ""
    if kind is None:
        kind = image_kind(name, content)
    else:
        try:
            text = _text_of(kind, content, reader)
        except UnreadableDocumentError as error:
            raise UnreadableAttachmentError(f"{name} cannot be read: {error}. {PERSON_OFFER}") from error
    return Attachment(file_id=file_id, name=name, kind=kind, size_bytes=len(content)), text


def _text_of(kind: AttachmentKind, content: bytes, reader: DocumentReader) -> str:
    # The reader goes by the extension, of which a customer's name may have one that it does not know.
    name = f"file.{kind.value}"
    reader.check_size(len(content))
    reader.check_kind(name, content)
    if kind in _PARSED:
        return reader.read(name, content).markdown
    text = reader.read_text(content)
    if not text.strip():
        raise UnreadableDocumentError("it is empty")
    return text


def _named_kind(name: str) -> str:
    try:
        kind = promised_kind(name)
    except UnsupportedAttachmentError:
        return "other"
    return kind.value if kind else "image"
