"""The bench runs on the product's own turn: a small one, without the peers and with a stand-in for the embedder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from benchmarks.knowledge import prepare_knowledge
from benchmarks.langgraph_peer import PeerTimes
from benchmarks.report import summary
from benchmarks.stopwatch import Stopwatch, timed_calls
from benchmarks.turn import NODES, FirstlineSide, TurnTimes
from numpy.typing import NDArray

from firstline.adapters.local.embedder import DIMENSIONS
from firstline.domain.lexical import terms
from firstline.domain.message_vectors import MessageVectors

ROOT = Path(__file__).resolve().parents[2]
N_DOCUMENTS, N_TURNS = 50, 20


class CountingEmbedder:
    """Words counted into buckets: instant, and near for texts that share words."""

    dimensions = DIMENSIONS
    model_id = "counting-test-1"

    def knows(self, word: str) -> bool:
        return True

    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), DIMENSIONS), 1e-3, np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for term in terms(text):
                row[sum(term.encode()) % DIMENSIONS] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_queries(self, texts: list[str]) -> NDArray[np.float32]:
        return self.embed(texts)

    def embed_message(self, text: str) -> MessageVectors:
        (vector,) = self.embed([text])
        return MessageVectors(vector, vector)


def write_corpus(folder: Path) -> None:
    folder.mkdir()
    rows = [
        {
            "_id": f"d{number}.txt",
            "text": f"Title: Printer model{number}\n\nText:\nModel{number} prints in colour{number}.",
        }
        for number in range(N_DOCUMENTS)
    ]
    queries = [{"_id": f"q{number}", "text": f"Does model{number} print in colour?"} for number in range(N_DOCUMENTS)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    judgements = [f"q{number}\td{number}.txt\t1" for number in range(N_DOCUMENTS)]
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judgements]))


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FirstlineSide, list[str]]]:
    folder = tmp_path_factory.mktemp("bench")
    write_corpus(folder / "data")
    knowledge, questions = prepare_knowledge(folder / "data", folder / "knowledge", max_chunks=1000)
    with FirstlineSide(folder / "firstline", knowledge, embedder=CountingEmbedder(), model=folder) as firstline:
        assert len(firstline.ingest()) == N_DOCUMENTS
        yield firstline, questions


def test_every_turn_runs_all_nodes_and_its_parts_fit_into_the_whole(side: tuple[FirstlineSide, list[str]]) -> None:
    firstline, questions = side
    times = []
    for number in range(N_TURNS):
        if number % 4 == 0:
            conversation = firstline.open_conversation()
        times.append(firstline.ask(conversation, questions[number]))
    for turn in times:
        assert list(turn.nodes) == list(NODES)
        assert all(spent > 0 for spent in (*turn.nodes.values(), turn.engine, turn.store, turn.retrieval))
        assert turn.engine + sum(turn.nodes.values()) <= turn.whole
        assert turn.retrieval <= turn.nodes["RetrieveKnowledge"]
        assert turn.retrieval + turn.embedding <= turn.nodes["RetrieveKnowledge"] + turn.nodes["ClassifyQuery"]
        assert turn.machinery == turn.engine + turn.store + turn.retrieval
    assert [turn.action for turn in times].count("answer") >= N_TURNS / 2


def test_turns_that_wait_in_line_all_come_to_their_end(side: tuple[FirstlineSide, list[str]]) -> None:
    firstline, questions = side
    assert firstline.turns_per_second(questions[:N_TURNS]) > 1


def test_a_corpus_is_cut_at_the_chunks_asked_for_and_only_answerable_questions_are_asked(tmp_path: Path) -> None:
    write_corpus(tmp_path / "data")
    knowledge, questions = prepare_knowledge(tmp_path / "data", tmp_path / "knowledge", max_chunks=7)
    kept = [json.loads(line)["_id"] for line in (knowledge / "corpus.jsonl").read_text().splitlines()]
    assert kept == [f"d{number}.txt" for number in range(7)]
    assert questions == [f"Does model{number} print in colour?" for number in range(7)]


def test_the_ratio_is_that_of_the_medians_of_what_both_sides_have() -> None:
    nodes = dict.fromkeys(NODES, 1.0)
    ours = [
        TurnTimes(whole=20, nodes=nodes, engine=e, store=1.0, retrieval=1.0, embedding=9.0, action="answer")
        for e in (1.0, 2.0, 30.0)
    ]
    result = summary(ours, [PeerTimes(graph=6.0, query=2.0)] * 3)
    assert result["firstline_ms"]["machinery"]["p50"] == 4.0
    assert result["peer_ms"]["machinery"]["p50"] == 8.0
    assert result["ratio"] == 0.5
    assert result["actions"] == {"answer": 3}


def test_calls_are_timed_under_their_name_even_when_they_fail() -> None:
    stopwatch = Stopwatch()
    numbers = timed_calls([3, 1, 2], "list", stopwatch)
    numbers.sort()
    with pytest.raises(ValueError, match="not in list"):
        numbers.index(9)
    assert stopwatch.take()["list"] > 0
    assert stopwatch.take() == {}


def test_help_helps_without_any_set_up() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "bench"), "turn", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for option in ("--data", "--chunks", "--turns", "--json"):
        assert option in shown
