"""What scripts/classify shows of a message and of a conversation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.explain import as_text, explained, read_conversation
from firstline.workflow.classify_query import ClassifyParts
from tests.unit.knowledge_doubles import WordEmbedder

PARTS = ClassifyParts(WordEmbedder())


def test_every_judgement_is_shown_with_what_counted_for_it() -> None:
    (told,) = explained([{"role": "customer", "text": "My lawyer will write to you about the invoice."}], PARTS)
    assert (told["handover"], told["legal"], told["language"]) == ("legal", True, "en")
    assert any(one["about"] == "stakes" and "my lawyer" in one["text"] for one in told["because"])
    shown = as_text(told)
    for name in ("category", "intent", "urgency", "mood", "language", "stakes", "style", "handover"):
        assert f"\n  {name} " in shown
    assert "phrase: legal: my lawyer" in shown
    assert json.loads(json.dumps(told)) == told


def test_each_message_of_a_conversation_is_judged_in_the_light_of_those_before() -> None:
    turns = [
        {"role": "customer", "text": "How do I export the shifts of last month?"},
        {"role": "bot", "text": "Under Reports. If you would rather talk to a person, just say so."},
        {"role": "customer", "text": "how do I export the shifts of last month"},
        {"role": "bot", "text": "If you would rather talk to a person, just say so."},
        {"role": "customer", "text": "yes please"},
    ]
    first, second, third = explained(turns, PARTS)
    assert (first["unsolved"], second["unsolved"]) == (False, True)
    assert (first["handover"], third["handover"]) == ("", "explicit_request")
    assert [told["text"] for told in (first, second, third)] == [turns[place]["text"] for place in (0, 2, 4)]


def test_a_conversation_is_read_from_json_lines_or_plain_lines(tmp_path: Path) -> None:
    plain, rows = tmp_path / "plain.txt", tmp_path / "rows.jsonl"
    plain.write_text("hello\n\nwhere is it?\n", encoding="utf-8")
    rows.write_text('{"role": "bot", "text": "Hi."}\n{"role": "customer", "text": "hello"}\n', encoding="utf-8")
    assert read_conversation(plain) == [
        {"role": "customer", "text": "hello"},
        {"role": "customer", "text": "where is it?"},
    ]
    assert read_conversation(rows) == [{"role": "bot", "text": "Hi."}, {"role": "customer", "text": "hello"}]


@pytest.mark.parametrize(
    "content",
    ["", "\n\n", '{"role": "robot", "text": "x"}', '{"role": "customer"}', '{"role": "customer", "text": "x"}\nhello'],
)
def test_a_file_that_is_no_conversation_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidDataError, match="bad"):
        read_conversation(path)
    with pytest.raises(InvalidDataError, match="missing"):
        read_conversation(tmp_path / "missing")
