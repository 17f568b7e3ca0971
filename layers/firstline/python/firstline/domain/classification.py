"""What is wanted, how urgently, in which mood and language: every judgement of a customer's words, put together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from firstline.domain.category import judge_category
from firstline.domain.classified import Because
from firstline.domain.intent import judge_intent
from firstline.domain.judged import Evidence, Judged
from firstline.domain.languages import judge_language
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.mood import judge_mood
from firstline.domain.person_request import person_wish
from firstline.domain.stakes import judge_stakes, without_quotations
from firstline.domain.style import judge_style
from firstline.domain.trend import trend
from firstline.domain.turn import Category, Classification, Intent, Level
from firstline.domain.urgency import judge_urgency

_SHOWN, _SHOWN_CHARACTERS = 4, 120
"""Most reasons that are kept for one judgement, and of each its first letters."""
_SAME_QUESTION, _REMEMBERED = 0.6, 6
"""Share of words from which on a message repeats one of so many before it."""

_GUESS = 1 / len(Category)
"""Confidence below which a category is no better than a guess."""
_GUESS_OF_INTENT = 0.25
"""The same for intents: what is a guess is taken for a question, which is searched for."""
_LEAST_REST = 1e-6
_WISH_CONFIDENCE, _SURE_WISH = 0.9, 0.7
"""Of a wish for a person that the wording shows; and from which on the head alone is believed to see one."""
_LONG_WORD = re.compile(r"\w{3,}")


def classify(
    text: str,
    *,
    vector: NDArray[np.float32] | None = None,
    earlier: Sequence[str] = (),
    earlier_sentiments: Sequence[float] = (),
    keywords: Sequence[str] = (),
    answer_before: str = "",
) -> Classification:
    """Classify a customer's words.

    Parameters
    ----------
    text : str
        One or more messages, any language and length.
    vector : ndarray, shape (384,), optional
        The text's vector by the model that the heads were trained with; without it words and rules judge alone.
    earlier : sequence of str
        The customer's messages before it, oldest first: what is asked again tells of trouble.
    earlier_sentiments : sequence of float
        Those of the conversation's answered messages, oldest first, each in [-1, 1].
    keywords : sequence of str
        The company's own signs of frustration.
    answer_before : str
        What we said just before.

    Returns
    -------
    Classification
        With what counted for each judgement in ``because``; without injection risk, own intents and query vector.
    """
    plain = normalised(text)
    category = judge_category(text, vector)
    intent = judge_intent(text, vector)
    label, confidence, rule = _intent(intent, person_wish(text, answer_before))
    mood = judge_mood(without_quotations(text), vector, earlier=earlier[-_REMEMBERED:], keywords=keywords)
    stakes = judge_stakes(text)
    urgency = judge_urgency(text, vector)
    language = judge_language(text)
    written = judge_style(text, arousal=mood.frustration)
    return Classification(
        category=Category(category.label) if _sure(category) >= _GUESS else Category.GENERAL_INQUIRY,
        category_confidence=_sure(category),
        intent=label,
        intent_confidence=confidence,
        out_of_scope=round(category.out_of_scope, 4),
        urgency=urgency.value,
        urgency_level=level_of(urgency.value),
        sentiment=mood.sentiment,
        sentiment_confidence=mood.sentiment_confidence,
        frustration=mood.frustration,
        language=language.code,
        language_confidence=language.confidence,
        legal=stakes.legal,
        safety=stakes.safety,
        stakes=stakes.at_stake,
        unsolved=_is_unsolved(plain, earlier),
        trend=trend([*earlier_sentiments, mood.sentiment]),
        style=written.style,
        expertise=written.expertise,
        because=reasons(
            {
                "category": category.because,
                "intent": (*rule, *intent.because),
                "urgency": urgency.because,
                "mood": mood.because,
                "language": language.because,
                "stakes": stakes.because,
            }
        ),
    )


def _is_unsolved(plain: str, earlier: Sequence[str]) -> bool:
    if phrases_in(plain, lexicon()["unresolved"]):
        return True
    words = set(_LONG_WORD.findall(plain))
    asked = [set(_LONG_WORD.findall(normalised(before))) for before in earlier[-_REMEMBERED:]]
    return any(len(words & before) / len(words | before) >= _SAME_QUESTION for before in asked if len(before) > 1)


def reasons(judged: Mapping[str, Sequence[Evidence]]) -> tuple[Because, ...]:
    """Return the strongest evidence of each judgement, by what was judged, as it is kept."""
    return tuple(
        Because(about=about, kind=one.kind, text=one.text[:_SHOWN_CHARACTERS], weight=round(one.weight, 3))
        for about, evidence in judged.items()
        for one in evidence[:_SHOWN]
    )


def level_of(value: float) -> Level:
    """Return a level for a number in [0, 1]: low below .3, medium below .55, high below .8."""
    if value < 0.3:
        return Level.LOW
    if value < 0.55:
        return Level.MEDIUM
    return Level.HIGH if value < 0.8 else Level.CRITICAL


def _intent(judged: Judged, wish: bool | None) -> tuple[Intent, float, tuple[Evidence, ...]]:
    """Return the intent, its confidence and the rule behind it, where the wording says of a person what the head
    cannot know: that one is asked for, or only named."""
    if wish:
        sure = max(_WISH_CONFIDENCE, judged.scores.get(Intent.HUMAN_REQUEST, 0.0))
        return Intent.HUMAN_REQUEST, sure, (Evidence("rule", "asks for a person", _WISH_CONFIDENCE),)
    sure, label = _sure(judged), judged.label
    rule: tuple[Evidence, ...] = ()
    if judged.label == Intent.HUMAN_REQUEST and (wish is False or sure < _SURE_WISH):
        rest = {name: score for name, score in judged.scores.items() if name != Intent.HUMAN_REQUEST}
        next_best = max(rest, key=lambda name: rest[name], default=Intent.QUESTION.value)
        # What is left of the scores was shared among the others.
        sure = round(min(rest.get(next_best, 0.0) / max(_LEAST_REST, sum(rest.values())), _SURE_WISH), 4)
        label = next_best
        rule = (Evidence("rule", "only names a person", 1.0),)
    return (Intent(label) if sure >= _GUESS_OF_INTENT else Intent.QUESTION), sure, rule


def _sure(judged: Judged) -> float:
    """Return the probability of the label among the known ones, lower where it is nearly certainly none of them.

    A support desk is asked about its own product, in words that no example of ours has: only what is far from all of
    them (``1 - out_of_scope ** 4``) tells that the label says little.
    """
    best = max(judged.scores.values(), default=judged.confidence)
    return round(min(1.0, max(0.0, best)) * (1.0 - min(1.0, max(0.0, judged.out_of_scope)) ** 4), 4)
