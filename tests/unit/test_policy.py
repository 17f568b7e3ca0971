"""What is decided about a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.domain.classification import classify
from firstline.domain.classified import Category, Classification, Intent, Level
from firstline.domain.conversation import ConversationStatus, Customer
from firstline.domain.knowledge import Chunk, RankedChunk, RetrievedKnowledge
from firstline.domain.policy import HandoverLimits, PolicyDecision, answer_confidence, decide
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
            Reason.HIGH_FRUSTRATION,
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
        ("thanks", NEAR, False, identified(), PolicyDecision(Action.DIRECT, Reason.SOCIAL)),
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
            "No need for a human, where is the export of my shifts?",
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


def judged(**changes: Any) -> Classification:
    """A calm question, but for what a test changes."""
    fields: dict[str, Any] = {
        "category": Category.TECHNICAL_SUPPORT,
        "category_confidence": 0.9,
        "intent": Intent.QUESTION,
        "intent_confidence": 0.9,
        "urgency": 0.1,
        "urgency_level": Level.LOW,
        "sentiment": 0.0,
        "sentiment_confidence": 0.9,
        "frustration": 0.0,
        "language": "en",
        "language_confidence": 0.9,
    }
    return Classification(**(fields | changes))


def surely(confidence: float, *ranked: RankedChunk) -> RetrievedKnowledge:
    return RetrievedKnowledge(query="q", ranked=list(ranked), confidence=confidence, abstained=False)


HAND_OVER, CLARIFY, ANSWER = Action.HAND_OVER, Action.CLARIFY, Action.ANSWER
AGAIN, LONG = identified(previous_action=Action.CLARIFY), identified(n_customer_messages=9)
UPSET = {"sentiment": -0.6, "frustration": 0.55, "intent": Intent.FEEDBACK}
CALM_QUESTION = UPSET | {"intent": Intent.QUESTION}
ANGRY_QUESTION = CALM_QUESTION | {"frustration": 0.75}
UPSET_HANDED_OVER = PolicyDecision(HAND_OVER, Reason.NEGATIVE_SENTIMENT)


@pytest.mark.parametrize(
    ("changes", "knowledge", "customer", "decision"),
    [
        ({"frustration": 0.8}, FOUND, identified(), PolicyDecision(HAND_OVER, Reason.HIGH_FRUSTRATION)),
        ({"frustration": 0.79}, FOUND, identified(), PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND)),
        (UPSET, FOUND, identified(), PolicyDecision(HAND_OVER, Reason.NEGATIVE_SENTIMENT)),
        (UPSET | {"intent": Intent.COMPLAINT, "frustration": 0.4}, FOUND, identified(), UPSET_HANDED_OVER),
        (CALM_QUESTION, FOUND, identified(), PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND)),
        (CALM_QUESTION | {"frustration": 0.75}, FOUND, identified(), UPSET_HANDED_OVER),
        (CALM_QUESTION | {"intent_confidence": 0.4}, FOUND, identified(), UPSET_HANDED_OVER),
        (ANGRY_QUESTION | {"sentiment": -0.5}, FOUND, identified(), PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND)),
        (
            ANGRY_QUESTION | {"sentiment_confidence": 0.5},
            FOUND,
            identified(),
            PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND),
        ),
        (ANGRY_QUESTION | {"frustration": 0.2}, FOUND, identified(), PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND)),
        ({"safety": True, "legal": True}, FOUND, identified(), PolicyDecision(HAND_OVER, Reason.SAFETY)),
        ({"legal": True, "frustration": 0.9}, FOUND, identified(), PolicyDecision(HAND_OVER, Reason.LEGAL)),
        ({"frustration": 0.5}, NOTHING, identified(), PolicyDecision(HAND_OVER, Reason.HIGH_FRUSTRATION)),
        ({"stakes": "money"}, NOTHING, identified(), PolicyDecision(HAND_OVER, Reason.HIGH_STAKES)),
        ({"stakes": "security"}, None, identified(), PolicyDecision(HAND_OVER, Reason.HIGH_STAKES)),
        ({"stakes": "money"}, FOUND, identified(), PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND)),
        ({}, surely(0.4), identified(), PolicyDecision(CLARIFY, Reason.LOW_CONFIDENCE)),
        ({}, surely(0.46), identified(), PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND)),
        ({}, surely(0.4), AGAIN, PolicyDecision(HAND_OVER, Reason.LOW_CONFIDENCE, has_draft=True)),
        ({}, surely(0.4), LONG, PolicyDecision(HAND_OVER, Reason.LOW_CONFIDENCE, has_draft=True)),
        (
            {"stakes": "law"},
            surely(0.4),
            identified(),
            PolicyDecision(HAND_OVER, Reason.HIGH_STAKES, has_draft=True),
        ),
        ({}, FOUND, LONG, PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND, offers_person=True)),
        ({"unsolved": True}, FOUND, LONG, PolicyDecision(HAND_OVER, Reason.NO_PROGRESS)),
        ({"trend": "declining"}, FOUND, LONG, PolicyDecision(HAND_OVER, Reason.NO_PROGRESS)),
        ({"unsolved": True, "trend": "declining"}, FOUND, identified(), PolicyDecision(ANSWER, Reason.KNOWLEDGE_FOUND)),
        ({"intent": Intent.FEEDBACK}, FOUND, identified(), PolicyDecision(Action.DIRECT, Reason.SOCIAL)),
        (
            {"intent": Intent.THANKS, "unsolved": True},
            NOTHING,
            identified(),
            PolicyDecision(CLARIFY, Reason.NOTHING_FOUND),
        ),
    ],
)
def test_what_was_judged_decides_with_what_was_found(
    changes: dict[str, Any],
    knowledge: RetrievedKnowledge | None,
    customer: IdentifiedCustomer,
    decision: PolicyDecision,
) -> None:
    assert decide(judged(**changes), knowledge, customer, LIMITS) == decision


def test_an_unsure_answer_asks_which_of_the_two_nearest_topics_is_meant() -> None:
    far = surely(0.4, topic(TOPICS[0], 2.1), topic(TOPICS[1], 1.5))
    assert decide(judged(), far, identified(), LIMITS) == PolicyDecision(CLARIFY, Reason.LOW_CONFIDENCE, TOPICS)


def test_the_confidence_of_an_answer_grows_with_the_search_and_stays_within_its_range() -> None:
    values = [answer_confidence(n / 50) for n in range(-5, 60)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (0.0, 1.0)
    assert answer_confidence(0.44) < 0.75 <= answer_confidence(0.45)


@pytest.mark.parametrize("limit", [0.0, 0.5, 1.0])
def test_the_least_confidence_is_a_setting(limit: float) -> None:
    limits = HandoverLimits(frustration=0.8, sentiment=-0.5, bot_turns=8, min_confidence=limit)
    action = decide(judged(), surely(0.5), identified(), limits).action
    assert action is (CLARIFY if limit == 1.0 else ANSWER)
