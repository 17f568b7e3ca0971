"""Which listed phrases stand in a text, in any script, with alternatives and without accents."""

from __future__ import annotations

import pytest

from firstline.domain.lexicon import phrases_in


@pytest.mark.parametrize(
    ("text", "phrases", "found"),
    [
        ("my lawyer will call", ["my [lawyer|solicitor]"], ["my lawyer"]),
        ("my solicitor will call", ["my [lawyer|solicitor]"], ["my solicitor"]),
        ("my lawyers will call", ["my [lawyer|solicitor]"], []),
        ("academy lawyer", ["my [lawyer|solicitor]"], []),
        ("no me sirve, adi\u00f3s", ["adios"], ["adios"]),
        ("no me sirve, adios", ["adi\u00f3s"], ["adios"]),
        ("\u8acb\u6c42\u66f8\u3092\u9001\u3063\u3066", ["\u8acb\u6c42\u66f8"], ["\u8acb\u6c42\u66f8"]),
        ("thank you so much", ["thank you so much", "thank you"], ["thank you so much"]),
        ("bye and thank you", ["thank you", "bye"], ["bye", "thank you"]),
        ("a+b (c)", ["a+b (c)"], ["a+b (c)"]),
        ("", ["thank you"], []),
    ],
)
def test_phrases_are_found_as_whole_words_in_order(text: str, phrases: list[str], found: list[str]) -> None:
    assert phrases_in(text, phrases) == found
