"""Signs of mood in a text: listed words of twelve languages, how it is written, and turns of phrase."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstline.domain.hashed_ngrams import plain_text

_LEXICON_FILE = Path(__file__).with_name("mood_lexicon.json")
_RULES_FILE = Path(__file__).with_name("mood_rules.json")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|[^\w\s]")
_SHOUTED = re.compile(r"\b[A-Z]{3,}\b")
_LENGTHENED = re.compile(r"([^\W\d_])\1{2,}")
_ACCOUNT = re.compile(r"(?<!\w)@[a-z]")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_SOFTENING = 15.0
_NEGATED, _NEGATION_REACH = -0.7, 3
_NEGATIONS_AFTER = frozenset(("nicht", "niet", "inte", "ej"))
_NEW_THOUGHT = frozenset(["aber", "und", "maar", "en", "men", "och", "ama", "ve", "nur", "alleen"])
_CLAUSE_END = frozenset(".,!?;:\uff0c\u3002")
_HALF = 0.5
_LATELY = 4
_LONGEST_SHOWN = 4_000
_ALPHABET = 0.75
_WRITTEN = (
    "positive words",
    "negative words",
    "balance of words",
    "balance after but",
    "worst word",
    "best word",
    "profanity",
    "capitals",
    "exclamation marks",
    "question marks",
    "lengthened word",
    "angry emoji",
    "sad emoji",
    "glad emoji",
    "a question",
    "negated praise",
    "length",
    "to an account",
    "service words",
)


class Signs(NamedTuple):
    """What was found in a text."""

    values: NDArray[np.float64]
    """Shape (n_signs,), not writable, in the order of ``sign_names``; each in [-1, 1]."""
    words: tuple[tuple[str, float], ...]
    """Listed words with what they counted, negation and emphasis applied; roughly in [-5, 5]."""
    english: float
    """How likely the text is English, in [0, 1]: by its function words, else by its listed words or its alphabet."""
    known: bool
    """Whether a function word, a listed word or a sign of mood tells that this is language at all."""


def is_of_service(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell from signs, shape (..., n_signs), whether a text is to an account or names what services are about."""
    at = len(_WRITTEN)
    return np.asarray((values[..., at - 2 : at] > 0).any(axis=-1))


@lru_cache(maxsize=1)
def sign_names() -> tuple[str, ...]:
    """Return the name of each sign."""
    return (*_WRITTEN, *rules())


def rule_values(name: str) -> tuple[float, float]:
    """Return what a rule says of frustration, in [0, 1], and of sentiment, in [-1, 1], where nothing else is known."""
    return rules()[name].frustration, rules()[name].sentiment


class Rule(NamedTuple):
    """A turn of phrase."""

    frustration: float
    sentiment: float
    english: tuple[str, ...]
    others: tuple[str, ...]


@lru_cache(maxsize=512)
def _pattern(source: str) -> re.Pattern[str]:
    # Those of other languages are compiled when a text in one comes: a cold start has no time for them.
    return re.compile(source)


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Return the turns of phrase by name."""
    read: dict[str, Any] = json.loads(_RULES_FILE.read_text(encoding="utf-8"))["rules"]
    return {
        name: Rule(rule["frustration"], rule["sentiment"], tuple(rule["english"]), tuple(rule["others"]))
        for name, rule in read.items()
    }


class _Lexicon(NamedTuple):
    function_words: dict[str, frozenset[str]]
    values: dict[str, dict[str, float]]
    profanity: dict[str, frozenset[str]]
    lists: dict[str, frozenset[str]]
    east_asian: re.Pattern[str]
    east_asian_values: dict[str, float]
    east_asian_negations: tuple[tuple[str, ...], tuple[str, ...]]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    read: dict[str, Any] = json.loads(_LEXICON_FILE.read_text(encoding="utf-8"))
    values: dict[str, dict[str, float]] = {}
    for sign, group in ((1.0, "positive"), (-1.0, "negative")):
        for language, by_strength in read[group].items():
            for strength, words in by_strength.items():
                values.setdefault(language, {}).update(dict.fromkeys(words.split(), sign * float(strength)))
    profanity = {language: frozenset(words.split()) for language, words in read["profanity"].items()}
    east_asian = {**values.pop("ja"), **values.pop("zh"), **dict.fromkeys(profanity["ja"] | profanity["zh"], -4.0)}
    longest_first = sorted(east_asian, key=len, reverse=True)
    return _Lexicon(
        {language: frozenset(words.split()) for language, words in read["function_words"].items()},
        values,
        profanity,
        {name: frozenset(read[name].split()) for name in ("negations", "boosters", "dampers", "but", "service")}
        | {name: frozenset(read[name]) for name in ("positive_emoji", "negative_emoji", "angry_emoji")}
        | {name: frozenset(map(str.lower, read[name])) for name in ("emoticons_positive", "emoticons_negative")},
        re.compile("|".join(map(re.escape, longest_first))),
        east_asian,
        (tuple(read["negation_before"]), tuple(read["negation_follows"])),
    )


@lru_cache(maxsize=_LATELY)
def signs_of(text: str) -> Signs:
    """Return the signs of mood in a text.

    Parameters
    ----------
    text : str
        Any language and length; of a long one the beginning and the end are looked at.

    Notes
    -----
    A listed word after a negation counts the other way at 0.7 of its strength, after an intensifier 1.3 times, after
    a weakening word 0.6 times; sums are softened to s / sqrt(s^2 + 15) as by Hutto and Gilbert (2014), ICWSM, 216-225.
    """
    lexicon, plain = _lexicon(), plain_text(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    words = _WORD.findall(plain)
    languages, english = _languages(words, lexicon)
    counted = _counted(words, languages, lexicon) + _counted_east_asian(plain, lexicon)
    only_english = english == 1.0 and len(languages) == 1
    if english == _HALF and len(languages) > 1:
        english = _english(counted, words, lexicon)
    amounts = [amount for _, _, amount in counted]
    turn = max((place for place, word in enumerate(words) if word in lexicon.lists["but"]), default=-1)
    tokens = plain.split()
    shown = text[:_LONGEST_SHOWN]
    glad = sum(token in lexicon.lists["emoticons_positive"] for token in tokens) + _n_of(shown, lexicon, "positive")
    sad = sum(token in lexicon.lists["emoticons_negative"] for token in tokens) + _n_of(shown, lexicon, "negative")
    swearing = frozenset[str]().union(*(lexicon.profanity[language] for language in languages))
    shouted = _SHOUTED.findall(shown)
    letters = sum(map(str.isupper, shown)) / max(1, sum(map(str.isalpha, shown))) if len(shouted) > 1 else 0.0
    written = (
        _soft(sum(amount for amount in amounts if amount > 0)),
        _soft(sum(amount for amount in amounts if amount < 0)),
        _soft(sum(amounts)),
        _soft(sum(amount for place, _, amount in counted if place > turn)) if turn >= 0 else 0.0,
        max(-1.0, min([0.0, *amounts]) / 4.0),
        min(1.0, max([0.0, *amounts]) / 4.0),
        min(3, sum(word in swearing for word in words)) / 3.0,
        min(1.0, len(shouted) / 3.0) * min(1.0, 2 * letters) if len(shouted) > 1 else 0.0,
        min(4, plain.count("!")) / 4.0,
        min(4, plain.count("?") - 1) / 4.0 if plain.count("??") else 0.0,
        float(_LENGTHENED.search(plain) is not None),
        min(1.0, _n_of(shown, lexicon, "angry") / 2.0),
        min(1.0, sad / 2.0),
        min(1.0, glad / 2.0),
        float("?" in plain),
        float(any(word in lexicon.lists["negations"] for word in words) and any(0 > a > -3 for a in amounts)),
        min(1.0, math.log1p(len(words)) / 6.0),
        float(_ACCOUNT.search(plain) is not None),
        min(3, len(lexicon.lists["service"].intersection(words))) / 3.0,
    )
    found = [
        any(_pattern(source).search(plain) for source in rule.english)
        or (not only_english and any(_pattern(source).search(plain) for source in rule.others))
        for rule in rules().values()
    ]
    values = np.array([*written, *map(float, found)])
    values.flags.writeable = False
    told = len(languages) < len(lexicon.function_words) or bool(counted) or any(found) or glad + sad > 0
    return Signs(values, tuple((word, round(amount, 2)) for _, word, amount in counted), english, told)


def english_share(text: str) -> float:
    """Return how likely a text is English, in [0, 1]; at most 3/4 where no function word tells."""
    lexicon, words = _lexicon(), _WORD.findall(plain_text(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    languages, english = _languages(words, lexicon)
    if english == _HALF and len(languages) > 1:
        return min(_ALPHABET, _english(_counted(words, languages, lexicon), words, lexicon))
    return english


def _languages(words: list[str], lexicon: _Lexicon) -> tuple[list[str], float]:
    distinct = frozenset(words)
    hits = {name: len(listed & distinct) for name, listed in lexicon.function_words.items()}
    most = max(hits.values())
    others = max(number for name, number in hits.items() if name != "en")
    if not most:
        return list(hits), _HALF
    english = min(1.0, 2.0 * hits["en"] / (hits["en"] + others))
    return [name for name in hits if hits[name] == most], english


def _english(found: list[tuple[int, str, float]], words: list[str], lexicon: _Lexicon) -> float:
    """Return the share of English where no function word tells, by the listed words found, else by the alphabet."""
    if found:
        known = lexicon.values["en"].keys() | lexicon.profanity["en"]
        return sum(_LENGTHENED.sub(r"\1", word) in known or word in known for _, word, _ in found) / len(found)
    return float(all(word.isascii() or not word.isalpha() for word in words))


def _counted(words: list[str], languages: list[str], lexicon: _Lexicon) -> list[tuple[int, str, float]]:
    found = []
    for place, word in enumerate(words):
        value = _value(word, languages, lexicon)
        if not value:
            continue
        amount = value
        for before in range(place - 1, max(-1, place - 1 - _NEGATION_REACH), -1):
            previous = words[before]
            if previous in _CLAUSE_END:
                break
            if previous in lexicon.lists["negations"] or previous.endswith("n't"):
                amount *= 1.0 if previous == "ne" and amount * value < 0 else _NEGATED  # "ne ... pas" is one
            elif before == place - 1 and previous in lexicon.lists["boosters"]:
                amount *= 1.3
            elif before == place - 1 and _LENGTHENED.sub(r"\1", previous) in lexicon.lists["boosters"]:
                amount *= 2.0
            elif before == place - 1 and previous in lexicon.lists["dampers"]:
                amount *= 0.6
        if amount * value > 0 and _negated_after(words[place + 1 : place + 1 + _NEGATION_REACH]):
            amount *= _NEGATED
        found.append((place, word, amount))
    return found


def _negated_after(following: list[str]) -> bool:
    """Tell whether a negation comes after the word, as in German, Dutch, Swedish and Turkish."""
    ends = (at for at, word in enumerate(following) if word in _CLAUSE_END or word in _NEW_THOUGHT)
    same = following[: next(ends, len(following))]
    return any(word in _NEGATIONS_AFTER or word.startswith("de\u011fil") for word in same)


def _value(word: str, languages: list[str], lexicon: _Lexicon) -> float:
    forms = [word]
    if _LENGTHENED.search(word):
        forms += [_LENGTHENED.sub(r"\1", word), _LENGTHENED.sub(r"\1\1", word)]
    for form in forms:
        for language in languages:
            if form in lexicon.profanity[language]:
                return -3.0
            if form in lexicon.values[language]:
                return lexicon.values[language][form] * (1.2 if form != word else 1.0)
    return 0.0


def _counted_east_asian(plain: str, lexicon: _Lexicon) -> list[tuple[int, str, float]]:
    if not _EAST_ASIAN.search(plain):
        return []
    before, after = lexicon.east_asian_negations
    found = []
    for match in lexicon.east_asian.finditer(plain):
        amount = lexicon.east_asian_values[match[0]]
        negated = plain[: match.start()].endswith(before) or plain[match.end() : match.end() + 6].startswith(after)
        found.append((match.start(), match[0], amount * (_NEGATED if negated else 1.0)))
    return found


def _n_of(shown: str, lexicon: _Lexicon, which: str) -> int:
    return sum(map(shown.count, lexicon.lists[f"{which}_emoji"].intersection(shown)))


def _soft(total: float) -> float:
    return total / math.sqrt(total * total + _SOFTENING)
