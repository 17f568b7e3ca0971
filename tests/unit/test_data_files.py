"""The data folder before it is used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firstline.local.data_files import DataFolderError, check_databases, prepare_folder


def database(path: Path) -> bytes:
    """Make a database of many pages and return its bytes."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE item (number INTEGER PRIMARY KEY, body TEXT)")
        connection.executemany("INSERT INTO item VALUES (?, ?)", [(number, "x" * 900) for number in range(200)])
        connection.commit()
    return path.read_bytes()


def damage(path: Path) -> None:
    """Overwrite all but the first page."""
    path.write_bytes(path.read_bytes()[:4096] + b"damaged!" * (path.stat().st_size // 8 - 512))


def test_whole_databases_and_missing_ones_are_taken_as_they_are(tmp_path: Path) -> None:
    assert check_databases(tmp_path) == []
    before = database(tmp_path / "firstline.db"), database(tmp_path / "knowledge.db")
    assert check_databases(tmp_path) == []
    assert ((tmp_path / "firstline.db").read_bytes(), (tmp_path / "knowledge.db").read_bytes()) == before


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_damaged_index_is_moved_aside(tmp_path: Path, content: bytes | None) -> None:
    index = tmp_path / "knowledge.db"
    database(index)
    damage(index) if content is None else index.write_bytes(content)
    damaged = index.read_bytes()
    (notice,) = check_databases(tmp_path)
    assert "made again from the knowledge folder" in notice
    assert not index.exists()
    assert (tmp_path / "knowledge.db.damaged").read_bytes() == damaged


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_damaged_store_is_refused_with_what_to_do_and_left_alone(tmp_path: Path, content: bytes | None) -> None:
    store = tmp_path / "firstline.db"
    database(store)
    damage(store) if content is None else store.write_bytes(content)
    damaged = store.read_bytes()
    with pytest.raises(DataFolderError, match=r"scripts/backup --data .* --restore FILE --force"):
        check_databases(tmp_path)
    assert store.read_bytes() == damaged


def test_a_new_folder_and_old_databases_are_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    prepare_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "firstline.db").touch(0o644)
    prepare_folder(folder)
    assert (folder / "firstline.db").stat().st_mode & 0o777 == 0o600


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    for folder in (tmp_path / "data", tmp_path / "data" / "below"):
        with pytest.raises(DataFolderError, match="cannot be used as a folder"):
            prepare_folder(folder)
