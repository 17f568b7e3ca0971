"""The OpenSearch index beside the local one, on an index of another make, and with nobody at its address."""

import uuid

import numpy as np
import pytest
from opensearchpy import OpenSearch

from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.adapters.aws.knowledge_mapping import index_body
from firstline.domain.errors import KnowledgeIndexMismatchError, KnowledgeIndexUnavailableError
from firstline.domain.ports import KnowledgeIndex
from firstline.domain.ranking import fuse
from tests.contract.knowledge_cases import NORTH, embedded, found, unit, version
from tests.contract.knowledge_fixtures import DIMENSIONS

pytestmark = [pytest.mark.opensearch, pytest.mark.timeout(180)]


def test_both_indexes_give_the_same_candidates_scores_and_order(
    sqlite_index: KnowledgeIndex,
    opensearch_index: KnowledgeIndex,
) -> None:
    words = "refund invoice card plan export team role login password sync error device report shift holiday".split()  # noqa: SIM905
    random = np.random.default_rng(7)
    for number in range(12):
        source = f"{number}.md"
        chunks = [
            embedded(
                f"s{number}-{at}",
                " ".join(random.choice(words, size=int(random.integers(5, 40)))),
                random.normal(size=DIMENSIONS).tolist(),
                heading=random.normal(size=DIMENSIONS).tolist(),
                source=source,
                position=at,
            )
            for at in range(5)
        ]
        for index in (sqlite_index, opensearch_index):
            index.replace_document(version(source, n_chunks=5), chunks)
    for _ in range(25):
        query, vector = " ".join(random.choice(words, size=4)), random.normal(size=DIMENSIONS).tolist()
        ours, theirs = (found(index, query, vector, limit=60) for index in (sqlite_index, opensearch_index))
        assert ours.keys() == theirs.keys()
        names = sorted(ours)
        for score in ("text_cosine", "heading_cosine"):
            values = [[getattr(side[name], score) for name in names] for side in (ours, theirs)]
            assert values[0] == pytest.approx(values[1], abs=1e-4)
        bm25 = np.array([[side[name].bm25 for name in names] for side in (ours, theirs)])
        # OpenSearch rounds lengths to four binary digits, and scores 2.2 times ours.
        assert np.corrcoef(bm25)[0, 1] > 0.99
        ranked = [[entry.chunk.anchor for entry in fuse(list(side.values()))] for side in (ours, theirs)]
        assert ranked[0][0] in ranked[1][:2]
        assert len(set(ranked[0][:5]) & set(ranked[1][:5])) >= 4


def test_an_existing_opensearch_index_with_another_mapping_is_refused_with_what_differs(
    opensearch_client: OpenSearch,
) -> None:
    name = f"other-{uuid.uuid4().hex}"
    body = index_body(8, replicas=0)
    body["mappings"]["properties"]["category"] = {"type": "text"}
    del body["mappings"]["properties"]["language"]
    opensearch_client.indices.create(index=name, body=body)
    with pytest.raises(KnowledgeIndexMismatchError) as refusal:
        OpenSearchKnowledgeIndex(opensearch_client, name, dimensions=DIMENSIONS).documents()
    for difference in (
        "text_vector.dimension is 8, not 4",
        "category.type is text, not keyword",
        "language is missing",
    ):
        assert difference in str(refusal.value)
    opensearch_client.indices.delete(index=name)


def test_a_second_opensearch_client_finds_the_index_of_the_first_fitting(
    opensearch_client: OpenSearch,
    opensearch_index: OpenSearchKnowledgeIndex,
) -> None:
    opensearch_index.replace_document(version(), [embedded("a", "refund", NORTH)])
    second = OpenSearchKnowledgeIndex(opensearch_client, opensearch_index._index, dimensions=DIMENSIONS)
    assert set(found(second, "refund", NORTH)) == {"a"}


def test_an_opensearch_that_does_not_answer_is_a_named_error() -> None:
    with OpenSearch([{"host": "127.0.0.1", "port": 9}], max_retries=0, timeout=1) as client:
        index = OpenSearchKnowledgeIndex(client, "knowledge", dimensions=DIMENSIONS)
        with pytest.raises(KnowledgeIndexUnavailableError):
            index.documents()
        with pytest.raises(KnowledgeIndexUnavailableError):
            index.candidates("refund", unit(NORTH), limit=5)
