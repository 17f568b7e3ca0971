"""Retrieval is scored on a small folder of ours, beside its peers, and data that does not fit is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.retrieval import EvaluationResult, evaluate_retrieval
from tests.unit.knowledge_doubles import WordEmbedder

ROOT = Path(__file__).resolve().parent.parent.parent
MEASURES = {"ndcg_at_10", "mrr_at_10", "recall_at_5", "recall_at_10", "hit_at_1", "hit_at_3"}


def write(path: Path, *rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    topics = ("refund money", "invoice download", "password reset", "calendar import", "holiday request")
    write(
        tmp_path / "corpus.jsonl",
        *({"_id": f"d{at}", "title": words, "text": f"All about {words}."} for at, words in enumerate(topics)),
    )
    write(
        tmp_path / "queries.jsonl",
        {"_id": "q1", "text": "where is my refund"},
        {"_id": "q2", "text": "reset my password"},
        {"_id": "q3", "text": "zebra savannah"},
    )
    write(tmp_path / "qrels.tsv", "query-id\tcorpus-id\tscore", "q1\td0\t1", "q2\td2\t2", "q2\td3\t0")
    return tmp_path


def evaluate(folder: Path, limit: int | None = None) -> EvaluationResult:
    return evaluate_retrieval(folder, WordEmbedder(), limit=limit, progress=lambda what, done, total: None)


def test_a_collection_whose_answers_are_obvious_scores_full_marks(folder: Path) -> None:
    result = evaluate(folder)
    assert (result["task"], result["data"], result["n"]) == ("retrieval", folder.name, 2)
    assert {measure: result["ours"][measure] for measure in MEASURES} == dict.fromkeys(MEASURES, 1.0)
    assert result["ours"]["abstention_auroc"] == 1.0
    assert result["ours"].keys() >= {"p50_ms", "index_seconds"}
    assert set(result["peers"]) == {"bm25s", "dense_only"}
    assert all(scores.keys() == MEASURES for scores in result["peers"].values())
    assert result["notes"] == ["5 documents in 5 chunks"]


def test_judgements_that_nothing_can_meet_score_nothing(folder: Path) -> None:
    write(folder / "qrels.tsv", "query-id\tcorpus-id\tscore", "q1\td0\t1")
    write(folder / "queries.jsonl", {"_id": "q1", "text": "zebra"})
    write(
        folder / "corpus.jsonl",
        {"_id": "d0", "text": "refund"},
        *({"_id": f"x{n}", "text": "zebra"} for n in range(20)),
    )
    result = evaluate(folder)
    assert result["peers"]["bm25s"]["hit_at_3"] == 0.0
    assert result["ours"]["hit_at_3"] == 0.0
    assert "abstention_auroc" not in result["ours"]


def test_a_sample_is_drawn_with_the_seed(folder: Path) -> None:
    assert evaluate(folder, limit=2)["n"] == evaluate(folder, limit=2)["n"] <= 2


def test_a_knowledge_folder_is_scored_by_section_and_left_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "articles" / "billing.md", "# Billing\n\n## Refunds\n\nMoney back.\n\n## Cards\n\nVisa.")
    write(tmp_path / "faqs" / "general.jsonl", {"question": "Where is the office?", "answer": "Lisbon."})
    write(
        tmp_path / "evaluation" / "questions.jsonl",
        {"_id": "1", "text": "refunds", "answers": [{"source": "articles/billing.md", "anchor": "refunds"}]},
        {"_id": "2", "text": "office", "answers": [{"source": "faqs/general.jsonl", "anchor": "q1"}]},
        {"_id": "3", "text": "zebra", "answers": []},
    )
    before = sorted(tmp_path.rglob("*"))
    result = evaluate(tmp_path)
    assert (result["n"], result["ours"]["hit_at_1"]) == (2, 1.0)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("corpus.jsonl", '{"_id": "d0", "text": "x"}\n{oops', "corpus.jsonl, line 2: not JSON"),
        ("corpus.jsonl", '{"_id": "d0", "text": "x"}\n{"_id": "d0", "text": "y"}', "line 2: the _id 'd0' is there"),
        ("corpus.jsonl", '{"_id": 7, "text": "x"}', "line 1: _id is missing, empty or not text"),
        ("corpus.jsonl", "", "corpus.jsonl: no rows"),
        ("queries.jsonl", "[]", "queries.jsonl, line 1: not a JSON object"),
        ("queries.jsonl", '{"_id": "q1"}', "queries.jsonl, line 1: text is missing"),
        ("qrels.tsv", "a\tb\tc\n", "qrels.tsv, line 1: the header"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td0", "qrels.tsv, line 2: 2 fields"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq9\td0\t1", "line 2: no query has the id 'q9'"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td9\t1", "line 2: no document has the id 'd9'"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td0\tnan", "line 2: the score 'nan' is not finite"),
    ],
)
def test_data_that_does_not_fit_is_named_by_file_and_line(
    folder: Path, file: str, content: str, complaint: str
) -> None:
    (folder / file).write_text(content)
    with pytest.raises(InvalidDataError, match=complaint):
        evaluate(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "queries.jsonl").unlink()
    with pytest.raises(InvalidDataError, match=r"queries\.jsonl: cannot be read"):
        evaluate(folder)


def test_the_options_of_the_script_are_explained_without_any_set_up() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "evaluate"), "retrieval", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--limit" in result.stdout
