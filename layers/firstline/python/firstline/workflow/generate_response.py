"""State GenerateResponse: decides in code, writes, commits once, sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from firstline.domain.conversation import Channel
from firstline.domain.errors import (
    ConversationTakenOverError,
    FirstlineError,
    StaleAttemptError,
    TurnAlreadyFinishedError,
    TurnSupersededError,
)
from firstline.domain.frames import reply as reply_frame
from firstline.domain.locales import text
from firstline.domain.mail.answer_parts import with_topics
from firstline.domain.mail.asked import named
from firstline.domain.mail.decision import MailDecision, MailLimits, decide_mail
from firstline.domain.phrases import clarifying_text, social_text
from firstline.domain.policy import HandoverLimits, PolicyDecision, answer_confidence, decide
from firstline.domain.ports import Clock
from firstline.domain.reply_language import reply_language
from firstline.domain.treatment import Treatment
from firstline.domain.turn import Action, Reason, Reply, ResolutionMethod, Strategy, Turn
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.decisions import Decision, DecisionRepository
from firstline.repositories.reply_drafts import ReplyDraftRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.answer_ports import Stream
from firstline.services.broadcast import Broadcast
from firstline.services.choose_strategy import ChooseStrategy
from firstline.services.end_unanswered import end_unanswered
from firstline.services.hand_over import HandOver, WithHandover
from firstline.services.receipt import Receipts
from firstline.services.stream_reply import StreamReply
from firstline.services.unseen_stream import UnseenStream
from firstline.services.write_answer import WriteAnswer
from firstline.services.written import Written


@dataclass(frozen=True)
class ResponseParts:
    """What the state works with."""

    turns: TurnRepository
    conversations: ConversationRepository
    decisions: DecisionRepository
    receipts: Receipts
    choose_strategy: ChooseStrategy
    write_answer: WriteAnswer
    can_act: Callable[[Turn], bool]
    """Tells whether a support tool does what the customer asks for."""
    hand_over: HandOver
    broadcast: Broadcast
    drafts: ReplyDraftRepository
    clock: Clock
    mail: MailLimits = field(default_factory=MailLimits)
    copies_of: Callable[[str], int] = lambda conversation_id: 0
    """Tells how many others get the answers of a conversation by mail."""


def generate_response(
    turn: Turn,
    parts: ResponseParts,
    *,
    limits: HandoverLimits,
    on_model_failure: Callable[[FirstlineError], None],
) -> Reply:
    """Answer, do, ask back, talk, or hand over; the reply is committed once with its decision and receipt, then sent.

    Raises
    ------
    StaleAttemptError, TurnSupersededError, ConversationTakenOverError, TurnAlreadyFinishedError
        The answer may not be given; nothing was committed and what was streamed is withdrawn.
    """
    began, turns, broadcast = parts.clock.now(), parts.turns, parts.broadcast
    attempt = turn.identified.attempt
    stored = turns.check_fence(turn.conversation_id, turn.turn_id, attempt)
    if stored.reply is not None:
        # Committed by an earlier attempt, or by a call of this one whose answer was lost.
        return _send(turn, stored.reply, broadcast)
    can_act = parts.can_act(turn)
    by_mail = _decide_mail(turn, parts, limits, can_act) if turn.channel is Channel.EMAIL else None
    if by_mail is not None:
        decided, turn = by_mail.policy, _with_topics(turn, by_mail)
    else:
        decided = decide(turn.classified, turn.knowledge, turn.identified, limits, tool_can_act=can_act)
    # Nobody watches how a mail is written.
    shown = StreamReply(turn, broadcast=broadcast, turns=turns, drafts=parts.drafts, clock=parts.clock)
    stream: Stream = UnseenStream() if by_mail else shown
    is_answer = decided.action is Action.ANSWER
    treated = turn.knowledge.treatment if turn.knowledge else Treatment()
    choose = partial(parts.choose_strategy.choose, policy=treated.policy, variants=treated.variants)
    choice = choose(turn) if is_answer else None
    along = WithHandover(unsent=by_mail.unsent, why={"mail": by_mail.why}) if by_mail else WithHandover()
    try:
        if decided.action is Action.HAND_OVER:
            draft = _draft(turn, parts, on_model_failure) if decided.has_draft else None
            still = _open_questions(turn) if draft else ()
            along = replace(along, making=draft.making if draft else None, draft=draft, open_questions=still)
            return parts.hand_over.hand_over(turn, attempt, decided.reason, along)
        written = _write(turn, decided, choice, parts, stream, on_model_failure)
        needs = written.person_for or (written.reason if by_mail and written.action is Action.CLARIFY else None)
        if needs is not None:
            stream.withdraw()
            return parts.hand_over.hand_over(turn, attempt, needs, replace(along, making=written.making))
        if is_answer and (still := _open_questions(turn)):
            along = replace(along, making=written.making, answer=written, open_questions=still)
            return parts.hand_over.hand_over(turn, attempt, Reason.NOTHING_FOUND, along)
        if decided.offers_person and not by_mail:
            written = _with_offer(written, shown, reply_language(turn))
        committed = _commit(turn, decided, choice, written, parts, began, by_mail=by_mail)
    except (TurnSupersededError, ConversationTakenOverError):
        end_unanswered(turn.conversation_id, turn.turn_id, attempt, turns=turns, broadcast=broadcast)
        raise
    except (StaleAttemptError, TurnAlreadyFinishedError):
        stream.withdraw()
        raise
    return _send(turn, committed, broadcast)


def _decide_mail(turn: Turn, parts: ResponseParts, limits: HandoverLimits, can_act: bool) -> MailDecision:
    copies = parts.copies_of(turn.conversation_id)
    return decide_mail(turn, limits, parts.mail, tool_can_act=can_act, copies=copies)


def _with_topics(turn: Turn, by_mail: MailDecision) -> Turn:
    """Return the turn whose mail may mean either of two topics with both as what is to be answered."""
    topics = by_mail.topics
    if not topics or turn.knowledge is None:
        return turn
    return turn.model_copy(update={"knowledge": with_topics(turn.knowledge, topics)})


def _open_questions(turn: Turn) -> tuple[str, ...]:
    """Return the questions of a mail that nothing was found for."""
    parts = turn.knowledge.parts if turn.knowledge else ()
    return tuple(named(part.question) for part in parts if not part.found)


def _confidence(turn: Turn, action: Action) -> float:
    if action in (Action.DIRECT, Action.USE_TOOL, Action.AWAIT_APPROVAL):
        return turn.classified.intent_confidence
    return answer_confidence(turn.knowledge.confidence) if turn.knowledge else 0.0


def _draft(turn: Turn, parts: ResponseParts, on_failure: Callable[[FirstlineError], None]) -> Written | None:
    """Return the answer that a person is to review, shown to nobody; None where none could be written."""
    assert turn.knowledge is not None  # noqa: S101 - a draft is of what was found
    written = parts.write_answer.write(
        turn,
        Action.ANSWER,
        turn.knowledge.ranked,
        Strategy.DETAILED,
        UnseenStream(),
        check_fence=partial(parts.turns.check_may_answer, turn),
        on_model_failure=on_failure,
        may_act=False,
    )
    return written if written.person_for is None and written.text else None


def _send(turn: Turn, reply: Reply, broadcast: Broadcast) -> Reply:
    broadcast.to_conversation(turn.conversation_id, reply_frame(turn.turn_id, reply))
    return reply


def _write(
    turn: Turn,
    decided: PolicyDecision,
    choice: Decision | None,
    parts: ResponseParts,
    stream: Stream,
    on_model_failure: Callable[[FirstlineError], None],
) -> Written:
    language = reply_language(turn)
    if decided.action in (Action.ANSWER, Action.USE_TOOL):
        knowledge = turn.knowledge
        is_found = knowledge is not None and not knowledge.abstained
        return parts.write_answer.write(
            turn,
            decided.action,
            knowledge.ranked if knowledge and is_found else [],
            choice.arm if choice else Strategy.CONCISE,
            stream,
            check_fence=partial(parts.turns.check_may_answer, turn),
            on_model_failure=on_model_failure,
        )
    if decided.action is Action.DIRECT:
        if decided.reason is Reason.NO_REPLY_NEEDED:
            return Written(text("mail.no_reply", language), [], ResolutionMethod.DIRECT)
        if decided.reason is Reason.KNOWLEDGE_UNAVAILABLE:
            return Written(text("knowledge_unavailable", language), [], ResolutionMethod.DIRECT)
        told = social_text(turn.classified.intent, turn.identified.memory.get("name", ""), language)
        return Written(told, [], ResolutionMethod.DIRECT)
    return Written(clarifying_text(decided.topics, language), [], ResolutionMethod.DIRECT)


def _with_offer(written: Written, stream: StreamReply, language: str) -> Written:
    offer = text("person_offer_upset", language)
    if offer in written.text:
        return written
    stream.push(f"\n\n{offer}")
    stream.flush()
    return replace(written, text=f"{written.text}\n\n{offer}")


def _commit(
    turn: Turn,
    decided: PolicyDecision,
    choice: Decision | None,
    written: Written,
    parts: ResponseParts,
    began: datetime,
    *,
    by_mail: MailDecision | None = None,
) -> Reply:
    now, use = parts.clock.now(), written.making.use
    action, reason = written.action or decided.action, written.reason or decided.reason
    reply = Reply(
        seq=1,
        text=written.text,
        citations=written.citations,
        action=action,
        reason=reason,
        resolution_method=written.method,
        confidence=_confidence(turn, action),
        strategy=choice.arm if choice else None,
        propensity=choice.propensity if choice else None,
        **use.spent,
        cache={"search": turn.knowledge.cache if turn.knowledge else "", "answer": written.making.cache.value},
        processing_time_ms=max(0.0, (now - turn.message.sent_at).total_seconds() * 1000),
        unsent=by_mail is not None and by_mail.unsent,
    )
    why = {"mail": by_mail.why} if by_mail else {}
    told = {**(choice.told if choice else {}), **why}
    decision = [parts.decisions.answered(choice, reply, now=now)] if choice else []
    receipt = parts.receipts.operation(
        turn,
        reply,
        making=written.making,
        policy={"action": decided.action.value, "reason": decided.reason.value, **told},
        elapsed_ms=max(0.0, (now - began).total_seconds() * 1000),
        now=now,
    )
    # Committed under the version read when the turn began: a takeover since then wins.
    conversation = parts.conversations.get(turn.conversation_id)
    as_begun = conversation.model_copy(update={"version": turn.identified.conversation_version})
    return parts.turns.commit_reply(
        as_begun,
        turn,
        turn.identified.attempt,
        reply,
        also=[*decision, receipt, *written.also],
        conversation_changes={"last_decision_turn": turn.turn_id if choice else ""},
        now=now,
    )
