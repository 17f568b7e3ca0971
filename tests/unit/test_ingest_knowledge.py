"""The index follows the knowledge folder: created, changed, renamed, deleted, broken."""

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SCHEMA_VERSION, SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
from firstline.domain.errors import (
    EmbedderUnavailableError,
    KnowledgeIndexMismatchError,
    KnowledgeIndexUnavailableError,
    KnowledgeTooLargeError,
    StoreUnavailableError,
)
from firstline.domain.knowledge import DocumentVersion, EmbeddedChunk
from firstline.repositories.ingestion_reports import IngestionReportRepository
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.keep_unreadable import keep_unreadable
from tests.unit.knowledge_doubles import DIMENSIONS, ObjectsInMemory, WordEmbedder

BILLING = b"# Billing\n\n## Refunds\n\nFive days.\n\n## Cards\n\nVisa and others."


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SQLiteKnowledgeIndex]:
    index = SQLiteKnowledgeIndex(tmp_path / "data" / "knowledge.db", dimensions=DIMENSIONS)
    yield index
    index.close()


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def objects() -> ObjectsInMemory:
    return ObjectsInMemory({"articles/billing.md": BILLING, "articles/login.md": b"# Login\n\nBy mail."})


@pytest.fixture
def ingest(objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, embedder: WordEmbedder) -> IngestKnowledge:
    return IngestKnowledge(objects, index, embedder, reader=FileReader(), clock=SystemClock())


def corpus(**texts: str) -> bytes:
    return "\n".join(json.dumps({"_id": name, "text": text}) for name, text in texts.items()).encode()


def texts_in(index: SQLiteKnowledgeIndex, source: str) -> list[str]:
    return [entry.chunk.text for entry in index.embedded_chunks(source)]


def test_a_folder_is_indexed_and_the_report_counts_it(ingest: IngestKnowledge, index: SQLiteKnowledgeIndex) -> None:
    seen: list[tuple[int, int, str]] = []
    report = ingest.sync(lambda done, total, source: seen.append((done, total, source)))
    assert (report.documents, report.chunks, report.embedded, report.unchanged) == (2, 3, 3, 0)
    assert seen == [(1, 2, "articles/billing.md"), (2, 2, "articles/login.md")]
    assert texts_in(index, "articles/billing.md") == ["Five days.", "Visa and others."]
    assert index.documents()["articles/billing.md"].n_chunks == 2


def test_a_second_run_over_the_same_folder_embeds_nothing(ingest: IngestKnowledge, embedder: WordEmbedder) -> None:
    ingest.sync()
    embedder.embedded.clear()
    report = ingest.sync()
    assert (report.documents, report.chunks, report.embedded, report.unchanged) == (2, 3, 0, 2)
    assert embedder.embedded == []


def test_only_the_changed_section_of_a_changed_article_is_embedded_again(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, embedder: WordEmbedder
) -> None:
    ingest.sync()
    embedder.embedded.clear()
    objects.write("articles/billing.md", BILLING.replace(b"Five", b"Nine"))
    report = ingest.sync()
    assert (report.embedded, report.unchanged, report.removed) == (1, 1, 0)
    assert embedder.embedded == ["Billing > Refunds\nNine days.", "Billing > Refunds"]
    assert texts_in(index, "articles/billing.md") == ["Nine days.", "Visa and others."]


def test_another_model_embeds_everything_again(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    ingest.sync()
    report = IngestKnowledge(objects, index, WordEmbedder("words/2"), reader=FileReader(), clock=SystemClock()).sync()
    assert (report.embedded, report.unchanged) == (3, 0)
    assert {version.embedding_model for version in index.documents().values()} == {"words/2"}


def test_deleted_and_renamed_files_are_followed(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    ingest.sync()
    objects.write("articles/sign-in.md", objects.read("articles/login.md"))
    objects.delete("articles/login.md")
    report = ingest.sync()
    assert report.removed == 1
    assert set(index.documents()) == {"articles/billing.md", "articles/sign-in.md"}
    assert texts_in(index, "articles/login.md") == []


def test_one_object_is_followed_without_touching_the_others(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    ingest.sync()
    objects.write("articles/billing.md", b"# Billing\n\nNew.")
    objects.delete("articles/login.md")
    assert ingest.ingest("articles/billing.md").removed == 0
    assert set(index.documents()) == {"articles/billing.md", "articles/login.md"}
    assert ingest.ingest("articles/login.md").removed == 1
    objects.delete("articles/billing.md")
    assert ingest.ingest("articles/billing.md").removed == 1
    assert ingest.ingest("articles/billing.md").removed == 0
    assert dict(index.documents()) == {}


def test_documents_that_vanish_from_a_corpus_leave_the_index(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    objects.write("corpus.jsonl", corpus(d1="one", d2="two", d3="three"))
    assert ingest.ingest("corpus.jsonl").documents == 3
    objects.write("corpus.jsonl", corpus(d1="one", d3="three changed"))
    report = ingest.ingest("corpus.jsonl")
    assert (report.documents, report.unchanged, report.embedded, report.removed) == (2, 1, 1, 1)
    assert set(index.documents()) == {"d1", "d3"}
    objects.delete("corpus.jsonl")
    assert ingest.ingest("corpus.jsonl").removed == 2


def test_what_cannot_be_read_is_named_and_the_rest_is_served(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    objects.write("articles/broken.md", b"\xff")
    objects.write("prices.xlsx", b"PK")
    objects.write("corpus.jsonl", corpus(d1="one") + b"\n{oops")
    objects.write("README.md", b"about this folder")
    report = ingest.sync()
    assert {part.source: part.reason for part in report.skipped} == {
        "articles/broken.md": "not UTF-8 at byte 0",
        "corpus.jsonl line 2": "not JSON",
        "prices.xlsx": "the extension .xlsx is not one of md, markdown, txt, csv, jsonl, html, htm, pdf, docx",
    }
    assert report.ignored == ["README.md"]
    assert set(index.documents()) == {"articles/billing.md", "articles/login.md", "d1"}


def test_a_file_that_breaks_keeps_its_last_readable_version(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    ingest.sync()
    objects.write("articles/billing.md", b"")
    for report in (ingest.sync(), ingest.ingest("articles/billing.md")):
        assert [(part.source, part.reason) for part in report.skipped] == [("articles/billing.md", "the file is empty")]
        assert report.removed == 0
    assert texts_in(index, "articles/billing.md") == ["Five days.", "Visa and others."]


class RefusingObjects(ObjectsInMemory):
    """Objects of which some may not be read, as files without permission."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__(objects)
        self.refused: set[str] = set()

    def read(self, key: str) -> bytes:
        if key in self.refused:
            raise StoreUnavailableError(f"cannot read {key}: Permission denied")
        return super().read(key)


@pytest.mark.parametrize("known_before", [True, False])
def test_a_file_that_may_not_be_read_is_named_and_the_rest_is_served(
    known_before: bool, index: SQLiteKnowledgeIndex, embedder: WordEmbedder
) -> None:
    objects = RefusingObjects({"a.md": b"Apples are red.", "b.md": b"Bananas are yellow."})
    ingest = IngestKnowledge(objects, index, embedder, reader=FileReader(), clock=SystemClock())
    if known_before:
        ingest.sync()
    objects.refused = {"a.md"}
    objects.objects["b.md"] = b"Bananas are green."
    report = ingest.sync()
    assert [(part.source, part.reason) for part in report.skipped] == [("a.md", "cannot read a.md: Permission denied")]
    assert texts_in(index, "b.md") == ["Bananas are green."]
    assert ("a.md" in index.documents()) == known_before


class SmallIndex(SQLiteKnowledgeIndex):
    """Takes no document of two chunks."""

    def replace_document(self, document: DocumentVersion, chunks: Sequence[EmbeddedChunk]) -> None:
        if len(chunks) > 1:
            raise KnowledgeTooLargeError("more than fits")
        super().replace_document(document, chunks)


def test_a_document_that_the_index_does_not_take_is_named_and_the_rest_is_served(
    tmp_path: Path, objects: ObjectsInMemory, embedder: WordEmbedder
) -> None:
    index = SmallIndex(tmp_path / "small.db", dimensions=DIMENSIONS)
    report = IngestKnowledge(objects, index, embedder, reader=FileReader(), clock=SystemClock()).sync()
    assert [(part.source, part.reason) for part in report.skipped] == [("articles/billing.md", "more than fits")]
    assert list(index.documents()) == ["articles/login.md"]
    index.close()


def test_a_name_taken_by_another_file_is_reported_and_the_first_stays(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    objects.write("a.jsonl", corpus(d1="one"))
    objects.write("b.jsonl", corpus(d1="other"))
    for report in (ingest.sync(), ingest.ingest("b.jsonl")):
        assert [part.source for part in report.skipped] == ["d1"]
        assert report.skipped[0].reason == "in b.jsonl, but a.jsonl has a document of this name"
    assert texts_in(index, "d1") == ["one"]
    objects.delete("a.jsonl")
    assert ingest.sync().removed == 0
    assert texts_in(index, "d1") == ["other"]


def test_a_run_that_fails_half_way_is_finished_by_the_next(
    ingest: IngestKnowledge, index: SQLiteKnowledgeIndex, embedder: WordEmbedder
) -> None:
    def fail_after_the_first(done: int, total: int, source: str) -> None:
        embedder.broken = True

    with pytest.raises(EmbedderUnavailableError):
        ingest.sync(fail_after_the_first)
    assert set(index.documents()) == {"articles/billing.md"}
    embedder.broken = False
    report = ingest.sync()
    assert (report.unchanged, report.embedded) == (1, 1)


def test_the_index_outlives_the_process_and_sees_what_another_one_writes(
    ingest: IngestKnowledge,
    objects: ObjectsInMemory,
    index: SQLiteKnowledgeIndex,
    embedder: WordEmbedder,
    tmp_path: Path,
) -> None:
    ingest.sync()
    other = SQLiteKnowledgeIndex(tmp_path / "data" / "knowledge.db", dimensions=DIMENSIONS)
    vector = embedder.embed(["refunds"])[0]

    def found() -> set[str]:
        return {hit.chunk.text for hit in other.candidates("refunds", vector, limit=10)}

    assert found() == {"Five days.", "Visa and others.", "By mail."}
    objects.write("articles/billing.md", b"# Billing\n\nRefunds end.")
    objects.delete("articles/login.md")
    ingest.sync()
    assert found() == {"Refunds end."}
    other.close()
    with pytest.raises(KnowledgeIndexUnavailableError):
        other.documents()


def test_a_file_of_an_older_schema_is_emptied_and_of_a_newer_one_refused(
    ingest: IngestKnowledge, index: SQLiteKnowledgeIndex, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "knowledge.db"
    ingest.sync()
    index._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    older = SQLiteKnowledgeIndex(path, dimensions=DIMENSIONS)
    assert dict(older.documents()) == {}
    older._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    older.close()
    with pytest.raises(KnowledgeIndexMismatchError, match="schema version"):
        SQLiteKnowledgeIndex(path, dimensions=DIMENSIONS)


def test_a_damaged_file_is_named_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "knowledge.db").write_bytes(b"this is no database, " * 100)
    with pytest.raises(KnowledgeIndexMismatchError, match="damaged"):
        SQLiteKnowledgeIndex(tmp_path / "knowledge.db", dimensions=DIMENSIONS)


def test_searches_and_writes_from_many_threads_agree(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, embedder: WordEmbedder
) -> None:
    ingest.sync()
    vector = embedder.embed(["refunds"])[0]
    failures: list[set[str]] = []

    def search() -> None:
        for _ in range(60):
            texts = {hit.chunk.text for hit in index.candidates("refunds", vector, limit=10)}
            numbers = {text.rsplit(" ", 1)[-1] for text in texts if text.startswith("Round")}
            if len(numbers) > 1:
                failures.append(texts)

    def write() -> None:
        for number in range(20):
            objects.write("r.md", f"# R\n\n## A\n\nRound {number}\n\n## B\n\nRound {number}".encode())
            ingest.ingest("r.md")

    threads = [threading.Thread(target=act) for act in (search, search, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert texts_in(index, "r.md") == ["Round 19", "Round 19"]


def test_names_that_no_store_keeps_are_skipped_and_the_rest_is_served(
    index: SQLiteKnowledgeIndex, embedder: WordEmbedder, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    for name in ("back\\slash.md", "caf\udce9.md", "good.md"):
        (folder / name).write_bytes(b"Apples are red.")
    reports = IngestionReportRepository(SQLiteTable(tmp_path / "t.db", clock=SystemClock()))
    ingest = IngestKnowledge(
        FolderObjectStore(folder), index, embedder, reader=FileReader(), clock=SystemClock(), reports=reports
    )
    report = ingest.sync()
    assert [part.source for part in report.skipped] == ["back\\slash.md", "caf\\udce9.md"]
    assert set(index.documents()) == {"good.md"}
    assert reports.last() == report
    assert [part.source for part in ingest.ingest("caf\udce9.md").skipped] == ["caf\\udce9.md"]
    assert [part.source for part in ingest.ingest("back\\slash.md").skipped] == ["back\\slash.md"]


def test_the_report_names_what_was_repaired_up_to_twenty_each(
    ingest: IngestKnowledge, objects: ObjectsInMemory
) -> None:
    ingest.sync()
    objects.write("articles/billing.md", b"# Billing\n\nNew.")
    objects.delete("articles/login.md")
    for number in range(25):
        objects.write(f"new/{number:02}.md", f"Text {number}.".encode())
    report = ingest.sync()
    assert (report.added, report.changed_sources, report.removed_sources) == (
        25,
        ["articles/billing.md"],
        ["articles/login.md"],
    )
    assert report.added_sources == [f"new/{number:02}.md" for number in range(20)]


@pytest.mark.parametrize(
    ("audience", "served"),
    [
        ("internal agents", False),
        ("Customers", True),
        ("partners, everyone", True),
        ("[partners, all]", True),
        ("[partners]", False),
        ("''", True),
    ],
)
def test_an_article_for_others_than_visitors_is_not_served(
    audience: str, served: bool, ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    ingest.sync()
    objects.write("articles/login.md", f"---\naudience: {audience}\n---\n# Login\n\nBy mail.".encode())
    report = ingest.sync()
    assert ("articles/login.md" in index.documents()) is served
    assert [part.source for part in report.skipped] == ([] if served else ["articles/login.md"])
    assert all(part.reason.startswith("written for") and not part.kept for part in report.skipped)


def test_an_event_about_an_article_reads_no_other_documents_record(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.sync()
    objects.write("articles/login.md", b"# Login\n\nBy phone.")

    def never() -> None:
        raise AssertionError("all records were read")

    monkeypatch.setattr(index, "documents", never)
    assert ingest.ingest("articles/login.md").changed_sources == ["articles/login.md"]
    objects.delete("articles/login.md")
    assert ingest.ingest("articles/login.md").removed_sources == ["articles/login.md"]


def test_a_rebuilt_index_takes_over_what_cannot_be_read_now_and_nothing_else(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, tmp_path: Path
) -> None:
    objects.write("corpus.jsonl", corpus(d1="one", d2="two"))
    ingest.sync()
    objects.write("articles/billing.md", b"")
    objects.write("corpus.jsonl", b"{half")
    objects.write("articles/login.md", b"---\nvalid_until: 2020-01-01\n---\n# Login\n\nBy mail.")
    for model in ("words/1", "words/2"):
        new = SQLiteKnowledgeIndex(tmp_path / f"{model[-1]}.db", dimensions=DIMENSIONS)
        embedder = WordEmbedder(model)
        fresh = IngestKnowledge(objects, new, embedder, reader=FileReader(), clock=SystemClock())
        assert keep_unreadable(index, new, fresh.sync(), embedder) == ["articles/billing.md", "d1", "d2"]
        assert texts_in(new, "articles/billing.md") == ["Five days.", "Visa and others."]
        assert {held.embedding_model for held in new.documents().values()} == {model}
        assert fresh.sync().removed == 0
        assert set(new.documents()) == {"articles/billing.md", "d1", "d2"}
        new.close()
