"""State CollectFeedback: what this message says of the answer before it, counted once."""

from __future__ import annotations

import json

from firstline.domain.conversation import Author
from firstline.domain.learning import observed_signals, reward_of
from firstline.domain.turn import Feedback, Turn
from firstline.repositories.arms import ArmRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.turns import TurnRepository


def collect_feedback(
    turn: Turn, *, turns: TurnRepository, arms: ArmRepository, customers: CustomerRepository, normalise: bool
) -> Feedback:
    """Settle the reward of the previous answer from the signals of this message, and end the turn.

    Silence is no signal: where nothing was observed there is no reward.

    Raises
    ------
    StaleAttemptError
        Another attempt has taken over; it will settle.
    """
    feedback = _settle(turn, arms, customers, normalise=normalise)
    turns.finish(turn.conversation_id, turn.turn_id, turn.identified.attempt)
    return feedback


def _settle(turn: Turn, arms: ArmRepository, customers: CustomerRepository, *, normalise: bool) -> Feedback:
    identified = turn.identified
    about = identified.previous_answer_turn
    decision = arms.decision(turn.conversation_id, about) if about else None
    if decision is None or turn.classification is None:
        return Feedback()
    asked = [said.text for said in identified.history if said.author is Author.CUSTOMER]
    signals = observed_signals(turn.question, turn.classification, asked[-1] if asked else "")
    reward = reward_of(signals, normalise=normalise)
    if reward is None:
        return Feedback(about_turn=about)
    settled = arms.settle(
        turn.conversation_id,
        decision,
        reward,
        signals=json.dumps(signals),
        also=[customers.add_reward(identified.customer.customer_id, reward)],
    )
    return Feedback(about_turn=about, signals=signals, reward=reward, settled=settled)
