"""Texts that are there twice and answers that contradict each other are found; others are not."""

import dataclasses
import tracemalloc

import numpy as np
import pytest

from firstline.domain import knowledge_audit
from firstline.domain.knowledge import Chunk, EmbeddedChunk
from firstline.domain.knowledge_audit import audit

CLOSE = 0.99
NEAR = 0.9


def entry(
    name: str, text: str, *, source: str | None = None, question: str = "", cosine: float = 0.0, asked: float = 0.0
) -> EmbeddedChunk:
    """Vectors have the given cosines with the first axis; without one, they are far from all others."""
    chunk = Chunk(
        chunk_id=name,
        source=source or f"{name}.md",
        title="T",
        text=text,
        position=0,
        question=question,
        content_hash=name,
        category="billing_inquiry",
    )
    return EmbeddedChunk(chunk, vector(name, cosine), vector(f"{name}?", asked))


def vector(name: str, cosine: float) -> np.ndarray:
    generator = np.random.default_rng(int.from_bytes(name.encode(), "little") % 2**32)
    rest = generator.normal(size=256).astype(np.float32)
    rest[0] = 0
    rest *= np.sqrt(1 - cosine**2) / np.linalg.norm(rest)
    rest[0] = cosine
    return rest


def pairs(found: list[knowledge_audit.SimilarChunks]) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in found]


def test_nearly_the_same_text_in_two_documents_is_named_once() -> None:
    served = [
        entry("a", "Refunds take five days.", cosine=CLOSE),
        entry("b", "A refund takes five days.", cosine=CLOSE),
        entry("c", "Refunds are made.", cosine=NEAR),
        entry("d", "Something else."),
    ]
    found = audit(served)
    assert pairs(found.near_duplicates) == [("a", "b")]
    assert found.n_near_duplicates == 1
    assert found.contradictions == []


def test_the_same_text_twice_in_one_document_is_no_finding() -> None:
    served = [entry(name, "Refunds.", source="one.md", cosine=CLOSE) for name in ("a", "b")]
    assert audit(served).near_duplicates == []


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("Refunds take 9 days.", "nearly the same text, other figures"),
        ("Refunds never take 5 days.", "nearly the same text, other polarity"),
    ],
)
def test_near_duplicates_that_differ_in_figures_or_polarity_contradict_each_other(other: str, reason: str) -> None:
    served = [entry("a", "Refunds take 5 days.", cosine=CLOSE), entry("b", other, cosine=CLOSE)]
    (pair,) = audit(served).contradictions
    assert (pair.first, pair.second, pair.reason) == ("a", "b", reason)


def test_one_question_with_two_answers_is_a_contradiction_also_within_a_file() -> None:
    served = [
        entry("a", "In five days.", source="faq.csv", question="When do I get a refund?"),
        entry("b", "In a week.", source="faq.csv", question="when do I get a REFUND"),
        entry("c", "in five days", question="When do I get a refund?"),
    ]
    found = audit(served).contradictions
    assert pairs(found) == [("a", "b")]
    assert found[0].reason == "the same question, another answer"


def test_questions_that_are_alike_contradict_only_where_the_answers_do() -> None:
    served = [
        entry("a", "It costs 12 euros.", question="What is the price?", asked=CLOSE),
        entry("b", "It costs 15 euros.", question="How much is it?", asked=CLOSE),
        entry("c", "You pay 12 euros.", question="What do I pay?", asked=CLOSE),
        entry("d", "It costs 99 euros.", question="What is express delivery?", asked=NEAR),
    ]
    assert sorted(pairs(audit(served).contradictions)) == [("a", "b"), ("b", "c")]


def test_coverage_counts_documents_and_chunks_and_names_what_is_missing() -> None:
    covered = audit([entry("a", "x", source="1.md"), entry("b", "y", source="1.md"), entry("c", "z")]).coverage
    assert (covered["billing_inquiry"].documents, covered["billing_inquiry"].chunks) == (2, 3)
    assert covered["bug_report"].chunks == 0


def test_languages_are_counted_by_chunk() -> None:
    served = [entry("a", "x"), entry("b", "y")]
    german = served[1].chunk.model_copy(update={"language": "de"})
    assert audit([served[0], dataclasses.replace(served[1], chunk=german)]).languages == {"de": 1, "en": 1}


def test_a_very_large_knowledge_is_only_searched_for_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_audit, "_MOST_COMPARED", 3)
    served = [entry(name, "Refunds.", cosine=CLOSE) for name in ("a", "b", "c")]
    served += [entry(name, "Cards.", cosine=-CLOSE) for name in ("d", "e")]
    assert sorted(pairs(audit(served, frozenset({"b.md"})).near_duplicates)) == [("a", "b"), ("b", "c")]


def test_no_knowledge_has_no_findings() -> None:
    found = audit([])
    assert (found.near_duplicates, found.contradictions) == ([], [])


def test_many_copies_of_one_page_are_counted_to_the_limit_without_a_list_of_all_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(knowledge_audit, "_MOST_PAIRS", 500)
    first = np.zeros(8, np.float32)
    first[0] = 1
    served = [
        dataclasses.replace(entry(f"c{at}", "Refunds."), text_vector=first, heading_vector=first) for at in range(1500)
    ]
    tracemalloc.start()
    found = audit(served)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.n_near_duplicates == 500
    assert peak < 30e6


def test_every_pair_beyond_a_block_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_audit, "_BLOCK", 2)
    served = [entry(name, "Refunds.", cosine=CLOSE) for name in "abcde"]
    found = pairs(audit(served).near_duplicates)
    assert sorted(found) == [(one, other) for one in "abcde" for other in "abcde" if one < other]
