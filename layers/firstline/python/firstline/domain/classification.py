"""What is wanted, how urgently, in which mood and language: every judgement of a customer's words, put together."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from firstline.domain import locales
from firstline.domain.classified import Because
from firstline.domain.judged import Evidence
from firstline.domain.lexicon import lexicon, normalised, phrases_in, weight_of
from firstline.domain.slots import asks_for_person, read_request
from firstline.domain.stakes import judge_stakes
from firstline.domain.style import judge_style
from firstline.domain.turn import Category, Classification, Intent, Level

_SHOWN, _SHOWN_CHARACTERS = 4, 120
"""Most reasons that are kept for one judgement, and of each its first letters."""
_SAME_QUESTION, _REMEMBERED = 0.6, 6
"""Share of words from which on a message repeats one of so many before it."""

_LONG_WORD = re.compile(r"\w{3,}")
_SHOUTING = re.compile(r"\b[A-Z]{3,}\b")
_FIRST_WINS = (Intent.HUMAN_REQUEST, Intent.COMPLAINT)
_INTENT_OF_TOOL = {
    "create_ticket": Intent.TICKET_REQUEST,
    "get_ticket_status": Intent.TICKET_STATUS,
    "get_user_tickets": Intent.TICKET_STATUS,
    "update_ticket": Intent.REQUEST,
    "update_account": Intent.REQUEST,
}
_SOCIAL = (Intent.THANKS, Intent.GOODBYE, Intent.GREETING)


def classify(
    text: str,
    *,
    vector: NDArray[np.float32] | None = None,
    earlier: Sequence[str] = (),
    earlier_sentiments: Sequence[float] = (),
    keywords: Sequence[str] = (),
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

    Returns
    -------
    Classification
        With what counted for each judgement in ``because``; without injection risk, own intents and query vector.
    """
    lists, plain = lexicon(), normalised(text)
    category, category_confidence = _category(plain)
    intent, intent_confidence = _intent(text, plain)
    sentiment, sentiment_confidence = _sentiment(plain)
    frustration = _frustration(text, plain)
    stakes = judge_stakes(text)
    urgency = weight_of(plain, lists["urgency"])
    language, language_confidence = detect_language(text)
    written = judge_style(text, arousal=frustration)
    return Classification(
        category=category,
        category_confidence=category_confidence,
        intent=intent,
        intent_confidence=intent_confidence,
        urgency=urgency,
        urgency_level=level_of(urgency),
        sentiment=sentiment,
        sentiment_confidence=sentiment_confidence,
        frustration=frustration,
        language=language,
        language_confidence=language_confidence,
        legal=stakes.legal,
        safety=stakes.safety,
        stakes=stakes.at_stake,
        unsolved=_is_unsolved(plain, earlier),
        style=written.style,
        expertise=written.expertise,
        because=reasons({"stakes": stakes.because}),
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


def detect_language(text: str) -> tuple[str, float]:
    """Return ISO 639-1 code and confidence: by script, else by the share of listed function words.

    ``("und", 0.0)`` where no letter or no listed word is there.
    """
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return "und", 0.0
    # str keeps Japanese apart from Chinese: any kana decides.
    names = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in letters)
    scripts: dict[str, str] = lexicon()["scripts"]
    for code, script_names in scripts.items():
        share = sum(names[name] for name in script_names.split()) / len(letters)
        if share > 0.3 or (code == "ja" and share > 0.1):
            return code, round(min(1.0, 0.5 + share / 2), 3)
    words = _without_accents(normalised(text)).split()
    hits = {code: sum(word in listed for word in words) for code, listed in _function_words().items()}
    best = max(hits, key=lambda code: hits[code])
    total = sum(hits.values())
    return (best, round(hits[best] / (total + 1), 3)) if total else ("und", 0.0)


def _function_words() -> dict[str, frozenset[str]]:
    return {code: frozenset(words) for code, words in lexicon()["languages"].items()}


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", re.sub(r"[^\w\s]", " ", text))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _category(plain: str) -> tuple[Category, float]:
    counts = {Category(name): len(set(phrases_in(plain, words))) for name, words in lexicon()["categories"].items()}
    if not any(counts.values()):
        return Category.GENERAL_INQUIRY, 1 / len(Category)
    best = max(counts, key=lambda category: counts[category])
    return best, round(math.exp(counts[best]) / sum(math.exp(count) for count in counts.values()), 3)


def _intent(text: str, plain: str) -> tuple[Intent, float]:
    if text.strip() in _said_by_button():
        return Intent.HUMAN_REQUEST, 0.8
    found = {Intent(name): phrases_in(plain, words) for name, words in lexicon()["intents"].items()}
    if not asks_for_person(text):
        found[Intent.HUMAN_REQUEST] = []
    for intent in _FIRST_WINS:
        if found[intent]:
            return intent, 0.8
    asked = read_request(text)
    if asked is not None and asked.tool in _INTENT_OF_TOOL:
        return _INTENT_OF_TOOL[asked.tool], 0.8
    n_words = len(plain.split())
    for intent in _SOCIAL:
        # "hi, my invoice is wrong" is no greeting: hardly anything else may be said.
        said = sum(len(phrase.split()) for phrase in found[intent])
        if said and n_words - said <= 3 and "?" not in plain and not found[Intent.QUESTION]:
            return intent, 0.9
    if "?" in plain or plain.startswith(tuple(f"{word} " for word in lexicon()["intents"]["question"])):
        return Intent.QUESTION, 0.8
    for intent in (Intent.FEEDBACK, Intent.REQUEST, Intent.QUESTION):
        if found[intent]:
            return intent, 0.6
    return Intent.QUESTION, 0.3


@lru_cache(maxsize=1)
def _said_by_button() -> frozenset[str]:
    return frozenset(locales.text("person_request", language) for language in locales.languages())


def _sentiment(plain: str) -> tuple[float, float]:
    lists = lexicon()
    positive = negative = 0
    words = plain.split()
    negated = {
        place
        for start, word in enumerate(words)
        if word.strip(".,!?") in lists["negations"] or word.strip(".,!?").endswith("n't")
        for place in range(start + 1, start + 4)
    }
    for sign, phrases in ((1, lists["positive"]), (-1, lists["negative"])):
        for phrase in phrases_in(plain, phrases):
            place = len(plain[: plain.find(phrase)].split())
            flipped = -sign if place in negated else sign
            positive, negative = positive + (flipped > 0), negative + (flipped < 0)
    n_found = positive + negative
    return round((positive - negative) / (n_found + 1), 3), round(n_found / (n_found + 1), 3)


def _frustration(text: str, plain: str) -> float:
    calm = 1.0 - weight_of(plain, lexicon()["frustration"])
    calm *= 0.85 ** min(3, len(_SHOUTING.findall(text)) // 2)
    calm *= 0.8 if re.search(r"[!?]{3,}", text) else 1.0
    return round(1.0 - calm, 3)
