"""The checklist fails what it says it fails."""

from __future__ import annotations

import pytest

from firstline.domain.knowledge import Chunk
from firstline.domain.locales import texts
from firstline.domain.turn import Strategy
from firstline.evaluation.answer_checklist import Label, check_answer, is_own_phrase

TEXT = """You can reset it yourself. The link works for 60 minutes.

1. Open the page.
2. Choose **Forgot password**.

The page is blue and has a logo of the company on it."""

LABEL = Label(
    must=(("60 minutes", "one hour"),), fits=("forgot password", "reset it yourself"), sections=frozenset({"a#x"})
)
RIGHT = "You can reset it yourself. The link works for 60 minutes. [1]"
STEPS = "1. Open the page.\n2. Choose **Forgot password**."


def chunk(text: str = TEXT, source: str = "a") -> Chunk:
    return Chunk(
        chunk_id=f"{source}#x@1", source=source, title="T", anchor="x", text=text, position=0, content_hash="1"
    )


def test_a_right_answer_is_right_whatever_firstline_says_around_it() -> None:
    said = f"Hello Anna. I understand, let us get this sorted.\n\n{RIGHT}\n\nDoes this fit your case?"
    checked = check_answer(said, [chunk()], LABEL)
    assert checked.right
    assert (checked.n_claims, checked.n_unsupported, checked.on_the_point) == (2, 0, 1.0)


@pytest.mark.parametrize(
    ("said", "failed"),
    [
        ("You can reset it yourself. [1]", "answers"),
        ("The link works for 60 minutes. The page is blue and has a logo of the company on it. [1]", "relevant"),
        (f"The link works for 60 minutes.\n\n{STEPS.splitlines()[0]}\n\n[1]", "complete"),
        (f"The link works for 60 minutes.\n\n{STEPS.splitlines()[1]}\n{STEPS.splitlines()[0]}\n\n[1]", "complete"),
        (f"{RIGHT} {'Does this fit your case? ' * 30}", "short"),
        ("You can reset it yourself. The link works for 60 minutes.", "cited"),
        ("You can reset it yourself. The link works for 60 minutes. [1] [2]", "cited"),
        ("You can reset it yourself. The link works for about 60 minutes. [1]", "cited"),
    ],
)
def test_each_line_of_the_checklist_can_fail(said: str, failed: str) -> None:
    checked = check_answer(said, [chunk()], LABEL)
    assert not getattr(checked, failed)
    assert not checked.right


def test_a_sentence_that_no_source_holds_is_counted() -> None:
    checked = check_answer("The link works for 60 minutes. We refund everybody. [1]", [chunk()], LABEL)
    assert (checked.n_claims, checked.n_unsupported) == (2, 1)


def test_what_comes_from_another_section_is_beside_the_point_unless_it_holds_a_fact() -> None:
    other = chunk("The link works for one hour. Colours can be changed.", source="b")
    assert check_answer("The link works for one hour. [1]", [other], LABEL).right
    assert not check_answer(f"{RIGHT} Colours can be changed. [2]", [chunk(), other], LABEL).relevant


def test_what_firstline_says_is_known_and_nothing_else() -> None:
    for strategy in Strategy:
        for key in (f"answer_opening_{strategy.value}", f"answer_next_{strategy.value}"):
            entry = texts("en")[key]
            assert is_own_phrase(entry if isinstance(entry, str) else entry["other"])
    assert is_own_phrase("These are the 12 steps:")
    assert not is_own_phrase("These are the facts:")
    assert not is_own_phrase("We refund everybody.")
