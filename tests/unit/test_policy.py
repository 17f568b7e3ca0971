"""What is decided about a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.domain.classification import classify
from firstline.domain.conversation import ConversationStatus, Customer
from firstline.domain.knowledge import Chunk, RankedChunk, RetrievedKnowledge
from firstline.domain.policy import HandoverLimits, PolicyDecision, decide
from firstline.domain.turn import Action, IdentifiedCustomer, Reason

LIMITS = HandoverLimits(frustration=0.8, sentiment=-0.5, bot_turns=8)
FOUND = RetrievedKnowledge(query="q", ranked=[], confidence=0.9, abstained=False)


def topic(heading: str, score: float, source: str = "articles/people.md") -> RankedChunk:
    chunk = Chunk(
        chunk_id=f"{source}#{heading}",
        source=source,
        title="People",
        heading_path=(heading,),
        anchor=heading.lower().replace(" ", "-"),
        text="Text.",
        position=0,
        content_hash="1",
    )
    return RankedChunk(chunk=chunk, score=score, distance=0.3)


def found(query: str, *ranked: RankedChunk) -> RetrievedKnowledge:
    return RetrievedKnowledge(query=query, ranked=list(ranked), confidence=0.9, abstained=False)


TOPICS = ("Delete a member", "Delete the workspace")
NEAR = found("delete it", topic(TOPICS[0], 2.1), topic(TOPICS[1], 2.0))
FAR = found("delete it", topic(TOPICS[0], 2.1), topic(TOPICS[1], 1.5))
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
        ("How do I export my shifts?", None, identified(), Action.DIRECT, Reason.KNOWLEDGE_UNAVAILABLE),
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


@pytest.mark.parametrize(
    ("text", "knowledge", "can_act", "customer", "decision"),
    [
        ("what about my ticket?", FOUND, True, identified(), PolicyDecision(Action.USE_TOOL, Reason.ACTION_REQUESTED)),
        ("open a ticket", NOTHING, True, identified(), PolicyDecision(Action.USE_TOOL, Reason.ACTION_REQUESTED)),
        ("open a ticket", FOUND, False, identified(), PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND)),
        (
            "talk to a human about my ticket",
            FOUND,
            True,
            identified(),
            PolicyDecision(Action.HAND_OVER, Reason.EXPLICIT_REQUEST),
        ),
        (
            "my lawyer wants my ticket",
            FOUND,
            True,
            identified(),
            PolicyDecision(Action.HAND_OVER, Reason.LEGAL),
        ),
        ("delete it", NEAR, False, identified(), PolicyDecision(Action.CLARIFY, Reason.AMBIGUOUS, TOPICS)),
        ("delete it", FAR, False, identified(), PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND)),
        (
            "delete it",
            NEAR,
            False,
            identified(previous_action=Action.CLARIFY),
            PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND),
        ),
        ("I like the new look", FOUND, False, identified(), PolicyDecision(Action.DIRECT, Reason.SOCIAL)),
        ("thanks", NEAR, False, identified(), PolicyDecision(Action.DIRECT, Reason.SOCIAL)),
        (
            "the export is unacceptable, nobody helps",
            NOTHING,
            False,
            identified(),
            PolicyDecision(Action.HAND_OVER, Reason.HIGH_FRUSTRATION),
        ),
        (
            "the export is unacceptable, nobody helps",
            FOUND,
            False,
            identified(),
            PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND),
        ),
        (
            "I have a complaint about the export",
            NOTHING,
            False,
            identified(),
            PolicyDecision(Action.CLARIFY, Reason.NOTHING_FOUND),
        ),
    ],
)
def test_requests_go_to_tools_small_talk_gets_a_word_and_equal_topics_are_asked_back_about_once(
    text: str, knowledge: RetrievedKnowledge, can_act: bool, customer: IdentifiedCustomer, decision: PolicyDecision
) -> None:
    assert decide(classify(text), knowledge, customer, LIMITS, tool_can_act=can_act) == decision


def test_a_paused_bot_hands_over_whatever_is_said() -> None:
    paused = HandoverLimits(frustration=0.8, sentiment=-0.5, bot_turns=8, bot_paused=True)
    for text in ("hello", "open a ticket", "delete it"):
        decision = decide(classify(text), NEAR, identified(), paused, tool_can_act=True)
        assert decision == PolicyDecision(Action.HAND_OVER, Reason.BOT_PAUSED)


MODEL = HandoverLimits(frustration=0.8, sentiment=-0.5, bot_turns=8, has_model=True)
TRIES = PolicyDecision(Action.USE_TOOL, Reason.ACTION_REQUESTED)


@pytest.mark.parametrize(
    ("text", "knowledge", "limits", "customer", "decision"),
    [
        ("Please cancel order 4711.", NOTHING, MODEL, identified(), TRIES),
        ("Please cancel order 4711.", None, MODEL, identified(), TRIES),
        ("Please cancel order 4711.", NOTHING, MODEL, identified(previous_action=Action.CLARIFY), TRIES),
        (
            "Please cancel order 4711.",
            NOTHING,
            MODEL,
            identified(n_customer_messages=9),
            PolicyDecision(Action.HAND_OVER, Reason.NO_PROGRESS),
        ),
        (
            "Please cancel order 4711.",
            NOTHING,
            LIMITS,
            identified(),
            PolicyDecision(Action.CLARIFY, Reason.NOTHING_FOUND),
        ),
        (
            "Please cancel order 4711.",
            FOUND,
            MODEL,
            identified(),
            PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND),
        ),
        (
            "How do I export my shifts?",
            NOTHING,
            MODEL,
            identified(),
            PolicyDecision(Action.CLARIFY, Reason.NOTHING_FOUND),
        ),
        (
            "I don't want to talk to a human",
            NOTHING,
            LIMITS,
            identified(),
            PolicyDecision(Action.CLARIFY, Reason.NOTHING_FOUND),
        ),
    ],
)
def test_a_request_that_no_article_answers_is_for_the_models_tools(
    text: str,
    knowledge: RetrievedKnowledge | None,
    limits: HandoverLimits,
    customer: IdentifiedCustomer,
    decision: PolicyDecision,
) -> None:
    assert decide(classify(text), knowledge, customer, limits) == decision
