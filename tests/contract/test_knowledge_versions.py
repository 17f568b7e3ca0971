"""Both knowledge indexes replace, retire and forget documents alike, whole and at once."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from firstline.domain.ports import KnowledgeIndex
from tests.contract.knowledge_cases import EAST, NORTH, embedded, found, version

pytestmark = pytest.mark.timeout(180)
LONGEST_OVERLAP_S = 60.0


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


def test_neighbours_are_the_chunks_of_one_document_in_a_range_in_order(index: KnowledgeIndex) -> None:
    chunks = [embedded(f"n{at}", f"text {at}", [1.0, at, 0.3, 0.1], position=at) for at in range(5)]
    index.replace_document(version(n_chunks=5), list(reversed(chunks)))
    index.replace_document(version("other.md"), [embedded("b", "x", NORTH, source="other.md", position=2)])
    assert index.neighbours("billing.md", 1, 3) == [entry.chunk for entry in chunks[1:4]]
    assert index.neighbours("billing.md", 4, 9) == [chunks[4].chunk]
    assert index.neighbours("nowhere.md", 0, 9) == []


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
