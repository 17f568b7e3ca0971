"""Corpus, questions and judgements of the retrieval task, read strictly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstline.domain.knowledge import Chunk
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import lines, rows, text_of

_HEADER = ["query-id", "corpus-id", "score"]


@dataclass(frozen=True)
class Query:
    """A question and what answers it."""

    query_id: str
    text: str
    gains: dict[str, float]
    """Relevance by document name, > 0; empty where nothing answers."""


@dataclass(frozen=True)
class RetrievalData:
    """What the retrieval task is scored on."""

    folder: Path
    key: str
    """The one object that is ingested; empty for the whole folder."""
    queries: list[Query]
    name_of: Callable[[Chunk], str]
    """The judged document that a chunk belongs to."""


def read_retrieval_data(folder: Path) -> RetrievalData:
    """Read a folder of ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.tsv``, or a knowledge folder of ours.

    A knowledge folder has ``evaluation/questions.jsonl``; there the judged documents are sections.

    Raises
    ------
    InvalidDataError
        A file is missing or a line does not fit.
    """
    if not (folder / "corpus.jsonl").exists() and (folder / "evaluation" / "questions.jsonl").exists():
        queries = _read_questions(folder, folder / "evaluation" / "questions.jsonl")
        return RetrievalData(folder, "", queries, lambda chunk: f"{chunk.source}#{chunk.anchor}")
    names = _read_corpus(folder / "corpus.jsonl")
    texts = _read_queries(folder / "queries.jsonl")
    gains = _read_judgements(folder / "qrels.tsv", names, texts.keys())
    queries = [Query(query_id, text, gains.get(query_id, {})) for query_id, text in texts.items()]
    return RetrievalData(folder, "corpus.jsonl", queries, lambda chunk: chunk.source)


def _read_corpus(path: Path) -> set[str]:
    names: set[str] = set()
    for number, row in rows(path):
        name = text_of(path, number, row, "_id")
        if name in names:
            raise InvalidDataError(path, number, f"the _id {name!r} is there already")
        text_of(path, number, row, "text")
        names.add(name)
    return names


def _read_queries(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, row in rows(path):
        name = text_of(path, number, row, "_id")
        if name in texts:
            raise InvalidDataError(path, number, f"the _id {name!r} is there already")
        texts[name] = text_of(path, number, row, "text")
    return texts


def _read_judgements(path: Path, documents: set[str], queries: Any) -> dict[str, dict[str, float]]:
    gains: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines(path), start=1):
        fields = line.rstrip("\r").split("\t")
        if number == 1:
            if fields != _HEADER:
                raise InvalidDataError(path, 1, "the header is not query-id, corpus-id, score, parted by tabs")
            continue
        if not line.strip():
            continue
        if len(fields) != len(_HEADER):
            raise InvalidDataError(path, number, f"{len(fields)} fields in place of 3")
        query, document, score = fields
        if query not in queries:
            raise InvalidDataError(path, number, f"no query has the id {query!r}")
        if document not in documents:
            raise InvalidDataError(path, number, f"no document has the id {document!r}")
        try:
            gain = float(score)
        except ValueError as error:
            raise InvalidDataError(path, number, f"the score {score!r} is not a number") from error
        if not math.isfinite(gain):
            raise InvalidDataError(path, number, f"the score {score!r} is not finite")
        if gain > 0:
            gains.setdefault(query, {})[document] = gain
    return gains


def _read_questions(folder: Path, path: Path) -> list[Query]:
    queries: list[Query] = []
    for number, row in rows(path):
        answers = row.get("answers")
        if not isinstance(answers, list):
            raise InvalidDataError(path, number, "answers is not a list")
        gains: dict[str, float] = {}
        for answer in answers:
            if not isinstance(answer, dict):
                raise InvalidDataError(path, number, "an answer is not an object of source and anchor")
            source = text_of(path, number, answer, "source")
            if not (folder / source).is_file():
                raise InvalidDataError(path, number, f"there is no file {source!r}")
            gains[f"{source}#{answer.get('anchor', '')}"] = 1.0
        queries.append(Query(text_of(path, number, row, "_id"), text_of(path, number, row, "text"), gains))
    return queries
