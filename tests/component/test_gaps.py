"""Questions that found nothing good, from the turn to the report, over a real store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firstline.domain.errors import EmbedderUnavailableError, InvalidInputError
from firstline.domain.gaps import GapReason, low_confidence
from firstline.domain.ranking import shipped_calibration
from firstline.domain.table import Item
from firstline.domain.turn import Turn
from firstline.repositories.gaps import N_SHARDS, GapRepository
from firstline.services.record_gap import RecordGap
from firstline.services.report_gaps import ReportGaps
from tests.component.world import HashingEmbedder, World


class Gaps:
    """The services over one world."""

    def __init__(self, world: World, *, embedder: Any = None, max_questions: int = 5_000) -> None:
        self.world = world
        self.embedder = embedder or world.ports.embedder
        self.repository = GapRepository(world.ports.table, retention_days=90)
        self.record_gap = RecordGap(self.repository, self.embedder)
        self.report_gaps = ReportGaps(self.repository, self.embedder, world.ports.clock, max_questions=max_questions)

    def record(
        self, text: str, *, turn: str = "t1", customer: str = "c1", at: datetime | None = None, **more: Any
    ) -> None:
        given = {
            "reason": GapReason.ABSTAINED,
            "nearest": None,
            "conversation_id": f"conversation of {customer}",
        } | more
        self.record_gap.record(text, turn_id=turn, customer_id=customer, asked_at=at or self.world.clock.now(), **given)

    def items(self) -> list[Item]:
        days = {(self.world.clock.now() - timedelta(days=n)).date() for n in range(100)}
        pages = [self.world.ports.table.query(f"GAP#{day}#{n}") for day in days for n in range(N_SHARDS)]
        return [item for page in pages for item in page.items]


@pytest.fixture
def gaps(world: World) -> Gaps:
    return Gaps(world)


def test_a_turn_that_abstained_is_recorded_with_the_article_that_came_nearest(world: World, gaps: Gaps) -> None:
    document = world.ask(world.open(), "how do I export timesheets to a fax machine in Antarctica")
    turn = Turn.model_validate(document)
    assert turn.knowledge is not None
    missed = turn.model_copy(update={"knowledge": turn.knowledge.model_copy(update={"abstained": True})})
    assert gaps.record_gap.of_turn(missed) is GapReason.ABSTAINED
    [cluster] = gaps.report_gaps.report().clusters
    assert cluster.examples == ["how do I export timesheets to a fax machine in Antarctica"]
    assert cluster.nearest is not None
    assert (cluster.nearest.source, cluster.nearest.heading) == ("articles/accounts.md", "Export timesheets")


def test_a_turn_without_any_match_is_recorded_and_small_talk_is_not(world: World, gaps: Gaps) -> None:
    conversation = world.open()
    unknown = Turn.model_validate(world.ask(conversation, "zebra quilting workshops?"))
    greeting = Turn.model_validate(world.ask(conversation, "hello"))
    assert gaps.record_gap.of_turn(unknown) in (GapReason.NO_MATCH, GapReason.ABSTAINED)
    assert gaps.record_gap.of_turn(greeting) is None
    assert gaps.report_gaps.report().questions == 1


def test_a_good_answer_is_no_gap_and_an_unsure_one_is(world: World, gaps: Gaps) -> None:
    turn = Turn.model_validate(world.ask(world.open(), "how do I reset a forgotten password?"))
    assert turn.knowledge is not None
    sure = turn.knowledge.model_copy(update={"confidence": 0.9, "abstained": False})
    barely = low_confidence(shipped_calibration()) - 0.01
    unsure = sure.model_copy(update={"confidence": barely})
    assert gaps.record_gap.of_turn(turn.model_copy(update={"knowledge": sure})) is None
    assert gaps.record_gap.of_turn(turn.model_copy(update={"knowledge": unsure})) is GapReason.LOW_CONFIDENCE


def test_a_failed_search_says_nothing_of_the_knowledge(world: World, gaps: Gaps) -> None:
    turn = Turn.model_validate(world.ask(world.open(), "zebra quilting workshops?"))
    assert gaps.record_gap.of_turn(turn.model_copy(update={"knowledge": None})) is None


def test_a_turn_recorded_again_is_one_question_with_all_its_reasons(gaps: Gaps) -> None:
    at = gaps.world.clock.now()
    gaps.record("export logs?", at=at)
    gaps.world.clock.forward(7_200)
    gaps.record("export logs?", at=at)
    gaps.record("export logs?", at=at, reason=GapReason.HANDOVER)
    assert len(gaps.items()) == 1
    [cluster] = gaps.report_gaps.report().clusters
    assert cluster.count == 1
    assert set(cluster.reasons) == {GapReason.ABSTAINED, GapReason.HANDOVER}


def test_no_personal_data_is_stored(gaps: Gaps) -> None:
    gaps.record("My name is Anna Berger, anna@mail.example, password: hunter2. Where are my logs?")
    stored = repr(gaps.items())
    assert "Where are my logs?" in stored
    assert not any(word in stored for word in ("Anna", "Berger", "anna@", "hunter2"))


def test_a_question_is_forgotten_after_the_retention_time(gaps: Gaps) -> None:
    gaps.record("export logs?")
    gaps.world.clock.forward(89 * 86_400)
    assert gaps.report_gaps.report(days=100).questions == 1
    gaps.world.clock.forward(2 * 86_400)
    assert gaps.report_gaps.report(days=100).questions == 0


def test_only_the_days_asked_for_are_looked_at(gaps: Gaps) -> None:
    now = gaps.world.clock.now()
    for age in (0, 1, 6, 8, 40):
        gaps.record(f"question {age}", turn=f"t{age}", at=now - timedelta(days=age))
    assert [gaps.report_gaps.report(days=days).questions for days in (1, 7, 30, 60)] == [2, 3, 4, 5]


def test_the_report_counts_customers_and_says_what_it_left_out(world: World) -> None:
    gaps = Gaps(world, max_questions=30)
    now = world.clock.now()
    for number in range(40):
        text = "export audit logs" if number % 2 else "student discount"
        gaps.record(text, turn=f"t{number}", customer=f"c{number % 10}", at=now - timedelta(minutes=number))
    report = gaps.report_gaps.report(limit=1)
    assert (report.questions, report.truncated, report.customers, report.total_clusters) == (30, True, 10, 2)
    assert [cluster.count for cluster in report.clusters] == [15]
    assert report.clusters[0].last_seen == now


def test_more_questions_than_one_page_are_all_read(gaps: Gaps) -> None:
    at = gaps.world.clock.now()
    for number in range(4 * 520):
        gaps.repository.add(_gap(f"t{number}", at))
    assert sum(1 for _ in gaps.repository.latest(now=at, days=1)) == 4 * 520


def _gap(turn_id: str, at: datetime) -> Any:
    from firstline.domain.gaps import EmbeddedGap, GapQuestion

    asked = GapQuestion(
        turn_id=turn_id, conversation_id="c", customer_id="c", text="x", asked_at=at, reasons=(GapReason.ABSTAINED,)
    )
    return EmbeddedGap(asked, None)


class OtherEmbedder(HashingEmbedder):
    """Another model, whose vectors fit nobody else's."""

    model_id = "hashing-test-2"
    dimensions = 64

    def embed(self, texts: Any) -> Any:
        vectors = np.ones((len(texts), 64), np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class BrokenEmbedder(HashingEmbedder):
    def embed(self, texts: Any) -> Any:
        raise EmbedderUnavailableError("broken by the test")


def test_a_question_is_kept_while_the_embedding_model_is_away_and_embedded_for_the_report(world: World) -> None:
    Gaps(world, embedder=BrokenEmbedder()).record("export logs?")
    assert Gaps(world).report_gaps.report().questions == 1


def test_vectors_of_another_model_are_not_compared(world: World) -> None:
    Gaps(world, embedder=OtherEmbedder()).record("export logs", turn="t1")
    gaps = Gaps(world)
    gaps.record("student discount", turn="t2")
    assert gaps.report_gaps.report().total_clusters == 2


@pytest.mark.parametrize(("days", "limit"), [(0, 5), (401, 5), (5, 0)])
def test_a_range_that_does_not_fit_is_refused(gaps: Gaps, days: int, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        gaps.report_gaps.report(days=days, limit=limit)


def test_another_process_sees_the_questions(tmp_path: Path) -> None:
    Gaps(World(tmp_path)).record("export logs?")
    assert Gaps(World(tmp_path)).report_gaps.report().questions == 1
