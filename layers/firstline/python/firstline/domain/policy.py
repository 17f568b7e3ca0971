"""What to do with a message: decided in code, never by a model."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.attachments import need_a_person
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.turn import Action, Classification, IdentifiedCustomer, Intent, Reason


@dataclass(frozen=True)
class HandoverLimits:
    """When a person is asked."""

    frustration: float
    """In [0, 1]; from this on."""
    sentiment: float
    """In [-1, 1]; below this, where the sentiment is sure."""
    bot_turns: int
    """Customer messages after which finding nothing means a person at once, >= 1."""
    bot_paused: bool = False
    """An admin has paused the bot: every message goes to people."""
    has_model: bool = False
    """A language model writes the answers, and can look at files."""


@dataclass(frozen=True)
class PolicyDecision:
    """What to do and why."""

    action: Action
    reason: Reason


_SURE_SENTIMENT = 0.6
_SOCIAL = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.FEEDBACK)


def decide(
    classification: Classification,
    knowledge: RetrievedKnowledge | None,
    customer: IdentifiedCustomer,
    limits: HandoverLimits,
) -> PolicyDecision:
    """Decide on the whole of what is unanswered.

    Parameters
    ----------
    knowledge : RetrievedKnowledge or None
        None where retrieval failed: the answer must do without.

    Returns
    -------
    PolicyDecision
        The first rule that fits: the bot is paused; law, an explicit request, frustration, sentiment; a file that
        nobody but a person can look at; files that the model answers from; small talk; knowledge; nothing found asks
        back once, then asks a person.
    """
    if limits.bot_paused:
        return PolicyDecision(Action.HAND_OVER, Reason.BOT_PAUSED)
    if classification.legal:
        return PolicyDecision(Action.HAND_OVER, Reason.LEGAL)
    if classification.intent is Intent.HUMAN_REQUEST:
        return PolicyDecision(Action.HAND_OVER, Reason.EXPLICIT_REQUEST)
    if classification.frustration >= limits.frustration:
        return PolicyDecision(Action.HAND_OVER, Reason.HIGH_FRUSTRATION)
    if classification.sentiment < limits.sentiment and classification.sentiment_confidence >= _SURE_SENTIMENT:
        return PolicyDecision(Action.HAND_OVER, Reason.NEGATIVE_SENTIMENT)
    if need_a_person(customer.attachments, model=limits.has_model):
        return PolicyDecision(Action.HAND_OVER, Reason.ATTACHMENT)
    found = knowledge is not None and not knowledge.abstained
    if customer.attachments:
        return PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND if found else Reason.ATTACHMENT)
    if classification.intent in _SOCIAL and not found:
        return PolicyDecision(Action.DIRECT, Reason.SOCIAL)
    if classification.intent in (Intent.GREETING, Intent.THANKS, Intent.GOODBYE):
        return PolicyDecision(Action.DIRECT, Reason.SOCIAL)
    if found:
        return PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND)
    if customer.previous_action is Action.CLARIFY:
        return PolicyDecision(Action.HAND_OVER, Reason.STILL_NOTHING_FOUND)
    if customer.n_customer_messages > limits.bot_turns:
        return PolicyDecision(Action.HAND_OVER, Reason.NO_PROGRESS)
    return PolicyDecision(Action.CLARIFY, Reason.NOTHING_FOUND)
