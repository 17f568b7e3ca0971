"""What is decided about a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.domain.classification import classify
from firstline.domain.conversation import ConversationStatus, Customer
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.policy import HandoverLimits, PolicyDecision, decide
from firstline.domain.turn import Action, IdentifiedCustomer, Reason

LIMITS = HandoverLimits(frustration=0.8, sentiment=-0.5, bot_turns=8)
FOUND = RetrievedKnowledge(query="q", ranked=[], confidence=0.9, abstained=False)
NOTHING = RetrievedKnowledge(query="q", ranked=[], confidence=0.1, abstained=True, reason="low_confidence")


def identified(**changes: Any) -> IdentifiedCustomer:
    fields: dict[str, Any] = {
        "customer": Customer(customer_id="c", created_at=datetime(2026, 1, 1, tzinfo=UTC)),
        "attempt": 1,
        "conversation_version": 1,
        "conversation_status": ConversationStatus.OPEN,
        "unanswered": ["q"],
        "n_customer_messages": 1,
    }
    return IdentifiedCustomer(**(fields | changes))


@pytest.mark.parametrize(
    ("text", "knowledge", "customer", "action", "reason"),
    [
        ("How do I export my shifts?", FOUND, identified(), Action.ANSWER, Reason.KNOWLEDGE_FOUND),
        ("How do I export my shifts?", NOTHING, identified(), Action.CLARIFY, Reason.NOTHING_FOUND),
        ("How do I export my shifts?", None, identified(), Action.CLARIFY, Reason.NOTHING_FOUND),
        (
            "How do I export my shifts?",
            NOTHING,
            identified(previous_action=Action.CLARIFY),
            Action.HAND_OVER,
            Reason.STILL_NOTHING_FOUND,
        ),
        (
            "How do I export my shifts?",
            NOTHING,
            identified(n_customer_messages=9),
            Action.HAND_OVER,
            Reason.NO_PROGRESS,
        ),
        ("How do I export my shifts?", FOUND, identified(n_customer_messages=9), Action.ANSWER, Reason.KNOWLEDGE_FOUND),
        ("hello", NOTHING, identified(), Action.DIRECT, Reason.SOCIAL),
        ("thanks a lot", FOUND, identified(), Action.DIRECT, Reason.SOCIAL),
        (
            "the build failed with a wrong error, what is the problem?",
            FOUND,
            identified(),
            Action.ANSWER,
            Reason.KNOWLEDGE_FOUND,
        ),
        (
            "which operator handles human resources, as a manager?",
            FOUND,
            identified(),
            Action.ANSWER,
            Reason.KNOWLEDGE_FOUND,
        ),
        ("can I talk to a human please", FOUND, identified(), Action.HAND_OVER, Reason.EXPLICIT_REQUEST),
        ("my lawyer will write to you", FOUND, identified(), Action.HAND_OVER, Reason.LEGAL),
        (
            "THIRD TIME I ASK!!! this is ridiculous, I am fed up and furious",
            FOUND,
            identified(),
            Action.HAND_OVER,
            Reason.HIGH_FRUSTRATION,
        ),
        (
            "terrible awful useless app, the worst",
            FOUND,
            identified(),
            Action.HAND_OVER,
            Reason.HIGH_FRUSTRATION,
        ),
        (
            "I hate this export, it is annoying and I am so disappointed",
            FOUND,
            identified(),
            Action.HAND_OVER,
            Reason.NEGATIVE_SENTIMENT,
        ),
    ],
)
def test_the_first_rule_that_fits_decides(
    text: str, knowledge: RetrievedKnowledge | None, customer: IdentifiedCustomer, action: Action, reason: Reason
) -> None:
    assert decide(classify(text), knowledge, customer, LIMITS) == PolicyDecision(action, reason)
