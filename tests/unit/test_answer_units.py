"""An answer cut into sentences while it is being written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.domain.answer_units import LONGEST, AnswerUnits

ANSWER = (
    "Hello there! You can pay with e.g. Visa [1]. Dr. Smith agrees. It costs $3.50 a month [1] [2]. To change it:\n\n"
    "1. Open **Settings**.\n2. Choose Save. Then wait\n   a bit.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    "```\ncurl x. Y\n\nfoo\n```\n[1]\n\nDone? Yes. [2] It ends"
)


def cut(*parts: str) -> list[str]:
    units = AnswerUnits()
    found = [unit for part in parts for unit in units.push(part)]
    return found + units.finish()


def test_sentences_keep_their_marks_and_lists_tables_and_code_their_lines() -> None:
    assert [unit.strip("\n") for unit in cut(ANSWER)] == [
        "Hello there! ",
        "You can pay with e.g. Visa [1]. ",
        "Dr. Smith agrees. ",
        "It costs $3.50 a month [1] [2]. ",
        "To change it:",
        "1. Open **Settings**.",
        "2. Choose Save. ",
        "Then wait",
        "   a bit.",
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "```\ncurl x. Y\n\nfoo\n```",
        "[1]",
        "Done? ",
        "Yes. [2] ",
        "It ends",
    ]


def test_a_sentence_comes_out_with_the_first_letter_of_the_next() -> None:
    units = AnswerUnits()
    assert units.push("It takes 3 days [1].") == []
    assert units.push(" ") == []
    assert units.push("T") == ["It takes 3 days [1]. "]


def test_a_mark_behind_the_full_stop_belongs_to_its_sentence() -> None:
    units = AnswerUnits()
    assert units.push("It takes 3 days. [") == []
    assert units.push("1") == []
    assert units.push("] Then") == ["It takes 3 days. [1] "]


def test_a_block_of_code_is_held_until_it_is_closed() -> None:
    units = AnswerUnits()
    assert units.push("```\nrm x. Then\n") == []
    assert units.push("```\n") == ["```\nrm x. Then\n```\n"]


def test_a_wrapped_sentence_is_one_and_a_chinese_one_needs_no_space() -> None:
    assert cut("The refund\ntakes 30 days. Then it is there.") == ["The refund\ntakes 30 days. ", "Then it is there."]
    assert cut("\u9000\u6b3e\u9700\u8981\u4e09\u5929\u3002\u8bf7\u7b49\u5f85\u3002") == [
        "\u9000\u6b3e\u9700\u8981\u4e09\u5929\u3002",
        "\u8bf7\u7b49\u5f85\u3002",
    ]


def test_text_without_an_end_does_not_wait_for_ever() -> None:
    units = AnswerUnits()
    assert "".join(units.push("word " * LONGEST))


@given(st.lists(st.sampled_from([*"ab .!?:|`-\n[]1A", "e.g.", "```\n", " [1]", "\u3002"]), max_size=60), st.data())
def test_where_the_stream_is_parted_changes_nothing(letters: list[str], data: st.DataObject) -> None:
    text = "".join(letters)
    at = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    parts = [text[start:end] for start, end in zip([0, *at], [*at, len(text)], strict=True)]
    whole = cut(text)
    assert "".join(whole) == text
    assert cut(*parts) == whole


def test_letter_by_letter_gives_the_same_units() -> None:
    assert cut(*ANSWER) == cut(ANSWER)
