"""Measures what confidence is judged by on folders of judged questions, and fits it.

``python -m firstline.evaluation.confidence MODEL_FOLDER OUT_JSON FOLDER [FOLDER ...]`` writes what ships as
``domain/confidence.json``. Each answerable question is used twice: as it is, and with every chunk of its judged
documents taken away, which makes an unanswerable question whose neighbours are still there. Small collections drawn
from each folder's chunks teach what the best of a few chunks is worth.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.embedder import OnnxEmbedder
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.system import SystemClock
from firstline.domain.knowledge import Candidate, DocumentVersion
from firstline.domain.lexical import codes
from firstline.domain.ports import Embedder
from firstline.domain.ranking import confidence_features, fuse_candidates
from firstline.evaluation.calibration import JudgedFeatures, fit_calibration
from firstline.evaluation.retrieval_data import Query, RetrievalData, read_retrieval_data
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.search_knowledge import DEFAULT_CANDIDATES, corrected_query

SERVED = 3
"""Chunks that an answer is written from."""
SMALL_SIZES = (1, 2, 3, 5, 10, 30, 90)
SMALL_PER_SIZE = 10
QUESTIONS_PER_SMALL = 10

_Asked = dict[str, tuple[str, NDArray[np.float32]]]
"""Text and vector that are searched for, by query id."""


def judged_features(folder: Path, embedder: Embedder) -> JudgedFeatures:
    """Search a folder's questions and measure what confidence is judged by."""
    data = read_retrieval_data(folder)
    number = {query.query_id: at for at, query in enumerate(data.queries)}
    asked: _Asked = {}
    rows: list[tuple[tuple[float, ...], bool, bool, bool, bool, bool, int]] = []

    def measure(
        query: Query, found: Sequence[Candidate], answerable: bool, *, whole: bool = False, small: bool = False
    ) -> None:
        text, _ = asked[query.query_id]
        fusion = fuse_candidates(found, asked=codes(text))
        right = [data.name_of(candidate.chunk) in query.gains for candidate in fusion.candidates[:SERVED]]
        features = astuple(confidence_features(text, fusion))
        rows.append((features, right[0], any(right), answerable, whole, small, number[query.query_id]))

    with tempfile.TemporaryDirectory(prefix="firstline-confidence-") as temporary:
        index = SQLiteKnowledgeIndex(Path(temporary, "knowledge.db"), dimensions=embedder.dimensions)
        ingest = IngestKnowledge(FolderObjectStore(folder), index, embedder, reader=FileReader(), clock=SystemClock())
        _ = ingest.ingest(data.key) if data.key else ingest.sync()
        for query in data.queries:
            text = corrected_query(query.text, index, embedder)
            asked[query.query_id] = (text, embedder.embed_queries([text])[0])
            found = index.candidates(*asked[query.query_id], limit=DEFAULT_CANDIDATES)
            measure(query, found, bool(query.gains), whole=True)
            if query.gains:
                without = [candidate for candidate in found if data.name_of(candidate.chunk) not in query.gains]
                measure(query, without, answerable=False)
        for query, found, answerable in _small_searches(data, index, asked, Path(temporary)):
            measure(query, found, answerable, small=True)
        index.close()
    by_column = [np.array(column) for column in zip(*rows, strict=True)]
    return JudgedFeatures(**dict(zip(JudgedFeatures.__dataclass_fields__, by_column, strict=True)))


def _small_searches(
    data: RetrievalData, index: SQLiteKnowledgeIndex, asked: _Asked, folder: Path
) -> Iterator[tuple[Query, list[Candidate], bool]]:
    """Yield questions with what they find in small collections: those that can be answered there, and as many others.

    The last item tells which of the two it is.
    """
    drawn = random.Random(13)  # noqa: S311
    chunks = [chunk for source in index.documents() for chunk in index.embedded_chunks(source)]
    document = DocumentVersion(
        source="small", object_key="small", version="1", title="small", n_chunks=0, embedding_model=""
    )
    for size in (size for size in SMALL_SIZES if size < len(chunks)):
        for number in range(SMALL_PER_SIZE):
            sample = drawn.sample(chunks, size)
            names = {data.name_of(embedded.chunk) for embedded in sample}
            small = SQLiteKnowledgeIndex(folder / f"{size}-{number}.db", dimensions=len(sample[0].text_vector))
            # A chunk keeps its own source, by which it is judged.
            for source in sorted({embedded.chunk.source for embedded in sample}):
                of_source = [embedded for embedded in sample if embedded.chunk.source == source]
                small.replace_document(document.model_copy(update={"source": source}), of_source)
            for answerable in (True, False):
                group = [query for query in data.queries if bool(names & query.gains.keys()) is answerable]
                for query in drawn.sample(group, min(len(group), QUESTIONS_PER_SMALL)):
                    yield query, small.candidates(*asked[query.query_id], limit=DEFAULT_CANDIDATES), answerable
            small.close()


def main(arguments: Sequence[str]) -> int:
    """Fit and write the file."""
    model, out, *folders = arguments
    embedder = OnnxEmbedder(Path(model))
    collections = {Path(folder).resolve().name: judged_features(Path(folder), embedder) for folder in folders}
    fitted = {"fitted_on": list(collections)} | fit_calibration(collections)
    Path(out).write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
