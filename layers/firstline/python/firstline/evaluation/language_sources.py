"""Texts and words that the language model learns from, out of packages whose licences allow it."""

from __future__ import annotations

import bisect
import hashlib
import json
import random
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from firstline.evaluation.errors import InvalidDataError

PACKAGES = {
    "homeassistant": ("homeassistant-2024.3.3-py3-none-any.whl", "6e1ec2c0 7441d63f dcfb8acd 2c4bbb6f"),
    "home-assistant-frontend": (
        "home_assistant_frontend-20250109.2-py3-none-any.whl",
        "8c4f3e43 36147ed4 05b86809 baf15823",
    ),
    "lingua-language-detector": (
        "lingua_language_detector-1.3.5-py3-none-any.whl",
        "72546967 53c4ee8c e127190c fb985d8b",
    ),
}
"""Wheels by package, all under the Apache licence 2.0: file name, and the first half of the SHA-256."""
_CODES = {"pt-BR": "pt", "zh-Hans": "zh", "zh-Hant": "zh", "en-GB": "en", "es-419": "es"}
_MARKUP = re.compile(r"<[^>]*>|\[%[^%]*%\]|\[[^\]]*\]\([^)]*\)|https?://\S+|\{[^{}]*\}|`[^`]*`|\*\*|[#*_]+")
_PLURAL = re.compile(r"\{\w+, *plural,")
_HASH = re.compile(r"-[0-9a-f]{32}")
_SHORTEST, _LONGEST = 2, 600
_ORDERS = ("unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams")
_LONGEST_WORD = 24


def fetch(folder: Path) -> dict[str, Path]:
    """Return the wheels by package, fetched by the registry's own client where they are not in a folder yet.

    Raises
    ------
    InvalidDataError
        One cannot be had, or is not the file that the weights were learnt from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for package, (name, sha256) in PACKAGES.items():
        path = folder / name
        if not path.is_file():
            pip = [str(Path(sys.base_prefix, "bin", "python3")), "-m", "pip", "download", "--quiet", "--no-deps"]
            version = name.split("-")[1]
            fetched = subprocess.run([*pip, "--dest", str(folder), f"{package}=={version}"], check=False)  # noqa: S603
            if fetched.returncode:
                raise InvalidDataError(path, 0, "cannot be fetched")
        if not hashlib.sha256(path.read_bytes()).digest().hex(" ", 4).startswith(sha256):
            raise InvalidDataError(path, 0, "is another file than the one learnt from")
        found[package] = path
    return found


def interface_texts(wheels: dict[str, Path], languages: set[str]) -> dict[str, list[str]]:
    """Return the texts of Home Assistant's user interface by language, those left in English not among them."""
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for package in ("homeassistant", "home-assistant-frontend"):
        with zipfile.ZipFile(wheels[package]) as wheel:
            for name in sorted(wheel.namelist()):
                if "/translations/" not in name or not name.endswith(".json"):
                    continue
                tag = _HASH.sub("", name.rsplit("/", 1)[1].removesuffix(".json")).split(".")[-1]
                code = _CODES.get(tag, tag)
                if code in languages:
                    texts[code].update(dict.fromkeys(_plain_texts(json.loads(wheel.read(name)))))
    english = texts["en"]
    return {
        code: [text for text in found if code == "en" or text not in english] for code, found in sorted(texts.items())
    }


def _plain_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _plain_texts(part)
    elif isinstance(value, str):
        text = " ".join(_MARKUP.sub(" ", _PLURAL.sub(" ", value)).split())
        if _SHORTEST <= len(text) <= _LONGEST:
            yield text


class WordSource:
    """Words of a language, drawn as often as in running text, from lingua's frequencies of 1 to 5 letters.

    Words up to three letters and the first four of longer ones are as frequent as they were counted; the rest follows
    by the four letters before each.
    """

    def __init__(self, wheel: zipfile.ZipFile, language: str, decompress: Callable[[bytes], bytes]) -> None:
        joint = _frequencies(wheel, language, decompress)
        begin = [_beginnings(shorter, longer) for shorter, longer in pairwise(joint)]
        heads: list[tuple[str, float]] = []
        for size in range(3):
            whole = dict(begin[size])
            for gram, share in begin[size + 1].items():
                if share > 0 and gram[:-1] in whole:
                    whole[gram[:-1]] -= share
            heads += whole.items()
        self._n_whole = len(heads)
        heads += sorted(begin[3].items())
        self._heads = [gram for gram, _ in heads]
        self._up_to = list(accumulate(max(0.0, share) for _, share in heads))
        following: dict[str, tuple[list[str], list[float]]] = {}
        for gram, share in sorted(joint[4].items()):
            letters, up_to = following.setdefault(gram[:-1], ([], []))
            letters.append(gram[-1])
            up_to.append((up_to[-1] if up_to else 0.0) + share / joint[3][gram[:-1]])
        self._following = following

    def draw(self, rng: random.Random) -> str:
        """Return a word."""
        place = bisect.bisect(self._up_to, rng.random() * self._up_to[-1])
        word = self._heads[min(place, len(self._heads) - 1)]
        while place >= self._n_whole and len(word) < _LONGEST_WORD:
            letters, up_to = self._following.get(word[-4:], ([], []))
            chosen = bisect.bisect(up_to, rng.random())
            if chosen >= len(letters):
                break
            word += letters[chosen]
        return word


def _frequencies(wheel: zipfile.ZipFile, language: str, decompress: Callable[[bytes], bytes]) -> list[dict[str, float]]:
    """Return the share of each sequence of 1 to 5 letters; lingua gives it given the letters before."""
    joint: list[dict[str, float]] = []
    for order in _ORDERS:
        packed = wheel.read(f"lingua/language-models/{language}/{order}.json.br")
        grams: dict[str, float] = {}
        for fraction, listed in json.loads(decompress(packed))["ngrams"].items():
            part, _, of = fraction.partition("/")
            for gram in listed.split(" "):
                before = joint[-1].get(gram[:-1], 0.0) if joint else 1.0
                grams[gram] = int(part) / int(of) * before
        joint.append({gram: grams[gram] for gram in sorted(grams)})
    return joint


def _beginnings(shorter: dict[str, float], longer: dict[str, float]) -> dict[str, float]:
    """Return how often a sequence begins a word: as often as it is there, less where a letter stands before it."""
    begin = dict(shorter)
    for gram, share in longer.items():
        if gram[1:] in begin:
            begin[gram[1:]] -= share
    return begin
