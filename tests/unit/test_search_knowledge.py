"""A question finds chunks, is completed from the conversation, or is declined with the reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.system import SystemClock
from firstline.domain.errors import EmbedderUnavailableError
from firstline.domain.knowledge import SearchFilter
from firstline.domain.ranking import Calibration
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.search_knowledge import SearchKnowledge, SearchParts
from tests.unit.knowledge_doubles import DIMENSIONS, ObjectsInMemory, WordEmbedder

ARTICLES = {
    "billing/plans.md": b"# Plans\n\n## Basic seats\n\nBasic has ten seats.\n\n## Pro seats\n\nPro has fifty seats.",
    "account/login.md": b"# Login\n\n## Password reset\n\nAsk for a reset link by mail.",
    "faqs/general.jsonl": b'{"question": "Where is the office?", "answer": "In Lisbon."}',
}


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def index(tmp_path: Path, embedder: WordEmbedder) -> Iterator[SQLiteKnowledgeIndex]:
    index = SQLiteKnowledgeIndex(tmp_path / "knowledge.db", dimensions=DIMENSIONS)
    IngestKnowledge(ObjectsInMemory(ARTICLES), index, embedder, reader=FileReader(), clock=SystemClock()).sync()
    embedder.embedded.clear()
    yield index
    index.close()


@pytest.fixture
def search(index: SQLiteKnowledgeIndex, embedder: WordEmbedder) -> SearchKnowledge:
    return SearchKnowledge(index, embedder)


def test_the_section_that_answers_comes_first_with_its_source(search: SearchKnowledge) -> None:
    found = search("password reset link")
    best = found.ranked[0].chunk
    assert (best.source, best.anchor, best.category) == ("account/login.md", "password-reset", "account_management")
    assert not found.abstained
    assert found.reason == ""


def test_a_question_is_matched_against_questions(search: SearchKnowledge) -> None:
    assert search("where is your office").ranked[0].chunk.question == "Where is the office?"


def test_no_more_chunks_come_back_than_asked_for_best_first(search: SearchKnowledge) -> None:
    found = search("seats", limit=2)
    assert len(found.ranked) == 2
    assert found.ranked[0].score >= found.ranked[1].score


def test_a_follow_up_is_searched_with_what_was_asked_before(search: SearchKnowledge) -> None:
    found = search("and for pro?", history=["How many seats are there?"])
    assert found.query == "How many seats are there?\nand for pro?"
    assert found.ranked[0].chunk.anchor == "pro-seats"


def test_a_filter_restricts_what_is_found(search: SearchKnowledge) -> None:
    only = SearchFilter(categories=frozenset({"account_management"}))
    assert {entry.chunk.source for entry in search("seats", only=only).ranked} == {"account/login.md"}
    nowhere = search("seats", only=SearchFilter(languages=frozenset({"pt"})))
    assert (nowhere.ranked, nowhere.abstained, nowhere.reason, nowhere.confidence) == ([], True, "no_match", 0.0)


def test_a_filter_that_leaves_nothing_good_is_dropped_where_that_is_allowed(search: SearchKnowledge) -> None:
    only = SearchFilter(categories=frozenset({"account_management"}))
    strict = search("how many seats has the basic plan", only=only)
    relaxed = search("how many seats has the basic plan", only=only, relax=True)
    assert (strict.abstained, strict.relaxed) == (True, False)
    assert (relaxed.abstained, relaxed.relaxed, relaxed.ranked[0].chunk.anchor) == (False, True, "basic-seats")
    kept = search("password reset link", only=only, relax=True)
    assert (kept.abstained, kept.relaxed, kept.ranked[0].chunk.anchor) == (False, False, "password-reset")
    nowhere = search("zebra savannah", only=only, relax=True)
    assert (nowhere.abstained, nowhere.relaxed) == (True, False)


def test_misspelt_words_are_searched_for_as_the_knowledge_spells_them(
    search: SearchKnowledge, embedder: WordEmbedder
) -> None:
    found = search("pasword rest lnik")
    assert (found.query, found.ranked[0].chunk.anchor) == ("password reset link", "password-reset")
    embedder.common.add("rest")
    assert search("pasword rest lnik").query == "password rest link"


def test_a_message_that_asks_two_things_gets_the_best_chunk_for_each(search: SearchKnowledge) -> None:
    found = search("How many seats has basic and where is the office?", limit=3)
    assert {entry.chunk.anchor for entry in found.ranked[:2]} >= {"basic-seats"}
    assert any(entry.chunk.question == "Where is the office?" for entry in found.ranked)
    scores = [entry.score for entry in found.ranked]
    assert scores == sorted(scores, reverse=True)
    assert len({entry.chunk.chunk_id for entry in found.ranked}) == len(scores)


def test_parts_of_the_search_can_be_left_out(index: SQLiteKnowledgeIndex, embedder: WordEmbedder) -> None:
    plain = SearchKnowledge(index, embedder, parts=SearchParts(follow_ups=False, spelling=False, questions=False))
    assert plain("pasword reset", history=["How many seats are there?"]).query == "pasword reset"
    assert plain("and for pro?", history=["How many seats are there?"]).query == "and for pro?"


@pytest.mark.parametrize("query", ["", "   ", "?!", "hello", "how are you"])
def test_what_asks_nothing_is_not_searched_for(search: SearchKnowledge, embedder: WordEmbedder, query: str) -> None:
    found = search(query)
    assert (found.ranked, found.abstained, found.reason) == ([], True, "nothing_asked")
    assert embedder.embedded == []


def test_an_answer_that_is_not_there_is_declined_but_what_was_found_is_kept(search: SearchKnowledge) -> None:
    found = search("zebra migration routes across the savannah")
    assert found.abstained
    assert found.reason == "low_confidence"
    assert found.ranked
    assert found.confidence < search("how many seats has the basic plan").confidence


def test_the_threshold_decides_what_is_declined(index: SQLiteKnowledgeIndex, embedder: WordEmbedder) -> None:
    never, always = (
        SearchKnowledge(index, embedder, calibration=Calibration((0.0,) * 7, 0.0, threshold))
        for threshold in (0.4, 0.6)
    )
    assert not never("zebra").abstained
    assert always("password reset link").abstained


def test_a_vector_that_is_known_is_not_computed_again_unless_the_query_is_rewritten(
    search: SearchKnowledge, embedder: WordEmbedder
) -> None:
    vector = WordEmbedder().embed(["password reset link"])[0]
    known = search("password reset link", vector=vector)
    assert embedder.embedded == []
    assert known == search("password reset link")
    embedder.embedded.clear()
    search("and for pro?", history=["How many seats are there?"], vector=vector)
    assert embedder.embedded == ["How many seats are there?\nand for pro?"]


def test_an_embedder_that_fails_is_a_named_error(search: SearchKnowledge, embedder: WordEmbedder) -> None:
    embedder.broken = True
    with pytest.raises(EmbedderUnavailableError):
        search("password reset link")


@pytest.mark.parametrize("n_documents", [1, 2, 3])
def test_a_few_chunks_answer_what_they_answer_and_nothing_else(tmp_path: Path, n_documents: int) -> None:
    embedder = WordEmbedder()
    index = SQLiteKnowledgeIndex(tmp_path / "few.db", dimensions=DIMENSIONS)
    articles = dict(list(reversed(ARTICLES.items()))[:n_documents])
    IngestKnowledge(ObjectsInMemory(articles), index, embedder, reader=FileReader(), clock=SystemClock()).sync()
    search = SearchKnowledge(index, embedder)
    assert not search("where is your office").abstained
    unrelated = search("zebra migration routes across the savannah")
    assert unrelated.abstained
    assert unrelated.confidence < 0.2
    index.close()
