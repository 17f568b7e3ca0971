"""What to do with a message: decided in code, never by a model."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.attachments import need_a_person
from firstline.domain.clarification import ambiguous_topics
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
    """A language model writes the answers, and can look at files and use tools."""
    complaint_frustration: float = 0.5
    """In [0, 1]; from this on, a complaint that nothing answers is not asked back about but handed over."""


@dataclass(frozen=True)
class PolicyDecision:
    """What to do and why."""

    action: Action
    reason: Reason
    topics: tuple[str, ...] = ()
    """The two topics that the customer is asked to choose from, where these are equally near."""


_SURE_SENTIMENT = 0.6
_DIRECT = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.FEEDBACK)


def decide(
    classification: Classification,
    knowledge: RetrievedKnowledge | None,
    customer: IdentifiedCustomer,
    limits: HandoverLimits,
    *,
    tool_can_act: bool = False,
) -> PolicyDecision:
    """Decide on the whole of what is unanswered.

    Parameters
    ----------
    knowledge : RetrievedKnowledge or None
        None where retrieval failed: the answer must do without.
    tool_can_act : bool
        A support tool can do what the customer asks for.

    Returns
    -------
    PolicyDecision
        The first rule that fits:

        1. a person at once: the bot is paused; law; an explicit request; frustration; sentiment; a file that nobody
           but a person can look at;
        2. a request is done by a tool;
        3. a file that came along is answered from;
        4. greeting, thanks, goodbye and feedback get a word;
        5. two topics that are equally near are asked back about, once;
        6. what was found is answered, to a complaint as well, with the offer of a person;
        7. nothing found, and something is to be done: a model tries with its tools, the company's own among them;
        8. the articles could not be searched: that is said, and nothing else is made of it;
        9. nothing found: a frustrated complaint, a message after the bot has asked back, and one in a long
           conversation go to a person; else it asks back.
    """
    if (reason := _person_at_once(classification, customer, limits)) is not None:
        return PolicyDecision(Action.HAND_OVER, reason)
    if tool_can_act:
        return PolicyDecision(Action.USE_TOOL, Reason.ACTION_REQUESTED)
    found = knowledge is not None and not knowledge.abstained
    if customer.attachments:
        return PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND if found else Reason.ATTACHMENT)
    if classification.intent in _DIRECT:
        return PolicyDecision(Action.DIRECT, Reason.SOCIAL)
    asked_back = customer.previous_action is Action.CLARIFY
    if knowledge is not None and found:
        topics = None if asked_back else ambiguous_topics(knowledge)
        if topics:
            return PolicyDecision(Action.CLARIFY, Reason.AMBIGUOUS, topics)
        return PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND)
    if (
        classification.intent is Intent.REQUEST
        and limits.has_model
        and customer.n_customer_messages <= limits.bot_turns
    ):
        return PolicyDecision(Action.USE_TOOL, Reason.ACTION_REQUESTED)
    if classification.intent is Intent.COMPLAINT and classification.frustration >= limits.complaint_frustration:
        return PolicyDecision(Action.HAND_OVER, Reason.HIGH_FRUSTRATION)
    if knowledge is None:
        return PolicyDecision(Action.DIRECT, Reason.KNOWLEDGE_UNAVAILABLE)
    if asked_back:
        return PolicyDecision(Action.HAND_OVER, Reason.STILL_NOTHING_FOUND)
    if customer.n_customer_messages > limits.bot_turns:
        return PolicyDecision(Action.HAND_OVER, Reason.NO_PROGRESS)
    return PolicyDecision(Action.CLARIFY, Reason.NOTHING_FOUND)


def _person_at_once(
    classification: Classification, customer: IdentifiedCustomer, limits: HandoverLimits
) -> Reason | None:
    """Return why a person must be asked whatever else there is; None where none must."""
    if limits.bot_paused:
        return Reason.BOT_PAUSED
    if classification.legal:
        return Reason.LEGAL
    if classification.intent is Intent.HUMAN_REQUEST:
        return Reason.EXPLICIT_REQUEST
    if classification.frustration >= limits.frustration:
        return Reason.HIGH_FRUSTRATION
    if classification.sentiment < limits.sentiment and classification.sentiment_confidence >= _SURE_SENTIMENT:
        return Reason.NEGATIVE_SENTIMENT
    if need_a_person(customer.attachments, model=limits.has_model):
        return Reason.ATTACHMENT
    return None
