"""Which language a text is in: by its script, then by pieces of its words."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.judged import Evidence
from firstline.domain.language_pieces import BUCKETS, pieces_of, words_of

WEIGHTS_FILE = Path(__file__).with_name("languages.npy")
CARD_FILE = Path(__file__).with_name("languages.json")
SUPPORTED = frozenset({"en", "es", "fr", "de", "it", "pt", "nl", "pl", "sv", "tr", "ja", "zh"})
"""Languages in which Firstline works end to end."""
UNDETERMINED = "und"
NO_LANGUAGE = "zxx"
"""A column of the weights: letters that are no language, as ISO 639-2 calls them."""
_EVIDENCE = 4
_LETTERS_OF_A_SYLLABLE = 2.5
"""What a character of an East Asian script counts for beside a letter: it holds about so many."""
_KANA_SHARE = 0.1
_FEWEST_SYLLABLES, _PRODUCT_WORDS, _MIXED = 2, 3, 0.8
"""From so many East Asian characters beside at most so many words on, these tell the language, with such a share."""
_ONLY_IN = {
    "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "DEVANAGARI": "hi", "THAI": "th", "GEORGIAN": "ka",
    "ARMENIAN": "hy", "BENGALI": "bn", "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn", "KHMER": "km",
    "LAO": "lo", "MALAYALAM": "ml", "MYANMAR": "my", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te",
    "ETHIOPIC": "am",
}  # fmt: skip
_WIDE = frozenset({"HAN", "KANA", "HANGUL"})
_NAMES = {"CJK": "HAN", "HIRAGANA": "KANA", "KATAKANA": "KANA", "KATAKANA-HIRAGANA": "KANA", "HALFWIDTH": "KANA"}


@dataclass(frozen=True)
class LanguageGuess:
    """A text's language."""

    code: str
    """ISO 639-1, ``und`` where there is nothing to judge by."""
    confidence: float
    """Probability that it is right, in [0, 1]."""
    because: tuple[Evidence, ...] = ()
    """The script, or the words that speak most for it, strongest first."""


@dataclass(frozen=True)
class LanguageModel:
    """Weights of pieces by language.

    Parameters
    ----------
    weights : ndarray, shape (BUCKETS, n_languages), int8
    languages : tuple of str
        ISO 639-1 of each column; ``zxx`` is none.
    scripts : dict
        Places of the columns that a script's words are judged by.
    scale : float
        What one step of the weights is worth.
    prior : ndarray, shape (n_languages,)
        Log odds of each language before a word is read.
    """

    weights: NDArray[np.int8]
    languages: tuple[str, ...]
    scripts: dict[str, list[int]]
    scale: float
    prior: NDArray[np.float64]

    def judge(self, words: list[str], script: str) -> LanguageGuess:
        """Return the likeliest language of words of one script; at least one word."""
        columns = self.scripts[script]
        pieces = pieces_of(words)
        weighed = self.weights[pieces.buckets][:, columns] * (self.scale / np.sqrt(len(pieces.buckets)))
        logits = weighed.sum(axis=0) + self.prior[columns]
        odds = np.exp(logits - logits.max())
        best = int(odds.argmax())
        code = self.languages[columns[best]]
        if code == NO_LANGUAGE:
            return LanguageGuess(UNDETERMINED, 0.0)
        by_word = np.bincount(pieces.words, weights=weighed[:, best] - weighed.mean(axis=1), minlength=len(words))
        strongest = np.argsort(-by_word, kind="stable")[:_EVIDENCE]
        because = tuple(
            Evidence("feature", words[place], round(float(by_word[place]), 3))
            for place in strongest
            if by_word[place] > 0
        )
        return LanguageGuess(code, float(odds[best] / odds.sum()), because)


def judge_language(text: str) -> LanguageGuess:
    """Return a text's language.

    Parameters
    ----------
    text : str
        Any; its first characters are looked at. Addresses, codes and numbers count for nothing.

    Returns
    -------
    LanguageGuess
        ``und`` with confidence 0 where no word is left, or the letters are no language's.

    Notes
    -----
    Multinomial logistic regression over hashed character n-grams, as Cavnar and Trenkle (1994), SDAIR, 161-175, and
    Joulin et al. (2017), EACL, 427-431, judge by them; scripts with one language are told by the script alone.
    """
    words = words_of(text)
    if not words:
        return LanguageGuess(UNDETERMINED, 0.0)
    letters = Counter(_script_of(letter) for word in words for letter in word)
    script, share = _leading(letters)
    if script == "LATIN" and letters["HAN"] + letters["KANA"] >= _FEWEST_SYLLABLES and len(words) <= _PRODUCT_WORDS:
        # A product's name or two, and what is said of it: "Webhook\u9519\u8bef".
        script, share = ("KANA" if letters["KANA"] else "HAN"), _MIXED
        words = ["".join(letter for letter in word if _script_of(letter) == script) for word in words]
        words = [word for word in words if word]
    if script in _ONLY_IN or script == "KANA":
        code = _ONLY_IN.get(script, "ja")
        return LanguageGuess(code, round(share, 3), (Evidence("rule", f"script {script.lower()}", share),))
    model = shipped_language_model()
    if script not in model.scripts:
        return LanguageGuess(UNDETERMINED, 0.0)
    guess = model.judge([word for word in words if _script_of(word[0]) == script], script)
    return LanguageGuess(guess.code, round(guess.confidence * share, 3), guess.because)


def is_in(language: str, tag: str) -> bool:
    """Tell whether a tag such as ``pt-BR`` names a language, ISO 639-1."""
    return tag.lower().replace("_", "-").partition("-")[0] == language


@lru_cache(maxsize=1)
def shipped_language_model() -> LanguageModel:
    """Return the model beside this file."""
    card: dict[str, Any] = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    weights = np.load(WEIGHTS_FILE, mmap_mode="r", allow_pickle=False)
    return read_model(card, weights)


def read_model(card: dict[str, Any], weights: NDArray[np.int8]) -> LanguageModel:
    """Return the model that a card describes.

    Raises
    ------
    ValueError
        The weights are not of the card's languages.
    """
    languages = tuple(card["languages"])
    if weights.shape != (BUCKETS, len(languages)):
        raise ValueError(f"weights of shape {weights.shape} for {len(languages)} languages")
    scripts = {name: [languages.index(code) for code in codes] for name, codes in card["scripts"].items()}
    prior = np.array([card["prior"].get(code, 0.0) for code in languages])
    return LanguageModel(weights, languages, scripts, card["scale"], prior)


def _leading(letters: Counter[str]) -> tuple[str, float]:
    """Return the script that most is written in, and its share; kana and Han are one, kana where there is some."""
    letters.pop("", None)
    amounts = {script: n * (_LETTERS_OF_A_SYLLABLE if script in _WIDE else 1.0) for script, n in letters.items()}
    east_asian = amounts.pop("KANA", 0.0) + amounts.pop("HAN", 0.0)
    if east_asian:
        is_japanese = letters["KANA"] >= _KANA_SHARE * (letters["KANA"] + letters["HAN"])
        amounts["KANA" if is_japanese else "HAN"] = east_asian
    script, amount = max(amounts.items(), key=lambda entry: (entry[1], entry[0]), default=("", 1.0))
    return script, amount / (sum(amounts.values()) or 1.0)


@lru_cache(maxsize=4096)
def _script_of(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    return _NAMES.get(name, name)
