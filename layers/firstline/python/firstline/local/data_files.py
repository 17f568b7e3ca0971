"""The data folder of a laptop before it is used: private, and its databases whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from firstline.domain.errors import FirstlineError

STORE = "firstline.db"
KNOWLEDGE = "knowledge.db"
DAMAGED = ".damaged"

_SIDE_FILES = ("", "-wal", "-shm")


class DataFolderError(FirstlineError):
    """The data folder cannot be used; the message says what to do."""


def prepare_folder(folder: Path) -> None:
    """Make the folder for this user alone, and keep others from the databases in it.

    Raises
    ------
    DataFolderError
        It is a file, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (STORE, KNOWLEDGE):
            for path in _files(folder / name):
                path.chmod(0o600)
    except OSError as error:
        raise DataFolderError(f"--data: {folder} cannot be used as a folder: {error.strerror}") from error


def check_databases(folder: Path) -> list[str]:
    """Return what the user should know. Only for the process that holds the folder's lock.

    A damaged knowledge index is moved aside, because it is made again from the knowledge folder.

    Raises
    ------
    DataFolderError
        The store is damaged: conversations cannot be made again.
    """
    if _is_damaged(folder / STORE):
        raise DataFolderError(
            f"{folder / STORE} is damaged; bring a copy back with: "
            f"scripts/backup --data {folder} --restore FILE --force (what is there now is kept)"
        )
    index = folder / KNOWLEDGE
    if not _is_damaged(index):
        return []
    for path in _files(index):
        path.replace(path.with_name(path.name.replace(KNOWLEDGE, KNOWLEDGE + DAMAGED, 1)))
    return [f"{index} was damaged; it is kept as {KNOWLEDGE}{DAMAGED} and made again from the knowledge folder."]


def _files(database: Path) -> list[Path]:
    return [path for ending in _SIDE_FILES if (path := database.with_name(database.name + ending)).is_file()]


def _is_damaged(database: Path) -> bool:
    if not database.is_file():
        return False
    try:
        with closing(sqlite3.connect(database)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return True
        raise DataFolderError(f"{database} cannot be opened: {error}") from error
    return bool(verdict != "ok")
