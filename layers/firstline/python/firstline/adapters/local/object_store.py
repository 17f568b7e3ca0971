"""Objects as files of one folder."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from firstline.domain.errors import InvalidInputError, NotFoundError, StoreUnavailableError
from firstline.domain.objects import ObjectStat


class FolderObjectStore:
    """Objects by key below a folder; a key is a relative path with forward slashes.

    No key leads out of the folder, and symbolic links that do are as if they were not there.

    Parameters
    ----------
    folder : Path
        Made on the first write where it is missing.
    durable : bool
        A write comes back only when the disk holds object and name, so that a power cut takes nothing back.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder = folder
        self._durable = durable
        self._making = threading.Lock()

    def read(self, key: str) -> bytes:
        """Return the object's content.

        Raises
        ------
        NotFoundError
            There is no such object.
        InvalidInputError
            The key is absolute, empty, or leads out of the folder.
        StoreUnavailableError
            The disk refused.
        """
        path = self._path(key)
        try:
            if not self._holds(path):
                raise NotFoundError(key)
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFoundError(key) from error
        except OSError as error:
            raise StoreUnavailableError(f"cannot read {key}: {error.strerror}") from error

    def stat(self, key: str) -> ObjectStat:
        """Return size and revision (time of change, size and inode). Raises as ``read`` does."""
        path = self._path(key)
        try:
            if not self._holds(path):
                raise NotFoundError(key)
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(key) from error
        except OSError as error:
            raise StoreUnavailableError(f"cannot look at {key}: {error.strerror}") from error
        return ObjectStat(found.st_size, f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}")

    def write(self, key: str, content: bytes) -> None:
        """Write the object whole: a reader sees the old content or the new. Raises as ``read`` does."""
        path = self._path(key)
        try:
            self._make(path.parent)
            if not path.parent.resolve().is_relative_to(self._folder.resolve()):
                raise InvalidInputError(f"the key leads out of the folder: {key!r}")
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    if self._durable:
                        file.flush()
                        os.fsync(file.fileno())
                Path(temporary).replace(path)
            finally:
                Path(temporary).unlink(missing_ok=True)
            if self._durable:
                _settle(path.parent)
        except OSError as error:
            raise StoreUnavailableError(f"cannot write {key}: {error.strerror}") from error

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is no error. Raises as ``read`` does."""
        path = self._path(key)
        try:
            if path.parent.resolve().is_relative_to(self._folder.resolve()):
                path.unlink(missing_ok=True)
        except (NotADirectoryError, FileNotFoundError):
            return
        except OSError as error:
            raise StoreUnavailableError(f"cannot delete {key}: {error.strerror}") from error

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield keys in lexical order; hidden files and folders are left out."""
        folders = prefix.split("/")[:-1]
        # Where the prefix names a folder, the others are not looked through.
        names_one = all(name and not name.startswith(".") and "\0" not in name for name in folders)
        try:
            keys = sorted(self._keys(self._folder.joinpath(*folders) if names_one else self._folder))
        except OSError as error:
            raise StoreUnavailableError(f"cannot list the folder: {error.strerror}") from error
        yield from (key for key in keys if key.startswith(prefix))

    def _make(self, folder: Path) -> None:
        if not self._durable:
            folder.mkdir(parents=True, exist_ok=True)
            return
        # Who finds a folder finds it settled: its name is on the disk before anybody else may look.
        with self._making:
            missing = [level for level in (folder, *folder.parents) if not level.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            for level in missing:
                _settle(level.parent)

    def _keys(self, start: Path) -> Iterator[str]:
        for parent, folders, names in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(parent, name)
                if not name.startswith(".") and self._holds(path):
                    yield path.relative_to(self._folder).as_posix()

    def _holds(self, path: Path) -> bool:
        return path.is_file() and path.resolve().is_relative_to(self._folder.resolve())

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in parts):
            raise InvalidInputError(f"not a key: {key!r}")
        return self._folder.joinpath(*parts)


def _settle(folder: Path) -> None:
    """Have the disk hold the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
