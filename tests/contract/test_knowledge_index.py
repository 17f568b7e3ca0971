"""Both knowledge indexes find the same and give the same scores."""

import pytest

from firstline.domain.errors import KnowledgeIndexMismatchError
from firstline.domain.knowledge import SearchFilter
from firstline.domain.ports import KnowledgeIndex
from tests.contract.knowledge_cases import AWAY, BETWEEN, EAST, NORTH, embedded, found, unit, version

pytestmark = pytest.mark.timeout(180)


def test_an_empty_index_has_no_documents_and_finds_nothing(index: KnowledgeIndex) -> None:
    assert dict(index.documents()) == {}
    assert index.candidates("refund", unit(NORTH), limit=5) == []
    assert index.chunks(["billing.md#refund"]) == []
    assert index.embedded_chunks("billing.md") == []
    assert index.document("billing.md") is None


def test_the_record_of_one_document_is_told_alone(index: KnowledgeIndex) -> None:
    index.replace_document(version(), [embedded("refund", "Refunds", NORTH)])
    assert index.document(version().source) == version() == index.documents()[version().source]
    assert index.document("other.md") is None
    index.delete_document(version().source)
    assert index.document(version().source) is None


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
