"""The answers that are written without a model, held against a checklist of labels."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.system import SystemClock
from firstline.domain.clarification import ambiguous_topics
from firstline.domain.extractive import WrittenAnswer, citation, write_extractive
from firstline.domain.knowledge import Chunk, RankedChunk, RetrievedKnowledge
from firstline.domain.ports import Embedder
from firstline.domain.ranking import calibration_without
from firstline.domain.turn import Strategy
from firstline.evaluation.answer_checklist import Checked, Label, check_answer, comparable
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.result import EvaluationResult, Progress
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.search_knowledge import SearchKnowledge

DEPTH = 5

Writer = Callable[[str, list[RankedChunk], Strategy], WrittenAnswer]


@dataclass(frozen=True)
class Asked:
    """A question, what a right answer holds, and what was found."""

    question_id: str
    text: str
    label: Label
    found: RetrievedKnowledge


def evaluate(
    folder: Path, embedder: Embedder, *, limit: int | None = None, seed: int = 13, progress: Progress
) -> EvaluationResult:
    """Score the extractive writer on a knowledge folder with ``evaluation/questions.jsonl`` and ``answers.jsonl``.

    Every question is answered in all five strategies, and each answer is held against the checklist of
    ``answer_checklist``: ``right`` where one of the sections judged to answer was found first, which is the writer's
    own part (where the search found none first, the best one is put there); ``served_right`` as the product serves
    it, over the questions that it answers at all, which is the search's part too.

    Returns
    -------
    EvaluationResult
        ``n`` counts the labelled questions. The peer is the first section found, whole.

    Raises
    ------
    InvalidDataError
        A file is missing or a line does not fit.
    """
    started = time.perf_counter()
    questions, labels = _read(folder)
    if limit is not None and limit < len(labels):
        kept = Random(seed).sample(sorted(labels), limit)  # noqa: S311 - no secret
        questions = {name: text for name, text in questions.items() if name in kept or name not in labels}
    found, chunks = _search(folder, embedder, questions, progress)
    by_id = {chunk.chunk_id: chunk for chunk in chunks}
    asked = [Asked(name, text, labels[name], found[name]) for name, text in questions.items() if name in labels]
    unanswerable = [found[name] for name in questions if name not in labels]
    ours = _scores(asked, by_id, write_extractive)
    if unanswerable:
        ours["declined_unanswerable"] = _share([item.abstained for item in unanswerable])
    return EvaluationResult(
        task="answers",
        data=folder.resolve().name,
        n=len(asked),
        seconds=round(time.perf_counter() - started, 1),
        ours=ours,
        peers={"whole_section": _scores(asked, by_id, _whole_section)},
        notes=[
            "right, answers, relevant, complete, short, cited and unsupported: with an answering section found first",
            "served_*: as the search ranks, over what is answered; right_held_out: every second question, not tuned on",
        ],
    )


def given_the_section(item: Asked, chunks: Mapping[str, Chunk]) -> list[RankedChunk]:
    """Return what was found with a section that holds all the facts first, and where none does, one for each fact.

    So does the search: of a message that asks several things, the first chunks are the best one for each.
    """
    ranked = list(item.found.ranked)
    right = [entry for entry in ranked if _section(entry.chunk) in item.label.sections]
    right += [
        RankedChunk(chunk=chunk, score=0.0, distance=1.0)
        for chunk in chunks.values()
        if _section(chunk) in item.label.sections and all(chunk.chunk_id != entry.chunk.chunk_id for entry in right)
    ]
    needed = [entry for entry in right if all(_holds(entry, fact) for fact in item.label.must)][:1]
    for fact in item.label.must if not needed else ():
        if not any(_holds(entry, fact) for entry in needed):
            needed += [entry for entry in right if _holds(entry, fact)][:1]
    return [*needed, *(entry for entry in ranked if entry not in needed)][:DEPTH]


def _scores(asked: Sequence[Asked], chunks: Mapping[str, Chunk], write: Writer) -> dict[str, Any]:
    written: list[tuple[Asked, Strategy, Checked]] = []
    seconds: list[float] = []
    for item in asked:
        ranked = given_the_section(item, chunks)
        for strategy in Strategy:
            began = time.perf_counter()
            answer = write(item.found.query, ranked, strategy)
            seconds.append(time.perf_counter() - began)
            written.append((item, strategy, _checked(answer, chunks, item.label)))
    checked = [result for _, _, result in written]
    held_out = {item.question_id for place, item in enumerate(asked) if place % 2}
    served = [item for item in asked if not item.found.abstained]
    clarified = [item for item in served if ambiguous_topics(item.found)]
    answered = [item for item in served if item not in clarified]
    as_served = [
        _checked(write(item.found.query, item.found.ranked, strategy), chunks, item.label)
        for item in answered
        for strategy in Strategy
    ]
    return {
        "right": _share([result.right for result in checked]),
        "right_held_out": _share([result.right for item, _, result in written if item.question_id in held_out]),
        **{part: _share([getattr(result, part) for result in checked]) for part in PARTS},
        "on_the_point": round(float(np.mean([result.on_the_point for result in checked])), 4),
        "unsupported": _ratio(checked),
        "right_by": {
            s.value: _share([result.right for _, strategy, result in written if strategy is s]) for s in Strategy
        },
        "served_right": _share([result.right for result in as_served]),
        "served_unsupported": _ratio(as_served),
        "answered": round(len(answered) / len(asked), 4),
        "clarified": round(len(clarified) / len(asked), 4),
        "p50_ms": round(float(np.median(seconds)) * 1000, 2),
    }


PARTS = ("answers", "relevant", "complete", "short", "cited")


def _checked(answer: WrittenAnswer, chunks: Mapping[str, Chunk], label: Label) -> Checked:
    return check_answer(answer.text, [chunks[cited.chunk_id] for cited in answer.citations], label)


def _ratio(checked: Sequence[Checked]) -> float:
    return round(sum(c.n_unsupported for c in checked) / max(1, sum(c.n_claims for c in checked)), 4)


def _share(outcomes: Sequence[bool]) -> float:
    return round(float(np.mean(outcomes)), 4) if outcomes else 0.0


def _section(chunk: Chunk) -> str:
    return f"{chunk.source}#{chunk.anchor}"


def _holds(entry: RankedChunk, fact: Sequence[str]) -> bool:
    return any(comparable(wording) in comparable(entry.chunk.text) for wording in fact)


def _whole_section(_question: str, ranked: list[RankedChunk], _strategy: Strategy) -> WrittenAnswer:
    quote = ranked[0].chunk.text
    return WrittenAnswer([f"{quote}\n\n[1]"], [citation(1, ranked[0], quote)])


def _search(
    folder: Path, embedder: Embedder, questions: Mapping[str, str], progress: Progress
) -> tuple[dict[str, RetrievedKnowledge], list[Chunk]]:
    with tempfile.TemporaryDirectory(prefix="firstline-evaluate-") as temporary:
        path = Path(temporary) / "knowledge.db"
        with closing(SQLiteKnowledgeIndex(path, dimensions=embedder.dimensions)) as index:
            ingest = IngestKnowledge(
                FolderObjectStore(folder), index, embedder, reader=FileReader(), clock=SystemClock()
            )
            ingest.sync(lambda done, total, _source: progress("indexing", done, total))
            search = SearchKnowledge(index, embedder, calibration=calibration_without(folder.resolve().name))
            found = {}
            for done, (name, text) in enumerate(questions.items(), start=1):
                found[name] = search(text, limit=DEPTH)
                progress("searching", done, len(questions))
            return found, [entry.chunk for source in index.documents() for entry in index.embedded_chunks(source)]


def _read(folder: Path) -> tuple[dict[str, str], dict[str, Label]]:
    """Return the questions, and the labels of those that can be answered; a question without either is left out."""
    path = folder / "evaluation" / "questions.jsonl"
    sections: dict[str, frozenset[str]] = {}
    questions: dict[str, str] = {}
    for number, row in rows(path):
        name = text_of(path, number, row, "_id")
        answers = row.get("answers")
        if not isinstance(answers, list) or not all(isinstance(answer, dict) for answer in answers):
            raise InvalidDataError(path, number, "answers is not a list of objects")
        questions[name] = text_of(path, number, row, "text")
        sections[name] = frozenset(f"{answer.get('source', '')}#{answer.get('anchor', '')}" for answer in answers)
    labels: dict[str, Label] = {}
    path = folder / "evaluation" / "answers.jsonl"
    for number, row in rows(path):
        name = text_of(path, number, row, "_id")
        if not sections.get(name):
            raise InvalidDataError(path, number, f"no question that can be answered has the id {name!r}")
        must, fits = row.get("must"), row.get("fits", [])
        if not isinstance(must, list) or not must or not all(_texts(fact) and fact for fact in must):
            raise InvalidDataError(path, number, "must is not a list of facts, each a list of wordings")
        if not _texts(fits):
            raise InvalidDataError(path, number, "fits is not a list of texts")
        labels[name] = Label(tuple(tuple(fact) for fact in must), tuple(fits), sections[name])
    return {name: text for name, text in questions.items() if name in labels or not sections[name]}, labels


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) and entry.strip() for entry in value)
