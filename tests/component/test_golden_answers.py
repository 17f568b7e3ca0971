"""Sixty answers to the handbook's questions: facts that must and must not appear, in every strategy."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.system import SystemClock
from firstline.domain.extractive import MAX_WORDS, write_extractive
from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.passages import passages
from firstline.domain.turn import Strategy
from firstline.evaluation.answer_checklist import comparable
from firstline.services.ingest_knowledge import IngestKnowledge
from tests.component.world import HashingEmbedder

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
GOLDEN = [json.loads(line) for line in (KNOWLEDGE / "evaluation" / "golden.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def sections(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Chunk]:
    """The handbook's chunks, by source and anchor."""
    embedder = HashingEmbedder()
    path = tmp_path_factory.mktemp("golden") / "knowledge.db"
    with closing(SQLiteKnowledgeIndex(path, dimensions=embedder.dimensions)) as index:
        objects = FolderObjectStore(KNOWLEDGE)
        IngestKnowledge(objects, index, embedder, reader=FileReader(), clock=SystemClock()).sync()
        found = [entry.chunk for source in index.documents() for entry in index.embedded_chunks(source)]
    return {f"{chunk.source}#{chunk.anchor}": chunk for chunk in reversed(found)}


def test_there_are_sixty_of_them_each_with_facts_of_both_kinds() -> None:
    assert len({golden["_id"] for golden in GOLDEN}) == 60
    assert all(golden["must"] and golden["must_not"] for golden in GOLDEN)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["_id"])
def test_an_answer_holds_its_facts_and_no_others(golden: dict[str, Any], sections: dict[str, Chunk]) -> None:
    ranked = [RankedChunk(chunk=sections[source], score=1.0, distance=0.5) for source in golden["sources"]]
    for strategy in Strategy:
        answer = write_extractive(golden["searched"], ranked, strategy)
        said = comparable(answer.text)
        missing = [fact for fact in golden["must"] if not any(comparable(wording) in said for wording in fact)]
        assert missing == [], strategy
        assert [fact for fact in golden["must_not"] if comparable(fact) in said] == [], strategy
        unmarked = re.sub(r"\s*\[\d\]", "", answer.text)
        assert sum(len(p.text.split()) for p in passages(unmarked) if p.kind == "sentence") <= MAX_WORDS
        for cited in answer.citations:
            assert f"[{cited.number}]" in answer.text
            assert cited.chunk_id in [entry.chunk.chunk_id for entry in ranked]
