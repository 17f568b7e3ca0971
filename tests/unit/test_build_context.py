"""What a model is given: sections completed, neighbours joined, duplicates dropped, within the budget."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.system import SystemClock
from firstline.domain.chunking import estimate_tokens
from firstline.domain.context import build_passages
from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.services.build_context import build_context
from firstline.services.ingest_knowledge import IngestKnowledge
from tests.unit.knowledge_doubles import DIMENSIONS, ObjectsInMemory, WordEmbedder

LONG = "\n\n".join(f"Step {n}. " + " ".join(f"word{n}x{m}" for m in range(30)) + "." for n in range(12))


def chunk(name: str, position: int, text: str, *, source: str = "a.md", question: str = "") -> Chunk:
    return Chunk(
        chunk_id=f"{source}#{name}@0",
        source=source,
        title="A",
        heading_path=(name,),
        anchor=name,
        text=text,
        position=position,
        question=question,
        content_hash=name,
    )


def ranked(*chunks: Chunk) -> list[RankedChunk]:
    return [RankedChunk(chunk=entry, score=-number, distance=0.5) for number, entry in enumerate(chunks)]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SQLiteKnowledgeIndex]:
    index = SQLiteKnowledgeIndex(tmp_path / "knowledge.db", dimensions=DIMENSIONS)
    articles = {"guide.md": f"# Guide\n\n## Before\n\nShort.\n\n## Install\n\n{LONG}\n\n## After\n\nEnd.".encode()}
    IngestKnowledge(ObjectsInMemory(articles), index, WordEmbedder(), reader=FileReader(), clock=SystemClock()).sync()
    yield index
    index.close()


def test_chunks_that_follow_each_other_become_one_passage_where_the_best_was_ranked() -> None:
    first, second, other = chunk("one", 0, "First."), chunk("two", 1, "Second."), chunk("x", 0, "X.", source="b.md")
    passages = build_passages(ranked(second, other, first))
    assert [passage.chunks for passage in passages] == [(first, second), (other,)]
    assert passages[0].best.chunk == second
    assert passages[0].text == "one\n\nFirst.\n\ntwo\n\nSecond."


def test_questions_with_their_answers_stay_apart() -> None:
    faqs = [chunk(f"q{at}", at, f"Answer {at}.", question=f"Question {at}?") for at in range(2)]
    assert [passage.text for passage in build_passages(ranked(*faqs))] == ["Answer 0.", "Answer 1."]


def test_what_says_the_same_is_given_once_unless_a_number_differs() -> None:
    text = "The warranty of the kettle covers parts and labour for years after you bought it at a shop"
    pages = [
        chunk("red", 0, f"{text} 2 times.", source="red.md"),
        chunk("blue", 0, f"{text}, 2 times!", source="blue.md"),
        chunk("old", 0, f"{text} 3 times.", source="old.md"),
    ]
    assert [passage.best.chunk.anchor for passage in build_passages(ranked(*pages))] == ["red", "old"]


def test_a_section_that_was_cut_is_completed_by_what_is_beside_the_chunk_found(index: SQLiteKnowledgeIndex) -> None:
    chunks = [entry.chunk for entry in index.embedded_chunks("guide.md")]
    cut = [entry for entry in chunks if entry.anchor == "install"]
    assert len(cut) >= 3
    (passage,) = build_context(ranked(cut[1]), index)
    assert passage.chunks == tuple(cut[:3])
    (whole,) = build_context(ranked(chunks[0]), index)
    assert whole.chunks == (chunks[0],)


@pytest.mark.parametrize("budget", [5, 40, 150, 400, 1500])
def test_the_budget_is_kept(index: SQLiteKnowledgeIndex, budget: int) -> None:
    found = ranked(*(entry.chunk for entry in index.embedded_chunks("guide.md")))
    passages = build_context(found, index, budget=budget)
    spent = sum(estimate_tokens(passage.heading) + estimate_tokens(passage.text) for passage in passages)
    assert spent == sum(passage.tokens for passage in passages) <= budget


def test_a_passage_too_long_is_given_as_its_best_chunk_and_the_first_is_cut_after_a_sentence() -> None:
    first, second = chunk("one", 0, "Alpha beta gamma. " * 20), chunk("two", 1, "Delta epsilon.")
    (alone, *_) = build_passages(ranked(second, first), budget=20)
    assert alone.text == "Delta epsilon."
    (cut,) = build_passages(ranked(first), budget=30)
    assert cut.text.endswith("gamma.")
    assert 0 < len(cut.text) < len(first.text)


def test_nothing_found_gives_nothing_and_no_budget_is_refused() -> None:
    assert build_passages([]) == []
    with pytest.raises(ValueError, match="at least 1"):
        build_passages(ranked(chunk("one", 0, "x")), budget=0)
