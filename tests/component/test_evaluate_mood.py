"""Tasks sentiment, frustration and urgency of ``scripts/evaluate`` on small files."""

import json

import numpy as np
import pytest

from firstline.evaluation import frustration, sentiment, urgency
from firstline.evaluation.errors import InvalidDataError


class NoVectors:
    """An embedder that tells nothing of a text."""

    def embed(self, texts):
        return np.zeros((len(texts), 384), np.float32)


def scored(task, folder, rows, *, name="data.jsonl", limit=None, **own):
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return task.evaluate(folder, NoVectors(), limit=limit, seed=13, progress=lambda *_: None, **own)


SENTIMENTS = [
    {"text": "what a terrible, useless company you are", "label": "negative"},
    {"text": "my order never arrived and nobody replies", "label": "negative"},
    {"text": "Das ist eine Frechheit und eine Katastrophe", "label": "negative"},
    {"text": "does it come in black as well?", "label": "neutral"},
    {"text": "what time do you close on Fridays?", "label": "neutral"},
    {"text": "wonderful support, you are the best", "label": "positive"},
    {"text": "Vielen Dank, das war perfekt", "label": "positive"},
]


def test_sentiments_are_scored_with_macro_f1_accuracy_and_the_ranking_of_the_negative(tmp_path):
    result = scored(sentiment, tmp_path, SENTIMENTS)
    assert result["task"] == "sentiment"
    assert result["n"] == len(SENTIMENTS)
    assert result["ours"]["accuracy"] > 0.7
    assert result["ours"]["macro_f1"] > 0.7
    assert result["ours"]["negative_auroc"] > 0.9


def test_a_test_file_is_preferred_and_a_sample_can_be_scored(tmp_path):
    (tmp_path / "data.jsonl").write_text("not read", encoding="utf-8")
    assert scored(sentiment, tmp_path, SENTIMENTS, name="test.jsonl", limit=3)["n"] == 3


def test_a_text_that_was_learnt_from_is_not_scored(tmp_path):
    learnt = {"text": "thanks for nothing", "label": "negative"}
    result = scored(sentiment, tmp_path, [*SENTIMENTS * 5, learnt])
    assert result["n"] == 5 * len(SENTIMENTS)
    assert any("left out" in note for note in result["notes"])


def test_a_conversation_is_as_frustrated_as_its_customers_worst_moment(tmp_path):
    angry = [
        {"role": "customer", "text": "where is my parcel 77120"},
        {"role": "agent", "text": "It is on its way."},
        {"role": "customer", "text": "this is ridiculous, you are useless and I am furious"},
        {"role": "agent", "text": "I am sorry."},
        {"role": "customer", "text": "ok"},
    ]
    calm = [
        {"role": "customer", "text": "where is my parcel 77121"},
        {"role": "agent", "text": "Terrible, horrible, awful: an agent's own words count for nothing."},
        {"role": "customer", "text": "great, thank you"},
    ]
    result = scored(frustration, tmp_path, [{"turns": angry, "label": 1}, {"turns": calm, "label": 0}])
    assert result["ours"]["auroc"] == 1.0
    assert set(result["ours"]) == {"auroc", "f1"}


def test_the_same_question_again_counts_within_a_conversation(tmp_path):
    asked = {"role": "customer", "text": "where is my parcel 77120"}
    answered = {"role": "agent", "text": "On its way."}
    rows = [{"turns": [asked, answered, asked], "label": 1}, {"turns": [asked, answered], "label": 0}]
    assert scored(frustration, tmp_path, rows)["ours"]["auroc"] == 1.0


def test_urgency_is_scored_by_rank_and_by_the_most_urgent(tmp_path):
    rows = [
        {"text": "smoke comes out of the charger and my child is in hospital", "urgency": 5},
        {"text": "production is down for all our customers", "urgency": 4},
        {"text": "the invoice shows our old address", "urgency": 2},
        {"text": "do you have a student discount?", "urgency": 1},
    ]
    result = scored(urgency, tmp_path, rows)
    assert result["ours"]["spearman"] > 0.7
    assert result["ours"]["auroc"] == 1.0
    assert set(result["peers"]["keyword_rules"]) == {"spearman", "auroc"}
    assert scored(urgency, tmp_path, rows, threshold=2)["ours"]["auroc"] == 1.0


@pytest.mark.parametrize(
    ("task", "row"),
    [
        (sentiment, {"text": "a", "label": "angry"}),
        (sentiment, {"text": " ", "label": "neutral"}),
        (frustration, {"text": "a", "label": 2}),
        (frustration, {"text": "a", "label": 1}),
        (frustration, {"turns": [{"role": "agent", "text": "a"}], "label": 1}),
        (frustration, {"turns": "a", "label": 1}),
        (urgency, {"text": "a", "urgency": "high"}),
        (urgency, {"text": "a", "urgency": True}),
        (urgency, {"text": "a", "urgency": 1}),
    ],
)
def test_data_that_does_not_fit_is_named(tmp_path, task, row):
    with pytest.raises(InvalidDataError, match=r"data\.jsonl"):
        scored(task, tmp_path, [row])


@pytest.mark.parametrize("task", [sentiment, frustration, urgency])
def test_a_missing_file_is_named(tmp_path, task):
    with pytest.raises(InvalidDataError, match=r"data\.jsonl"):
        task.evaluate(tmp_path, NoVectors(), limit=None, seed=13, progress=lambda *_: None)
