"""Misspelt words are corrected, and nothing else is."""

import random
import string

import pytest

from firstline.domain.spelling import (
    Vocabulary,
    doubtful_words,
    edit_distance,
    most_edits,
    nearest_word,
    replace_words,
    vocabulary_words,
)

WORDS = {"invoice": 5, "invoices": 2, "password": 9, "download": 3, "subscription": 2, "shift": 4, "shifts": 7}


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [
        ("refund", "refund", 0),
        ("refudn", "refund", 1),
        ("refun", "refund", 1),
        ("reffund", "refund", 1),
        ("rafund", "refund", 1),
        ("rfeudn", "refund", 2),
        ("card", "invoice", 3),
        ("", "ab", 2),
    ],
)
def test_edits_are_insertions_deletions_replacements_and_swaps(first: str, second: str, edits: int) -> None:
    assert edit_distance(first, second, 2) == edits
    assert edit_distance(second, first, 2) == edits


def test_a_word_is_corrected_to_the_nearest_and_then_to_the_most_frequent() -> None:
    assert nearest_word("invioce", WORDS) == "invoice"
    assert nearest_word("shif", WORDS) == "shift"
    assert nearest_word("shifst", WORDS) == "shifts"
    assert nearest_word("xhift", WORDS) is None
    assert nearest_word("zebra", WORDS) is None


def test_two_edits_need_eight_small_letters() -> None:
    assert (most_edits("password"), most_edits("pasword"), most_edits("Password")) == (2, 1, 1)
    assert nearest_word("subscribtoin", WORDS) == "subscription"
    assert nearest_word("Subscribtoin", WORDS) is None


def test_the_vocabulary_finds_what_comparing_with_every_word_finds() -> None:
    drawn = random.Random(3)
    letters = string.ascii_lowercase[:5]
    words = {"".join(drawn.choices(letters, k=drawn.randint(3, 9))): drawn.randint(1, 9) for _ in range(400)}
    vocabulary = Vocabulary(words)
    for _ in range(300):
        asked = "".join(drawn.choices(letters, k=drawn.randint(4, 10)))
        expected = None if asked in words else nearest_word(asked, words)
        assert vocabulary.corrections([asked]).get(asked) == expected


def test_words_that_may_be_misspelt_are_those_that_are_no_common_words_names_of_code_or_parts_of_something() -> None:
    text = "My invioce isn't at https://x.test/invioce, mail me@invioce.test: SYNC-409 --dryrun TBSM DataStage Pasword"
    assert doubtful_words(text, {"mail"}.__contains__) == ["invioce", "Pasword"]
    assert doubtful_words("WHERE IS MY INVIOCE", {"where"}.__contains__) == ["INVIOCE"]


def test_only_whole_words_are_replaced() -> None:
    assert replace_words("invioce, invioces (invioce)", {"invioce": "invoice"}) == "invoice, invioces (invoice)"
    assert replace_words("as it is", {}) == "as it is"


def test_the_vocabulary_of_a_text_has_its_words_and_no_codes() -> None:
    assert vocabulary_words("Refund of SYNC-409 on 4 May, caf\u00e9") == {"refund", "sync", "may", "caf\u00e9"}


def test_an_accent_apart_from_its_letter_parts_no_word() -> None:
    composed, apart = "r\u00e9siliation", "re\u0301siliation"
    assert vocabulary_words(f"{apart} now") == {composed, "now"}
    assert doubtful_words(apart, lambda word: False) == [composed]
    assert replace_words(f"my {apart}", {composed: "cancellation"}) == "my cancellation"
