"""What a text states that can be looked up elsewhere: figures with their units, addresses, names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from firstline.domain.units import FACTORS, MONTHS, UNITS

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: number for number, word in enumerate(_ONES.split())}
_SMALL |= {word: 20 + 10 * number for number, word in enumerate(_TENS.split())}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_ONE_WORD = "|".join((*_SMALL, *_SCALES))

# Words that may stand between a figure and its unit.
_BETWEEN = frozenset(
    ("working", "business", "calendar", "support", "full", "more", "further", "whole", "consecutive", "us")
)
_DIGITS = r"\d+(?:[.,' \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?![\d])|\d+(?:[.,]\d+)?"
_FIGURE = re.compile(
    rf"(?P<before>us\$|[$\u20ac\u00a3]|\b(?:usd|eur|gbp)\s)?\s?(?<![\w.,])(?P<figure>{_DIGITS})(?P<ordinal>st|nd|rd|th)?"
    rf"(?P<scale>\s?(?:million|thousand|billion)\b|k\b)?"
    rf"|\b(?P<word>(?:{_ONE_WORD})(?:[- ](?:and )?(?:{_ONE_WORD}))*)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(r"[\s-]{0,2}(%|[$\u20ac\u00a3]|[^\W\d_]+\$?)")
_LISTED = re.compile(
    r"\s*(?:,|/|-|\u2013|\u2014|(?:,\s*)?\b(?:and|or|to|und|oder|bis|et|ou|y|o|\u00e0|a)\b)\s*[$\u20ac\u00a3]?"
)
_CODE = re.compile(
    r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)+\b|\b(?=\w*\d)[A-Z]{2,}\w*\d\w*\b"
    r"|\b(?!\d+[A-Za-z]{1,3}\b)(?=\w*\d)(?=\w*[A-Z])\w{4,}\b"
)
_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>()\[\]\"'`]+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|example|eu|de|co|app|dev|"
    r"info|biz|me|us|uk|fr|es|it|nl|pl|ch|at)\b(?:/[^\s<>()\[\]\"'`]*)?",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TIME = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\b\.?|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE)
_NEVER_BARE = frozenset(("percent", "usd", "eur", "gbp", "cent"))
_COUNTED = re.compile(r"[ \t]+(?!(?:and|or|to|per|of|in|on|at|for|a|an|the|is|are|by|from|x)\b)[^\W\d_]{2,}")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[a-z]+")
_DOTTED = re.compile(r"[\w-]\.\w|@")
_QUOTED_CODE = re.compile(r"`[^`]*`")
_CAPITALISED = re.compile(r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff][^\W_]*(?:[-'\u2019&][^\W_]+)*")


@dataclass(frozen=True)
class Figure:
    """A number as it is stated."""

    values: frozenset[float]
    """What it can mean; two where a sign may part thousands or decimals."""
    unit: str
    """``second``, ``month``, ``kb``, ``metre`` (values are in these), ``percent``, ``usd`` ..., or empty."""
    text: str
    spelled: bool = False
    """Written in letters."""
    written: str = ""
    """With its unit."""
    counts: bool = False
    """Stands before a word that is no unit: what it counts."""

    def is_stated_by(self, other: Figure) -> bool:
        """Tell whether the other says the same number, with the same unit or with none that is known."""
        if self.unit == other.unit:
            return bool(self.values & other.values)
        if self.unit and other.unit:
            return {self.unit, other.unit} == {"second", "month"} and self._about_as_long(other)
        if self.unit in _NEVER_BARE and other.counts:
            return False
        # One of the two has no unit that is known; both are compared by the digits alone.
        return bool(self.bare & other.bare)

    @property
    def bare(self) -> frozenset[float]:
        """Its values as written, without regard to the unit."""
        return _values(self.text)

    def _about_as_long(self, other: Figure) -> bool:
        seconds, months = (self, other) if self.unit == "second" else (other, self)
        return any(28 <= s / 86_400 / m <= 31 for s in seconds.values for m in months.values if m)


@lru_cache(maxsize=8192)
def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of a text in order.

    Digits and English number words from two on ("one" seldom counts); ``1,000``, ``1.000``, ``1 000`` and ``thousand``
    are one number, as are ``24 hours`` and ``1 day``. In ``1, 3 and 5 days`` each has the unit. Digits inside codes,
    addresses and e-mail addresses are no figures; a time of day is one figure in minutes.
    """
    found: list[Figure] = []
    blanked = text
    if not _DIGIT.search(text) and _SMALL.keys().isdisjoint(_LETTERS.findall(text.lower())):
        return ()
    if _DIGIT.search(text):
        blanked = _blank(_without_addresses(text), _CODE)
        found = [_time_of_day(clock) for clock in _TIME.finditer(blanked)]
        blanked = _blank(blanked, _TIME)
    matches = [match for match in _FIGURE.finditer(blanked) if not _is_ignored(match)]
    units, ends = map(list, zip(*(_unit(blanked, match) for match in matches), strict=True)) if matches else ([], [])
    for place in range(len(matches) - 2, -1, -1):
        if not units[place] and _LISTED.fullmatch(blanked[matches[place].end() : matches[place + 1].start()] or " "):
            units[place] = units[place + 1]
    for match, unit, end in zip(matches, units, ends, strict=True):
        figure = match["word"] or match["figure"] + (match["scale"] or "")
        base, factor = FACTORS.get(unit, (unit, 1.0))
        values = frozenset(round(value * factor, 6) for value in _values(figure))
        counts = not unit and _COUNTED.match(blanked, match.end()) is not None
        if values:
            found.append(Figure(values, base, figure, bool(match["word"]), blanked[match.start() : end], counts))
    return tuple(found)


def addresses(text: str) -> list[str]:
    """Return web and e-mail addresses in small letters, without scheme, ``www.`` and closing marks, in order."""
    if not _DOTTED.search(text):
        return []
    found = [match[0].lower() for match in _EMAIL.finditer(text)]
    for match in _URL.finditer(_blank(text, _EMAIL)):
        bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", match[0].lower()).rstrip(".,;:!?*_/")
        if bare:
            found.append(bare)
    return found


def code_names(text: str) -> list[str]:
    """Return codes such as ``SYNC-409`` and ``db_2``, in small letters, in order."""
    if not _DIGIT.search(text):
        return []
    return [match[0].lower() for match in _CODE.finditer(_without_addresses(text))]


def names(text: str) -> Iterator[str]:
    """Yield capitalised words that do not begin a sentence, heading, list item or cell, and words in capitals.

    Markdown emphasis and links' addresses are looked through; what stands in code is none.
    """
    bare = _QUOTED_CODE.sub(" ", _without_addresses(text))
    for match in _CAPITALISED.finditer(bare):
        # Of several, such as PDFs, the one.
        word = match[0][:-1] if match[0].endswith("s") and match[0][:-1].isupper() else match[0]
        before = bare[: match.start()].rstrip(" \t*_\"'(\u201c\u2018")
        begins = not before or before[-1] in ".!?:;|>\n-\u2022#\u2014\u2013]" or before.endswith(("1.", "2."))
        if (
            len(word) > 1
            and word not in {"I'm", "I've", "I'll", "I'd", "OK"}
            and (not begins or _mostly_capitals(word))
        ):
            yield word


def _mostly_capitals(word: str) -> bool:
    return sum(letter.isupper() for letter in word) > 1


def _without_addresses(text: str) -> str:
    return _blank(_blank(text, _EMAIL), _URL) if _DOTTED.search(text) else text


def _blank(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda match: "\u0001" * len(match[0]), text)


def _is_ignored(match: re.Match[str]) -> bool:
    word = (match["word"] or "").lower()
    return word in {"one", "zero", "hundred", "thousand", "million", "billion"}


def _unit(text: str, match: re.Match[str]) -> tuple[str, int]:
    """Return the unit, empty where there is none, and where it ends."""
    if match["before"]:
        return UNITS.get(match["before"].strip().lower(), ""), match.end()
    place = match.end()
    for _ in range(2):
        after = _AFTER.match(text, place)
        if after is None:
            break
        word = after[1].lower()
        if word in _BETWEEN:
            place = after.end()
            continue
        unit = "date" if word in MONTHS else UNITS.get(word, "")
        return unit, after.end() if unit else match.end()
    return "", match.end()


def _time_of_day(match: re.Match[str]) -> Figure:
    if match[3]:
        hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
        minute = int(match[2] or 0)
    else:
        hour, minute = int(match[4]), int(match[5])
    return Figure(frozenset({float(hour * 60 + minute)}), "clock", match[0], written=match[0])


@lru_cache(maxsize=4096)
def _values(written: str) -> frozenset[float]:
    text = written.lower().strip()
    if text[:1].isalpha():
        return frozenset({float(_spelled(text))})
    found = re.match(rf"({_DIGITS})\s?(k|thousand|million|billion)?", text)
    if found is None:
        return frozenset()
    factor = {"k": 1000, None: 1}.get(found[2]) or _SCALES[found[2]]
    digits = re.sub(r"[' \u00a0\u202f]", "", found[1])
    return frozenset(value * factor for value in _read(digits))


def _read(digits: str) -> set[float]:
    if digits.count(",") + digits.count(".") == 0:
        return {float(digits)}
    last = max(digits.rfind(","), digits.rfind("."))
    whole, rest = re.sub(r"[.,]", "", digits[:last]), digits[last + 1 :]
    signs = {sign for sign in digits if sign in ".,"}
    as_decimal, as_thousands = float(f"{whole}.{rest}"), float(whole + rest)
    if len(rest) != 3 or len(signs) == 2:
        return {as_decimal}
    if digits.count(",") + digits.count(".") > 1:
        return {as_thousands}
    return {as_decimal, as_thousands} if digits[last] == "." else {as_thousands}


def _spelled(words: str) -> int:
    total, part = 0, 0
    for word in re.split(r"[- ]+", words):
        if word in _SMALL:
            part += _SMALL[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _SCALES:
            total, part = total + max(part, 1) * _SCALES[word], 0
    return total + part
