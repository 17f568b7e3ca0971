"""Trains the name tagger on sentences of ours filled with made-up names. Needs SciPy and Faker."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firstline.domain.name_tagger import LABELS, N_OWN, WEIGHTS_FILE, features, tokens
from firstline.evaluation.jsonl import rows
from firstline.evaluation.pii_network import learnt
from firstline.evaluation.pii_values import value as value_of
from firstline.evaluation.trained_files import replace_files

if TYPE_CHECKING:
    from faker import Faker

CARD_FILE = WEIGHTS_FILE.with_suffix(".json")
TEMPLATES_FILE = Path(__file__).resolve().parents[5] / "knowledge" / "training" / "pii_templates.txt"
# Not it_IT: there Faker draws from a set, whose order changes with every process.
_LOCALES = (
    "en_US en_US en_US en_GB en_GB en_AU en_CA en_IN en_IE en_NZ de_DE de_AT de_CH fr_FR fr_CH es_ES es_MX es_CL it_CH "
    "nl_NL nl_BE pt_PT pt_BR pl_PL sv_SE da_DK fi_FI no_NO cs_CZ sk_SK sl_SI hr_HR hu_HU ro_RO et_EE lt_LT lv_LV tr_TR "
    "id_ID"
)
N_FILLED, N_NATURAL = 26_000, 7_000
_MOST_REPEATS = 12
_LISTED_PER_LOCALE, _COUNTRIES_LISTED = 250, 10
_SLOT = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"<([^<>]*\|[^<>]*)>")
_LABEL_OF = {
    "person": 1, "first": 1, "last": 1, "address": 2, "street": 2, "city": 2, "country": 2, "zip": 2, "org": 3,
}  # fmt: skip

Labelled = tuple[str, list[tuple[int, int, int]]]
"""A text and its names: start, end, index of the label."""


def run(public: Path, *, write: bool) -> list[str]:
    """Train on our templates and on innocent public texts; return the names of the files that this changes."""
    texts = [*filled(13), *_natural(public)]
    return replace_files(_files(texts), write=write)


def filled(seed: int) -> Iterator[Labelled]:
    """Yield our templates filled with names of many countries, each in the spelling people use; the same every time."""
    from faker import Faker

    rng = random.Random(seed)  # noqa: S311
    templates = [
        line.replace("\\n", "\n")
        for line in TEMPLATES_FILE.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    locales = _LOCALES.split()
    fakers = {locale: Faker(locale) for locale in locales}
    for faker in fakers.values():
        faker.seed_instance(rng.randrange(1 << 30))
    # A template with many choices says more.
    templates = [one for one in templates for _ in range(min(1 + one.count("|") // 2, _MOST_REPEATS))]
    for number in range(N_FILLED):
        template = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), templates[number % len(templates)])
        yield _spelt(_fill(template, fakers[rng.choice(locales)], rng), rng)


def _fill(template: str, faker: Faker, rng: random.Random) -> Labelled:
    parts: list[str] = []
    names: list[tuple[int, int, int]] = []
    end = length = 0
    for slot in _SLOT.finditer(template):
        value = value_of(slot[1], faker, rng)
        before = template[end : slot.start()]
        start = length + len(before)
        if slot[1] in _LABEL_OF:
            names.append((start, start + len(value), _LABEL_OF[slot[1]]))
        parts += [before, value]
        length, end = start + len(value), slot.end()
    return "".join([*parts, template[end:]]), names


def _listed() -> Iterator[Labelled]:
    """Yield names and towns of every country by themselves: more than the sentences have room for."""
    from faker import Faker
    from faker.providers.address.en import Provider

    for country in Provider.countries * _COUNTRIES_LISTED:
        yield str(country), [(0, len(country), 2)]
    for number, locale in enumerate(sorted(set(_LOCALES.split()))):
        faker = Faker(locale)
        faker.seed_instance(number)
        for _ in range(_LISTED_PER_LOCALE):
            for label, made in ((1, faker.first_name()), (1, faker.last_name()), (2, str(faker.city()))):
                yield made, [(0, len(made), label)]


def _spelt(labelled: Labelled, rng: random.Random) -> Labelled:
    text, names = labelled
    form = rng.random()
    if form < 0.1:
        text = text.lower() if len(text.lower()) == len(text) else text
    elif form < 0.2:
        letters = list(text)
        for start, end, _ in names:
            upper = text[start:end].upper()
            if len(upper) == end - start and rng.random() < 0.6:
                letters[start:end] = upper
        text = "".join(letters)
    elif form < 0.23 and len(text.upper()) == len(text):
        text = text.upper()
    return text, names


def _natural(public: Path) -> Iterator[Labelled]:
    """Yield texts of public sets without names, and comments whose ``[NAME]`` is filled with a first name."""
    from faker import Faker

    rng = random.Random(17)  # noqa: S311
    # One that chooses among its locales by itself does so by a generator that cannot be seeded alone.
    fakers = [Faker(locale) for locale in sorted(set(_LOCALES.split()))]
    for one in fakers:
        one.seed_instance(rng.randrange(1 << 30))
    for name, file, most in (("clinc150", "train.jsonl", 800), ("banking77", "train.jsonl", 400)):
        texts = sorted({row["text"] for _, row in rows(public / name / file)})
        yield from ((text, []) for text in rng.sample(texts, most))
    comments = sorted({row["text"] for _, row in rows(public / "goemotions" / "train.jsonl")})
    for comment in rng.sample(comments, N_NATURAL):
        if "[RELIGION]" in comment:
            continue
        text, names, end = "", list[tuple[int, int, int]](), 0
        for slot in re.finditer(r"\[NAME\]", comment):
            text += comment[end : slot.start()]
            faker = rng.choice(fakers)
            in_a_place = text.lower().endswith((" in ", " from ", " to "))
            made = faker.city() if in_a_place else rng.choice([faker.first_name, faker.last_name, faker.name])()
            names.append((len(text), len(text) + len(made), 2 if in_a_place else 1))
            text, end = text + made, slot.end()
        yield text + comment[end:], names


def _files(texts: list[Labelled]) -> dict[Path, bytes]:
    rng = random.Random(5)  # noqa: S311
    columns: list[int] = []
    starts, labels = [0], []

    def add(buckets: list[int], label: int) -> None:
        columns.extend(buckets)
        starts.append(len(columns))
        labels.append(label)

    for text, names in texts:
        said = tokens(text)
        for token, buckets in zip(said, features(said, text), strict=True):
            label = next((label for start, end, label in names if start <= token.start < end), 0)
            add(buckets, label)
            if label or rng.random() < 0.3:
                # The templates are few: a word must also be known by itself, whatever is around it.
                add(buckets[:N_OWN], label)
    for text, names in _listed():
        said = tokens(text)
        for buckets in features(said, text):
            add(buckets[:N_OWN], names[0][2])
    judge = learnt(np.array(columns), np.array(starts), np.array(labels))
    scale = np.abs(judge.words).max(axis=0) / 127
    weights = np.rint(judge.words / scale).astype(np.int8)
    written = io.BytesIO()
    np.savez_compressed(
        written,
        weights=weights,
        scale=scale.astype(np.float32),
        offset=judge.offset.round(5),
        top=judge.top.round(5),
        bias=judge.bias.round(5),
    )
    card: dict[str, Any] = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    card["texts"], card["words"], card["labels"] = len(texts), len(labels), list(LABELS)
    card["own_sha256"] = hashlib.sha256(TEMPLATES_FILE.read_bytes()).digest().hex(" ", 4)
    return {WEIGHTS_FILE: written.getvalue(), CARD_FILE: (json.dumps(card, indent=1) + "\n").encode()}
