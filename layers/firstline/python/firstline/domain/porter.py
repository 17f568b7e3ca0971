"""Porter's stemmer for English."""

from __future__ import annotations

import re

_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion",
    "al", "er", "ic", "ou",
)  # fmt: skip


def stem(word: str) -> str:
    """Return the stem of a lower-case English word of letters a to z.

    Notes
    -----
    Porter (1980), Program 14, 130-137.
    """
    if len(word) <= 2:
        return word
    word = _step_1a(word)
    word = _step_1b(word)
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _STEP_2)
    word = _replaced(word, _STEP_3)
    return _step_5(_step_4(word))


def _letters(word: str) -> str:
    """Return the word as c (consonant) and v (vowel), one per letter."""
    kinds = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and kinds.endswith("c"))
        kinds += "v" if vowel else "c"
    return kinds


def _measure(stem_part: str) -> int:
    """Return how often a run of vowels is followed by a run of consonants."""
    return len(re.findall("v+c+", _letters(stem_part)))


def _has_vowel(stem_part: str) -> bool:
    return "v" in _letters(stem_part)


def _ends_short(stem_part: str) -> bool:
    return _letters(stem_part).endswith("cvc") and stem_part[-1] not in "wxy"


def _step_1a(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _step_1b(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix) and _has_vowel(word.removesuffix(suffix)):
            bare = word.removesuffix(suffix)
            if bare.endswith(("at", "bl", "iz")):
                return bare + "e"
            if len(bare) > 1 and bare[-1] == bare[-2] and _letters(bare)[-1] == "c" and bare[-1] not in "lsz":
                return bare[:-1]
            return bare + "e" if _measure(bare) == 1 and _ends_short(bare) else bare
    return word


def _replaced(word: str, rules: tuple[tuple[str, str], ...]) -> str:
    for suffix, replacement in rules:
        if word.endswith(suffix):
            bare = word.removesuffix(suffix)
            return bare + replacement if _measure(bare) > 0 else word
    return word


def _step_4(word: str) -> str:
    for suffix in _STEP_4:
        if word.endswith(suffix):
            bare = word.removesuffix(suffix)
            if _measure(bare) > 1 and (suffix != "ion" or bare.endswith(("s", "t"))):
                return bare
            return word
    return word


def _step_5(word: str) -> str:
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _ends_short(word[:-1])):
            word = word[:-1]
    if word.endswith("ll") and _measure(word) > 1:
        word = word[:-1]
    return word
