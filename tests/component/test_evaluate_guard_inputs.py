"""The measures of ``evaluate pii`` on small files of ours."""

import json

import pytest

from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.pii import evaluate


def silent(what, done, total):
    pass


def scored(tmp_path, rows):
    (tmp_path / "data.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return evaluate(tmp_path, None, limit=None, seed=13, progress=silent)


def test_spans_count_once_and_kinds_without_a_label_are_not_counted(tmp_path):
    text = "mail a@mail.example or b@mail.example from 10.0.0.1"
    spans = [{"start": 5, "end": 19, "label": "EMAIL_ADDRESS"}, {"start": 0, "end": 4, "label": "TITLE"}]
    result = scored(tmp_path, [{"text": text, "spans": spans}])
    assert result["ours"]["precision"] == 0.5
    assert result["ours"]["recall"] == 1.0
    assert result["ours"]["per_type"] == {"email": 0.6667}
    assert "TITLE (1)" in result["notes"][-1]
    assert result["peers"]["regex"]["recall"] == 1.0


def test_neighbouring_pieces_of_one_address_count_as_one(tmp_path):
    text = "I live at 12 Baker Street, London"
    spans = [{"start": 10, "end": 25, "label": "street"}, {"start": 27, "end": 33, "label": "CITY"}]
    result = scored(tmp_path, [{"text": text, "spans": spans}])
    assert result["ours"]["f1"] == 1.0


@pytest.mark.parametrize(
    "row",
    [
        {"text": "a"},
        {"text": "", "spans": []},
        {"text": "a", "spans": [{"start": 0, "end": 2, "label": "EMAIL"}]},
        {"text": "a", "spans": [{"start": 0, "end": 1, "label": "UNKNOWN"}]},
        {"text": "a", "spans": [{"start": 0.0, "end": 1, "label": "EMAIL"}]},
    ],
)
def test_data_that_does_not_fit_is_named(tmp_path, row):
    with pytest.raises(InvalidDataError, match=r"data\.jsonl"):
        scored(tmp_path, [row])
