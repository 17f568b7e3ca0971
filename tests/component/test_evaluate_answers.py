"""The extractive writer is scored on a small knowledge folder of ours, and data that does not fit is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline.evaluation.answers import evaluate
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.result import EvaluationResult
from tests.component.world import HashingEmbedder

ARTICLE = """---
title: Accounts
category: account_management
url: https://help.example/accounts
language: en
audience: everyone
---

## Reset your password

Choose **Forgot password** on the sign-in page. The link works for 60 minutes.

## Download an invoice

Invoices are under **Settings > Billing**. They are kept for 10 years.
"""


def write(path: Path, *rows: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "articles" / "accounts.md", ARTICLE)
    reset = [{"source": "articles/accounts.md", "anchor": "reset-your-password"}]
    invoice = [{"source": "articles/accounts.md", "anchor": "download-an-invoice"}]
    write(
        tmp_path / "evaluation" / "questions.jsonl",
        {"_id": "q1", "text": "how do I reset my password", "answers": reset},
        {"_id": "q2", "text": "where can I download an invoice", "answers": invoice},
        {"_id": "q3", "text": "zebra savannah", "answers": []},
        {"_id": "q4", "text": "answerable, but not labelled", "answers": reset},
    )
    write(
        tmp_path / "evaluation" / "answers.jsonl",
        {"_id": "q1", "must": [["forgot password"]], "fits": ["60 minutes"]},
        {"_id": "q2", "must": [["settings > billing"]], "fits": ["10 years"]},
    )
    return tmp_path


def score(folder: Path, limit: int | None = None) -> EvaluationResult:
    return evaluate(folder, HashingEmbedder(), limit=limit, progress=lambda what, done, total: None)


def test_answers_that_hold_their_facts_score_full_marks_beside_the_whole_section(folder: Path) -> None:
    result = score(folder)
    assert (result["task"], result["n"]) == ("answers", 2)
    ours = result["ours"]
    assert [ours[part] for part in ("right", "answers", "relevant", "complete", "short", "cited")] == [1.0] * 6
    assert (ours["unsupported"], ours["declined_unanswerable"]) == (0.0, 1.0)
    assert ours["right_by"] == dict.fromkeys(("concise", "step_by_step", "empathetic", "detailed", "guided"), 1.0)
    assert result["peers"]["whole_section"]["right"] == 1.0


def test_facts_that_no_answer_holds_score_nothing(folder: Path) -> None:
    write(folder / "evaluation" / "answers.jsonl", {"_id": "q1", "must": [["a telephone number"]]})
    ours = score(folder)["ours"]
    assert (ours["right"], ours["answers"], ours["unsupported"]) == (0.0, 0.0, 0.0)


def test_a_sample_is_drawn(folder: Path) -> None:
    assert score(folder, limit=1)["n"] == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"_id": "q9", "must": [["x"]]}, "no question that can be answered"),
        ({"_id": "q3", "must": [["x"]]}, "no question that can be answered"),
        ({"_id": "q1", "must": []}, "must is not"),
        ({"_id": "q1", "must": ["x"]}, "must is not"),
        ({"_id": "q1", "must": [[]]}, "must is not"),
        ({"_id": "q1", "must": [["x"]], "fits": "x"}, "fits is not"),
        ("{", "not JSON"),
    ],
)
def test_a_label_that_does_not_fit_is_named_by_file_and_line(folder: Path, row: Any, reason: str) -> None:
    write(folder / "evaluation" / "answers.jsonl", row)
    with pytest.raises(InvalidDataError, match=reason) as raised:
        score(folder)
    assert (raised.value.file.name, raised.value.line) == ("answers.jsonl", 1)


def test_a_folder_without_labels_is_refused(folder: Path) -> None:
    (folder / "evaluation" / "answers.jsonl").unlink()
    with pytest.raises(InvalidDataError, match="cannot be read"):
        score(folder)
