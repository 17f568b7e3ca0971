"""How likely a text gives orders to the assistant: words of a person, and words found in mail, files and documents."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.domain.injection_features import pieces
from firstline.domain.lexical import STOP_WORDS

THRESHOLD = 0.5
"""From here on a text is to be treated as an attack."""
WEIGHTS_FILE = Path(__file__).with_name("injection.npy")
CARD_FILE = Path(__file__).with_name("injection.json")
MOST_SENTENCES = 80

_LIKE_A_MAIL = re.compile(
    r"(?im)^\W{0,3}(?:subject|betreff|objet|asunto|from|to|cc|sent|received[ _]date|email_from|content|date)\s*:"
    r"|^\W{0,3}(?:hi|hello|dear|hallo|bonjour|hola)\b[^\n.!?]{0,40},|\bunsubscribe\b|\bsent from my\b"
    r"|\bprivacy policy\b|\b(?:kind|best|warm) regards\b|\breply to this e?-?mail\b"
)
_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\s*\n\s*|\s*\|\s*|<!--|-->")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SHORTEST_SENTENCE = 8
_MANY_SENTENCES = 6
_UNCONFIRMED, _TOO_SHORT = 3.0, 2.0
_FEWEST_WORDS, _FEWEST_CHARACTERS = 4, 24


@dataclass(frozen=True)
class View:
    """A linear judge of a text's pieces."""

    weights: NDArray[np.int8]
    """Shape (BUCKETS,)."""
    scale: float
    """What one unit of ``weights`` counts, > 0."""
    rules: NDArray[np.float64]
    """Shape (n_rules,)."""
    bias: float
    """Such that 0 is where ``THRESHOLD`` lies."""

    def score(self, text: str) -> float:
        """Return the log-odds that a text is an attack; any number."""
        found = pieces(text)
        by_pieces = self.scale * float(self.weights[found.buckets].astype(np.float64) @ found.values)
        return by_pieces + float(self.rules @ found.rules) + self.bias


@dataclass(frozen=True)
class InjectionModel:
    """Both judges."""

    message: View
    """Of what a person writes."""
    data: View
    """Of a sentence in something read: there an order to whoever answers, or a task of another kind, is an attack."""

    def score(self, text: str) -> float:
        """Return the log-odds for a message; one that looks like a mail or is long is judged by its sentences too."""
        whole = self.message.score(text)
        if _LIKE_A_MAIL.search(text) or sum(1 for _ in sentences(text)) >= _MANY_SENTENCES:
            # What the sentences do not bear out must be very plain.
            return max(whole - _UNCONFIRMED, self.data_score(text))
        return whole

    def data_score(self, text: str) -> float:
        """Return the log-odds of the worst sentence of a mail, file or document.

        A sentence whose words occur nowhere else in the text is likelier to be foreign to it; one of a few words
        is likelier a heading or a button.
        """
        found = list(sentences(text)) or [text]
        words = [frozenset(_WORD.findall(sentence.lower())) - STOP_WORDS for sentence in found]
        told = Counter(chain.from_iterable(words))
        scores = (
            self.data.score(sentence) + _foreign(own, told) - _TOO_SHORT * _is_short(sentence)
            for sentence, own in zip(found, words, strict=True)
        )
        return max(scores)


def injection_risk(text: str) -> float:
    """Return how likely a customer's message tries to give the assistant orders that are not the customer's to give.

    Parameters
    ----------
    text : str
        Any length and language; of a long text its beginning and end are judged.

    Returns
    -------
    float
        In [0, 1]; ``THRESHOLD`` and above: treat it as an attack.
    """
    return _probability(shipped_model().score(text))


@lru_cache(maxsize=4096)
def data_risk(text: str) -> float:
    """Return how likely a retrieved chunk, an attachment or a mail holds an order to the assistant.

    Returns
    -------
    float
        Of its worst sentence, in [0, 1]; ``THRESHOLD`` and above: not to be given to a model.
    """
    return _probability(shipped_model().data_score(text))


@lru_cache(maxsize=1)
def shipped_model() -> InjectionModel:
    """Return the model beside this file; its card says what it was trained on."""
    card = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    weights = np.load(WEIGHTS_FILE, allow_pickle=False)
    views = (
        View(weights[row], card[name]["scale"], np.array(card[name]["rules"]), card[name]["bias"])
        for row, name in enumerate(("message", "data"))
    )
    return InjectionModel(*views)


def sentences(text: str) -> Iterator[str]:
    """Yield the first sentences and lines of a text that are long enough to hold an order."""
    found = 0
    for piece in _SENTENCE_END.split(text):
        if len(piece) >= _SHORTEST_SENTENCE and found < MOST_SENTENCES:
            found += 1
            yield piece


def _foreign(words: frozenset[str], told: Counter[str]) -> float:
    if not words or len(told) == len(words):
        return 0.0
    return sum(told[word] == 1 for word in words) / len(words) - 0.5


def _is_short(sentence: str) -> bool:
    # Chinese and Japanese write no spaces: there 24 characters are a sentence.
    unspaced = max(map(ord, sentence), default=0) > 0x2E80
    return not unspaced and (len(sentence.split()) < _FEWEST_WORDS or len(sentence) < _FEWEST_CHARACTERS)


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, log_odds))))
