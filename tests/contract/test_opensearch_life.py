"""The OpenSearch index is rebuilt under its readers, outlives its node, and ranks as the local one does."""

import json
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from opensearchpy import OpenSearch
from opensearchpy.exceptions import OpenSearchException

from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.adapters.aws.knowledge_rebuild import rebuild_index
from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.system import SystemClock
from firstline.domain.errors import KnowledgeIndexUnavailableError
from firstline.domain.ports import KnowledgeIndex
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.search_knowledge import SearchKnowledge
from tests.component.world import HashingEmbedder
from tests.contract.knowledge_cases import NORTH, embedded, unit, version
from tests.contract.knowledge_fixtures import DIMENSIONS, ROOT, free_port, running_node

pytestmark = [pytest.mark.opensearch, pytest.mark.timeout(180)]
N_QUESTIONS = 60


@pytest.fixture
def alias(opensearch_client: OpenSearch) -> Iterator[str]:
    name = f"alias-{uuid.uuid4().hex}"
    yield name
    opensearch_client.indices.delete(index=f"{name}*", ignore_unavailable=True)


def test_searches_find_the_old_version_or_the_new_one_while_the_index_is_rebuilt(
    opensearch_client: OpenSearch,
    alias: str,
) -> None:
    index = OpenSearchKnowledgeIndex(opensearch_client, alias, dimensions=DIMENSIONS)
    index.replace_document(version(), [embedded("a", "refund version0", NORTH)])
    seen: list[str] = []
    rebuilt = threading.Event()

    def read() -> None:
        while not rebuilt.is_set():
            (found,) = index.candidates("refund", unit(NORTH), limit=5)
            seen.append(found.chunk.text)

    reader = threading.Thread(target=read)
    reader.start()
    for number in (2, 3, 4):
        chunk = embedded("a", f"refund version{number}", NORTH)

        def fill(new: KnowledgeIndex, number: int = number, chunk: object = chunk) -> None:
            new.replace_document(version(number=str(number)), [chunk])  # type: ignore[list-item]

        rebuild_index(opensearch_client, alias, name=f"{alias}-{number}", dimensions=DIMENSIONS, fill=fill)
    rebuilt.set()
    reader.join()
    (last,) = index.candidates("refund", unit(NORTH), limit=5)
    assert last.chunk.text == "refund version4"
    assert seen == sorted(seen)
    assert seen[0] == "refund version0"
    assert list(opensearch_client.indices.get(index=alias)) == [f"{alias}-4"]
    assert sorted(opensearch_client.indices.get(index=f"{alias}-*")) == [f"{alias}-3", f"{alias}-4"]


def test_a_rebuild_that_fails_leaves_the_index_in_use_as_it_was(
    opensearch_client: OpenSearch,
    alias: str,
) -> None:
    index = OpenSearchKnowledgeIndex(opensearch_client, alias, dimensions=DIMENSIONS)
    index.replace_document(version(), [embedded("a", "refund", NORTH)])

    def fail(new: KnowledgeIndex) -> None:
        new.replace_document(version(number="2"), [])
        raise OSError("the bucket went away")

    with pytest.raises(OSError, match="the bucket went away"):
        rebuild_index(opensearch_client, alias, name=f"{alias}-2", dimensions=DIMENSIONS, fill=fail)
    assert [found.chunk.text for found in index.candidates("refund", unit(NORTH), limit=5)] == ["refund"]
    assert not opensearch_client.indices.exists(index=f"{alias}-2")
    with pytest.raises(ValueError, match="is taken"):
        rebuild_index(opensearch_client, alias, name=alias, dimensions=DIMENSIONS, fill=fail)


def test_a_node_that_is_killed_is_a_named_error_and_what_it_held_is_back_with_it(
    tmp_path: Path,
    opensearch_parts: None,
) -> None:
    port = free_port()
    with OpenSearch([{"host": "127.0.0.1", "port": port}], max_retries=0, timeout=30) as client:
        index = OpenSearchKnowledgeIndex(client, "knowledge", dimensions=DIMENSIONS)
        with running_node(tmp_path, port) as process:
            index.replace_document(version(), [embedded("a", "refund", NORTH)])
            process.kill()
            process.wait()
            with pytest.raises(KnowledgeIndexUnavailableError):
                index.candidates("refund", unit(NORTH), limit=5)
            with pytest.raises(KnowledgeIndexUnavailableError):
                index.replace_document(version(number="2"), [])
        with running_node(tmp_path, port):
            client.cluster.health(wait_for_status="yellow")
            assert [found.chunk.text for found in index.candidates("refund", unit(NORTH), limit=5)] == ["refund"]
            index.replace_document(version(number="2"), [embedded("a", "refund in nine days", NORTH)])
            assert [chunk.text for chunk in index.neighbours("billing.md", 0, 0)] == ["refund in nine days"]


def test_both_indexes_give_the_same_three_first_chunks_for_our_own_questions(
    opensearch_client: OpenSearch,
    alias: str,
    tmp_path: Path,
) -> None:
    embedder = HashingEmbedder()
    lines = (ROOT / "knowledge" / "evaluation" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["text"] for line in lines[:: max(1, len(lines) // N_QUESTIONS)]]
    found: list[list[list[str]]] = []
    local = SQLiteKnowledgeIndex(tmp_path / "knowledge.db", dimensions=embedder.dimensions)
    remote = OpenSearchKnowledgeIndex(opensearch_client, alias, dimensions=embedder.dimensions)
    for index in (local, remote):
        IngestKnowledge(
            FolderObjectStore(ROOT / "knowledge"), index, embedder, reader=FileReader(), clock=SystemClock()
        ).sync()
        search = SearchKnowledge(index, embedder)
        found.append([[entry.chunk.chunk_id for entry in search(text, limit=3).ranked] for text in questions])
    local.close()
    same = sum(ours == theirs for ours, theirs in zip(*found, strict=True))
    assert len(questions) >= N_QUESTIONS
    assert same >= 0.95 * len(questions)


def test_a_broken_answer_of_the_client_is_never_taken_for_an_empty_index(alias: str) -> None:
    with OpenSearch([{"host": "127.0.0.1", "port": free_port()}], max_retries=0, timeout=1) as client:
        index = OpenSearchKnowledgeIndex(client, alias, dimensions=DIMENSIONS)
        with pytest.raises(KnowledgeIndexUnavailableError) as refusal:
            index.corrections(["refudn"])
        assert isinstance(refusal.value.__cause__, OpenSearchException)
