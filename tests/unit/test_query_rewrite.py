"""What leans on an earlier message is completed, and what is complete is left alone."""

import pytest

from firstline.domain.query_rewrite import is_follow_up, rewrite_query

FOLLOW_UPS = [
    "and for the pro plan?",
    "what about the basic plan",
    "How about on mobile?",
    "how do I turn it off",
    "How much does it cost?",
    "why not?",
    "Can I undo that?",
    "does it work on an iPhone?",
    "is it free",
    "And if I cancel?",
    "same for annual billing?",
    "where do I find that",
    "but why?",
    "Also on Android?",
    "or by email?",
    "So how long does that take?",
    "Can they see it?",
    "and how do I delete them",
    "ok, and for teams?",
    "Can I use PayPal instead?",
    "Where in the settings do I find it?",
    "how much does that plan cost",
    "Can it be undone?",
    "And for my second account?",
]
COMPLETE = [
    "So I cannot find the invoice for October",
    "But how do I cancel my subscription?",
    "Is it possible to export invoices as PDF?",
    "How long does it take to get a refund?",
    "Can it be that my card was charged twice?",
    "Ok how do I reset my password",
    "I forgot my password and cannot reset it",
    "My invoice is wrong, can you correct it?",
    "How do I change the address on this month's invoice?",
    "How do I know that my payment went through?",
    "Can I pay by card instead of bank transfer?",
    "How do I export both invoices and receipts?",
    "Can I use the same card for two accounts?",
    "And where can I download the mobile app?",
    "This app does not start",
    "Also my export is empty",
    "When I open the report it crashes",
    "Then I get error SYNC-409",
    "Does it cost extra to add a user?",
    "or can I import a spreadsheet",
    "So the login page is blank",
    "The printer jams, how do I fix it?",
    "But the app shows error 500",
]


@pytest.mark.parametrize("text", FOLLOW_UPS)
def test_what_points_back_or_is_no_sentence_of_its_own_is_completed(text: str) -> None:
    assert (
        rewrite_query(text, ["How do I share a roster with staff?"]) == f"How do I share a roster with staff?\n{text}"
    )


@pytest.mark.parametrize("text", COMPLETE)
def test_a_complete_question_is_searched_for_as_it_is(text: str) -> None:
    assert rewrite_query(text, ["How do I share a roster with staff?"]) == text


def test_a_complete_question_behind_a_linking_word_is_what_the_next_one_leans_on() -> None:
    history = ["How do I share a roster?", "So I cannot find the invoice for October"]
    assert rewrite_query("and for March?", history) == f"{history[1]}\nand for March?"


def test_a_message_without_words_is_no_follow_up() -> None:
    assert not is_follow_up("?!")
    assert not is_follow_up("")
