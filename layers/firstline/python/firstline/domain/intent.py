"""What a customer wants by their words: rules where they are plain, else examples in twelve languages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from firstline.domain.judged import Evidence, Judged
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.message_model import judge_message
from firstline.domain.slots import asks_for_person, read_request
from firstline.domain.turn import Intent

RULE_SHARE, HINT_SHARE = 0.75, 0.3
"""How much of the probability a rule gives to its label; a hint is a rule that is wrong at times."""
_OF_TOOL = {
    "create_ticket": Intent.TICKET_REQUEST,
    "get_ticket_status": Intent.TICKET_STATUS,
    "get_user_tickets": Intent.TICKET_STATUS,
    "update_ticket": Intent.REQUEST,
    "update_account": Intent.REQUEST,
}
_SOCIAL = (Intent.THANKS, Intent.GOODBYE, Intent.GREETING)
_LONGEST = 4_000
_SOCIAL_WORDS_BESIDE = 3

_UNKNOWN = Judged(
    Intent.QUESTION.value,
    round(1 / len(Intent), 4),
    {intent.value: 1 / len(Intent) for intent in Intent},
    out_of_scope=1.0,
)


def judge_intent(text: str, vector: NDArray[np.float32] | None = None) -> Judged:
    """Return one of ``Intent`` for a text.

    Parameters
    ----------
    text : str
        Any length and language; the first 4,000 characters are looked at.
    vector : ndarray, shape (384,), optional
        The text's embedding, of length 1; without it words and rules alone judge.

    Returns
    -------
    Judged
        ``question`` with the confidence of a guess where there is no letter or digit.
    """
    text = text[:_LONGEST]
    if not any(character.isalnum() for character in text):
        return _UNKNOWN
    learnt = judge_message("intent", text, vector)
    label, name, share = _rule(text)
    if label is None:
        return learnt
    # A rule knows nothing of what is out of scope, so it counts within it.
    scores = {known: (1.0 - share) * score for known, score in learnt.scores.items()}
    scores[label.value] = scores.get(label.value, 0.0) + share
    best = max(scores, key=lambda known: scores[known])
    sure = scores[best] if best == label.value else scores[best] * (1.0 - learnt.out_of_scope)
    because = (Evidence("rule", name, share), *learnt.because) if best == label.value else learnt.because
    outside = learnt.out_of_scope * (1.0 - share) if best == label.value else learnt.out_of_scope
    return replace(learnt, label=best, confidence=sure, scores=scores, out_of_scope=outside, because=because)


def _rule(text: str) -> tuple[Intent | None, str, float]:
    """Return the intent that a rule sees, the rule's name, and the share that it decides."""
    plain = normalised(text)
    lists = lexicon()["intents"]
    if asks_for_person(text):
        return Intent.HUMAN_REQUEST, "asks for a person", RULE_SHARE
    asked = read_request(text)
    if asked is not None and asked.tool in _OF_TOOL:
        return _OF_TOOL[asked.tool], f"asks for {asked.tool}", RULE_SHARE
    n_words = len(plain.split())
    for intent in _SOCIAL:
        # "hi, my invoice is wrong" is no greeting: hardly anything else may be said.
        said = sum(len(phrase.split()) for phrase in phrases_in(plain, lists[intent.value]))
        if said and n_words - said <= _SOCIAL_WORDS_BESIDE and "?" not in plain and said * 2 >= n_words:
            return intent, f"says little but {intent.value}", RULE_SHARE
    if phrases_in(plain, lists[Intent.COMPLAINT.value]):
        return Intent.COMPLAINT, "words of complaint", HINT_SHARE
    if "?" in plain or plain.startswith(tuple(f"{word} " for word in lists[Intent.QUESTION.value])):
        return Intent.QUESTION, "form of a question", HINT_SHARE
    return None, "", 0.0
