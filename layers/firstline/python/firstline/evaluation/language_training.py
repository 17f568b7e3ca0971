"""Trains the weights of ``domain.languages`` on texts of ours and on packages under the Apache licence."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.language_pieces import BUCKETS, pieces_of, words_of
from firstline.domain.languages import CARD_FILE, NO_LANGUAGE, SUPPORTED, WEIGHTS_FILE, LanguageModel, read_model
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.language_sources import WordSource, fetch, interface_texts

ROOT = Path(__file__).resolve().parents[5]
MESSAGES_FILE = ROOT / "knowledge" / "training" / "short_messages.jsonl"
_LATIN = "ca cs da de en es et fi fr hr hu id it lt lv nb nl pl pt ro sk sl sv tr vi"
SCRIPTS = {
    "LATIN": [*_LATIN.split(), NO_LANGUAGE],
    "CYRILLIC": ["bg", "ru", "uk"],
    "ARABIC": ["ar", "fa"],
    "HAN": ["ja", "zh"],
}
"""Languages that words of a script are told apart between."""
_NO_FREQUENCIES = ("ja", "zh", NO_LANGUAGE)
PRIOR = {**dict.fromkeys(sorted(SUPPORTED), 1.0), "zh": 2.5, NO_LANGUAGE: -1.0}
"""Log odds: customers write in the supported languages more often, Japanese hardly ever without kana, words more often
than none."""
_DRAWN, _DRAWN_OF_OTHERS = 30_000, 12_000
_SHOWN, _OWN, _NONE = 6_000, 2_000, 6_000
"""Examples of a language from drawn words, from interface texts, from our messages; and of no language."""
_EPOCHS, _BATCH, _RATE = 2, 1024, 0.5
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MIXED_IN = (
    "login error app account update server router password download online checkout wifi screenshot browser backup "
    "dashboard email link ticket support bug reset cloud plan premium pro invoice iphone android windows google paypal "
    "visa excel outlook chrome slack zapier smith garcia mueller anna john maria kim lee ahmed rossi silva novak"
)
"""Terms and names that stand in messages of every language."""

Words = list[str]


def run(public: Path, *, write: bool) -> list[str]:
    """Train; return the names of the files that this changes.

    Parameters
    ----------
    public : Path
        Not read: no public set is learnt from, so that each can be scored on.

    Raises
    ------
    InvalidDataError
        A package or our messages cannot be read.
    """
    weights, card = train(fetch(ROOT / ".cache" / "training"))
    content = {WEIGHTS_FILE: weights, CARD_FILE: (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode()}
    changed = []
    for path, new in content.items():
        if not path.is_file() or path.read_bytes() != new:
            changed.append(path.name)
            if write:
                path.write_bytes(new)
    return changed


def train(wheels: dict[str, Path]) -> tuple[bytes, dict[str, Any]]:
    """Return the weights as a file and their card; the same packages give the same bytes.

    Notes
    -----
    Adagrad: Duchi, Hazan and Singer (2011), Journal of Machine Learning Research 12, 2121-2159.
    """
    languages = [code for codes in SCRIPTS.values() for code in codes]
    columns = np.zeros((BUCKETS, len(languages)), dtype=np.float32)
    shown = interface_texts(wheels, set(languages))
    own = _own_texts()
    decompress = _decompressor()
    counts: dict[str, int] = {}
    with zipfile.ZipFile(wheels["lingua-language-detector"]) as frequencies:
        for script, codes in SCRIPTS.items():
            rng = random.Random(f"{script} 13")  # noqa: S311
            examples: list[tuple[Words, int]] = []
            for place, code in enumerate(codes):
                found = _examples(code, script, shown, own, frequencies, decompress, rng)
                counts[code] = len(found)
                examples += [(words, place) for words in found]
            first = languages.index(codes[0])
            columns[:, first : first + len(codes)] = fit(examples, len(codes))
    scale = float(np.quantile(np.abs(columns[columns != 0]), 0.9999)) / 127
    weights = np.rint(np.clip(columns / scale, -127, 127)).astype(np.int8)
    card = {
        "model": "languages: multinomial logistic regression over hashed pieces of words, by script",
        "date": date(2026, 11, 21).isoformat(),
        "licence": "MIT, as the project; no text of a source is in it",
        "sources": {
            "homeassistant, home-assistant-frontend": "translations of the user interface, Apache-2.0",
            "lingua-language-detector": "frequencies of letter sequences in news, Apache-2.0 (text: Leipzig, CC BY)",
            "own": "knowledge/training/short_messages.jsonl, written for this project, MIT",
        },
        "examples": counts,
        "own_sha256": hashlib.sha256(MESSAGES_FILE.read_bytes()).digest().hex(" ", 4),
        "languages": languages,
        "scripts": SCRIPTS,
        "scale": round(scale, 8),
        "prior": PRIOR,
        "limits": "Catalan, and Danish beside Norwegian, are often taken for their neighbours; single words, names and "
        "brands tell little. A language that is not listed is taken for the nearest that is.",
    }
    if CARD_FILE.is_file():
        # Measured by hand with scripts/evaluate, and kept.
        card["metrics"] = json.loads(CARD_FILE.read_text(encoding="utf-8")).get("metrics", {})
    file = io.BytesIO()
    np.save(file, weights, allow_pickle=False)
    return file.getvalue(), card


def fit(examples: Sequence[tuple[Words, int]], n_languages: int) -> NDArray[np.float32]:
    """Return weights, shape (BUCKETS, n_languages), of a multinomial logistic regression without a bias."""
    from scipy.sparse import csr_matrix

    generator = np.random.default_rng(13)
    weights = np.zeros((BUCKETS, n_languages), dtype=np.float32)
    squares = np.full_like(weights, 1e-6)
    for _ in range(_EPOCHS):
        order = generator.permutation(len(examples))
        for start in range(0, len(order), _BATCH):
            batch = [examples[place] for place in order[start : start + _BATCH]]
            buckets, document = _pieces(batch)
            used, columns = np.unique(buckets, return_inverse=True)
            amounts = (1.0 / np.sqrt(np.bincount(document, minlength=len(batch)))).astype(np.float32)[document]
            counted = csr_matrix((amounts, (document, columns)), shape=(len(batch), len(used)))
            odds = counted @ weights[used]
            odds = np.exp(odds - odds.max(axis=1, keepdims=True))
            odds /= odds.sum(axis=1, keepdims=True)
            odds[np.arange(len(batch)), [label for _, label in batch]] -= 1.0
            gradient = counted.T @ odds
            squares[used] += gradient * gradient
            weights[used] -= _RATE * gradient / np.sqrt(squares[used])
    return weights


def _pieces(batch: Sequence[tuple[Words, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pieces of all examples, and the place of the example that each is of."""
    pieces = pieces_of([word for words, _ in batch for word in words])
    of_word = np.repeat(np.arange(len(batch)), [len(words) for words, _ in batch])
    return pieces.buckets, of_word[pieces.words]


def _examples(
    code: str,
    script: str,
    shown: dict[str, list[str]],
    own: dict[str, list[str]],
    frequencies: zipfile.ZipFile,
    decompress: Callable[[bytes], bytes],
    rng: random.Random,
) -> list[Words]:
    if code == NO_LANGUAGE:
        return [[_mash(rng) for _ in range(rng.choice((1, 1, 2, 3)))] for _ in range(_NONE)]
    texts, messages = _in_script(shown.get(code, []), script), _in_script(own.get(code, []), script)
    found = [_part(rng.choice(texts), rng) for _ in range(_SHOWN if texts else 0)]
    found += [_part(rng.choice(messages), rng) for _ in range(_OWN if messages else 0)]
    if code not in _NO_FREQUENCIES:
        source = WordSource(frequencies, code, decompress)
        drawn = _DRAWN if code in SUPPORTED else _DRAWN_OF_OTHERS
        found += [[source.draw(rng) for _ in range(rng.choice((1, 2, 2, 2, 3, 5)))] for _ in range(drawn)]
    return [_disturbed(words, script, rng) for words in found]


def _in_script(texts: Sequence[str], script: str) -> list[Words]:
    """Return the words of texts that are in a script; of Japanese only what is in Chinese characters."""
    kept = []
    for text in texts:
        words = words_of(text)
        if script == "HAN":
            words = re.findall(r"[\u3400-\u9fff]+", " ".join(words))
        if words:
            kept.append(words)
    return kept


def _part(words: Words, rng: random.Random) -> Words:
    if len(words) < 3 or rng.random() < 0.25:
        return words[:25]
    length = rng.choice((1, 2, 2, 3, 3, 4, 6))
    start = rng.randrange(max(1, len(words) - length + 1))
    return words[start : start + length]


def _disturbed(words: Words, script: str, rng: random.Random) -> Words:
    """Return words as people write them: some without accents, some among terms and names."""
    if script != "LATIN":
        return words
    if rng.random() < 0.12:
        words = [_without_accents(word) for word in words]
    if len(words) >= 2 and rng.random() < 0.15:
        place = rng.randrange(len(words) + 1)
        words = [*words[:place], *rng.sample(_MIXED_IN.split(), rng.choice((1, 1, 2))), *words[place:]]
    return words


def _without_accents(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace(
        "\N{LATIN SMALL LETTER DOTLESS I}", "i"
    )


def _mash(rng: random.Random) -> str:
    letters = rng.choice((*_KEYS, "abcdefghijklmnopqrstuvwxyz", "bcdfghjklmnpqrstvwxz"))
    return "".join(rng.choice(letters) for _ in range(rng.choice((3, 4, 5, 6, 8, 12, 20))))


def _own_texts() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for _, row in rows(MESSAGES_FILE):
        texts.setdefault(row["language"], []).append(row["text"])
    return texts


def _decompressor() -> Callable[[bytes], bytes]:
    try:
        import brotli  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise InvalidDataError(Path("lingua-language-detector"), 0, "needs the package brotli to be read") from error
    decompress: Callable[[bytes], bytes] = brotli.decompress
    return decompress


def trained_model(wheels: dict[str, Path]) -> LanguageModel:
    """Return the model that the packages give."""
    weights, card = train(wheels)
    return read_model(card, np.load(io.BytesIO(weights), allow_pickle=False))
