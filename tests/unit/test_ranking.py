"""Fusion, confidence, words and follow-ups."""

import math
import unicodedata
from typing import Literal

import numpy as np
import pytest

from firstline.domain.bm25 import Bm25Index, count_terms, weighted_terms
from firstline.domain.knowledge import Candidate, Chunk
from firstline.domain.lexical import codes, mentions, terms
from firstline.domain.porter import stem
from firstline.domain.query_rewrite import rewrite_query
from firstline.domain.ranking import (
    Calibration,
    ConfidenceFeatures,
    FusionWeights,
    calibration_without,
    confidence,
    confidence_features,
    fuse,
    fuse_candidates,
    shipped_calibration,
)


def candidate(
    name: str,
    bm25: float,
    text: float,
    heading: float = 0.0,
    *,
    words: str = "",
    content: str = "",
    source: str = "a.md",
) -> Candidate:
    chunk = Chunk(chunk_id=name, source=source, title="A", text=words or name, position=0, content_hash=content or name)
    return Candidate(chunk, bm25, text, heading)


def names(candidates: list[Candidate], weights: FusionWeights | None = None) -> list[str]:
    return [entry.chunk.chunk_id for entry in fuse(candidates, weights)]


def test_nothing_fuses_to_nothing() -> None:
    assert fuse([]) == []


def test_a_chunk_good_by_words_and_by_vector_comes_before_one_good_by_one_of_them() -> None:
    assert names([candidate("words", 9, 0.1), candidate("vector", 0, 0.8), candidate("both", 8, 0.7)])[0] == "both"


def test_the_scale_of_a_score_does_not_matter() -> None:
    values = [(3.0, 0.5, 0.2), (1.0, 0.7, 0.1), (0.0, 0.6, 0.6), (2.0, 0.1, 0.3)]
    plain = [candidate(f"c{at}", *scores) for at, scores in enumerate(values)]
    scaled = [candidate(f"c{at}", 100 * b, 0.5 * t + 0.1, 0.3 * h - 0.2) for at, (b, t, h) in enumerate(values)]
    assert names(plain) == names(scaled)


def test_the_order_of_candidates_does_not_matter_and_ties_go_by_id() -> None:
    tied = [candidate(name, 1.0, 0.5, 0.5) for name in ("c", "a", "b")]
    assert names(tied) == names(tied[::-1]) == ["a", "b", "c"]


def test_weights_decide_which_score_leads() -> None:
    pair = [candidate("words", 9, 0.1), candidate("vector", 0, 0.9)]
    assert names(pair, FusionWeights(1, 0, 0))[0] == "words"
    assert names(pair, FusionWeights(0, 1, 0))[0] == "vector"


def test_equal_content_is_served_once() -> None:
    assert len(fuse([candidate("a", 1, 0.5, content="same"), candidate("b", 1, 0.5, content="same")])) == 1


def test_of_two_chunks_alike_the_one_whose_document_is_found_again_comes_first() -> None:
    found = [
        candidate("a", 5.0, 0.7, source="once.md"),
        candidate("b", 5.0, 0.7, source="twice.md"),
        candidate("c", 4.0, 0.6, source="twice.md"),
        *(candidate(f"d{at}", 1.0, 0.1, source=f"{at}.md") for at in range(9)),
    ]
    assert names(found)[:3] == ["b", "a", "c"]
    assert names(found, FusionWeights(document=0.0))[:3] == ["a", "b", "c"]


@pytest.mark.parametrize("n_others", [0, 1, 200])
def test_what_a_document_adds_never_turns_the_order_within_it(n_others: int) -> None:
    pair = [candidate("first", 5.0, 0.5), candidate("second", 5.0, 0.499)]
    others = [candidate(f"o{at}", at % 7, 0.5 + (-1) ** at / 1000, source=f"{at}.md") for at in range(n_others)]
    found = names([*pair, *others])
    assert found.index("first") < found.index("second")


def test_a_code_in_the_heading_decides_between_pages_that_are_otherwise_alike() -> None:
    def page(code: str) -> Candidate:
        chunk = Chunk(chunk_id=code, source="a.md", title=f"Error {code}", text="Try", position=0, content_hash=code)
        return Candidate(chunk, 3.0, 0.6, 0.6)

    pages = [page(code) for code in ("SYNC-4091", "SYNC-409", "XSYNC-409")]
    asked = codes("what is sync-409?")
    assert fuse_candidates(pages, asked=asked).candidates[0].chunk.chunk_id == "SYNC-409"
    assert [entry.chunk.chunk_id for entry in fuse(pages)] == ["SYNC-409", "SYNC-4091", "XSYNC-409"]
    assert fuse_candidates(pages[::2], asked=asked).scores.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is SYNC-409 on DB2?", {"sync-409", "db2"}),
        ("run it with --dry-run", {"--dry-run"}),
        ("set MAX_RETRIES to 5", {"max_retries"}),
        ("call me at 10 on Monday", set()),
        ("a well-known problem", set()),
    ],
)
def test_codes_are_what_is_matched_letter_by_letter(text: str, expected: set[str]) -> None:
    assert codes(text) == expected


def test_a_code_is_mentioned_as_a_whole_only() -> None:
    assert mentions("error sync-409: conflict", "sync-409")
    assert not mentions("error sync-4091", "sync-409")
    assert not mentions("xsync-409", "sync-409")
    assert mentions("use --dry-run first", "--dry-run")


def test_distance_is_one_minus_the_cosine_and_stays_in_range() -> None:
    assert fuse([candidate("a", 1, 0.75)])[0].distance == pytest.approx(0.25)
    assert fuse([candidate("a", 1, -1.0)])[0].distance == 2.0


def test_features_measure_nearness_coverage_and_lead() -> None:
    others = [candidate(f"o{at}", 1.0, 0.2 + at / 100, words="something else") for at in range(10)]
    best = candidate("best", 4.0, 0.9, 0.8, words="refund within five days")
    features = confidence_features("refund days", fuse_candidates([best, *others]))
    assert features.best_cosine == 0.9
    assert features.coverage == pytest.approx(1.0)
    assert features.lead > 2
    assert features.text_lead == pytest.approx(0.9 - 0.245)
    assert features.heading_lead == pytest.approx(0.8)
    assert features.log_terms == pytest.approx(math.log(3))
    assert features.log_candidates == pytest.approx(math.log(12))


def test_a_term_that_no_candidate_has_lowers_coverage_more_than_a_common_one() -> None:
    pool = [candidate(f"c{at}", 1.0, 0.5, words="invoice") for at in range(5)]
    best = candidate("best", 5.0, 0.9, words="refund invoice")
    fusion = fuse_candidates([best, *pool])
    rare = confidence_features("refund zebra", fusion).coverage
    assert 0.0 < rare < 0.5
    assert confidence_features("zebra", fusion).coverage == 0.0


def test_one_candidate_alone_has_finite_features() -> None:
    only = candidate("a", 0.0, 0.4)
    features = confidence_features("?", fuse_candidates([only]))
    assert (features.lead, features.text_lead, features.coverage) == (0.0, 0.4, 0.0)


def test_confidence_is_a_logistic_of_the_features_and_survives_extremes() -> None:
    features = ConfidenceFeatures(0.5, 0.5, 1.0, 0.5, 1.0, 1.0, 1.0)
    weights = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert confidence(features, Calibration(weights, -5.5, 0.5)) == pytest.approx(0.5)
    assert confidence(features, Calibration(weights, 1e9, 0.5)) == pytest.approx(1.0)
    assert confidence(features, Calibration(weights, -1e9, 0.5)) == pytest.approx(0.0)


def test_the_shipped_calibration_trusts_a_clear_match_and_not_a_vague_one() -> None:
    shipped = shipped_calibration()
    clear = ConfidenceFeatures(0.8, 1.0, 4.0, 0.3, 0.3, 1.8, 4.4)
    vague = ConfidenceFeatures(0.2, 0.1, 0.8, 0.04, 0.04, 1.8, 4.4)
    assert confidence(clear, shipped) > 0.8
    assert confidence(vague, shipped) < shipped.threshold < confidence(clear, shipped)


def test_a_collection_that_confidence_was_fitted_on_has_a_calibration_that_never_saw_it() -> None:
    unseen = calibration_without("techqa_sample")
    assert unseen is not None
    assert unseen.weights != shipped_calibration().weights
    assert unseen.threshold == shipped_calibration().threshold
    assert calibration_without("another company") is None


def test_bm25_agrees_with_the_formula_worked_out_by_hand() -> None:
    index = Bm25Index([count_terms(weighted_terms("", text)) for text in ("refund refund card", "card", "invoice")])
    length, average = 3, 5 / 3
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    expected = idf * 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * length / average))
    assert index.scores("refunds?") == pytest.approx([expected, 0, 0])
    assert index.scores("refund refund refund") == pytest.approx([expected, 0, 0])
    assert not Bm25Index([]).scores("refund").size
    assert np.all(index.scores("the and of") == 0)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("agreed", "agre"),
        ("plastered", "plaster"),
        ("motoring", "motor"),
        ("sing", "sing"),
        ("conflated", "conflat"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("sky", "sky"),
        ("relational", "relat"),
        ("vietnamization", "vietnam"),
        ("triplicate", "triplic"),
        ("adoption", "adopt"),
        ("rate", "rate"),
        ("cease", "ceas"),
        ("controll", "control"),
        ("generalizations", "gener"),
        ("is", "is"),
    ],
)
def test_words_are_stemmed_as_porter_printed_them(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_apart_from_its_letter_makes_no_other_word(form: Literal["NFC", "NFD"]) -> None:
    text = unicodedata.normalize(form, "R\u00e9siliation \u00e0 Z\u00fcrich: ZR-12\u00e9")
    assert terms(text) == ["r\u00e9siliation", "\u00e0", "z\u00fcrich", "zr", "12\u00e9", "zr-12\u00e9"]
    assert codes(text) == {"zr-12\u00e9", "12\u00e9"}


def test_terms_drop_stop_words_and_keep_codes_whole_beside_their_parts() -> None:
    assert terms("Why does the SYNC-409 error stop imports?") == ["sync", "409", "sync-409", "error", "stop", "import"]
    assert terms("it's the customer's card") == ["custom", "card"]
    assert terms("thanks!") == []
    assert "caf\u00e9" in terms("Caf\u00e9 \u4e2d\u6587")


@pytest.mark.parametrize(
    ("text", "history", "expected"),
    [
        ("and for the pro plan?", ["How many seats has basic?"], "How many seats has basic?\nand for the pro plan?"),
        ("how do I turn it off", ["Digest mails annoy me"], "Digest mails annoy me\nhow do I turn it off"),
        ("and for pro?", ["How many seats?", "ok thanks", "and for basic?"], "How many seats?\nand for pro?"),
        ("and for the pro plan?", [], "and for the pro plan?"),
        ("Where is my March invoice kept?", ["Hello there"], "Where is my March invoice kept?"),
    ],
)
def test_a_follow_up_is_completed_from_what_was_asked_before(text: str, history: list[str], expected: str) -> None:
    assert rewrite_query(text, history) == expected


def test_a_long_message_with_a_pointing_word_stands_for_itself() -> None:
    text = (
        "The export of the monthly payroll report fails and it shows error code EXP-17 every single time since Monday"
    )
    assert rewrite_query(text, ["How do I add a shift?"]) == text
