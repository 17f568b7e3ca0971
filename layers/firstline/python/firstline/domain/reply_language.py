"""In which language a customer is answered."""

from __future__ import annotations

from firstline.domain.conversation import Author
from firstline.domain.languages import judge_language
from firstline.domain.locales import spoken
from firstline.domain.turn import Turn

SURE = 0.8
"""Confidence from which on a message's language counts."""
_WORDS = 3
"""A shorter message is judged together with what the customer wrote before: "ok, thanks" changes no language."""


def reply_language(turn: Turn) -> str:
    """Return ISO 639-1 of the language in which Firstline's own words are put; empty where nothing tells it.

    The message's where that is sure and there are texts in it, else that of all the customer has written here, else
    the conversation's, as the visitor's browser or the site says.
    """
    said = turn.classification
    is_sure = said is not None and said.language_confidence >= SURE
    if said is not None and is_sure and len(turn.question.split()) >= _WORDS and spoken(said.language):
        return said.language
    customer = turn.customer
    before = [one.text for one in customer.history if one.author is Author.CUSTOMER] if customer else []
    guess = judge_language(f"{turn.question} {' '.join(reversed(before))}")
    if guess.confidence >= SURE and spoken(guess.code):
        return guess.code
    return customer.language if customer else ""
