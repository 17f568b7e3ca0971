"""Attached files on both sides: SQLite and a folder, DynamoDB and S3 with addresses that clients really use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config

from firstline.adapters.aws.attachment_store import S3AttachmentStore
from firstline.adapters.aws.table_retries import presigning_config, quick_config
from firstline.adapters.documents.limits import ATTACHMENT_LIMITS
from firstline.adapters.documents.reader import FileReader
from firstline.adapters.system import SystemIds
from firstline.attached_files import AttachedFiles, assemble_attached_files
from firstline.domain.attachment_errors import AttachmentUnfinishedError, AttachmentUsedError
from firstline.domain.attachment_ports import AttachmentPorts
from firstline.domain.errors import MessageIdConflictError
from firstline.domain.ports import Table
from firstline.repositories.counters import Counters
from firstline.settings import Settings
from tests.component.world import World
from tests.contract.conftest import SettableClock
from tests.unit.test_attachment_rules import PDF


@pytest.fixture
def s3_files(ministack_endpoint: str, sqlite_table: Table, clock: SettableClock) -> Iterator[AttachedFiles]:
    by_path = Config(s3={"addressing_style": "path"})
    config = quick_config().merge(presigning_config()).merge(by_path)
    client = boto3.client("s3", endpoint_url=ministack_endpoint, config=config)
    client.create_bucket(Bucket="attachments-test")
    ids = SystemIds()
    store = S3AttachmentStore(client, "attachments-test", clock=clock)
    counters = Counters(sqlite_table, clock=clock, ids=ids, retention_days=90)
    ports = AttachmentPorts(store, FileReader(ATTACHMENT_LIMITS))
    yield assemble_attached_files(Settings(), ports, table=sqlite_table, counters=counters, clock=clock, ids=ids)
    client.close()


def test_a_message_takes_its_files_once_on_either_table(table: Table, tmp_path: Path) -> None:
    world = World(tmp_path, table=table)
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    conversation = world.open()
    files = world.container.attached_files
    one, two = (files.receive.store(conversation, f"{name}.txt", name.encode()).file_id for name in ("one", "two"))

    def say(message_id: str, *file_ids: str) -> int:
        accepted = world.container.accept_message.accept(
            conversation, message_id, "look", channel="chat", correlation_id="test", attachments=file_ids
        )
        return accepted.seq

    assert say("m1", one, two) == say("m1", one, two)
    with pytest.raises(MessageIdConflictError):
        say("m1", one)
    with pytest.raises(AttachmentUsedError):
        say("m2", two)
    announced = files.receive.announce(conversation, "late.txt", 4)
    with pytest.raises(AttachmentUnfinishedError):
        say("m2", announced.file.file_id)
    (event,) = world.container.conversations.latest_events(conversation, limit=1)
    assert [file["name"] for file in event.detail["attachments"]] == ["one.txt", "two.txt"]
    assert files.read.text(conversation, one) == "one"
    assert len(table.query(f"CONV#{conversation}", sk_prefix="FILE#", consistent=True).items) == 3


def test_a_client_puts_a_file_to_s3_and_gets_it_back(s3_files: AttachedFiles) -> None:
    announced = s3_files.receive.announce("c1", "Größe 7.pdf", len(PDF))
    file_id = announced.file.file_id
    with pytest.raises(AttachmentUnfinishedError):
        s3_files.read.ready("c1", file_id)
    put = httpx.put(announced.upload.url, content=PDF, headers=dict(announced.upload.headers))
    assert put.status_code == 200
    assert s3_files.read.ready("c1", file_id).kind.value == "pdf"
    assert "The router keeps" in s3_files.read.text("c1", file_id)
    opened = s3_files.read.open("c1", file_id)
    assert opened.address is not None
    got = httpx.get(opened.address, timeout=60)
    assert got.content == PDF
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%207.pdf"
    assert s3_files.read.content("c1", file_id) == PDF
