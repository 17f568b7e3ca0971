"""``scripts/evaluate grounding`` on files anyone can write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firstline.domain.grounding import FEATURES, N_FOR, shipped_head
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.grounding import evaluate
from firstline.evaluation.grounding_data import Pair, read_pairs
from firstline.evaluation.grounding_training import fit, folds_of, measured, spliced
from firstline.evaluation.metrics import balanced_accuracy, spearman

SOURCE = "A renewal is refunded within 14 days. Members cannot see invoices. Team has 250 members in 15 locations."
RIGHT = ("A renewal is refunded within 14 days.", "Team has 250 members.", "Members cannot see invoices.")
WRONG = ("A renewal is refunded within 90 days.", "Team has 700 members.", "Parcels are sent by train.")


class NoEmbedder:
    """Fails where it is used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not needed")


def folder(path: Path, rows: list[dict[str, Any]]) -> Path:
    (path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def scored(path: Path, **options: Any) -> dict[str, Any]:
    return dict(evaluate(path, NoEmbedder(), progress=lambda *_: None, **options))


def test_labels_give_auroc_and_balanced_accuracy_beside_token_overlap(tmp_path: Path) -> None:
    rows = [{"source": SOURCE, "answer": text, "label": 1} for text in RIGHT]
    rows += [{"source": [SOURCE], "summary": text, "label": 0} for text in WRONG]
    result = scored(folder(tmp_path, rows))
    assert result["n"] == 6
    assert result["ours"]["auroc"] == 1.0
    assert result["ours"]["balanced_accuracy"] >= 0.8
    assert set(result["peers"]["token overlap"]) == {"auroc", "balanced_accuracy"}


def test_ratings_give_a_rank_correlation(tmp_path: Path) -> None:
    rows = [{"source": SOURCE, "answer": text, "rating": 4.5} for text in RIGHT]
    rows += [{"source": SOURCE, "answer": text, "rating": 1} for text in WRONG]
    result = scored(folder(tmp_path, rows))
    assert result["ours"]["spearman"] > 0.8
    assert "auroc" not in result["ours"]


def test_a_sample_is_drawn_by_the_seed(tmp_path: Path) -> None:
    rows = [{"source": SOURCE, "answer": text, "label": n % 2} for n, text in enumerate((*RIGHT, *WRONG))]
    path = folder(tmp_path, rows)
    assert scored(path, limit=4, seed=1)["n"] == 4
    assert scored(path, limit=4, seed=1)["ours"].get("auroc") == scored(path, limit=4, seed=1)["ours"].get("auroc")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"source": "", "answer": "x", "label": 1}, "source"),
        ({"source": [1], "answer": "x", "label": 1}, "source"),
        ({"answer": "x", "label": 1}, "source"),
        ({"source": "s", "label": 1}, "answer"),
        ({"source": "s", "answer": "x", "label": 2}, "label"),
        ({"source": "s", "answer": "x"}, "label"),
        ({"source": "s", "answer": "x", "rating": "good"}, "rating"),
        ({"source": "s", "answer": "x", "rating": 3}, "some rows"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, row: dict[str, Any], complaint: str) -> None:
    path = folder(tmp_path, [{"source": "s", "answer": "x", "label": 1}, row])
    with pytest.raises(InvalidDataError, match=rf"line 2: .*{complaint}"):
        read_pairs(path)


def test_our_own_pairs_are_scored_by_weights_that_never_saw_them() -> None:
    result = scored(Path(__file__).parents[2] / "knowledge", limit=40)
    assert "never saw" in " ".join(result["notes"])
    assert result["ours"]["auroc"] > result["peers"]["token overlap"]["auroc"]


def test_a_fit_keeps_its_bounds_and_folds_never_part_a_source() -> None:
    pairs = [
        Pair((SOURCE + str(n),), text, float(text in RIGHT), str(n)) for n in range(6) for text in (*RIGHT, *WRONG)
    ]
    part = measured(pairs)
    head = fit([part])
    weights = np.array([head["weights"][name] for name in FEATURES])
    assert (weights[:N_FOR] >= 0).all()
    assert (weights[N_FOR:] <= 0).all()
    folds = folds_of(part.group)
    assert all(len(set(folds[part.group == group])) == 1 for group in set(part.group))
    assert len(set(folds)) == 5


def test_the_same_corpus_gives_the_same_made_answers(tmp_path: Path) -> None:
    texts = [
        " ".join(f"Part {n} of manual {m} says that valve {n * m} opens slowly after {n} turns." for n in range(1, 9))
        for m in range(1, 12)
    ]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    first = spliced(corpus)
    assert first == spliced(corpus)
    assert {pair.target for pair in first} == {0.0, 1.0}


def test_the_card_of_the_shipped_weights_names_data_date_and_scores() -> None:
    card = shipped_head()
    assert set(card) >= {"date", "trained_on", "measured", "weights", "intercept", "fitted_without_fold"}
    assert all(score["auroc_in_folds"] > 0.7 for score in card["measured"].values())


def test_rank_correlation_and_balanced_accuracy() -> None:
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 90.0])) == pytest.approx(1.0)
    assert spearman(np.array([1.0, 2.0, 2.0, 4.0]), np.array([4.0, 3.0, 3.0, 1.0])) == pytest.approx(-1.0)
    assert spearman(np.array([1.0, 1.0]), np.array([1.0, 2.0])) == 0.0
    true = np.array([True, True, False, False, False, False])
    assert balanced_accuracy(np.array([True, False, True, False, False, False]), true) == pytest.approx(0.625)
