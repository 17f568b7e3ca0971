"""State CollectFeedback: what this message says of the answers before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firstline.domain.conversation import Author
from firstline.domain.learning import SAME_MEANING, Earlier, nearest, observed_parts
from firstline.domain.message_vectors import unpacked
from firstline.domain.rewards import Observed, Part
from firstline.domain.turn import Feedback, Turn
from firstline.repositories.asked_questions import AskedQuestion, AskedQuestions
from firstline.repositories.decisions import Decision, DecisionRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.settle_rewards import SettleRewards


@dataclass(frozen=True)
class FeedbackParts:
    """What the state works with."""

    turns: TurnRepository
    decisions: DecisionRepository
    settle: SettleRewards
    asked: AskedQuestions


def collect_feedback(turn: Turn, parts: FeedbackParts) -> Feedback:
    """Bring what this message says of the previous answer to its decision, and end the turn.

    Silence is no signal: where nothing was observed there is no reward.

    Raises
    ------
    StaleAttemptError
        Another attempt has taken over; it will settle.
    """
    feedback = _of_previous(turn, parts)
    if turn.identified.customer.user_id:
        _of_other_conversations(turn, parts)
    parts.turns.finish(turn.conversation_id, turn.turn_id, turn.identified.attempt)
    return feedback


def _of_previous(turn: Turn, parts: FeedbackParts) -> Feedback:
    about = turn.identified.previous_answer_turn
    decision = parts.decisions.get(turn.conversation_id, about) if about else None
    if decision is None or turn.classification is None:
        return Feedback()
    seen = observed_parts(
        turn.question,
        turn.classification,
        _earlier(turn, decision),
        vector=unpacked(turn.classification.query_vector),
        at=turn.message.sent_at,
        evidence=turn.turn_id,
    )
    if not seen:
        return Feedback(about_turn=about)
    settled = parts.settle.observe(turn.conversation_id, about, seen)
    if settled is None:
        return Feedback(about_turn=about)
    return Feedback(
        about_turn=about,
        signals={observed.part.value: observed.value for observed in seen},
        reward=settled.decision.reward_value,
        settled=settled.changed and settled.decision.settled,
    )


def _earlier(turn: Turn, decision: Decision) -> Earlier:
    asked = [said.text for said in turn.identified.history if said.author is Author.CUSTOMER]
    sentiment, frustration = decision.question_mood
    return Earlier(asked[-1] if asked else "", unpacked(decision.question_vector), sentiment, frustration)


def _of_other_conversations(turn: Turn, parts: FeedbackParts) -> None:
    """Tell the answers of other conversations that the customer asks the same again, and keep this question."""
    packed = turn.classification.query_vector if turn.classification else ""
    vector = unpacked(packed)
    if vector is None:
        return
    customer_id = turn.identified.customer.customer_id
    for earlier in _elsewhere(parts.asked.of(customer_id), turn):
        if nearest(vector, [unpacked(earlier.vector)]) >= SAME_MEANING:
            again = Observed(Part.ASKED_AGAIN, 0.0, turn.message.sent_at, turn.turn_id)
            parts.settle.observe(earlier.conversation_id, earlier.turn_id, [again])
    if turn.reply is not None and turn.reply.strategy is not None:
        asked = AskedQuestion(customer_id, turn.conversation_id, turn.turn_id, packed, turn.message.sent_at)
        parts.asked.add(asked)


def _elsewhere(asked: Sequence[AskedQuestion], turn: Turn) -> list[AskedQuestion]:
    return [found for found in asked if found.conversation_id != turn.conversation_id]
