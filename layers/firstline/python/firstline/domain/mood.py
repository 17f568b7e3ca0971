"""How a customer feels, from their words: sentiment, frustration, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.domain.judged import Evidence
from firstline.domain.mood_model import MoodModel, shipped_mood_model
from firstline.domain.mood_signs import Signs, rule_values, rules, sign_names, signs_of
from firstline.domain.mood_wording import telling_phrases
from firstline.domain.repeated_question import how_alike

SENTIMENT_THRESHOLD = 0.3
"""From here on a sentiment is called positive, from its negative down negative."""
ASKED_BEFORE, KEYWORD = 0.45, 0.5
"""Frustration that a question asked before, and a word of the company's own list, speak for."""
_SURELY_CHAT = 4
"""Power of the share of chat: only where it is all but certain do turns of phrase count less than what was learnt."""
_MOST_REASONS = 8
_BY_MARGIN, _BY_FRUSTRATION = 0.1, 0.9
_UNKNOWN, _WITHOUT_VECTOR = 0.5, 0.85
OVERRULING = frozenset({"sarcasm", "polite_anger"})
"""Turns of phrase whose words of praise mean the opposite."""
OVERRULED_BY, RULE_SHARE = 4.0, 0.4
"""Log-odds by which they count; how much of a rule's frustration the other rules add to what was learnt."""


@dataclass(frozen=True, slots=True)
class Mood:
    """How a message sounds."""

    sentiment: float
    """In [-1, 1]; how strongly, not how surely: a fault told calmly is about -0.4, an insult about -0.9."""
    sentiment_confidence: float
    """In [0, 1]."""
    frustration: float
    """In [0, 1]; about what people would give: 0.2 a fault told calmly, 0.6 a third reminder, 0.9 an insult."""
    because: tuple[Evidence, ...] = ()
    """Strongest first; positive weights speak for a good mood."""

    def label(self, threshold: float = SENTIMENT_THRESHOLD) -> str:
        """Return ``negative``, ``neutral`` or ``positive``; ``threshold`` in (0, 1]."""
        if abs(self.sentiment) < threshold:
            return "neutral"
        return "positive" if self.sentiment > 0 else "negative"


def judge_mood(
    text: str,
    vector: NDArray[np.float32] | None = None,
    *,
    earlier: Sequence[str] = (),
    keywords: Sequence[str] = (),
    model: MoodModel | None = None,
) -> Mood:
    """Judge the mood of a message.

    Parameters
    ----------
    text : str
        Any; of a long one the beginning and the end are looked at.
    vector : ndarray of float32, shape (384,), optional
        Mean-pooled unit vector of the text; without it wording and signs judge alone, less surely.
    earlier : sequence of str
        What the same customer wrote before in the conversation; asking the same again is a sign of frustration.
    keywords : sequence of str
        The company's own words of frustration; they match whole words, whatever their case.
    model : MoodModel, optional
        Another than the shipped one.

    Notes
    -----
    Log-odds of being negative, positive and frustrated are sums of linear views (``mood_model``). A sentiment beyond
    0.3 either way means that its side's odds are even or better; beyond that it grows with frustration, or with the
    odds of being positive. Frustration is the noisy-or of the learnt judge, of turns of phrase, of repetition and of
    the keywords; turns of phrase are those of customers, and count little in what is plainly said among people.
    """
    signs = signs_of(text)
    model = model or shipped_mood_model()
    negative, positive, frustrated = model.log_odds(text, signs, vector)
    to_company = 1.0
    if vector is not None:
        to_company -= signs.english * model.chat_share(signs, vector) ** _SURELY_CHAT
    negative, positive = _overruled(float(negative), float(positive), signs, to_company)
    asked_before = how_alike(text, earlier)
    listed = [word for word in keywords if word.strip() and _contains(text, word)]
    calm = (1.0 - _probability(frustrated)) * (1.0 - ASKED_BEFORE * asked_before) * (1.0 - KEYWORD) ** len(listed)
    for name in _rules_found(signs):
        share = to_company * (1.0 if name in OVERRULING else RULE_SHARE)
        calm *= 1.0 - share * max(0.0, rule_values(name)[0])
    if not signs.words and not any(character.isalnum() for character in text) and not signs.values.any():
        return Mood(0.0, 0.0, 0.0)
    frustration = 1.0 - calm
    sentiment = _sentiment(negative, positive, frustration)
    return Mood(
        round(sentiment, 3),
        round(_confidence(negative, positive, signs, whole=vector is not None or signs.english == 0.0), 3),
        round(frustration, 3),
        _because(text, signs, asked_before, listed),
    )


def asked_again(frustration: float, text: str, earlier: Sequence[str]) -> float:
    """Return a message's frustration, in [0, 1], with what the same customer wrote before taken into account."""
    return 1.0 - (1.0 - frustration) * (1.0 - ASKED_BEFORE * how_alike(text, earlier))


def _sentiment(negative: float, positive: float, frustration: float) -> float:
    bad, good = _probability(negative), _probability(positive)
    if bad >= 0.5 and negative >= positive:
        depth = _BY_MARGIN * (2 * bad - 1) + _BY_FRUSTRATION * frustration
        return -SENTIMENT_THRESHOLD - (1.0 - SENTIMENT_THRESHOLD) * depth
    if good >= 0.5:
        return SENTIMENT_THRESHOLD + (1.0 - SENTIMENT_THRESHOLD) * (2 * good - 1)
    return (SENTIMENT_THRESHOLD - 0.01) * 2 * (good * (1 - bad) - bad * (1 - good))


def _confidence(negative: float, positive: float, signs: Signs, *, whole: bool) -> float:
    bad, good = _probability(negative), _probability(positive)
    shares = (bad * (1 - good), good * (1 - bad), (1 - bad) * (1 - good))
    sure = max(shares) / max(1e-9, sum(shares))
    if not signs.known:
        sure *= _UNKNOWN
    return sure if whole else sure * _WITHOUT_VECTOR


def _rules_found(signs: Signs) -> list[str]:
    return [name for name, value in zip(sign_names(), signs.values, strict=True) if value and name in rules()]


def _overruled(negative: float, positive: float, signs: Signs, share: float) -> tuple[float, float]:
    """Turn the log-odds round where praise is not meant: sarcasm and polite anger use the words of praise.

    ``share`` in [0, 1] says how much of that is done.
    """
    for name in _rules_found(signs):
        if name in OVERRULING:
            shift = share * OVERRULED_BY * rule_values(name)[1]
            negative, positive = max(negative, (1.0 - share) * negative) - shift, positive + 2 * shift
    return negative, positive


def _because(text: str, signs: Signs, asked_before: float, listed: Sequence[str]) -> tuple[Evidence, ...]:
    found = [Evidence("phrase", word, round(amount / 4.0, 2)) for word, amount in signs.words]
    found += [Evidence("phrase", word, -KEYWORD) for word in listed]
    names = sign_names()
    for name, value in zip(names, signs.values, strict=True):
        if value and name in rules():
            found.append(Evidence("rule", name.replace("_", " "), rule_values(name)[1]))
        elif value and name in _WAYS_OF_WRITING:
            found.append(Evidence("feature", name, round(_WAYS_OF_WRITING[name] * float(value), 2)))
    if asked_before:
        found.append(Evidence("rule", "asked before", round(-ASKED_BEFORE * asked_before, 2)))
    if signs.english:
        found += [Evidence("phrase", phrase, weight) for phrase, weight in telling_phrases(text)]
    strongest = sorted(found, key=lambda one: -abs(one.weight))
    return tuple({(one.kind, one.text): one for one in reversed(strongest)}.values())[::-1][:_MOST_REASONS]


_WAYS_OF_WRITING = {
    "profanity": -0.9,
    "capitals": -0.5,
    "exclamation marks": -0.2,
    "question marks": -0.3,
    "lengthened word": -0.3,
    "angry emoji": -0.7,
    "sad emoji": -0.4,
    "glad emoji": 0.5,
}


def _contains(text: str, word: str) -> bool:
    plain, wanted = f" {_spaced(text)} ", _spaced(word)
    # Chinese and Japanese write no spaces between words.
    return f" {wanted} " in plain or (max(map(ord, wanted), default=0) > 0x2E80 and wanted in plain)


def _spaced(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text[:20_000].casefold()).split())


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, float(log_odds)))))
