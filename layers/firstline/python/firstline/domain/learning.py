"""What a message says of the answer before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from firstline.domain.lexicon import lexicon, normalised, phrases_in, without_accents
from firstline.domain.rewards import Observed, Part
from firstline.domain.turn import Classification, Intent

SAME_WORDS = 0.6
"""Jaccard similarity from which two questions ask the same."""
SAME_MEANING = 0.75
"""Cosine of two questions' vectors from which they ask the same. Of Banking77's questions it finds 19 % of the pairs of
one intent, which are worded more differently than a question asked twice, and 0.06 % of the pairs of two."""
TURNED = 0.6
"""Change of sentiment less change of frustration, in [-3, 3], from which the mood has turned."""
FRUSTRATED = 0.5


@dataclass(frozen=True)
class Earlier:
    """What the answer before was given to."""

    question: str = ""
    """Empty where unknown."""
    vector: NDArray[np.float32] | None = None
    """Of the question, length 1."""
    sentiment: float = 0.0
    frustration: float = 0.0


def observed_parts(
    text: str,
    classification: Classification,
    earlier: Earlier,
    *,
    vector: NDArray[np.float32] | None = None,
    at: datetime,
    evidence: str,
) -> list[Observed]:
    """Return what a message says of the answer before it; a signal that is not there is missing, not zero.

    Parameters
    ----------
    text : str
        The new message.
    vector : ndarray, optional
        Of the new message, length 1, by the same model as ``earlier.vector``; without it, words alone compare.
    at, evidence
        When and where it was said.
    """
    lists, plain = lexicon(), normalised(text)
    values: dict[Part, float] = {}
    unresolved = bool(phrases_in(plain, lists["unresolved"]))
    against = unresolved or classification.is_negative or _speaks_against(plain)
    if unresolved:
        values[Part.UNRESOLVED] = 0.0
    elif not against and phrases_in(plain, lists["resolved"]):
        values[Part.RESOLVED] = 1.0
    if not against and phrases_in(plain, lists["intents"]["thanks"]):
        values[Part.THANKED] = 1.0
    if classification.intent is Intent.HUMAN_REQUEST:
        values[Part.ASKED_FOR_PERSON] = 0.0
    if classification.frustration >= FRUSTRATED:
        values[Part.FRUSTRATED] = 0.0
    turned = (classification.sentiment - earlier.sentiment) - (classification.frustration - earlier.frustration)
    if abs(turned) >= TURNED:
        values[Part.MOOD] = float(turned > 0)
    if not values.get(Part.RESOLVED) and asks_the_same(text, earlier.question, vector, earlier.vector):
        values[Part.REPEATED] = 0.0
    return [Observed(part, value, at, evidence) for part, value in values.items()]


_AGAINST = (
    "[no|but no|not|n't|never|nothing|nobody|hardly|without|wrong|incorrect|won't|can't|cannot]",
    "[didn't|doesn't|don't|isn't|wasn't|hasn't|haven't|couldn't|didnt|doesnt|dont|isnt|wasnt|hasnt|cant|wont]",
    "[nein|nicht|nichts|kein|keine|keinen|falsch|non|pas|rien|faux|aucun|aucune|nada|ningún|incorrecto|falso]",
    "[niente|nulla|sbagliato|não|nenhum|errado|niet|niets|geen|fout|verkeerd|nie|nic|źle|błąd|inte|inget|ingen|fel]",
    "[değil|hay\u0131r|yanl\u0131ş|hiçbir|yok|ません|ない|違い|違う|間違|没有|沒有|不是|不对|不行|没用|错]",
)
"""Negations and words of error, with which neither thanks nor a solution is taken for success."""
_NOTHING_AGAINST = (
    "[no problem|no problems|no worries|no more problems|not a problem|nothing else|nothing more|no further questions]",
    "[no error anymore|no longer|no more questions|no issues|no other questions|no need|why not]",
    "can't thank you enough",
    "[kein problem|keine fragen|nichts weiter|pas de problème|rien d'autre|nada más|niente altro|mais nada]",
    "geen probleem",
    "[nic więcej|inget problem|inget mer|問題ありません|問題ない|没问题|沒問題]",
)
"""Negations that say nothing against an answer."""


def _speaks_against(plain: str) -> bool:
    for phrase in sorted(phrases_in(plain, _NOTHING_AGAINST), key=len, reverse=True):
        plain = without_accents(plain).replace(phrase, " ")
    return bool(phrases_in(plain, (*_AGAINST, *lexicon()["negative"])))


def asks_the_same(
    text: str,
    earlier: str,
    vector: NDArray[np.float32] | None = None,
    earlier_vector: NDArray[np.float32] | None = None,
) -> bool:
    """Tell whether two questions ask the same: by their words, or by their vectors where both are there."""
    if earlier and similarity(text, earlier) >= SAME_WORDS:
        return True
    return vector is not None and nearest(vector, [earlier_vector]) >= SAME_MEANING


def nearest(vector: NDArray[np.float32], others: Sequence[NDArray[np.float32] | None]) -> float:
    """Return the highest cosine, in [-1, 1], to vectors of the same length; -1 where there is none."""
    return max(
        (float(vector @ other) for other in others if other is not None and other.size == vector.size), default=-1.0
    )


def similarity(left: str, right: str) -> float:
    """Return the Jaccard similarity of two texts' words of three and more letters, in [0, 1]."""
    a, b = (set(re.findall(r"\w{3,}", normalised(text))) for text in (left, right))
    return len(a & b) / len(a | b) if a and b else 0.0
