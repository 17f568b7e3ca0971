"""What to do with a mail: the policy's decision, by the manners of mail, in which one round costs a day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from firstline.domain.conversation import ConversationStatus
from firstline.domain.mail.asked import SOCIAL, only_manners
from firstline.domain.mail.confidence import MailConfidence, mail_confidence
from firstline.domain.mail.mode import MailMode, MailModes
from firstline.domain.policy import HandoverLimits, PolicyDecision, decide
from firstline.domain.turn import Action, Reason, Turn


@dataclass(frozen=True)
class MailLimits:
    """When mail is answered without a person."""

    modes: MailModes = field(default_factory=MailModes)
    min_confidence: float = 0.75
    """In [0, 1]; an answer less sure than this goes to a person as a draft."""


@dataclass(frozen=True)
class MailDecision:
    """What to do with a mail, and why."""

    policy: PolicyDecision
    unsent: bool = False
    """Nothing is sent to the customer."""
    topics: tuple[str, ...] = ()
    """Those that are all answered, where the mail may mean any of them."""
    mode: MailMode = MailMode.ANSWER
    confidence: MailConfidence | None = None
    """None where no answer was at hand."""

    @property
    def why(self) -> dict[str, Any]:
        """What the receipt keeps."""
        sure = self.confidence
        told: dict[str, Any] = {"mode": self.mode.value, "unsent": self.unsent}
        return {**told, "confidence": sure.value, "factors": dict(sure.factors)} if sure else told


def decide_mail(
    turn: Turn, limits: HandoverLimits, mail: MailLimits, *, tool_can_act: bool = False, copies: int = 0
) -> MailDecision:
    """Decide on a mail.

    Parameters
    ----------
    turn : Turn
        After ``RetrieveKnowledge``, or its failure.
    tool_can_act : bool
        A support tool can do what is asked for.
    copies : int
        Others in Cc, >= 0.

    Returns
    -------
    MailDecision
        As ``policy.decide`` says, but

        1. where people have the thread already, it is theirs: they get the mail with a draft of its answer, and
           nothing is sent;
        2. thanks, greetings and praise are not answered, unless something is asked beside them: two polite machines
           would never end;
        3. the category's mode: a ticket with an acknowledgement, or a draft for approval;
        4. nobody is asked which of two topics they mean, nor for other words, because that costs them a day: both
           topics are answered, and where nothing is found or searching fails, a person gets the mail;
        5. an answer whose ``mail_confidence`` is below the limit goes to a person as a draft.
    """
    said = turn.classified
    mode = mail.modes.of(said.category)
    found = turn.knowledge is not None and not turn.knowledge.abstained
    decided = _by_policy(turn, limits, tool_can_act=tool_can_act)
    if decided.reason in (Reason.SOCIAL, Reason.BOT_PAUSED) and _only_manners(turn):
        return MailDecision(PolicyDecision(Action.DIRECT, Reason.NO_REPLY_NEEDED), unsent=True, mode=mode)
    if turn.identified.conversation_status is ConversationStatus.WAITING_FOR_PERSON:
        waits = PolicyDecision(Action.HAND_OVER, Reason.WAITS_FOR_PERSON, has_draft=found)
        return MailDecision(waits, unsent=True, mode=mode)
    if decided.action is Action.HAND_OVER:
        return MailDecision(decided, mode=mode)
    if mode is MailMode.TICKET:
        return MailDecision(PolicyDecision(Action.HAND_OVER, Reason.MAIL_MODE), mode=mode)
    several = decided.reason is Reason.AMBIGUOUS
    joint = several and turn.knowledge is not None and len(turn.knowledge.parts) > 1
    if decided.action in (Action.DIRECT, Action.CLARIFY) and not several:
        return MailDecision(PolicyDecision(Action.HAND_OVER, decided.reason), mode=mode)
    if decided.action is Action.USE_TOOL:
        # What is done cannot be drafted.
        left = PolicyDecision(Action.HAND_OVER, Reason.MAIL_MODE) if mode is MailMode.DRAFT else decided
        return MailDecision(left, mode=mode)
    sure = mail_confidence(turn, copies=copies, several_topics=several and not joint, reads_files=limits.has_model)
    answer = PolicyDecision(Action.ANSWER, Reason.KNOWLEDGE_FOUND if several else decided.reason)
    if mode is MailMode.DRAFT:
        answer = PolicyDecision(Action.HAND_OVER, Reason.MAIL_MODE, has_draft=True)
    elif sure.value < mail.min_confidence:
        reason = Reason.HIGH_STAKES if said.stakes else Reason.LOW_CONFIDENCE
        answer = PolicyDecision(Action.HAND_OVER, reason, has_draft=True)
    return MailDecision(answer, topics=decided.topics if several and not joint else (), mode=mode, confidence=sure)


def _by_policy(turn: Turn, limits: HandoverLimits, *, tool_can_act: bool) -> PolicyDecision:
    """Return the policy's decision, where the mail's own confidence takes the place of the chat's."""
    said = turn.classified
    if said.intent in SOCIAL and not _only_manners(turn):
        # Thanks in advance are no thanks.
        said = said.model_copy(update={"intent_confidence": 0.0})
    return decide(said, turn.knowledge, turn.identified, replace(limits, min_confidence=0.0), tool_can_act=tool_can_act)


def _only_manners(turn: Turn) -> bool:
    said = turn.classified
    polite = only_manners(turn.question, said.intent, said.intent_confidence)
    return polite and not said.unsolved and not turn.identified.attachments
