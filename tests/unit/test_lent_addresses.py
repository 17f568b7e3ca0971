"""Addresses at which a raw mail is fetched from S3 itself."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
from moto import mock_aws

from firstline.adapters.aws.object_store import S3ObjectStore
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.services.read_mail import LendsAddresses


def test_s3_lends_an_address_that_saves_and_never_shows_the_mail() -> None:
    with mock_aws():
        store = S3ObjectStore(boto3.client("s3", region_name="us-east-1"), "mail-test", prefix="in/")
        assert isinstance(store, LendsAddresses)
        address = urlsplit(store.address("kept/a b.eml", name='m"1\r\n.eml', expires_s=60))
    asked = parse_qs(address.query)
    assert address.path.endswith("/in/kept/a%20b.eml")
    assert asked["response-content-disposition"] == ["attachment; filename*=UTF-8''m%221%0D%0A.eml"]
    assert asked["response-content-type"] == ["application/octet-stream"]
    assert "Signature" in asked or "X-Amz-Signature" in asked


def test_a_folder_lends_none(tmp_path: Path) -> None:
    assert not isinstance(FolderObjectStore(tmp_path), LendsAddresses)
