"""Both knowledge indexes obey the same port and give the same scores."""

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from opensearchpy import OpenSearch

from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.adapters.aws.knowledge_mapping import index_body
from firstline.domain.errors import KnowledgeIndexMismatchError, KnowledgeIndexUnavailableError
from firstline.domain.knowledge import Candidate, Chunk, DocumentVersion, EmbeddedChunk, SearchFilter
from firstline.domain.ports import KnowledgeIndex
from firstline.domain.ranking import fuse
from tests.contract.knowledge_fixtures import DIMENSIONS

pytestmark = pytest.mark.timeout(180)
NORTH = [1.0, 0.0, 0.0, 0.0]
EAST = [0.0, 1.0, 0.0, 0.0]
BETWEEN = [0.8, 0.6, 0.0, 0.0]
LONGEST_OVERLAP_S = 60.0
AWAY = [-1.0, 0.0, 0.0, 0.0]


@pytest.fixture(params=["sqlite", pytest.param("opensearch", marks=pytest.mark.opensearch)])
def index(request: pytest.FixtureRequest) -> KnowledgeIndex:
    found: KnowledgeIndex = request.getfixturevalue(f"{request.param}_index")
    return found


def unit(values: list[float]) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def embedded(
    name: str,
    text: str,
    vector: list[float],
    *,
    source: str = "billing.md",
    heading: list[float] | None = None,
    position: int = 0,
    category: str = "billing_inquiry",
    language: str = "en",
) -> EmbeddedChunk:
    chunk = Chunk(
        chunk_id=f"{source}#{name}",
        source=source,
        title="Handbook",
        heading_path=(name,),
        anchor=name,
        text=text,
        position=position,
        category=category,
        language=language,
        content_hash=f"{source}/{name}/{text}",
    )
    return EmbeddedChunk(chunk, unit(vector), unit(heading or vector))


def version(source: str = "billing.md", number: str = "1", n_chunks: int = 1) -> DocumentVersion:
    return DocumentVersion(
        source=source, object_key=source, version=number, title="Handbook", n_chunks=n_chunks, embedding_model="test"
    )


def found(index: KnowledgeIndex, text: str, vector: list[float], **options: object) -> dict[str, Candidate]:
    limit = options.pop("limit", 10)
    assert isinstance(limit, int)
    only = options.pop("only", None)
    assert only is None or isinstance(only, SearchFilter)
    candidates = index.candidates(text, unit(vector), limit=limit, only=only)
    return {candidate.chunk.anchor: candidate for candidate in candidates}


def test_an_empty_index_has_no_documents_and_finds_nothing(index: KnowledgeIndex) -> None:
    assert dict(index.documents()) == {}
    assert index.candidates("refund", unit(NORTH), limit=5) == []
    assert index.chunks(["billing.md#refund"]) == []
    assert index.embedded_chunks("billing.md") == []


def test_a_document_is_found_by_its_words_and_by_its_vector(index: KnowledgeIndex) -> None:
    index.replace_document(
        version(n_chunks=2),
        [
            embedded("refund", "Refunds take five days.", NORTH, heading=BETWEEN),
            embedded("invoice", "Download the invoice as a file.", EAST, position=1),
        ],
    )
    hits = found(index, "how long does a refund take", BETWEEN)
    assert hits["refund"].bm25 > 0
    assert hits["invoice"].bm25 == 0
    assert hits["refund"].text_cosine == pytest.approx(0.8, abs=1e-5)
    assert hits["refund"].heading_cosine == pytest.approx(1.0, abs=1e-5)
    assert hits["invoice"].text_cosine == pytest.approx(0.6, abs=1e-5)


def test_opposite_vectors_have_a_cosine_of_minus_one(index: KnowledgeIndex) -> None:
    index.replace_document(version(), [embedded("refund", "Refunds", AWAY)])
    assert found(index, "refund", NORTH)["refund"].text_cosine == pytest.approx(-1.0, abs=1e-5)


def test_words_match_in_any_inflection_and_codes_as_a_whole(index: KnowledgeIndex) -> None:
    index.replace_document(
        version(n_chunks=3),
        [
            embedded("a", "Refunded invoices", NORTH),
            embedded("b", "Error SYNC-409 stops the import", EAST, position=1),
            embedded("c", "Error SYNC-410 stops it, 409 times", EAST, position=2),
        ],
    )
    assert found(index, "refunding an invoice", NORTH)["a"].bm25 > 0
    codes = found(index, "sync-409", EAST)
    assert codes["b"].bm25 > codes["c"].bm25 > 0


def test_a_match_in_the_heading_counts_more_than_one_in_the_text(index: KnowledgeIndex) -> None:
    index.replace_document(
        version(n_chunks=2),
        [
            embedded("refund", "Money comes back quickly.", NORTH),
            embedded("money", "A refund comes back quickly.", NORTH, position=1),
        ],
    )
    hits = found(index, "refund", NORTH)
    assert hits["refund"].bm25 > hits["money"].bm25 > 0


def test_a_chunk_found_only_by_vector_still_has_its_score_by_words(index: KnowledgeIndex) -> None:
    index.replace_document(
        version(n_chunks=3),
        [
            embedded("far", "refund refund refund", AWAY),
            embedded("near", "A long text that mentions a refund once among many other words.", NORTH, position=1),
            embedded("other", "unrelated", EAST, position=2),
        ],
    )
    hits = found(index, "refund", NORTH, limit=1)
    assert set(hits) == {"far", "near"}
    assert hits["far"].bm25 > hits["near"].bm25 > 0
    assert hits["far"].text_cosine == pytest.approx(-1.0, abs=1e-5)


def test_a_search_returns_at_most_twice_the_limit(index: KnowledgeIndex) -> None:
    chunks = [embedded(f"n{at}", f"refund {at}", [1.0, at / 10, 0.0, 0.0], position=at) for at in range(12)]
    index.replace_document(version(n_chunks=12), chunks)
    assert 3 <= len(found(index, "refund", NORTH, limit=3)) <= 6


def test_only_the_asked_categories_and_languages_are_found(index: KnowledgeIndex) -> None:
    index.replace_document(
        version(n_chunks=3),
        [
            embedded("a", "refund", NORTH),
            embedded("b", "refund", NORTH, position=1, category="bug_report"),
            embedded("c", "refund", NORTH, position=2, language="de"),
        ],
    )
    assert set(found(index, "refund", NORTH, only=SearchFilter(categories=frozenset({"bug_report"})))) == {"b"}
    assert set(found(index, "refund", NORTH, only=SearchFilter(languages=frozenset({"de"})))) == {"c"}
    both = SearchFilter(categories=frozenset({"bug_report"}), languages=frozenset({"de"}))
    assert found(index, "refund", NORTH, only=both) == {}


def test_a_new_version_takes_the_place_of_the_old_one(index: KnowledgeIndex) -> None:
    index.replace_document(
        version(n_chunks=2), [embedded("a", "refund in five days", NORTH), embedded("b", "old", EAST, position=1)]
    )
    index.replace_document(version(number="2"), [embedded("a", "refund in nine days", EAST)])
    hits = found(index, "refund", EAST)
    assert [hit.chunk.text for hit in hits.values()] == ["refund in nine days"]
    assert hits["a"].text_cosine == pytest.approx(1.0, abs=1e-5)
    assert index.documents()["billing.md"] == version(number="2")


def test_an_older_search_result_is_not_changed_by_a_new_version(index: KnowledgeIndex) -> None:
    index.replace_document(version(), [embedded("a", "refund in five days", NORTH)])
    before = found(index, "refund", NORTH)
    index.replace_document(version(number="2"), [embedded("a", "nothing here", NORTH)])
    assert before["a"].chunk.text == "refund in five days"
    assert found(index, "refund", NORTH)["a"].bm25 == 0


def test_a_deleted_document_is_gone_and_deleting_it_again_is_no_error(index: KnowledgeIndex) -> None:
    index.replace_document(version(), [embedded("a", "refund", NORTH)])
    index.replace_document(version("other.md"), [embedded("b", "refund", NORTH, source="other.md")])
    index.delete_document("billing.md")
    index.delete_document("billing.md")
    assert set(found(index, "refund", NORTH)) == {"b"}
    assert set(index.documents()) == {"other.md"}


def test_chunks_come_back_in_the_order_asked_without_those_that_are_missing(index: KnowledgeIndex) -> None:
    first, second = embedded("a", "one", NORTH), embedded("b", "two", EAST, position=1)
    index.replace_document(version(n_chunks=2), [first, second])
    assert index.chunks(["billing.md#b", "billing.md#x", "billing.md#a"]) == [second.chunk, first.chunk]


def test_replaced_and_deleted_chunks_stay_readable_by_id_and_are_never_found(index: KnowledgeIndex) -> None:
    old, gone = embedded("a", "refund in five days", NORTH), embedded("b", "refund by cheque", NORTH, position=1)
    index.replace_document(version(n_chunks=2), [old, gone])
    index.replace_document(version(number="2"), [embedded("c", "refund in nine days", NORTH)])
    assert index.chunks(["billing.md#b", "billing.md#a"]) == [gone.chunk, old.chunk]
    assert set(found(index, "refund", NORTH)) == {"c"}
    index.delete_document("billing.md")
    assert [chunk.text for chunk in index.chunks(["billing.md#c", "billing.md#a"])] == [
        "refund in nine days",
        "refund in five days",
    ]
    assert found(index, "refund", NORTH) == {}
    assert list(index.served_chunks()) == []
    assert index.embedded_chunks("billing.md") == []
    assert index.neighbours("billing.md", 0, 9) == []
    assert dict(index.documents()) == {}


def test_a_chunk_that_is_served_again_is_found_again_and_outlives_the_purge(index: KnowledgeIndex) -> None:
    chunk = embedded("a", "refund in five days", NORTH)
    index.replace_document(version(), [chunk])
    index.delete_document("billing.md")
    index.replace_document(version(), [chunk])
    assert index.purge_retired(datetime.now(UTC) + timedelta(days=1)) == 0
    assert index.chunks(["billing.md#a"]) == [chunk.chunk]
    assert set(found(index, "refund", NORTH)) == {"a"}


def test_retired_chunks_are_forgotten_once_they_are_old_enough(index: KnowledgeIndex) -> None:
    index.replace_document(version(), [embedded("a", "refund in five days", NORTH)])
    index.replace_document(version(number="2"), [embedded("b", "refund in nine days", NORTH)])
    assert index.purge_retired(datetime.now(UTC) - timedelta(days=90)) == 0
    assert len(index.chunks(["billing.md#a"])) == 1
    assert index.purge_retired(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert index.chunks(["billing.md#a"]) == []
    assert set(found(index, "refund", NORTH)) == {"b"}


def test_vectors_are_found_by_content_in_any_document_of_the_same_model(index: KnowledgeIndex) -> None:
    chunk = embedded("a", "refund", NORTH, heading=EAST)
    index.replace_document(version(), [chunk])
    index.replace_document(version("other.md"), [embedded("b", "invoice", EAST, source="other.md")])
    known = index.embedded_with("test", [chunk.chunk.content_hash, "unknown"])
    assert list(known) == [chunk.chunk.content_hash]
    assert known[chunk.chunk.content_hash].text_vector == pytest.approx(chunk.text_vector, abs=1e-6)
    assert known[chunk.chunk.content_hash].heading_vector == pytest.approx(chunk.heading_vector, abs=1e-6)
    assert index.embedded_with("another model", [chunk.chunk.content_hash]) == {}
    assert index.embedded_with("test", []) == {}
    index.delete_document("billing.md")
    assert index.embedded_with("test", [chunk.chunk.content_hash]) == {}


def test_all_served_chunks_come_by_source_and_position(index: KnowledgeIndex) -> None:
    index.replace_document(version("b.md"), [embedded("x", "refund", NORTH, source="b.md")])
    two = [embedded("y", "one", NORTH, source="a.md"), embedded("z", "two", EAST, source="a.md", position=1)]
    index.replace_document(version("a.md", n_chunks=2), two)
    served = list(index.served_chunks())
    assert [entry.chunk.anchor for entry in served] == ["y", "z", "x"]
    assert served[1].text_vector == pytest.approx(two[1].text_vector, abs=1e-6)


def test_two_writers_at_once_leave_one_whole_version(index: KnowledgeIndex) -> None:
    """Chunks of the versions have different names, so that leftovers of one beside the other would show."""

    def write(name: str) -> None:
        for number in range(6):
            chunks = [embedded(f"{name}{number}-{at}", "refund", [1.0, at / 10, 0, 0], position=at) for at in range(4)]
            index.replace_document(version(number=f"{name}{number}", n_chunks=4), chunks)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("p", "q")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    last = index.documents()["billing.md"].version
    assert set(found(index, "refund", NORTH, limit=50)) == {f"{last}-{at}" for at in range(4)}


def test_embedded_chunks_come_back_as_they_were_written_in_order(index: KnowledgeIndex) -> None:
    chunks = [embedded(f"n{at}", f"text {at}", [1.0, at, 0.3, 0.1], position=at, heading=EAST) for at in range(3)]
    index.replace_document(version(n_chunks=3), list(reversed(chunks)))
    stored = index.embedded_chunks("billing.md")
    assert [entry.chunk for entry in stored] == [entry.chunk for entry in chunks]
    for entry, written in zip(stored, chunks, strict=True):
        assert entry.text_vector == pytest.approx(written.text_vector, abs=1e-6)
        assert entry.heading_vector == pytest.approx(written.heading_vector, abs=1e-6)


def test_a_misspelt_word_is_corrected_to_the_nearest_word_of_the_chunks(index: KnowledgeIndex) -> None:
    index.replace_document(
        version(n_chunks=2),
        [
            embedded("a", "Download the invoice of your subscription.", NORTH),
            embedded("b", "The invoices are sent; an invoice is due.", EAST, position=1),
        ],
    )
    words = ["invioce", "downlod", "subscribtoin", "zzzz", "invoice", "Dowload", "xinvoice"]
    assert dict(index.corrections(words)) == {
        "invioce": "invoice",
        "downlod": "download",
        "subscribtoin": "subscription",
        "Dowload": "download",
    }
    assert dict(index.corrections([])) == {}


def test_words_of_a_deleted_document_correct_nothing(sqlite_index: KnowledgeIndex) -> None:
    index = sqlite_index
    index.replace_document(version(), [embedded("a", "invoice", NORTH)])
    index.replace_document(version("other.md"), [embedded("b", "refund", NORTH, source="other.md")])
    assert dict(index.corrections(["invioce"])) == {"invioce": "invoice"}
    index.delete_document("billing.md")
    assert dict(index.corrections(["invioce", "refudn"])) == {"refudn": "refund"}


def test_neighbours_are_the_chunks_of_one_document_in_a_range_in_order(index: KnowledgeIndex) -> None:
    chunks = [embedded(f"n{at}", f"text {at}", [1.0, at, 0.3, 0.1], position=at) for at in range(5)]
    index.replace_document(version(n_chunks=5), list(reversed(chunks)))
    index.replace_document(version("other.md"), [embedded("b", "x", NORTH, source="other.md", position=2)])
    assert index.neighbours("billing.md", 1, 3) == [entry.chunk for entry in chunks[1:4]]
    assert index.neighbours("billing.md", 4, 9) == [chunks[4].chunk]
    assert index.neighbours("nowhere.md", 0, 9) == []


def test_a_query_is_words_and_never_syntax(index: KnowledgeIndex) -> None:
    index.replace_document(version(), [embedded("a", "refund", NORTH)])
    for query in ('refund" OR *', "refund AND NOT x", "terms:(", "NEAR(refund)", "refund*", "{", "'; DROP TABLE chunk"):
        assert "a" in found(index, query, NORTH)


def test_a_query_of_three_thousand_words_is_answered(index: KnowledgeIndex) -> None:
    index.replace_document(version(), [embedded("a", "refund", NORTH)])
    assert "a" in found(index, " ".join(f"word{at}" for at in range(3000)) + " refund", NORTH)


def test_a_long_source_and_unusual_letters_survive(index: KnowledgeIndex) -> None:
    source = "deep/" * 150 + "Uber-uns #1 \u00fc\u4e2d.md"
    index.replace_document(version(source), [embedded("a", "caf\u00e9 \u4e2d\u6587 refund", NORTH, source=source)])
    assert found(index, "refund", NORTH)["a"].chunk.source == source
    assert set(index.documents()) == {source}
    index.delete_document(source)
    assert dict(index.documents()) == {}


def test_a_vector_of_another_length_is_refused_by_name(index: KnowledgeIndex) -> None:
    with pytest.raises(KnowledgeIndexMismatchError, match="4 dimensions"):
        index.replace_document(version(), [embedded("a", "refund", [1.0, 0.0])])
    with pytest.raises(KnowledgeIndexMismatchError, match="4 dimensions"):
        index.candidates("refund", unit([1.0, 0.0]), limit=5)
    assert dict(index.documents()) == {}


def test_a_search_sees_a_document_whole_while_it_is_replaced(index: KnowledgeIndex) -> None:
    """Every version has eight chunks with one text; a mixture, or none, would show as another set."""

    def write(number: int) -> None:
        chunks = [embedded(f"n{at}", f"refund version{number}", [1.0, at / 10, 0, 0], position=at) for at in range(8)]
        index.replace_document(version(number=str(number), n_chunks=8), chunks)

    write(0)
    seen: list[set[str]] = []
    sizes: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            hits = found(index, "refund", NORTH, limit=20)
            seen.append({hit.chunk.text for hit in hits.values()})
            sizes.append(len(hits))

    reader = threading.Thread(target=read)
    reader.start()
    deadline = time.monotonic() + LONGEST_OVERLAP_S
    number = 0
    # A busy machine may let one thread run far ahead, so the two go on until they have overlapped.
    while (number < 8 or len(seen) < 12) and time.monotonic() < deadline and reader.is_alive():
        number += 1
        write(number)
    done.set()
    reader.join()
    assert len(seen) >= 12
    assert set(sizes) == {8}
    assert {len(texts) for texts in seen} == {1}


@pytest.mark.opensearch
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


@pytest.mark.opensearch
def test_an_opensearch_that_does_not_answer_is_a_named_error() -> None:
    with OpenSearch([{"host": "127.0.0.1", "port": 9}], max_retries=0, timeout=1) as client:
        index = OpenSearchKnowledgeIndex(client, "knowledge", dimensions=DIMENSIONS)
        with pytest.raises(KnowledgeIndexUnavailableError):
            index.documents()
        with pytest.raises(KnowledgeIndexUnavailableError):
            index.candidates("refund", unit(NORTH), limit=5)
