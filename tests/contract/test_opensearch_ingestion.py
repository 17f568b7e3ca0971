"""Ingestion into a real OpenSearch that is away for a time, and writers that take turns."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from opensearchpy import OpenSearch

from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.adapters.aws.knowledge_rebuild import rebuild_index
from firstline.adapters.aws.knowledge_writer import KnowledgeWriter
from firstline.adapters.documents.reader import FileReader
from firstline.adapters.system import SystemClock
from firstline.domain.errors import KnowledgeIndexUnavailableError
from firstline.domain.knowledge import DocumentVersion
from firstline.services.ingest_knowledge import IngestKnowledge
from tests.unit.knowledge_doubles import DIMENSIONS, ObjectsInMemory, WordEmbedder

pytestmark = [pytest.mark.timeout(180), pytest.mark.opensearch]


class HandClock:
    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def name(opensearch_client: OpenSearch) -> Iterator[str]:
    name = f"ingestion-{uuid.uuid4().hex}"
    yield name
    opensearch_client.indices.delete(index=f"{name}*", ignore_unavailable=True)


def ingestion(objects: ObjectsInMemory, client: OpenSearch, name: str) -> IngestKnowledge:
    index = OpenSearchKnowledgeIndex(client, name, dimensions=DIMENSIONS)
    return IngestKnowledge(objects, index, WordEmbedder(), reader=FileReader(), clock=SystemClock())


def empty(source: str) -> DocumentVersion:
    return DocumentVersion(
        source=source, object_key=source, version="1", title="T", n_chunks=0, embedding_model="words/1"
    )


def test_what_changed_while_opensearch_was_away_is_refused_by_name_and_caught_up_by_the_next_sync(
    opensearch_client: OpenSearch,
    name: str,
) -> None:
    objects = ObjectsInMemory({"a.md": b"# A\n\nOld.", "b.md": b"# B\n\nStays."})
    ingestion(objects, opensearch_client, name).sync()
    objects.write("a.md", b"# A\n\nNew.")
    objects.write("c.md", b"# C\n\nAdded.")
    with OpenSearch([{"host": "127.0.0.1", "port": 9}], max_retries=0, timeout=1) as away:
        for key in ("a.md", "c.md"):
            with pytest.raises(KnowledgeIndexUnavailableError):
                ingestion(objects, away, name).ingest(key)
    report = ingestion(objects, opensearch_client, name).sync()
    assert (report.changed, report.added, report.unchanged) == (1, 1, 1)
    index = OpenSearchKnowledgeIndex(opensearch_client, name, dimensions=DIMENSIONS)
    assert [entry.chunk.text for entry in index.served_chunks()] == ["New.", "Stays.", "Added."]


def test_the_lease_of_a_writer_that_died_ends_and_before_that_others_wait_and_then_say_so(
    opensearch_client: OpenSearch,
    name: str,
) -> None:
    index = OpenSearchKnowledgeIndex(opensearch_client, name, dimensions=DIMENSIONS)
    index.prepare()
    clock, waited = HandClock(), [0.0]

    def wait(seconds: float) -> None:
        waited[0] += seconds

    dead = KnowledgeWriter(opensearch_client, name, clock=clock)
    dead._lease()
    other = KnowledgeWriter(opensearch_client, name, clock=clock, sleep=wait, longest_wait_s=1)
    with pytest.raises(KnowledgeIndexUnavailableError, match="another writer"):
        other.replace(empty("a.md"), [])
    assert waited[0] == pytest.approx(1, abs=0.1)
    clock.moment += timedelta(seconds=61)
    other.replace(empty("a.md"), [])
    assert set(index.documents()) == {"a.md"}


def test_a_writer_whose_lease_ran_out_does_not_end_the_lease_of_the_next(
    opensearch_client: OpenSearch,
    name: str,
) -> None:
    OpenSearchKnowledgeIndex(opensearch_client, name, dimensions=DIMENSIONS).prepare()
    clock = HandClock()
    slow, next_one = (
        KnowledgeWriter(opensearch_client, name, clock=clock, sleep=lambda _: None, longest_wait_s=1) for _ in range(2)
    )
    with slow._turn():
        clock.moment += timedelta(seconds=61)
        next_one._lease()
    with pytest.raises(KnowledgeIndexUnavailableError, match="another writer"):
        slow.delete("a.md")


def test_chunks_that_answers_cite_stay_readable_when_the_index_is_made_anew(
    opensearch_client: OpenSearch,
    name: str,
) -> None:
    objects = ObjectsInMemory({"a.md": b"# A\n\nFirst.", "b.md": b"# B\n\nLeft out."})
    ingestion(objects, opensearch_client, name).sync()
    index = OpenSearchKnowledgeIndex(opensearch_client, name, dimensions=DIMENSIONS)
    cited = [entry.chunk.chunk_id for entry in index.served_chunks()]
    objects.write("a.md", b"# A\n\nSecond.")
    ingestion(objects, opensearch_client, name).sync()
    objects.delete("b.md")

    def fill(new: object) -> None:
        IngestKnowledge(objects, new, WordEmbedder(), reader=FileReader(), clock=SystemClock()).sync()  # type: ignore[arg-type]

    rebuild_index(opensearch_client, name, name=f"{name}-2", dimensions=DIMENSIONS, fill=fill)
    assert [chunk.text for chunk in index.chunks(cited)] == ["First.", "Left out."]
    assert [entry.chunk.text for entry in index.served_chunks()] == ["Second."]
    assert index.purge_retired(datetime.now(UTC) + timedelta(days=1)) == 2
