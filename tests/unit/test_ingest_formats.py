"""Files of every format become documents of the index, or are named with the reason why not."""

import io
import itertools
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.objects import ObjectStat
from firstline.domain.parsed import ParsedDocument
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.read_document import read_documents
from tests.unit.knowledge_doubles import DIMENSIONS, ObjectsInMemory, WordEmbedder

FIXTURES = Path(__file__).parents[1] / "fixtures" / "documents"
PAGE = b"""<html lang="en-GB"><head><title>Delivery</title></head><body><nav><a href="/">Home</a></nav><main>
<h1>Delivery</h1><p>We ship on working days.</p><h2 id="abroad">Abroad</h2><p>Ten days, customs included.</p>
</main></body></html>"""


class HandClock:
    def __init__(self) -> None:
        self.moment = datetime(2027, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class CountingReader(FileReader):
    def __init__(self) -> None:
        super().__init__()
        self.read_names: list[str] = []

    def read(self, name: str, content: bytes) -> ParsedDocument:
        self.read_names.append(name)
        return super().read(name, content)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def index(tmp_path: Path, clock: HandClock) -> Iterator[SQLiteKnowledgeIndex]:
    index = SQLiteKnowledgeIndex(tmp_path / "knowledge.db", dimensions=DIMENSIONS, clock=clock)
    yield index
    index.close()


@pytest.fixture
def objects() -> ObjectsInMemory:
    return ObjectsInMemory()


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def reader() -> CountingReader:
    return CountingReader()


@pytest.fixture
def ingest(
    objects: ObjectsInMemory,
    index: SQLiteKnowledgeIndex,
    embedder: WordEmbedder,
    reader: CountingReader,
    clock: HandClock,
) -> IngestKnowledge:
    return IngestKnowledge(objects, index, embedder, reader=reader, clock=clock)


def reasons(report: object) -> dict[str, str]:
    return {part.source: part.reason for part in report.skipped}  # type: ignore[attr-defined]


def docx(**parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def test_a_web_page_is_served_without_its_menus_and_cited_by_the_ids_of_its_headings(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    objects.write("faq/billing/delivery.html", PAGE)
    assert ingest.sync().skipped == []
    chunks = [entry.chunk for entry in index.embedded_chunks("faq/billing/delivery.html")]
    assert [(chunk.anchor, chunk.text) for chunk in chunks] == [
        ("", "We ship on working days."),
        ("abroad", "Ten days, customs included."),
    ]
    assert {(chunk.title, chunk.language, chunk.category) for chunk in chunks} == {
        ("Delivery", "en", "billing_inquiry")
    }


def test_a_pdf_is_cited_by_page(ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex) -> None:
    objects.write("terms.pdf", (FIXTURES / "service_terms.pdf").read_bytes())
    assert ingest.sync().skipped == []
    chunks = [entry.chunk for entry in index.embedded_chunks("terms.pdf")]
    pages = [chunk.anchor for chunk in chunks if chunk.anchor]
    assert len(pages) >= 2
    assert all(page.startswith("page=") and page.removeprefix("page=").isdigit() for page in pages)
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)


def test_an_unchanged_pdf_is_not_read_again_and_a_renamed_one_is_not_embedded_again(
    ingest: IngestKnowledge,
    objects: ObjectsInMemory,
    index: SQLiteKnowledgeIndex,
    embedder: WordEmbedder,
    reader: CountingReader,
) -> None:
    objects.write("terms.pdf", (FIXTURES / "service_terms.pdf").read_bytes())
    first = ingest.sync()
    reader.read_names.clear()
    again = ingest.sync()
    assert (again.unchanged, again.documents, again.chunks) == (1, 1, first.chunks)
    assert reader.read_names == []
    objects.write("legal/terms.pdf", objects.objects.pop("terms.pdf"))
    embedder.embedded.clear()
    moved = ingest.sync()
    assert (moved.added, moved.removed, moved.embedded) == (1, 1, 0)
    assert embedder.embedded == []
    assert len(index.embedded_chunks("legal/terms.pdf")) == first.chunks


def test_a_table_with_other_column_names_semicolons_and_an_old_encoding_is_read(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex
) -> None:
    rows = "Frage;Antwort;Kategorie\nWas kostet es?;Zw\u00f6lf Euro.;Billing inquiry\nLeer;;\n"
    objects.write("faq.csv", rows.encode("cp1252"))
    report = ingest.sync()
    (entry,) = index.embedded_chunks("faq.csv")
    assert (entry.chunk.question, entry.chunk.text) == ("Was kostet es?", "Zw\u00f6lf Euro.")
    assert entry.chunk.category == "billing_inquiry"
    assert reasons(report) == {"faq.csv line 3": "neither question and answer nor _id and text"}


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("page.md", PAGE, "its name ends in .md, but its content is a web page (html)"),
        ("scan.pdf", b"PK\x03\x04", "its name ends in .pdf, but its content is a zip archive"),
        ("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted|old"),
        ("bomb.docx", docx(**{"[Content_Types].xml": "", "word/document.xml": "a" * 30_000_000}), "times|unpack"),
        ("empty.html", b"<html><body><nav>Home</nav></body></html>", "no text"),
    ],
)
def test_what_cannot_be_served_is_named_and_nothing_of_it_is_indexed(
    ingest: IngestKnowledge,
    objects: ObjectsInMemory,
    index: SQLiteKnowledgeIndex,
    key: str,
    content: bytes,
    reason: str,
) -> None:
    objects.write(key, content)
    report = ingest.sync()
    assert list(reasons(report)) == [key]
    assert any(part in reasons(report)[key] for part in reason.split("|"))
    assert dict(index.documents()) == {}


def test_a_file_of_two_hundred_megabytes_is_refused_unread(
    index: SQLiteKnowledgeIndex, embedder: WordEmbedder, clock: HandClock
) -> None:
    class Huge(ObjectsInMemory):
        def stat(self, key: str) -> ObjectStat:
            return ObjectStat(200 * 1024 * 1024, "r1")

        def read(self, key: str) -> bytes:
            raise AssertionError("it was read")

    objects = Huge({"huge.md": b""})
    report = IngestKnowledge(objects, index, embedder, reader=FileReader(), clock=clock).sync()
    assert reasons(report) == {"huge.md": "the file has 200.0 MB; the limit is 50 MB"}


def test_a_document_is_served_from_its_first_to_its_last_day(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, clock: HandClock
) -> None:
    fields = b"valid_from: 2027-06-02\nvalid_until: '2027-06-03'\naudience: [Partners, customers]\n"
    matter = b"---\n" + fields + b"---\n# Sale\n\nHalf price."
    objects.write("sale.md", matter)
    report = ingest.sync()
    assert reasons(report) == {"sale.md": "valid from 2027-06-02"}
    assert report.documents == 0
    for _ in range(2):
        clock.moment += timedelta(days=1)
        assert ingest.sync().documents == 1
        assert [entry.chunk.audience for entry in index.embedded_chunks("sale.md")] == ["Partners, customers"]
    clock.moment += timedelta(days=1)
    report = ingest.sync()
    assert (report.removed, reasons(report)) == (1, {"sale.md": "valid until 2027-06-03"})
    assert dict(index.documents()) == {}


def test_a_day_that_is_none_is_named() -> None:
    with pytest.raises(UnreadableDocumentError, match="valid_from is 'soon', not a date"):
        read_documents("a.md", b"---\nvalid_from: soon\n---\ntext", FileReader())


def test_chunks_bear_the_version_that_wrote_them_and_old_ones_are_forgotten_after_their_time(
    ingest: IngestKnowledge, objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, clock: HandClock
) -> None:
    objects.write("a.md", b"# A\n\nOld.")
    ingest.sync()
    (old,) = [entry.chunk for entry in index.embedded_chunks("a.md")]
    assert old.version == index.documents()["a.md"].version
    objects.write("a.md", b"# A\n\nNew.")
    clock.moment += timedelta(days=1)
    ingest.sync()
    assert index.chunks([old.chunk_id]) == [old]
    clock.moment += timedelta(days=90)
    assert ingest.sync().purged == 0
    clock.moment += timedelta(seconds=1)
    assert ingest.sync().purged == 1
    assert index.chunks([old.chunk_id]) == []


def test_the_overlap_setting_repeats_the_end_of_the_chunk_before(
    objects: ObjectsInMemory, index: SQLiteKnowledgeIndex, embedder: WordEmbedder, clock: HandClock
) -> None:
    text = "\n\n".join(f"Paragraph {number} says one thing. It ends with fact {number}." for number in range(12))
    objects.write("long.md", f"# Long\n\n{text}".encode())
    for overlap in (0, 10):
        IngestKnowledge(
            objects, index, embedder, reader=FileReader(), clock=clock, chunk_tokens=60, overlap_tokens=overlap
        ).sync()
        texts = [entry.chunk.text for entry in index.embedded_chunks("long.md")]
        repeated = [before.rpartition(". ")[2] in after for before, after in itertools.pairwise(texts)]
        assert len(texts) > 2
        assert repeated == [overlap > 0] * len(repeated)


def test_files_on_disk_have_another_revision_once_they_change(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    store.write("a.md", b"one")
    before = store.stat("a.md")
    store.write("a.md", b"two")
    after = store.stat("a.md")
    assert before.size_bytes == after.size_bytes == 3
    assert before.revision != after.revision
