"""How far sources bear out what an answer states."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from firstline.domain.grounding import FEATURES, N_FOR, Sources, grounded, shipped_head, support
from firstline.domain.statements import statement, statements

REFUNDS = """Refund rules

The first yearly payment is refunded in full within 30 days; a renewal within 14 days. A started month on a monthly
plan is not refunded. Ask under **Settings > Billing > Request refund**. Members cannot see invoices.
"""
LIMITS = "Limits\n\n| plan | members |\n|---|---|\n| Starter | 50 |\n| Team | 250 |"


def score(answer: str) -> float:
    sources = Sources([REFUNDS, LIMITS])
    return grounded([support(found, sources) for found in statements(answer)])


@pytest.mark.parametrize(
    ("right", "changed"),
    [
        ("A renewal is refunded within 14 days.", "A renewal is refunded within 41 days."),
        ("A renewal is refunded within 14 days.", "A renewal is refunded within 14 weeks."),
        ("A started month is not refunded on a monthly plan.", "A started month is refunded on a monthly plan."),
        ("Members cannot see invoices.", "Members can see invoices."),
        ("Ask under Settings > Billing.", "Ask under Settings > Stripe."),
        ("The first yearly payment is refunded in full.", "Only the first yearly payment is refunded, never in full."),
        ("Team has 250 members.", "Team has 520 members."),
        ("The first yearly payment is returned in full within 30 days.", "Drivers deliver parcels on Sundays."),
    ],
)
def test_a_changed_fact_scores_below_the_right_one(right: str, changed: str) -> None:
    assert score(right) > score(changed)


def test_the_worst_sentence_pulls_an_answer_down() -> None:
    right = "A renewal is refunded within 14 days."
    assert score(f"{right} Refunds are paid in gold bars by the mayor.") < score(right)


def test_words_of_like_meaning_count_nearly_as_the_words_themselves() -> None:
    found = support(statement("A renewal is reimbursed within 14 days."), Sources([REFUNDS]))
    assert found.features[FEATURES.index("unknown_words")] == 0


def test_an_answer_that_states_nothing_is_borne_out() -> None:
    assert grounded([]) == 1.0
    assert score("") == 1.0


def test_without_sources_nothing_is_borne_out() -> None:
    found = support(statement("A renewal is refunded within 14 days."), Sources([]))
    assert grounded([found]) < 0.05


def test_no_weight_turns_what_speaks_for_an_answer_against_it() -> None:
    weights = np.array([shipped_head()["weights"][name] for name in FEATURES])
    assert (weights[:N_FOR] >= 0).all()
    assert (weights[N_FOR:] <= 0).all()


def test_a_row_of_a_table_is_read_with_its_head() -> None:
    rows = statements(LIMITS)
    assert {"team", "250", "member"} <= rows[-1].term_set


def test_the_pairs_we_wrote_hold_one_changed_fact_each() -> None:
    path = Path(__file__).parents[2] / "knowledge" / "evaluation" / "grounding.jsonl"
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    right, changed = pairs[::2], pairs[1::2]
    assert len(right) == len(changed) == 100
    for one, other in zip(right, changed, strict=True):
        assert (one["label"], other["label"]) == (1, 0)
        assert one["source"] == other["source"]
        assert one["answer"] != other["answer"]
    assert {pair["kind"] for pair in changed} == {"number", "unit", "negation", "entity", "order", "condition"}
    better = np.mean(
        [
            grounded([support(s, sources) for s in statements(one["answer"])])
            > grounded([support(s, sources) for s in statements(other["answer"])])
            for one, other in zip(right, changed, strict=True)
            for sources in [Sources(one["source"])]
        ]
    )
    assert better >= 0.75
