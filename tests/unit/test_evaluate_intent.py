"""Tasks ``intent`` and ``category`` of scripts/evaluate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline.evaluation import intent
from firstline.evaluation.category import evaluate as evaluate_category
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.intent import evaluate as evaluate_intent
from firstline.evaluation.metrics import macro_f1
from tests.unit.knowledge_doubles import WordEmbedder

REFUND = [f"refund {rest}" for rest in ("for the order", "not here", "how long", "money back", "please", "of a fee")]
PARCEL = [f"parcel {rest}" for rest in ("track it", "lost again", "to a neighbour", "late", "damaged box", "customs")]
IDLE = ["sing a song", "who won the match", "tell a joke", "cook rice", "capital of peru", "weather in rome"]


def written(folder: Path, **files: list[tuple[str, str]]) -> Path:
    for name, rows in files.items():
        lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def labelled(texts: list[str], label: str) -> list[tuple[str, str]]:
    return [(text, label) for text in texts]


def scored(folder: Path, **options: Any) -> Any:
    chosen = {"limit": None, "seed": 13, "progress": lambda *_: None} | options
    return evaluate_intent(folder, WordEmbedder(), **chosen)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # The peer's library is not among what the tests need.
    monkeypatch.setattr(intent, "tfidf_linear_svc", lambda train, test: {"rows": len(train) + len(test)})
    return written(
        tmp_path,
        train=labelled(REFUND, "refund") + labelled(PARCEL, "parcel"),
        test=[("a refund please", "refund"), ("parcel is late", "parcel"), ("refund of the parcel fee", "refund")],
        oos_test=labelled(IDLE, "oos"),
    )


def test_own_intents_are_scored_in_scope_and_out_of_it_beside_the_peer(folder: Path) -> None:
    result = scored(folder)
    assert (result["n"], result["ours"]["accuracy"], result["ours"]["macro_f1"]) == (9, 1.0, 1.0)
    assert result["ours"]["oos_auroc"] == 1.0
    assert result["ours"]["oos_recall"] == 1.0
    assert 0 < result["ours"]["in_scope_accepted"] <= 1
    assert result["peers"]["tfidf_linear_svc"] == {"rows": 12 + 9}


def test_so_many_shots_are_learnt_of_every_label_and_all_that_is_out_of_scope(folder: Path) -> None:
    written(folder, oos_train=labelled(IDLE[:4], "oos"))
    assert "8 examples of 2 labels" in scored(folder, shots=2)["notes"][0]
    assert "16 examples of 2 labels" in scored(folder)["notes"][0]


def test_without_rows_out_of_scope_nothing_is_said_of_them(folder: Path) -> None:
    (folder / "oos_test.jsonl").unlink()
    assert "oos_auroc" not in scored(folder)["ours"]
    assert scored(folder, limit=2)["n"] == 2


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"train": labelled(REFUND, "refund")}, "two labels"),
        ({"test": labelled(IDLE, "oos")}, "nothing in scope"),
        ({"train": [("", "refund")]}, "line 1"),
        ({"train": [("x", "")]}, "line 1"),
    ],
)
def test_data_that_does_not_fit_is_refused_with_file_and_line(folder: Path, files: Any, told: str) -> None:
    written(folder, **files)
    with pytest.raises(InvalidDataError, match=told):
        scored(folder)


def test_no_shots_are_refused(folder: Path) -> None:
    with pytest.raises(InvalidDataError, match="at least 1"):
        scored(folder, shots=0)


def test_categories_are_scored_as_shipped_beside_keywords(tmp_path: Path) -> None:
    rows = [
        ("how do I reset my password", "account_management"),
        ("the app crashes when I press save", "bug_report"),
        ("what are your opening hours", "general_inquiry"),
        ("refund my last invoice", "billing_inquiry"),
    ]
    written(tmp_path, data=rows)
    result = evaluate_category(tmp_path, WordEmbedder(), limit=None, seed=13, progress=lambda *_: None)
    assert (result["n"], result["ours"]["accuracy"], result["peers"]["keywords"]["accuracy"]) == (4, 1.0, 1.0)
    written(tmp_path, data=[("hello", "greeting")])
    with pytest.raises(InvalidDataError, match="label is none of"):
        evaluate_category(tmp_path, WordEmbedder(), limit=None, seed=13, progress=lambda *_: None)


def test_macro_f1_counts_every_true_label_alike() -> None:
    assert macro_f1([("a", "a"), ("a", "a"), ("a", "b"), ("b", "b")]) == pytest.approx((0.8 + 2 / 3) / 2)
    assert macro_f1([("a", "b")]) == 0
