"""Objects in a folder and in S3: nothing leads out of the folder, and failures have names."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from firstline.adapters.aws.object_store import S3ObjectStore
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.domain.errors import InvalidInputError, NotFoundError, StoreUnavailableError, UnreadableDocumentError
from firstline.domain.ports import ObjectStore


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderObjectStore:
    return FolderObjectStore(tmp_path / "knowledge")


@pytest.fixture
def s3_store() -> Iterator[S3ObjectStore]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="kb-test")
        client.put_object(Bucket="kb-test", Key="elsewhere/x.md", Body=b"not ours")
        yield S3ObjectStore(client, "kb-test", prefix="knowledge/")


@pytest.fixture(params=["folder_store", "s3_store"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    found: ObjectStore = request.getfixturevalue(request.param)
    return found


def test_what_was_written_is_read_back_and_replaced(store: ObjectStore) -> None:
    store.write("articles/a.md", b"one")
    store.write("articles/a.md", b"\x00two")
    assert store.read("articles/a.md") == b"\x00two"


def test_keys_are_listed_in_order_and_by_prefix(store: ObjectStore) -> None:
    for key in ("b.md", "articles/z.md", "articles/a.md", "articles-old/a.md"):
        store.write(key, b"x")
    assert list(store.list()) == ["articles-old/a.md", "articles/a.md", "articles/z.md", "b.md"]
    assert list(store.list("articles/")) == ["articles/a.md", "articles/z.md"]
    assert list(store.list("articles/z")) == ["articles/z.md"]
    assert list(store.list("art")) == ["articles-old/a.md", "articles/a.md", "articles/z.md"]
    for prefix in ("nowhere/", "articles/a.md/", "../", "/articles/", ".git/"):
        assert list(store.list(prefix)) == []


def test_a_missing_object_is_not_found_and_deleting_it_is_no_error(store: ObjectStore) -> None:
    store.write("a.md", b"x")
    store.delete("a.md")
    store.delete("a.md")
    with pytest.raises(NotFoundError):
        store.read("a.md")
    assert list(store.list()) == []


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\\b", "a\0b", ".."])
def test_a_key_that_leads_out_of_the_folder_is_refused(folder_store: FolderObjectStore, key: str) -> None:
    for act in (folder_store.read, folder_store.delete, lambda name: folder_store.write(name, b"x")):
        with pytest.raises(InvalidInputError):
            act(key)


def test_a_symbolic_link_out_of_the_folder_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    root = tmp_path / "knowledge"
    root.mkdir()
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "outside").mkdir()
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "within.md").write_text("ours")
    (root / "alias.md").symlink_to(root / "within.md")
    store = FolderObjectStore(root)
    assert list(store.list()) == ["alias.md", "within.md"]
    for key in ("link.md", "folder/x.md"):
        with pytest.raises(NotFoundError):
            store.read(key)
    with pytest.raises(InvalidInputError):
        store.write("folder/x.md", b"x")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_durable_write_is_with_its_names_on_the_disk_before_it_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[tuple[str, bool]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        inode = os.fstat(descriptor).st_ino
        folders = {path.stat().st_ino: path.name for path in [tmp_path, *tmp_path.rglob("*")] if path.is_dir()}
        settled.append((folders.get(inode, "content"), (tmp_path / "mail" / "incoming" / "1.eml").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store = FolderObjectStore(tmp_path / "mail", durable=True)
    store.write("incoming/1.eml", b"x")
    # First that the folders are there, then the content, then its name.
    assert settled == [("mail", False), (tmp_path.name, False), ("content", False), ("incoming", True)]
    settled.clear()
    store.write("incoming/2.eml", b"x")
    assert [name for name, _ in settled] == ["content", "incoming"]


def test_hidden_files_and_folders_are_not_listed(folder_store: FolderObjectStore, tmp_path: Path) -> None:
    folder_store.write("a.md", b"x")
    (tmp_path / "knowledge" / ".a.md.swp").write_text("x")
    (tmp_path / "knowledge" / ".git").mkdir()
    (tmp_path / "knowledge" / ".git" / "config.md").write_text("x")
    assert list(folder_store.list()) == ["a.md"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert list(FolderObjectStore(tmp_path / "missing").list()) == []


def test_a_folder_under_a_key_is_not_an_object(folder_store: FolderObjectStore) -> None:
    folder_store.write("articles/a.md", b"x")
    with pytest.raises(NotFoundError):
        folder_store.read("articles")
    with pytest.raises(NotFoundError):
        folder_store.read("articles/a.md/b")


def test_a_disk_that_refuses_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = FolderObjectStore(tmp_path / "file")
    with pytest.raises(StoreUnavailableError):
        store.write("a.md", b"x")


def test_a_failed_write_leaves_no_traces(folder_store: FolderObjectStore, tmp_path: Path) -> None:
    folder_store.write("articles/a.md", b"x")
    with pytest.raises(StoreUnavailableError):
        folder_store.write("articles", b"x")
    assert os.listdir(tmp_path / "knowledge") == ["articles"]  # noqa: PTH208 - hidden files count too


def test_s3_that_cannot_be_reached_is_a_named_error() -> None:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = boto3.client("s3", region_name="us-east-1", endpoint_url="http://127.0.0.1:9", config=config)
    store = S3ObjectStore(client, "kb-test")
    for act in (lambda: store.read("a.md"), lambda: list(store.list())):
        with pytest.raises(StoreUnavailableError):
            act()


def test_a_missing_bucket_is_a_fault_of_the_set_up_and_passes_through() -> None:
    with mock_aws():
        store = S3ObjectStore(boto3.client("s3", region_name="us-east-1"), "nowhere")
        with pytest.raises(ClientError, match="NoSuchBucket"):
            store.write("a.md", b"x")


def test_one_object_that_s3_refuses_is_named_and_a_refusal_of_the_bucket_passes_through() -> None:
    client = boto3.client("s3", region_name="us-east-1")
    store = S3ObjectStore(client, "kb-test")
    with Stubber(client) as s3:
        for operation, code in (("head_object", "403"), ("get_object", "AccessDenied")):
            s3.add_client_error(operation, code, http_status_code=403)
        for act in (store.stat, store.read):
            with pytest.raises(UnreadableDocumentError, match="S3 does not give it"):
                act("secret.md")
        s3.add_client_error("list_objects_v2", "AccessDenied", http_status_code=403)
        with pytest.raises(ClientError, match="AccessDenied"):
            list(store.list())
