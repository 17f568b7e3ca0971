"""The order ``{"rebuild": true}`` makes the OpenSearch index anew from the whole bucket, in place of the one in use."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opensearchpy import OpenSearch

from firstline import bootstrap
from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.adapters.aws.knowledge_mapping import index_body
from firstline.adapters.aws.knowledge_rebuild import rebuild_index
from firstline.container import Container, assemble
from firstline.domain.errors import KnowledgeIndexMismatchError, KnowledgeIndexUnavailableError
from firstline.domain.ports import KnowledgeIndex
from firstline.settings import Settings
from functions.ingest_knowledge.handler import lambda_handler
from tests.component.world import World

pytestmark = [pytest.mark.opensearch, pytest.mark.timeout(180)]


@pytest.fixture
def alias(opensearch_client: OpenSearch) -> Iterator[str]:
    name = f"rebuilt-{uuid.uuid4().hex}"
    yield name
    opensearch_client.indices.delete(index=f"{name}*", ignore_unavailable=True)


@pytest.fixture
def on_opensearch(
    opensearch_client: OpenSearch,
    opensearch_port: int,
    alias: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Container:
    """A container whose knowledge lies in OpenSearch; what the handler gets from bootstrap."""
    world = World(tmp_path)
    index = OpenSearchKnowledgeIndex(
        opensearch_client, alias, dimensions=world.ports.embedder.dimensions, clock=world.clock
    )
    settings = Settings(
        runtime="aws", opensearch_endpoint=f"http://127.0.0.1:{opensearch_port}", opensearch_index=alias
    )
    container = assemble(settings, dataclasses.replace(world.ports, index=index))
    monkeypatch.setattr(bootstrap, "container", lambda: container)
    monkeypatch.setattr(bootstrap, "settings", lambda: settings)
    return container


def order() -> dict[str, Any]:
    return lambda_handler({"rebuild": True}, None)  # type: ignore[arg-type]


def test_an_index_whose_mapping_does_not_fit_any_more_is_made_anew_with_all_that_the_bucket_holds(
    on_opensearch: Container, opensearch_client: OpenSearch, alias: str
) -> None:
    index = on_opensearch.ports.index
    old = index_body(on_opensearch.ports.embedder.dimensions, replicas=0)
    old["mappings"]["_meta"]["schema"] = 0
    opensearch_client.indices.create(index=f"{alias}-1", body=old | {"aliases": {alias: {}}})
    with pytest.raises(KnowledgeIndexMismatchError):
        index.documents()
    on_opensearch.ports.objects.write("broken.md", b"")
    (report,) = order()["reports"]
    assert (report["documents"], report["unchanged"], report["added"]) == (1, 1, 0)
    assert set(index.documents()) == {"articles/accounts.md"}
    assert not on_opensearch.search_knowledge("how do I reset a forgotten password?").abstained
    (now,) = opensearch_client.indices.get(index=alias)
    assert now != f"{alias}-1"


def test_a_file_that_broke_before_a_rebuild_keeps_its_last_readable_version(on_opensearch: Container) -> None:
    index, objects = on_opensearch.ports.index, on_opensearch.ports.objects
    objects.write("articles/hours.md", b"# Hours\n\nMonday to Friday.")
    on_opensearch.ingest_knowledge.sync()
    objects.write("articles/hours.md", b"")
    (report,) = order()["reports"]
    assert [(part["source"], part["kept"]) for part in report["skipped"]] == [("articles/hours.md", True)]
    assert report["removed"] == 0
    assert [entry.chunk.text for entry in index.embedded_chunks("articles/hours.md")] == ["Monday to Friday."]


def test_where_nothing_is_indexed_yet_a_rebuild_makes_the_one_index(
    on_opensearch: Container, opensearch_client: OpenSearch, alias: str
) -> None:
    on_opensearch.ports.objects.write("broken.md", b"")
    (report,) = order()["reports"]
    assert (report["documents"], report["unchanged"]) == (1, 1)
    assert len(opensearch_client.indices.get(index=alias)) == 1


def test_of_two_rebuilds_at_once_the_one_whose_index_was_deleted_gives_up_and_the_other_is_in_use(
    on_opensearch: Container, opensearch_client: OpenSearch, alias: str
) -> None:
    on_opensearch.ingest_knowledge.sync()
    dimensions = on_opensearch.ports.embedder.dimensions

    def overtaken(new: KnowledgeIndex) -> None:
        assert dict(new.documents()) == {}
        order()
        ports = dataclasses.replace(on_opensearch.ports, index=new)
        assemble(on_opensearch.settings, ports).ingest_knowledge.sync()

    with pytest.raises(KnowledgeIndexUnavailableError, match="another rebuild"):
        rebuild_index(opensearch_client, alias, name=f"{alias}-slow", dimensions=dimensions, fill=overtaken)
    assert set(on_opensearch.ports.index.documents()) == {"articles/accounts.md"}
    assert not on_opensearch.search_knowledge("how do I reset a forgotten password?").abstained
    assert f"{alias}-slow" not in opensearch_client.indices.get(index=f"{alias}-*")
