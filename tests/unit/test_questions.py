"""A message that asks several things is taken apart, and others are left whole."""

import pytest

from firstline.domain.questions import split_questions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "How do I cancel my plan and will I get money back?",
            ["How do I cancel my plan", "will I get money back?"],
        ),
        ("Where is my invoice? Which cards do you take?", ["Where is my invoice?", "Which cards do you take?"]),
        ("how do we set up the ipad and does it need internet", ["how do we set up the ipad", "does it need internet"]),
        ("Hi! Can I export version 2.5 data? Also, what is the size limit?",
         ["Can I export version 2.5 data?", "Also, what is the size limit?"]),
        ("Where is my invoice?", []),
        ("Is there a limit? Ok?", []),
        ("Refunds and cards and seats", []),
        ("", []),
    ],
)  # fmt: skip
def test_each_question_stands_for_itself(text: str, expected: list[str]) -> None:
    assert split_questions(text) == expected


def test_a_long_account_with_questions_at_its_end_is_searched_as_a_whole() -> None:
    account = "We moved the payroll export to another folder and the import job stopped with a permission error. "
    assert split_questions(3 * account + "What could be wrong here? Which log shows the error?") == []


def test_of_many_questions_the_first_three_are_kept() -> None:
    assert len(split_questions("Where is billing shown? " * 5)) == 3
