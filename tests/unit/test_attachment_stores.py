"""Where attached files lie: the folder takes each upload once, S3 signs what may be put and how it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from firstline.adapters.aws.attachment_store import S3AttachmentStore
from firstline.adapters.aws.table_retries import presigning_config, quick_config
from firstline.adapters.local.attachment_store import UPLOADS, FolderAttachmentStore
from firstline.adapters.local.signing_keys import FileSigningKeys
from firstline.adapters.signed_tokens import SignedTokens
from firstline.domain.attachment_errors import AttachmentUploadedError
from firstline.domain.attachment_ports import TakesUploads
from firstline.domain.errors import NotAuthorizedError
from firstline.services.purge_attachments import PurgeAttachments

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = "incoming/2026-06-01/c1/f1"


class FixedClock:
    moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def folder(tmp_path: Path) -> FolderAttachmentStore:
    return FolderAttachmentStore(tmp_path / "attachments", SignedTokens(FileSigningKeys(tmp_path / "keys.json")))


@pytest.fixture
def bucket() -> Iterator[S3AttachmentStore]:
    with mock_aws():
        client = boto3.client("s3", region_name="eu-central-1", config=quick_config().merge(presigning_config()))
        client.create_bucket(Bucket="files-test", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield S3AttachmentStore(client, "files-test", clock=FixedClock())


def token_of(store: FolderAttachmentStore) -> str:
    address = store.upload_address(KEY, size_bytes=7, expires_at=NOW + timedelta(minutes=15))
    assert address.method == "PUT"
    assert address.url.startswith(UPLOADS)
    return address.url.removeprefix(UPLOADS)


def test_an_address_of_the_folder_is_good_for_one_key_one_size_and_its_time(folder: FolderAttachmentStore) -> None:
    token = token_of(folder)
    assert folder.redeem(token, now=NOW + timedelta(minutes=14)) == (KEY, 7)
    for wrong, now in (
        (token, NOW + timedelta(minutes=15)),
        (token[:-2] + "xx", NOW),
        ("", NOW),
        ("a.b.c", NOW),
    ):
        with pytest.raises(NotAuthorizedError):
            folder.redeem(wrong, now=now)


def test_a_token_for_something_else_opens_no_upload(tmp_path: Path) -> None:
    tokens = SignedTokens(FileSigningKeys(tmp_path / "keys.json"))
    session = tokens.sign({"aud": "session", "sub": KEY, "size": 7, "exp": NOW.timestamp() + 900})
    with pytest.raises(NotAuthorizedError):
        FolderAttachmentStore(tmp_path, tokens).redeem(session, now=NOW)


def test_what_came_first_stays(folder: FolderAttachmentStore) -> None:
    folder.write_new(KEY, b"first")
    with pytest.raises(AttachmentUploadedError):
        folder.write_new(KEY, b"second")
    assert folder.read(KEY) == b"first"
    assert list(folder.list()) == [KEY]


def test_the_folder_hands_out_its_files_itself_and_s3_does_not_take_uploads_through_us(
    folder: FolderAttachmentStore, bucket: S3AttachmentStore
) -> None:
    assert folder.download_address(KEY, name="a.txt", media_type="text/plain", expires_s=60) is None
    assert isinstance(folder, TakesUploads)
    assert not isinstance(bucket, TakesUploads)


def test_an_upload_to_s3_is_signed_with_its_length_and_as_the_only_one(bucket: S3AttachmentStore) -> None:
    address = bucket.upload_address(KEY, size_bytes=7, expires_at=NOW + timedelta(minutes=15))
    url = urlsplit(address.url)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.path == f"/{KEY}"
    assert url.netloc.startswith("files-test.s3.")
    assert asked["X-Amz-Expires"] == "900"
    assert set(asked["X-Amz-SignedHeaders"].split(";")) == {"content-length", "content-type", "host", "if-none-match"}
    assert address.headers == {"Content-Type": "application/octet-stream", "If-None-Match": "*"}


def test_a_file_comes_back_from_s3_as_a_download_under_its_name(bucket: S3AttachmentStore) -> None:
    address = bucket.download_address("files/x", name='Rechnung "März".pdf', media_type="application/pdf", expires_s=60)
    assert address is not None
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["X-Amz-Expires"] == "60"
    assert asked["response-content-type"] == "application/pdf"
    assert asked["response-content-disposition"] == "attachment; filename*=UTF-8''Rechnung%20%22M%C3%A4rz%22.pdf"
    assert "X-Amz-Signature" in asked


@pytest.mark.parametrize("name", ["folder", "bucket"])
def test_what_is_old_goes_and_nothing_else(name: str, request: pytest.FixtureRequest) -> None:
    store = request.getfixturevalue(name)
    kept = ["files/2026-05-01/c/f", "files/2026-06-01/c/f", "incoming/2026-05-31/c/f", "other/2020-01-01/c/f"]
    for key in [*kept, "files/2026-04-30/c/f", "incoming/2026-05-30/c/f"]:
        store.write(key, b"x")
    purge = PurgeAttachments(store, clock=FixedClock(), retention_days=30)
    assert purge.purge() == 2
    assert list(store.list()) == sorted(kept)
    assert purge.purge() == 0
