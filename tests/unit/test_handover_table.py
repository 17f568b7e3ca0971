"""The labelled conversations of knowledge/evaluation/handover.jsonl, through the real classification and policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.local.embedder import OnnxEmbedder
from firstline.domain.turn import Reason
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.handover import evaluate, read_cases
from firstline.evaluation.result import EvaluationResult

ROOT = Path(__file__).resolve().parents[2]
CASES = read_cases(ROOT / "knowledge")
LANGUAGES = {"en", "es", "fr", "de", "it", "pt", "nl", "pl", "sv", "tr", "ja", "zh"}


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(ROOT / ".cache" / "embedding")


@pytest.fixture(scope="module")
def result(embedder: OnnxEmbedder) -> EvaluationResult:
    return evaluate(ROOT / "knowledge", embedder, progress=lambda *_: None)


def test_the_table_is_large_balanced_and_in_every_language() -> None:
    assert len(CASES) >= 150
    assert 0.3 < sum(case.handover for case in CASES) / len(CASES) < 0.7
    for handover in (True, False):
        assert {case.language for case in CASES if case.handover is handover} == LANGUAGES
    assert len({case.turn.message.text for case in CASES}) == len(CASES)
    assert {case.reason for case in CASES if case.handover} <= set(Reason)


def test_who_must_go_to_a_person_does_and_who_must_not_does_not(result: EvaluationResult) -> None:
    ours, keywords = result["ours"], result["peers"]["keywords"]
    assert ours["precision"] >= 0.97
    assert ours["recall"] >= 0.95
    assert ours["f1"] > keywords["f1"] + 0.25


def test_law_danger_stakes_and_plain_wishes_are_never_missed(result: EvaluationResult) -> None:
    kinds = result["ours"]["per_kind"]
    for kind in ("explicit", "legal", "safety", "stakes", "no_progress"):
        assert kinds[kind] == 1.0, kind


def test_the_reason_is_mostly_the_stated_one(result: EvaluationResult) -> None:
    assert result["ours"]["reason_agreement"] >= 0.8


ROW = {"turns": [{"role": "customer", "text": "hi"}], "found": 0.5, "handover": False}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"turns": []}, "turns"),
        ({"turns": "hi"}, "turns"),
        ({"turns": [{"role": "robot", "text": "x"}]}, "turns"),
        ({"turns": [{"role": "customer"}]}, "turns"),
        ({"turns": [{"role": "bot", "text": "x", "action": "dance"}, {"role": "customer", "text": "x"}]}, "turns"),
        ({"turns": [{"role": "customer", "text": "x"}, {"role": "bot", "text": "y"}]}, "last turn"),
        ({"found": 2}, "found"),
        ({"found": True}, "found"),
        ({"found": None}, "found"),
        ({"handover": "yes"}, "handover"),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    lines = [json.dumps(ROW), json.dumps(ROW | change)]
    (tmp_path / "handover.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InvalidDataError, match=f"2.*{told}"):
        read_cases(tmp_path)
