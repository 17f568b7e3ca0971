"""What to do with a message: decided in code, never by a model."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.attachments import need_a_person
from firstline.domain.clarification import ambiguous_topics, nearest_topics
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.trend import Trend
from firstline.domain.turn import Action, Classification, IdentifiedCustomer, Intent, Reason


@dataclass(frozen=True)
class HandoverLimits:
    """When a person is asked."""

    frustration: float
    """In [0, 1]; from this on."""
    sentiment: float
    """In [-1, 1]; below this, where the sentiment is sure and the customer upset: a complaint needs less frustration
    for that, a question more."""
    bot_turns: int
    """Customer messages after which finding nothing means a person at once, >= 1."""
    bot_paused: bool = False
    """An admin has paused the bot: every message goes to people."""
    has_model: bool = False
    """A language model writes the answers, and can look at files and use tools."""
    complaint_frustration: float = 0.5
    """In [0, 1]; from this on a negative sentiment counts, and who gets no answer is handed over."""
    min_confidence: float = 0.75
    """In [0, 1]; an answer less sure by ``answer_confidence`` is not given without a person."""


@dataclass(frozen=True)
class PolicyDecision:
    """What to do and why."""

    action: Action
    reason: Reason
    topics: tuple[str, ...] = ()
    """The two topics that the customer is asked to choose from, where these are equally near."""
    has_draft: bool = False
    """What would be answered goes to the person who is asked, for review."""
    offers_person: bool = False
    """The answer comes with the offer of a person."""


_CONFIDENCE_EXPONENT = 0.36
_COMPLAINS_FROM = 0.35
"""Frustration from which on a complaint is more than a report."""
_ASKS_CALMLY_BELOW = 0.72
"""Frustration under which a sure question is what it is, with whatever negative word in it."""
_SURE_QUESTION = 0.5
_SURE_SENTIMENT = 0.6
_SURE_SOCIAL = 0.5
"""Confidence from which on a greeting, thanks and the like are that and nothing more."""
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

        1. a person at once: the bot is paused; danger; law; an explicit request; frustration; sentiment; a file that
           nobody but a person can look at;
        2. a request is done by a tool;
        3. a file that came along is answered from;
        4. greeting, thanks, goodbye and feedback get a word;
        5. in a long conversation without progress, a person;
        6. two topics that are equally near are asked back about, once;
        7. what was found is answered, to a complaint as well, with the offer of a person; a customer in a long
           conversation is offered one too. Where the answer is less sure than it must be, the customer is asked back
           once, and then a person gets the draft of it for review; at once where money, security or law is at stake;
        8. nothing found, and something is to be done: a model tries with its tools, the company's own among them;
        9. nothing found, and money, security or law is at stake: a person;
        10. the articles could not be searched: that is said, and nothing else is made of it;
        11. nothing found: a frustrated customer, a message after the bot has asked back, and one in a long
            conversation go to a person; else it asks back.
    """
    if (reason := person_at_once(classification, customer, limits)) is not None:
        return PolicyDecision(Action.HAND_OVER, reason)
    if tool_can_act:
        return PolicyDecision(Action.USE_TOOL, Reason.ACTION_REQUESTED)
    found = knowledge is not None and not knowledge.abstained
    if customer.attachments:
        return PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND if found else Reason.ATTACHMENT)
    is_social = classification.intent in _DIRECT and classification.intent_confidence >= _SURE_SOCIAL
    if is_social and not classification.unsolved:
        return PolicyDecision(Action.DIRECT, Reason.SOCIAL)
    is_long = customer.n_customer_messages > limits.bot_turns
    if is_long and (classification.unsolved or classification.trend is Trend.DECLINING):
        return PolicyDecision(Action.HAND_OVER, Reason.NO_PROGRESS)
    if knowledge is not None and found:
        return _on_what_was_found(classification, knowledge, customer, limits, is_long=is_long)
    if classification.intent is Intent.REQUEST and limits.has_model and not is_long:
        return PolicyDecision(Action.USE_TOOL, Reason.ACTION_REQUESTED)
    if classification.stakes:
        return PolicyDecision(Action.HAND_OVER, Reason.HIGH_STAKES)
    if classification.frustration >= limits.complaint_frustration:
        return PolicyDecision(Action.HAND_OVER, Reason.HIGH_FRUSTRATION)
    if knowledge is None:
        return PolicyDecision(Action.DIRECT, Reason.KNOWLEDGE_UNAVAILABLE)
    if customer.previous_action is Action.CLARIFY:
        return PolicyDecision(Action.HAND_OVER, Reason.STILL_NOTHING_FOUND)
    if is_long:
        return PolicyDecision(Action.HAND_OVER, Reason.NO_PROGRESS)
    return PolicyDecision(Action.CLARIFY, Reason.NOTHING_FOUND)


def answer_confidence(probability: float) -> float:
    """Return how sure an answer is, in [0, 1], for the probability that the best passage answers.

    ``probability ** 0.36``: an answer is written from up to three passages and checked against them, so it is surer
    than its best passage; 0.75 is reached at a probability of 0.45.

    Notes
    -----
    Chosen on two collections with the calibration fitted without each (562 answered questions): below 0.45 the answer
    is among the three passages for 22 of 48, which is 5 % of all that are answered rightly and a fifth of the others.
    """
    return float(min(1.0, max(0.0, probability)) ** _CONFIDENCE_EXPONENT)


def _on_what_was_found(
    classification: Classification,
    knowledge: RetrievedKnowledge,
    customer: IdentifiedCustomer,
    limits: HandoverLimits,
    *,
    is_long: bool,
) -> PolicyDecision:
    asked_back = customer.previous_action is Action.CLARIFY
    topics = None if asked_back else ambiguous_topics(knowledge)
    if topics:
        return PolicyDecision(Action.CLARIFY, Reason.AMBIGUOUS, topics)
    if answer_confidence(knowledge.confidence) >= limits.min_confidence:
        return PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND, offers_person=is_long)
    if classification.stakes:
        return PolicyDecision(Action.HAND_OVER, Reason.HIGH_STAKES, has_draft=True)
    if asked_back or is_long:
        return PolicyDecision(Action.HAND_OVER, Reason.LOW_CONFIDENCE, has_draft=True)
    return PolicyDecision(Action.CLARIFY, Reason.LOW_CONFIDENCE, nearest_topics(knowledge))


def person_at_once(
    classification: Classification, customer: IdentifiedCustomer, limits: HandoverLimits
) -> Reason | None:
    """Return why a person must be asked whatever else there is; None where none must."""
    if limits.bot_paused:
        return Reason.BOT_PAUSED
    if classification.safety:
        return Reason.SAFETY
    if classification.legal:
        return Reason.LEGAL
    if classification.intent is Intent.HUMAN_REQUEST:
        return Reason.EXPLICIT_REQUEST
    if classification.frustration >= limits.frustration:
        return Reason.HIGH_FRUSTRATION
    is_sure = classification.sentiment_confidence >= _SURE_SENTIMENT
    # A fault told without anger is negative too, and what the articles are for.
    complains = classification.intent is Intent.COMPLAINT
    asks = classification.intent is Intent.QUESTION and classification.intent_confidence >= _SURE_QUESTION
    upset_from = _ASKS_CALMLY_BELOW if asks else _COMPLAINS_FROM if complains else limits.complaint_frustration
    is_upset = classification.frustration >= max(upset_from, limits.complaint_frustration if asks else 0.0)
    if classification.sentiment < limits.sentiment and is_sure and is_upset:
        return Reason.NEGATIVE_SENTIMENT
    if need_a_person(customer.attachments, model=limits.has_model):
        return Reason.ATTACHMENT
    return None
