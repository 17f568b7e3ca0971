"""A running server's data is copied whole, and comes back only where it may."""

from __future__ import annotations

import hashlib
import io
import json
import random
import sqlite3
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firstline.adapters.local.signing_keys import SIGNING_KEYS, FileSigningKeys
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
from firstline.domain.table import Update
from firstline.local.backup import MANIFEST, BackupError, back_up, restore
from firstline.local.data_lock import LOCK_FILE, DataInUseError, DataLock

NOW = datetime(2030, 1, 1, tzinfo=UTC)
HOLDER = """
import sys
from pathlib import Path
from firstline.local.data_lock import DataLock
DataLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "objects").mkdir(parents=True)
    (folder / "objects" / "mail.eml").write_bytes(bytes(range(256)))
    (folder / "empty").touch()
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "backup.tar.gz"


def test_a_copy_made_while_a_writer_is_at_work_is_one_consistent_moment(
    data: Path, archive: Path, tmp_path: Path
) -> None:
    stop = threading.Event()
    with closing(SQLiteTable(data / "firstline.db", clock=SystemClock(), rng=random.Random(1))) as table:
        table.transact([Update("P", "from", set={"n": 0}), Update("P", "to", set={"n": 0})])

        def move() -> None:
            while not stop.is_set():
                table.transact([Update("P", "from", add={"n": -1}), Update("P", "to", add={"n": 1})])

        writer = threading.Thread(target=move)
        writer.start()
        try:
            while len(table.query("P").items) < 2 or table.query("P").items[1]["n"] < 20:
                pass
            copied = back_up(data, archive, now=NOW)
        finally:
            stop.set()
            writer.join()
    assert copied == 3
    target = tmp_path / "new" / "data"
    target.parent.mkdir()
    restored = restore(archive, target)
    assert restored.n_files == 3
    assert restored.set_aside is None
    with closing(SQLiteTable(target / "firstline.db", clock=SystemClock(), rng=random.Random(1))) as table:
        source, goal = (item["n"] for item in table.query("P").items)
    assert source + goal == 0
    assert goal >= 20
    assert (target / "objects" / "mail.eml").read_bytes() == bytes(range(256))
    assert (target / "empty").read_bytes() == b""


def test_a_database_whose_writer_was_killed_is_copied_with_what_only_its_log_holds(data: Path, archive: Path) -> None:
    path = data / "firstline.db"
    writer = (
        "import os, signal, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('PRAGMA journal_mode = WAL'); c.execute('CREATE TABLE t (x)'); "
        "c.execute('INSERT INTO t VALUES (7)'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", writer, str(path)], timeout=30)
    assert (data / "firstline.db-wal").stat().st_size > 0
    back_up(data, archive, now=NOW)
    with tarfile.open(archive) as tar:
        assert sorted(tar.getnames()) == [MANIFEST, "files/empty", "files/firstline.db", "files/objects/mail.eml"]
    restore(archive, data, force=True)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [(7,)]


def test_a_customers_file_that_looks_like_a_database_does_not_stop_a_backup(data: Path, archive: Path) -> None:
    upload = data / "attachments" / "incoming" / "2026-06-01" / "c1" / "f1"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(b"SQLite format 3\0 and no database")
    n_files = back_up(data, archive, now=NOW)
    restored = data.parent / "restored"
    assert restore(archive, restored).n_files == n_files
    assert (restored / upload.relative_to(data)).read_bytes() == upload.read_bytes()


def test_the_manifest_names_every_file_with_its_sum(data: Path, archive: Path) -> None:
    (data / LOCK_FILE).write_text("1\n")
    back_up(data, archive, now=NOW)
    with tarfile.open(archive) as tar:
        content = tar.extractfile(MANIFEST)
        assert content is not None
        manifest = json.load(content)
    assert manifest["made_at"] == "2030-01-01T00:00:00+00:00"
    assert manifest["files"] == {
        "empty": hashlib.sha256(b"").hexdigest(),
        "objects/mail.eml": hashlib.sha256(bytes(range(256))).hexdigest(),
    }
    assert archive.stat().st_mode & 0o077 == 0


def test_data_that_is_there_is_replaced_only_by_force_and_then_kept_aside(data: Path, archive: Path) -> None:
    back_up(data, archive, now=NOW)
    (data / "empty").write_text("changed")
    (data / "later").write_text("made later")
    with pytest.raises(BackupError, match="--force"):
        restore(archive, data)
    assert (data / "empty").read_text() == "changed"
    restored = restore(archive, data, force=True)
    assert (data / "empty").read_text() == ""
    assert not (data / "later").exists()
    assert restored.set_aside is not None
    assert (restored.set_aside / "later").read_text() == "made later"
    left = {entry.name for entry in data.parent.iterdir()}
    assert left == {"data", "backup.tar.gz", restored.set_aside.name}


def test_a_folder_that_a_server_holds_is_not_restored_into_until_the_server_ends(data: Path, archive: Path) -> None:
    back_up(data, archive, now=NOW)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "held\n"
        with pytest.raises(DataInUseError, match=f"process {server.pid}"):
            restore(archive, data, force=True)
        with pytest.raises(DataInUseError):
            DataLock(data).acquire()
        server.kill()
        server.wait()
    restore(archive, data, force=True)
    with DataLock(data):
        pass


def test_a_lock_is_released_once_and_can_be_taken_again(data: Path) -> None:
    lock = DataLock(data)
    lock.acquire()
    lock.release()
    lock.release()
    with DataLock(data), pytest.raises(DataInUseError):
        lock.acquire()


def repack(archive: Path, files: dict[str, bytes], manifest: object) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in {MANIFEST: json.dumps(manifest).encode(), **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


SUM = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        ({"files/a": b"y"}, {"format": 1, "files": {"a": SUM}}),
        ({}, {"format": 1, "files": {"a": SUM}}),
        ({"files/a": b"x", "files/b": b"x"}, {"format": 1, "files": {"a": SUM}}),
        ({"files/../../evil": b"x"}, {"format": 1, "files": {"../../evil": SUM}}),
        ({"/tmp/evil": b"x"}, {"format": 1, "files": {"/tmp/evil": SUM}}),  # noqa: S108
        ({"files/server.lock": b"x"}, {"format": 1, "files": {"server.lock": SUM}}),
        ({"files/a": b"x"}, {"format": 2, "files": {"a": SUM}}),
        ({"files/a": b"x"}, {"files": {"a": SUM}}),
        ({"files/a": b"x"}, ["a"]),
    ],
    ids=["changed", "missing", "extra", "outside", "absolute", "lock", "format", "no format", "no manifest"],
)
def test_an_archive_that_does_not_match_its_manifest_is_refused_whole(
    data: Path, archive: Path, files: dict[str, bytes], manifest: object
) -> None:
    repack(archive, files, manifest)
    with pytest.raises(BackupError):
        restore(archive, data, force=True)
    assert (data / "objects" / "mail.eml").read_bytes() == bytes(range(256))
    assert {entry.name for entry in data.parent.iterdir()} == {"data", "backup.tar.gz"}


def test_a_cut_off_archive_is_refused(data: Path, archive: Path) -> None:
    (data / "noise").write_bytes(random.Random(1).randbytes(100_000))
    back_up(data, archive, now=NOW)
    archive.write_bytes(archive.read_bytes()[:-5_000])
    with pytest.raises(BackupError):
        restore(archive, data, force=True)
    archive.write_bytes(b"no archive at all")
    with pytest.raises(BackupError):
        restore(archive, data, force=True)


def test_a_backup_that_cannot_be_made_is_refused_by_name(data: Path, archive: Path) -> None:
    with pytest.raises(BackupError, match="no data folder"):
        back_up(data / "nothing", archive, now=NOW)
    with pytest.raises(BackupError, match="in the data folder"):
        back_up(data, data / "backup.tar.gz", now=NOW)
    archive.touch()
    with pytest.raises(BackupError, match="exists already"):
        back_up(data, archive, now=NOW)
    archive.unlink()
    (data / "broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(BackupError, match=r"broken\.db"):
        back_up(data, archive, now=NOW)
    assert {entry.name for entry in data.parent.iterdir()} == {"data"}


def test_the_signing_keys_come_back_as_they_were_and_for_this_user_alone(
    data: Path, archive: Path, tmp_path: Path
) -> None:
    keys = FileSigningKeys(data / SIGNING_KEYS).keys()
    back_up(data, archive, now=NOW)
    assert archive.stat().st_mode & 0o777 == 0o600
    restored = tmp_path / "restored"
    restore(archive, restored)
    assert FileSigningKeys(restored / SIGNING_KEYS).keys() == keys
    modes = {path.name: path.stat().st_mode & 0o777 for path in restored.rglob("*") if path.is_file()}
    modes.pop(LOCK_FILE, None)
    assert modes == dict.fromkeys((SIGNING_KEYS, "mail.eml", "empty"), 0o600)
