"""Trains the name tagger on sentences of ours filled with made-up names. Needs scikit-learn and Faker."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firstline.domain.name_tagger import BUCKETS, LABELS, N_OWN, WEIGHTS_FILE, features, tokens
from firstline.evaluation.jsonl import rows

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
N_FILLED, N_NATURAL = 18_000, 5_000
_SLOT = re.compile(r"\{(\w+)\}")
_LABEL_OF = {
    "person": 1, "first": 1, "last": 1, "address": 2, "street": 2, "city": 2, "country": 2, "zip": 2, "org": 3,
}  # fmt: skip

_TITLES = ("Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Ms", "Miss", "Prof.", "Herr", "Frau", "Madame")
_STEMS = (
    "Nova",
    "Terra",
    "Aqua",
    "Ferro",
    "Lumi",
    "Opti",
    "Veri",
    "Pano",
    "Agri",
    "Robo",
    "Helio",
    "Kine",
    "Mono",
    "Quanta",
)
_ENDS = (
    "tech",
    "soft",
    "plan",
    "form",
    "wave",
    "path",
    "grid",
    "desk",
    "flow",
    "mark",
    "tron",
    "dyne",
    "via",
    "cast",
    "com",
)
_TAILS = (
    "Inc|Inc.|Ltd|Ltd.|LLC|GmbH|AG|Corporation|Group|Systems|Bank|Holdings|Partners|Insurance|Technologies|S.A.|& Co|"
    "Media"
)
_BUSINESS = (
    "Northern Pacific Atlantic Alpine Coastal Metro Crown Maple Silver Golden Falcon Lion Oak River Valley Precision "
    "Modern Advanced General Premier Textile Timber Marine Freight Logistics Bakery Brewing Optics Ceramics Robotics "
    "Foundry Shipping Publishing Pictures Hotels Catering Dairy Steel Paper Glass Pharma Biotech Telecom Finance "
    "Leasing Staffing"
)
Labelled = tuple[str, list[tuple[int, int, int]]]
"""A text and its names: start, end, index of the label."""


def run(public: Path, *, write: bool) -> list[str]:
    """Train on our templates and on innocent public texts; return the names of the files that this changes."""
    texts = [*filled(13), *_natural(public)]
    changed = []
    for path, content in _files(texts).items():
        if not path.is_file() or path.read_bytes() != content:
            changed.append(path.name)
            if write:
                path.write_bytes(content)
    return changed


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
    for number in range(N_FILLED):
        template = templates[number % len(templates)]
        yield _spelt(_fill(template, fakers[rng.choice(locales)], rng), rng)


def _fill(template: str, faker: Faker, rng: random.Random) -> Labelled:
    parts: list[str] = []
    names: list[tuple[int, int, int]] = []
    end = length = 0
    for slot in _SLOT.finditer(template):
        value = _value(slot[1], faker, rng)
        before = template[end : slot.start()]
        start = length + len(before)
        if slot[1] in _LABEL_OF:
            names.append((start, start + len(value), _LABEL_OF[slot[1]]))
        parts += [before, value]
        length, end = start + len(value), slot.end()
    return "".join([*parts, template[end:]]), names


def _value(slot: str, faker: Faker, rng: random.Random) -> str:
    makers: dict[str, Callable[[], str]] = {
        "person": lambda: _person(faker, rng),
        "first": faker.first_name,
        "last": faker.last_name,
        "title": lambda: rng.choice(_TITLES),
        "city": lambda: _city(faker),
        "country": lambda: str(faker.country()) if rng.random() < 0.1 else _country(rng),
        "street": lambda: _street(faker, rng),
        "zip": faker.postcode,
        "address": lambda: _address(faker, rng),
        "org": lambda: _organisation(faker, rng),
        "job": lambda: faker.job().lower() if rng.random() < 0.5 else faker.job(),
        "phone": faker.phone_number,
        "num": lambda: str(rng.randrange(1, 9999)),
        "none": lambda: "",
        "sentence_word": lambda: rng.choice(["Very", "All", "Not", "Quite"]),
    }
    return makers[slot]().strip()


def _person(faker: Faker, rng: random.Random) -> str:
    first, last = faker.first_name(), faker.last_name()
    form = rng.random()
    if form < 0.12:
        return f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')}. {last}"
    if form < 0.2:
        return f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')} {last}"
    return first if form < 0.28 else f"{first} {last}"


def _country(rng: random.Random) -> str:
    from faker.providers.address.en import Provider

    return str(rng.choice(Provider.countries))


def _city(faker: Faker) -> str:
    return str(faker.city())


def _street(faker: Faker, rng: random.Random) -> str:
    name = str(faker.street_name())
    number = str(rng.randrange(1, rng.choice([30, 300, 9999])))
    form = rng.random()
    if form < 0.3:
        return f"{number} {name}"
    if form < 0.55:
        return f"{name} {number}"
    if form < 0.7:
        return f"{number} {name} {rng.choice(['Apt.', 'Suite', 'Unit', 'Flat', '#'])} {rng.randrange(1, 999)}"
    return name if form < 0.8 else str(faker.street_address()).replace("\n", ", ")


def _address(faker: Faker, rng: random.Random) -> str:
    if rng.random() < 0.3:
        return str(faker.address()).replace("\n", rng.choice(["\n", ", "]))
    comma = rng.choice([", ", "\n", " ", ",\n"])
    town = rng.choice(
        [
            f"{_city(faker)} {faker.postcode()}",
            f"{faker.postcode()} {_city(faker)}",
            f"{_city(faker)}",
            f"{_city(faker)}, {rng.choice(['TX', 'NY', 'CA', 'QC', 'NSW', 'ZH', 'BE', 'RJ'])} {faker.postcode()}",
        ]
    )
    country = comma + _country(rng) if rng.random() < 0.35 else ""
    return f"{_street(faker, rng)}{comma}{town}{country}"


def _organisation(faker: Faker, rng: random.Random) -> str:
    form = rng.random()
    if form < 0.35:
        return str(faker.company())
    made = rng.choice(_STEMS) + rng.choice(_ENDS)
    if form < 0.6:
        return made
    tail = rng.choice(_TAILS.split("|"))
    if form < 0.7:
        return f"{made} {tail}"
    if form < 0.82:
        return " ".join(rng.sample(_BUSINESS.split(), rng.choice([2, 2, 3])))
    if form < 0.9:
        return f"{faker.last_name()} {tail}"
    names = [str(faker.last_name()) for _ in range(3)]
    return f"{names[0]}, {names[1]} and {names[2]}" if form < 0.95 else f"{names[0]}-{names[1]}"


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
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import SGDClassifier

    rng = random.Random(5)  # noqa: S311
    columns: list[int] = []
    starts, labels = [0], []
    for text, names in texts:
        said = tokens(text)
        for token, buckets in zip(said, features(said, text), strict=True):
            columns += buckets
            starts.append(len(columns))
            labels.append(next((label for start, end, label in names if start <= token.start < end), 0))
            if labels[-1] or rng.random() < 0.3:
                # The templates are few: a word must also be known by itself, whatever is around it.
                columns += buckets[:N_OWN]
                starts.append(len(columns))
                labels.append(labels[-1])
    counted = csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(labels), BUCKETS))
    judge = SGDClassifier(loss="log_loss", alpha=1e-6, max_iter=5, tol=None, average=True, random_state=0)
    judge.fit(counted, np.array(labels))
    scale = float(np.abs(judge.coef_).max() / 127)
    weights = np.rint(judge.coef_.T / scale).astype(np.int8)
    written = io.BytesIO()
    np.savez_compressed(written, weights=weights, scale=np.array(scale), bias=np.round(judge.intercept_, 5))
    card: dict[str, Any] = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    card["texts"], card["words"], card["labels"] = len(texts), len(labels), list(LABELS)
    card["own_sha256"] = hashlib.sha256(TEMPLATES_FILE.read_bytes()).digest().hex(" ", 4)
    return {WEIGHTS_FILE: written.getvalue(), CARD_FILE: (json.dumps(card, indent=1) + "\n").encode()}
