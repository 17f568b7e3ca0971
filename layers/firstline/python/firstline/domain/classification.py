"""A first, honest classifier: word lists and counts, every number with a stated formula."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache

from firstline.domain import locales
from firstline.domain.lexicon import lexicon, normalised, phrases_in, weight_of
from firstline.domain.slots import asks_for_person, read_request
from firstline.domain.turn import Category, Classification, Intent, Level

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


def classify(text: str) -> Classification:
    """Classify a customer's words.

    Parameters
    ----------
    text : str
        One or more messages; any language, though the word lists are mostly English.

    Returns
    -------
    Classification
        Category confidence is the winner's share of a softmax over the number of distinct listed phrases found;
        with no phrase found it is 1/6 and the category is ``general_inquiry``. Sentiment is (p - n) / (p + n + 1)
        over positive and negative phrases, a phrase within three words after a negation counting for the other side;
        its confidence is (p + n) / (p + n + 1). Frustration and urgency are the noisy-or of listed weights.
    """
    lists, plain = lexicon(), normalised(text)
    category, category_confidence = _category(plain)
    intent, intent_confidence = _intent(text, plain)
    sentiment, sentiment_confidence = _sentiment(plain)
    frustration = _frustration(text, plain)
    legal = bool(phrases_in(plain, lists["legal"]))
    urgency = weight_of(plain, lists["urgency"])
    language, language_confidence = detect_language(text)
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
        legal=legal,
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
