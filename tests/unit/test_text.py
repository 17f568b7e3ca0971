"""What text from outside may be."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.domain.errors import InvalidMessageError
from firstline.domain.text import checked_message, checked_message_id, is_id


def test_line_ends_become_one_kind_and_edges_go() -> None:
    assert checked_message("  Hello\r\nworld\rhere\t!  \n", max_characters=50) == "Hello\nworld\nhere\t!"


def test_every_script_and_sign_passes_unchanged() -> None:
    text = "\u0645\u0631\u062d\u0628\u0627 \u4f60\u597d \U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \u202e\u202c"
    assert checked_message(text, max_characters=100) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "must be a string"),
        (5, "must be a string"),
        (["a"], "must be a string"),
        ("", "empty"),
        (" \t\n\u00a0\u2003", "empty"),
        ("\u200b\u200d\ufeff", "empty"),
        ("aaaa", "longer than 3"),
        ("a\x00b", "U\\+0000"),
        ("a\x1b[", "U\\+001B"),
        ("a\x85b", "U\\+0085"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_is_no_message_is_refused_with_its_reason(text: object, reason: str) -> None:
    with pytest.raises(InvalidMessageError, match=reason):
        checked_message(text, max_characters=3)


@given(st.text(st.characters(codec=None)))
def test_what_passes_can_be_stored_and_sent_and_passes_again(text: str) -> None:
    try:
        checked = checked_message(text, max_characters=1000)
    except InvalidMessageError:
        return
    assert checked.encode().decode() == checked
    assert checked_message(checked, max_characters=1000) == checked
    assert not [c for c in checked if unicodedata.category(c) == "Cc" and c not in "\n\t"]


def test_message_ids_are_letters_digits_hyphens_and_underscores() -> None:
    for good in ("a", "0190c9a0-6f4e-7c3a-9f4b-8d1f7b1c2d3e", "A_z-9", "x" * 64):
        assert checked_message_id(good) == good
    for bad in ("", "x" * 65, "a#b", "a b", "a\n", "\u00e9", None, 5, "\ud800"):
        with pytest.raises(InvalidMessageError):
            checked_message_id(bad)


def test_ids_from_outside_are_known_by_their_form() -> None:
    assert is_id("01M7YY8VEHJBQ2A7709GNWNTF1")
    assert not is_id("CONV#1")
    assert not is_id("")
