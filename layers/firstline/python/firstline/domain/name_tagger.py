"""Names of people, places and organisations in running text, by a small learnt tagger."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WEIGHTS_FILE = Path(__file__).with_name("name_tagger.npz")
LABELS = ("other", "person", "place", "organisation")
BUCKETS = 1 << 17
HIDDEN = 32
N_OWN = 7
"""The first so many features of a word are its own, whatever is around it."""
_CHANGE, _OTHER_NAME, _NEW_LINE = 1.0, 6.0, 0.3
"""What it costs, in log-odds, that a word has another label than the one before; more from name to name in a line."""

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W\d_]+)?|[^\w\s]|_+")
_MARK = re.compile(r"\[[a-z]+(?:_\d+)?\]")
_PLACE = 2
_JOIN = {
    1: re.compile(r"[ \t]*[.'-]?[ \t]*"),
    _PLACE: re.compile(r"[\s,.\-/>|#?]{0,12}"),
    3: re.compile(r"[ \t]*(?:[&.\-,']|and)?[ \t]*"),
}
"""What may stand between two words of one name, by label."""
_ADDRESS_WORDS = frozenset(
    ("apt", "suite", "unit", "box", "po", "flat", "floor", "st", "street", "road", "rd", "ave", "avenue", "lane",
     "drive", "court", "psc", "apo", "fpo", "dpo", "ae", "aa", "ap", "postfach", "postbus", "etage", "piso", "no", "nr")
)  # fmt: skip
_LEAST, _MAY_BELONG = 0.5, 0.03
_LONGEST_NUMBER = 6
_BATCH = 4096


class Named(NamedTuple):
    """A name in a text."""

    start: int
    end: int
    label: str
    """One of ``LABELS`` but the first."""
    probability: float
    """Mean over its words, in [0, 1]."""


class Token(NamedTuple):
    """A word or sign with its place."""

    start: int
    end: int
    text: str


def tokens(text: str) -> list[Token]:
    """Return the words and signs of a text; marks such as ``[name]`` are left out."""
    marks = {match.start(): match.end() for match in _MARK.finditer(text)}
    found, until = [], 0
    for match in _TOKEN.finditer(text):
        until = max(until, marks.get(match.start(), 0))
        if match.start() >= until:
            found.append(Token(match.start(), match.end(), match[0]))
    return found


def features(said: Sequence[Token], text: str) -> Iterator[list[int]]:
    """Yield for every token the buckets of what speaks for its label.

    Parameters
    ----------
    said : sequence of Token
    text : str
        That they are from; line breaks between them count.
    """
    words = [token.text.lower() for token in said]
    shapes = [_shape(token.text) for token in said]
    breaks = [place == 0 or "\n" in text[said[place - 1].end : said[place].start] for place in range(len(said))]

    def word(place: int) -> str:
        return words[place] if 0 <= place < len(words) else "^"

    def shape(place: int) -> str:
        return shapes[place] if 0 <= place < len(shapes) else "^"

    for place, own in enumerate(words):
        before, after = word(place - 1), word(place + 1)
        around = f"{shape(place - 1)}{shapes[place]}{shape(place + 1)}"
        named = (
            f"w{own}",
            f"s{shapes[place]}",
            f"sx{shapes[place]}{own[-3:]}",
            f"p3{own[:3]}",
            f"x2{own[-2:]}",
            f"x3{own[-3:]}",
            f"x4{own[-4:]}",
            f"b{before}",
            f"a{after}",
            f"bb{word(place - 2)}",
            f"aa{word(place + 2)}",
            f"bbb{word(place - 2)} {before}",
            f"aaa{after} {word(place + 2)}",
            f"b3{word(place - 3)}",
            f"ab{before} {after}",
            f"t{around}",
            f"tt{shape(place - 2)}{around}{shape(place + 2)}",
            f"bs{before} {shapes[place]}",
            f"as{after} {shapes[place]}",
            f"ba{before[-3:]} {own[-3:]}",
            f"px{word(place - 1)[-3:]}",
            f"nx{after[-3:]}",
            f"l{breaks[place]}{place + 1 >= len(said) or breaks[place + 1]}{shapes[place]}",
        )
        yield [zlib.crc32(name.encode("utf-8", "surrogatepass")) & (BUCKETS - 1) for name in named]


def find_names(text: str) -> list[Named]:
    """Return the names in a text, in order.

    Notes
    -----
    A linear judge of each word and its neighbours (its card: ``name_tagger.json``); neighbours of one label are one
    name where nothing but what may stand within a name is between them.
    """
    said = tokens(text)
    if not said:
        return []
    chances = _chances(said, text)
    labels = _widened(_smoothed(chances, said, text), chances, said, text)
    found: list[Named] = []
    pending: list[int] = []
    for place in [*map(int, np.flatnonzero(labels)), len(said)]:
        if pending and not (place < len(said) and _joined(text, said, labels, pending[-1], place)):
            label = int(labels[pending[0]])
            start, end = said[pending[0]].start, said[pending[-1]].end
            certainty = float(chances[pending, label].max())
            if certainty >= _LEAST and any(said[one].text[0].isalnum() for one in pending):
                found.append(Named(start, end, LABELS[label], certainty))
            pending = []
        if pending or (place < len(said) and said[place].text[0].isalnum()):
            pending.append(place)
    return found


def _widened(
    labels: NDArray[np.int64], chances: NDArray[np.float64], said: Sequence[Token], text: str
) -> NDArray[np.int64]:
    """Let names take in their neighbours: a capitalised word that may belong to them, a number beside a place."""
    labels = labels.copy()
    places = range(1, len(said))
    for here, before in [
        *((place, place - 1) for place in places),
        *((place - 1, place) for place in reversed(places)),
    ]:
        label = int(labels[before])
        if labels[here] or not label or not _JOIN[label].fullmatch(text, *_between(said, here, before)):
            continue
        shape = _shape(said[here].text)
        number = label == _PLACE and shape[0] in "dm" and len(said[here].text) <= _LONGEST_NUMBER
        part_of_address = label == _PLACE and said[here].text.lower() in _ADDRESS_WORDS
        capitalised = shape in ("Xx", "XxX", "XX", "X") and chances[here, label] >= _MAY_BELONG
        if number or part_of_address or capitalised:
            labels[here] = label
    return labels


def _between(said: Sequence[Token], one: int, other: int) -> tuple[int, int]:
    first, second = sorted((one, other))
    return said[first].end, said[second].start


def _joined(text: str, said: Sequence[Token], labels: NDArray[np.int64], last: int, place: int) -> bool:
    same = labels[last] == labels[place]
    return bool(same) and _JOIN[int(labels[place])].fullmatch(text, said[last].end, said[place].start) is not None


def _chances(said: Sequence[Token], text: str) -> NDArray[np.float64]:
    net = _shipped()
    rows = features(said, text)
    scores = np.empty((len(said), len(LABELS)))
    for start in range(0, len(said), _BATCH):
        batch = np.array([row for row, _ in zip(rows, range(min(_BATCH, len(said) - start)), strict=False)])
        z = net["weights"][batch].sum(axis=1, dtype=np.int32) * net["scale"]
        hidden = np.maximum(z[:, :HIDDEN] + net["offset"], 0)
        scores[start : start + len(batch)] = hidden @ net["top"] + z[:, HIDDEN:] + net["bias"]
    scores -= scores.max(axis=1, keepdims=True)
    odds = np.exp(scores)
    chances: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return chances


def _smoothed(chances: NDArray[np.float64], said: Sequence[Token], text: str) -> NDArray[np.int64]:
    """Return the likeliest labels in a row (Viterbi 1967, IEEE Transactions on Information Theory 13, 260-269)."""
    costs = np.log(np.maximum(chances, 1e-9))
    change = np.where(np.eye(len(LABELS), dtype=bool), 0.0, -_CHANGE)
    change[1:, 1:] -= np.where(np.eye(len(LABELS) - 1, dtype=bool), 0.0, _OTHER_NAME)
    in_line, new_line = change, change * _NEW_LINE
    best, came_from = costs[0], np.empty((len(costs), len(LABELS)), dtype=np.int64)
    for place in range(1, len(costs)):
        broken = "\n" in text[said[place - 1].end : said[place].start]
        paths = best[:, None] + (new_line if broken else in_line)
        came_from[place] = paths.argmax(axis=0)
        best = paths.max(axis=0) + costs[place]
    labels = np.empty(len(costs), dtype=np.int64)
    labels[-1] = best.argmax()
    for place in range(len(costs) - 1, 0, -1):
        labels[place - 1] = came_from[place, labels[place]]
    return labels


def _shape(word: str) -> str:
    if word.isdigit():
        return f"d{min(len(word), 5)}"
    if not word[0].isalnum():
        return word[0]
    if any(letter.isdigit() for letter in word):
        return "m"
    if word.isupper():
        return "X" if len(word) == 1 else "XX"
    if word[0].isupper():
        return "Xx" if word[1:].islower() else "XxX"
    return "x"


@lru_cache(maxsize=1)
def _shipped() -> dict[str, NDArray[Any]]:
    with np.load(WEIGHTS_FILE, allow_pickle=False) as stored:
        return dict(stored)
