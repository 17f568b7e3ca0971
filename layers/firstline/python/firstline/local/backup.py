"""Copies a data folder, in use or not, into one archive, and brings it back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from firstline.domain.errors import FirstlineError
from firstline.local.data_lock import LOCK_FILE, DataLock

MANIFEST = "MANIFEST.json"
FORMAT = 1
_SQLITE_HEADER = b"SQLite format 3\0"
_SQLITE_COMPANIONS = ("-wal", "-shm", "-journal")


class BackupError(FirstlineError):
    """A backup cannot be made, or an archive cannot be trusted or put where it was asked."""


@dataclass(frozen=True)
class Restored:
    """What a restore did: how many files it brought, and where the data lies that was there before, if any."""

    n_files: int
    set_aside: Path | None


def back_up(data: Path, archive: Path, *, now: datetime) -> int:
    """Copy a data folder into a new .tar.gz with a manifest of SHA-256 sums, and return the number of files.

    Databases are copied by SQLite's online backup, one consistent moment each, while a server may be writing.

    Parameters
    ----------
    data : Path
        The data folder.
    archive : Path
        The file to make, outside the data folder; it appears whole or not at all.
    now : datetime
        Written into the manifest.

    Raises
    ------
    BackupError
        There is no such folder, the archive exists already, or a database fails its check.
    """
    if not data.is_dir():
        raise BackupError(f"there is no data folder {data}")
    if archive.exists():
        raise BackupError(f"{archive} exists already")
    if archive.resolve().is_relative_to(data.resolve()):
        raise BackupError("the archive cannot lie in the data folder")
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".backup-") as made:
        stage = Path(made) / "files"
        stage.mkdir()
        copied = {name: _copy(data / name, stage / name) for name in _names(data)}
        sums = {name: digest for name, digest in copied.items() if digest is not None}
        manifest = json.dumps({"format": FORMAT, "made_at": now.isoformat(), "files": sums}, indent=1).encode()
        whole = Path(made) / "archive"
        with tarfile.open(whole, "w:gz") as tar:
            entry = tarfile.TarInfo(MANIFEST)
            entry.size, entry.mtime = len(manifest), int(now.timestamp())
            tar.addfile(entry, BytesIO(manifest))
            for name in sums:
                tar.add(stage / name, arcname=f"files/{name}", recursive=False)
        whole.chmod(0o600)
        # A link, unlike a rename, never replaces a file that appeared meanwhile.
        os.link(whole, archive)
    return len(sums)


def restore(archive: Path, data: Path, *, force: bool = False) -> Restored:
    """Put the files of an archive into a data folder, after checking every one; they are this user's alone to read.

    Parameters
    ----------
    archive : Path
        Made by ``back_up``.
    data : Path
        The data folder; made when missing.
    force : bool
        Replace what is there; it is moved into a folder beside it, not deleted.

    Raises
    ------
    BackupError
        The archive is damaged or not ours, or the folder holds data and ``force`` is not given.
    DataInUseError
        A server holds the data folder.
    """
    data.mkdir(parents=True, exist_ok=True)
    with DataLock(data), tempfile.TemporaryDirectory(dir=data.parent, prefix=".restore-") as made:
        present = [entry for entry in data.iterdir() if entry.name != LOCK_FILE]
        if present and not force:
            raise BackupError(f"{data} holds data already; --force replaces it")
        stage = Path(made)
        names = _unpack(archive, stage)
        set_aside = None
        if present:
            set_aside = Path(tempfile.mkdtemp(dir=data.parent, prefix=f"{data.name}-before-restore-"))
            for entry in present:
                entry.rename(set_aside / entry.name)
        for entry in list(stage.iterdir()):
            entry.rename(data / entry.name)
        return Restored(len(names), set_aside)


def _names(data: Path) -> list[str]:
    files = {path for path in data.rglob("*") if path.is_file() and not path.is_symlink()}
    companions = {Path(f"{path}{ending}") for path in files for ending in _SQLITE_COMPANIONS}
    kept = files - companions - {data / LOCK_FILE}
    return sorted(path.relative_to(data).as_posix() for path in kept)


def _is_database(path: Path) -> bool:
    # What customers attach has no extension, so that no file of theirs can pass for a database and fail its check.
    if not path.suffix:
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER


def _copy(source: Path, target: Path) -> str | None:
    """Return the copy's sum, None where the server removed the file after it was listed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if _is_database(source):
            _copy_database(source, target)
        else:
            shutil.copyfile(source, target)
    except FileNotFoundError:
        return None
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_database(source: Path, target: Path) -> None:
    try:
        address = f"{source.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            # One file, without a write-ahead log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be copied: {error}") from error
    if verdict != "ok":
        raise BackupError(f"{source} is damaged: {verdict}")


def _unpack(archive: Path, stage: Path) -> list[str]:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            sums = _read_manifest(tar)
            missing = dict(sums)
            for member in tar:
                if member.name == MANIFEST:
                    continue
                name = member.name.removeprefix("files/")
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or missing.pop(name, None) is None:
                    raise BackupError(f"{archive} holds {member.name}, which its manifest does not name")
                if _write(content, stage / name) != sums[name]:
                    raise BackupError(f"{archive} is damaged: {name} does not match its sum")
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{archive} cannot be read as a backup: {error}") from error
    if missing:
        raise BackupError(f"{archive} is damaged: {', '.join(missing)} missing")
    return list(sums)


def _read_manifest(tar: tarfile.TarFile) -> dict[str, str]:
    content = tar.extractfile(MANIFEST)
    manifest = json.loads(content.read()) if content else {}
    if manifest["format"] != FORMAT:
        raise BackupError(f"backup format {manifest['format']} is not known here")
    sums: dict[str, str] = manifest["files"]
    for name in sums:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or name == LOCK_FILE:
            raise BackupError(f"a backup cannot hold a file named {name}")
    return sums


def _write(content: IO[bytes], target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    # The signing keys are among them, and what customers have said.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while block := content.read(1 << 20):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
