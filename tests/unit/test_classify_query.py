"""The state ClassifyQuery: one pass of the model, no trouble without it, any input."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import numpy as np
import pytest

from firstline.domain.classified import Category, Classification, Intent
from firstline.domain.errors import EmbedderUnavailableError, FirstlineError
from firstline.domain.judged import Evidence, Judged
from firstline.domain.message_vectors import HEADS_MODEL, MessageVectors, unpacked
from firstline.evaluation.handover import turn_of
from firstline.workflow.classify_query import ClassifyParts, classify_query

GREEK_LOOKALIKES = "\u0397\u03bfw do I \u0441h\u0430nge my \u0440\u0430ssw\u03bfrd?"
ODD = {
    "empty": "",
    "space": " \n\t ",
    "emoji": "\U0001f621\U0001f621\U0001f621\U0001f4a5",
    "long": "my order is late and nobody answers. " * 1_400,
    "one long word": "a" * 50_000,
    "mixed scripts": "help \u043f\u043e\u043c\u043e\u0449\u044c \u5e2e\u52a9 \u0645\u0633\u0627\u0639\u062f\u0629",
    "base64": base64.b64encode(bytes(range(256)) * 20).decode(),
    "code": "def f(x):\n    return {k: v for k, v in x.items() if v is not None}\n" * 40,
    "look-alikes": GREEK_LOOKALIKES,
    "control": "\x00\x01\u202e\u200b" * 500,
    "marks": "e" + "\u0301" * 5_000,
    "signs": "!?" * 10_000,
    "digits": "0123456789" * 2_000,
    "brackets": "[" * 20_000,
}


class Embedder:
    """Counts its passes; of the model that the heads know, unless told."""

    dimensions = 384

    def __init__(self, model_id: str = HEADS_MODEL, *, broken: bool = False) -> None:
        self.model_id = model_id
        self.broken = broken
        self.passes = 0

    def knows(self, word: str) -> bool:
        return True

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError("a message is embedded by embed_message")

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError("a message is embedded by embed_message")

    def embed_message(self, text: str) -> MessageVectors:
        self.passes += 1
        if self.broken:
            raise EmbedderUnavailableError("broken by the test")
        made = np.random.default_rng(len(text)).normal(size=(2, self.dimensions)).astype(np.float32)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return MessageVectors(made[0], made[1])


class Own:
    """Own intents that answer what they are told to."""

    def __init__(self, judged: Judged | None) -> None:
        self.judged = judged
        self.given: list[np.ndarray | None] = []

    def judge(self, text: str, vector: np.ndarray | None) -> Judged | None:
        self.given.append(vector)
        return self.judged

    def judge_category(self, text: str, vector: np.ndarray | None) -> Judged | None:
        return None


def classified(text: str, embedder: Embedder | None = None, own: Own | None = None) -> Classification:
    turn = turn_of("t", [{"role": "customer", "text": text}])
    return classify_query(turn, ClassifyParts(embedder or Embedder(), own))


def test_the_model_is_asked_once_and_the_questions_vector_travels() -> None:
    embedder = Embedder()
    judged = classified("How do I export my shifts?", embedder)
    assert embedder.passes == 1
    travelled = unpacked(judged.query_vector)
    assert travelled is not None
    assert travelled @ embedder.embed_message("How do I export my shifts?").query > 0.9999


def test_without_the_model_words_and_rules_judge_and_the_failure_is_told() -> None:
    failures: list[FirstlineError] = []
    turn = turn_of("t", [{"role": "customer", "text": "I want to talk to a human, my lawyer says so"}])
    judged = classify_query(turn, ClassifyParts(Embedder(broken=True)), on_failure=failures.append)
    assert [type(error) for error in failures] == [EmbedderUnavailableError]
    assert judged.query_vector == ""
    assert (judged.intent, judged.legal) == (Intent.HUMAN_REQUEST, True)


def test_vectors_of_another_model_serve_the_search_and_own_intents_but_not_our_heads() -> None:
    own = Own(Judged("x", 0.9))
    text = "Something about invoices and money that I have paid"
    other = classified(text, Embedder("another/1"), own)
    bare = classified(text, Embedder(broken=True))
    assert unpacked(other.query_vector) is not None
    assert own.given[0] is not None
    assert (other.category, other.category_confidence) == (bare.category, bare.category_confidence)
    assert (other.sentiment, other.urgency) == (bare.sentiment, bare.urgency)


@pytest.mark.parametrize(
    ("judged", "label"),
    [
        (Judged("refund_status", 0.8, because=(Evidence("example", "where is my refund", 0.9),)), "refund_status"),
        (Judged("refund_status", 0.3), ""),
        (Judged("refund_status", 0.9, out_of_scope=0.8), ""),
        (None, ""),
    ],
)
def test_an_own_intent_counts_where_it_is_sure_and_in_scope(judged: Judged | None, label: str) -> None:
    result = classified("where is my refund", own=Own(judged))
    assert result.own_intent == label
    assert (result.own_intent_confidence > 0) is bool(label)
    assert any(one.about == "own_intent" for one in result.because) is bool(label)


def test_what_is_asked_again_is_unsolved() -> None:
    asked = {"role": "customer", "text": "How do I export the shifts of last month?"}
    told = {"role": "bot", "text": "Under Reports."}
    again = turn_of("t", [asked, told, {"role": "customer", "text": "how do I export the shifts of last month"}])
    other = turn_of("t", [asked, told, {"role": "customer", "text": "And which format does that have?"}])
    assert classify_query(again, ClassifyParts(Embedder())).unsolved
    assert not classify_query(other, ClassifyParts(Embedder())).unsolved


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("broken", [False, True])
def test_any_text_is_classified_within_the_ranges_and_fits_the_state_machine(name: str, broken: bool) -> None:
    judged = classified(ODD[name], Embedder(broken=broken))
    assert 0 <= judged.urgency <= 1
    assert -1 <= judged.sentiment <= 1
    assert 0 <= judged.frustration <= 1
    assert not judged.legal
    assert not judged.safety
    assert judged.intent is not Intent.HUMAN_REQUEST
    assert len(judged.model_dump_json()) < 16_000
    assert Classification.model_validate_json(judged.model_dump_json()) == judged


@pytest.mark.parametrize("name", ["empty", "space", "emoji", "base64", "signs", "digits", "brackets", "control"])
def test_text_that_says_nothing_is_judged_with_low_confidence(name: str) -> None:
    judged = classified(ODD[name], Embedder(broken=True))
    assert judged.category_confidence < 0.5
    assert judged.intent_confidence < 0.75


def test_a_turn_of_the_release_before_still_loads() -> None:
    old = {
        "category": "billing_inquiry",
        "category_confidence": 0.5,
        "intent": "question",
        "intent_confidence": 0.8,
        "urgency": 0.1,
        "urgency_level": "low",
        "sentiment": 0.0,
        "sentiment_confidence": 0.0,
        "frustration": 0.0,
        "language": "en",
        "language_confidence": 0.9,
    }
    loaded = Classification.model_validate_json(json.dumps(old))
    assert loaded.category is Category.BILLING_INQUIRY
    assert (loaded.stakes, loaded.trend, loaded.query_vector, loaded.because) == ("", "stable", "", ())


def test_reasons_are_few_and_short() -> None:
    judged = classified("my lawyer " * 900 + "will sue you, take you to court, small claims, legal action, subpoena")
    assert judged.because
    assert len(judged.because) <= 40
    assert all(len(one.text) <= 120 for one in judged.because)
