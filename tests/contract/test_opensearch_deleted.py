"""An index that is deleted under a process that has used it is missed, never replaced by one of another make."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from opensearchpy import OpenSearch

from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.domain.errors import KnowledgeIndexUnavailableError
from firstline.domain.ports import KnowledgeIndex
from tests.contract.knowledge_cases import NORTH, embedded, unit, version
from tests.contract.knowledge_fixtures import DIMENSIONS

pytestmark = [pytest.mark.opensearch, pytest.mark.timeout(180)]
CALLS: dict[str, Callable[[KnowledgeIndex], object]] = {
    "a search": lambda index: index.candidates("refund", unit(NORTH), limit=5),
    "a read by id": lambda index: index.chunks(["a"]),
    "a list": lambda index: index.documents(),
    "a write": lambda index: index.replace_document(version(number="2"), [embedded("a", "refund", NORTH)]),
    "a deletion": lambda index: index.delete_document("billing.md"),
}


@pytest.fixture
def alias(opensearch_client: OpenSearch) -> Iterator[str]:
    name = f"deleted-{uuid.uuid4().hex}"
    yield name
    opensearch_client.indices.delete(index=f"{name}*", ignore_unavailable=True)


@pytest.mark.parametrize("name", CALLS)
def test_the_first_call_after_the_index_was_deleted_says_so_and_the_next_finds_it_made_anew(
    opensearch_client: OpenSearch, alias: str, name: str
) -> None:
    index = OpenSearchKnowledgeIndex(opensearch_client, alias, dimensions=DIMENSIONS)
    index.replace_document(version(), [embedded("a", "refund", NORTH)])
    opensearch_client.indices.delete(index=f"{alias}-1")
    with pytest.raises(KnowledgeIndexUnavailableError):
        CALLS[name](index)
    assert list(opensearch_client.indices.get(index=f"{alias}*")) == []
    assert dict(index.documents()) == {}
    assert list(opensearch_client.indices.get(index=alias)) == [f"{alias}-1"]
    index.replace_document(version(), [embedded("a", "refund", NORTH)])
    assert [found.chunk.text for found in index.candidates("refund", unit(NORTH), limit=5)] == ["refund"]


def test_an_index_without_an_alias_is_written_to_under_its_own_name(opensearch_client: OpenSearch, alias: str) -> None:
    OpenSearchKnowledgeIndex(opensearch_client, alias, dimensions=DIMENSIONS).prepare()
    concrete = OpenSearchKnowledgeIndex(opensearch_client, f"{alias}-1", dimensions=DIMENSIONS)
    concrete.replace_document(version(), [embedded("a", "refund", NORTH)])
    assert set(concrete.documents()) == {"billing.md"}
    concrete.delete_document("billing.md")
    assert dict(concrete.documents()) == {}
