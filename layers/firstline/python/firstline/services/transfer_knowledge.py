"""The whole knowledge base written into a zip, and brought back from one."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal, Protocol

from pydantic import BaseModel, ValidationError

from firstline.domain.errors import InvalidInputError, NotFoundError
from firstline.domain.knowledge_archive import (
    FOLDER,
    MANIFEST,
    ArchivedDocument,
    ArchiveLimits,
    InvalidArchiveError,
    Manifest,
    clashing_key,
    unsafe_key,
)
from firstline.domain.ports import ObjectStore
from firstline.services.ingest_knowledge import IngestionReport

ImportMode = Literal["merge", "replace"]

# The earliest time a zip can say: an archive depends on nothing but what it holds.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_MIB = 1024 * 1024
_READ = 64 * 1024


class Sync(Protocol):
    """What brings the index in step with all objects; ``IngestKnowledge`` does."""

    def sync(self) -> IngestionReport:
        """Bring the index in step."""
        ...


class ImportReport(BaseModel):
    """What an import changed."""

    documents: int
    """Documents of the archive."""
    written: int
    """Of these, new or different from what was there."""
    removed: int
    ingestion: IngestionReport


class TransferKnowledge:
    """Exports and imports every object of the knowledge, bytes for bytes.

    The same knowledge always gives the same archive: names in order, no times.
    """

    def __init__(self, objects: ObjectStore, ingest: Sync, *, limits: ArchiveLimits | None = None) -> None:
        self._objects = objects
        self._ingest = ingest
        self._limits = limits or ArchiveLimits()

    @property
    def limits(self) -> ArchiveLimits:
        """What an archive may hold."""
        return self._limits

    def export(self, target: BinaryIO) -> Manifest:
        """Write the archive; hidden objects, which are no knowledge, stay out.

        Raises
        ------
        InvalidInputError
            A key cannot be kept in every store; it is named.
        StoreUnavailableError
        """
        documents = []
        keys = sorted(key for key in self._objects.list() if not _is_hidden(key))
        clash = clashing_key(keys)
        if clash:
            raise InvalidInputError(f"{clash!r} cannot be exported: another key differs from it in nothing but case")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for key in keys:
                if reason := unsafe_key(key):
                    raise InvalidInputError(f"{key!r} cannot be exported: {reason}")
                try:
                    content = self._objects.read(key)
                except NotFoundError:
                    # Deleted since it was listed.
                    continue
                digest = hashlib.sha256(content).hexdigest()
                documents.append(ArchivedDocument(key=key, bytes=len(content), sha256=digest))
                archive.writestr(_entry(FOLDER + key), content)
            manifest = Manifest(documents=documents)
            archive.writestr(_entry(MANIFEST), manifest.model_dump_json(indent=1).encode())
        return manifest

    def check(self, source: BinaryIO) -> Manifest:
        """Read an archive from end to end and return what it holds.

        Raises
        ------
        InvalidArchiveError
            It is no zip, is encrypted or damaged, is over the limits, holds a link, a name that leads out of the
            folder or clashes with another, or something else than its manifest says.
        """
        size = source.seek(0, io.SEEK_END)
        if size > self._limits.max_archive_bytes:
            raise InvalidArchiveError(f"it has {size} bytes; the limit is {self._limits.max_archive_bytes}")
        with _opened(source) as archive:
            entries = self._checked_entries(archive)
            manifest = self._manifest(archive, entries)
            for document in manifest.documents:
                entry = entries[FOLDER + document.key]
                digest, size = hashlib.sha256(), 0
                with archive.open(entry) as content:
                    while block := content.read(_READ):
                        digest.update(block)
                        size += len(block)
                if size != document.bytes or digest.hexdigest() != document.sha256:
                    raise InvalidArchiveError(f"{document.key!r} is not what the manifest says")
        return manifest

    def restore(self, source: BinaryIO, *, mode: ImportMode = "merge") -> ImportReport:
        """Bring the documents of an archive back and ingest them; all of it is checked before anything is written.

        Parameters
        ----------
        mode : str
            ``merge`` keeps documents that the archive does not hold, ``replace`` deletes them, after the others have
            been written.

        Raises
        ------
        InvalidArchiveError
            As ``check``; nothing was changed.
        StoreUnavailableError, EmbedderUnavailableError, KnowledgeIndexUnavailableError
            Repeat the import: it goes on where it stopped.
        """
        manifest = self.check(source)
        held = {key for key in self._objects.list() if not _is_hidden(key)}
        imported = {document.key for document in manifest.documents}
        clash = clashing_key(sorted(imported if mode == "replace" else imported | held))
        if clash:
            raise InvalidArchiveError(f"{clash!r} clashes with another document; import with replace, or rename it")
        written = 0
        with _opened(source) as archive:
            for document in manifest.documents:
                content = archive.read(FOLDER + document.key)
                if document.key not in held or self._objects.read(document.key) != content:
                    self._objects.write(document.key, content)
                    written += 1
        gone = sorted(held - imported) if mode == "replace" else []
        for key in gone:
            self._objects.delete(key)
        return ImportReport(documents=len(imported), written=written, removed=len(gone), ingestion=self._ingest.sync())

    def _checked_entries(self, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
        limits, total = self._limits, 0
        if len(archive.infolist()) > limits.max_documents + 1:
            raise InvalidArchiveError(f"it has {len(archive.infolist())} entries; the limit is {limits.max_documents}")
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in archive.infolist():
            self._check_entry(entry, entries)
            entries[entry.filename] = entry
            total += entry.file_size
        if total > limits.max_total_bytes:
            raise InvalidArchiveError(f"it unpacks to {total} bytes; the limit is {limits.max_total_bytes}")
        return entries

    def _check_entry(self, entry: zipfile.ZipInfo, before: dict[str, zipfile.ZipInfo]) -> None:
        # zipfile cuts a name at a NUL and turns backslashes round; what stands in the archive is judged.
        name = entry.orig_filename
        if name != entry.filename or (name != MANIFEST and (not name.startswith(FOLDER) or unsafe_key(name))):
            reason = unsafe_key(name) or f"entries are {MANIFEST} and what lies below {FOLDER}"
            raise InvalidArchiveError(f"{name!r} cannot be imported: {reason}")
        if name in before:
            raise InvalidArchiveError(f"{name!r} is there twice")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.is_dir():
            raise InvalidArchiveError(f"{name!r} is a link, a folder or a device, not a file")
        if entry.flag_bits & 0x1:
            raise InvalidArchiveError(f"{name!r} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InvalidArchiveError(f"{name!r} is packed in a way that is not read; use deflate")
        if entry.file_size > self._limits.max_document_bytes:
            raise InvalidArchiveError(
                f"{name!r} has {entry.file_size} bytes; the limit is {self._limits.max_document_bytes}"
            )
        if entry.file_size > max(_MIB, self._limits.max_ratio * entry.compress_size):
            raise InvalidArchiveError(f"{name!r} unpacks to over {self._limits.max_ratio} times its size")

    def _manifest(self, archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> Manifest:
        if MANIFEST not in entries:
            raise InvalidArchiveError(f"it has no {MANIFEST}; archives are made by the export")
        try:
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InvalidArchiveError(f"{MANIFEST} is not of version 1: {place} {first['msg']}".strip()) from error
        listed = [document.key for document in manifest.documents]
        differing = sorted({FOLDER + key for key in listed} ^ (entries.keys() - {MANIFEST}))
        if differing or len(set(listed)) < len(listed):
            raise InvalidArchiveError(f"manifest and entries differ: {(differing or listed)[0]!r}")
        if clash := clashing_key(listed):
            raise InvalidArchiveError(f"{clash!r} clashes with another name of the archive")
        return manifest


@contextmanager
def _opened(source: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open a zip; whatever is broken in it is told as one error."""
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, ValueError) as error:
        raise InvalidArchiveError(f"it is not a readable zip: {error}") from error


def _is_hidden(key: str) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in key.split("/"))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_NO_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    entry.create_system = 3
    return entry
