"""Gaps: which turns show one, and how they are brought together and ranked."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from firstline.domain.gaps import GapQuestion, GapReason, NearestSource, cluster_gaps, low_confidence, shortened
from firstline.domain.ranking import Calibration, shipped_calibration
from tests.unit.knowledge_doubles import WordEmbedder

START = datetime(2026, 5, 1, tzinfo=UTC)


def question(text, customer="c1", *, hours=0.0, reason=GapReason.ABSTAINED, nearest=None, turn_id=None):
    return GapQuestion(
        turn_id=turn_id or f"{text}-{customer}-{hours}",
        conversation_id=f"conversation-{customer}",
        customer_id=customer,
        text=text,
        asked_at=START + timedelta(hours=hours),
        reasons=(reason,),
        nearest=nearest,
    )


def clustered(questions):
    return cluster_gaps(questions, WordEmbedder().embed([asked.text for asked in questions]))


def test_questions_of_one_meaning_are_one_cluster_and_others_are_not():
    found = clustered(
        [
            question("export shifts to Outlook calendar", "c1"),
            question("can shifts go to my Outlook calendar", "c2", hours=5),
            question("Outlook calendar export of shifts", "c2", hours=2),
            question("is there a student discount", "c3", hours=9),
        ]
    )
    assert [(cluster.count, cluster.customers) for cluster in found] == [(3, 2), (1, 1)]
    outlook = found[0]
    assert (outlook.first_seen, outlook.last_seen) == (START, START + timedelta(hours=5))
    assert set(outlook.examples) == {
        "export shifts to Outlook calendar",
        "can shifts go to my Outlook calendar",
        "Outlook calendar export of shifts",
    }
    assert outlook.label in outlook.examples


def test_customers_touched_come_before_questions_and_questions_before_recency():
    found = clustered(
        [question("fax machine", "c1", hours=hour) for hour in range(3)]
        + [question("dark mode", customer) for customer in ("c1", "c2")]
        + [question("gift vouchers", "c1", hours=1), question("lunar calendar", "c1", hours=2)]
    )
    assert [cluster.label for cluster in found] == ["dark mode", "fax machine", "lunar calendar", "gift vouchers"]


def test_the_order_of_the_questions_changes_nothing():
    texts = ["export to Outlook", "Outlook export", "student discount", "discount for a student", "export of logs"]
    questions = [question(text, f"c{n}", hours=n % 3) for n, text in enumerate(texts)]
    assert clustered(questions) == clustered(questions[::-1]) == clustered([questions[n] for n in (2, 0, 4, 1, 3)])


def test_examples_are_different_questions_and_at_most_five():
    same = [question("Export Logs", "c1", hours=1), question("export logs", "c2")]
    assert len(clustered(same)[0].examples) == 1
    many = [question(f"export logs please {word}", "c1") for word in ("a", "now", "x", "soon", "today", "b7", "c8")]
    [cluster] = clustered(many)
    assert len(cluster.examples) == 5


def test_the_nearest_article_is_the_one_that_most_questions_came_near():
    often = NearestSource(source="articles/a.md", title="A", distance=0.6)
    once = NearestSource(source="articles/b.md", title="B", distance=0.1)
    nearest = [often, once, often.model_copy(update={"distance": 0.4})]
    [cluster] = clustered([question("export logs", "c1", hours=n, nearest=found) for n, found in enumerate(nearest)])
    assert cluster.nearest == NearestSource(source="articles/a.md", title="A", distance=0.4)


def test_reasons_are_counted():
    [cluster] = clustered(
        [
            question("export logs", reason=GapReason.NO_MATCH),
            question("export logs", "c2", reason=GapReason.HANDOVER),
            question("export logs", "c3", reason=GapReason.NO_MATCH),
        ]
    )
    assert cluster.reasons == {GapReason.NO_MATCH: 2, GapReason.HANDOVER: 1}


def test_without_a_customer_each_conversation_counts_as_one():
    asked = question("export logs", "")
    other = asked.model_copy(update={"conversation_id": "another", "turn_id": "another"})
    [cluster] = clustered([asked, other])
    assert cluster.customers == 2


def test_no_question_is_no_cluster():
    assert cluster_gaps([], np.empty((0, 4), np.float32)) == []


@pytest.mark.parametrize(
    ("text", "short"),
    [("two\n lines", "two lines"), ("some words that go on", "some..."), ("x" * 40, "xxxxxxxxx...")],
)
def test_a_label_is_one_line_cut_between_words(text, short):
    assert shortened(text, 12) == short


@pytest.mark.parametrize("threshold", [0.0, 0.375, 0.6, 0.99])
def test_an_unsure_answer_is_always_one_that_was_served_whatever_the_calibration(threshold):
    unsure = low_confidence(Calibration((), 0.0, threshold))
    assert threshold < unsure < 1


def test_with_the_shipped_calibration_some_answers_are_unsure_and_most_are_not():
    shipped = shipped_calibration()
    assert shipped.threshold < low_confidence(shipped) <= shipped.threshold + 0.2
