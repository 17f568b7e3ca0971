"""State GenerateResponse: decides in code, writes, commits once, sends."""

from __future__ import annotations

from collections.abc import Callable

from firstline.domain.errors import (
    ConversationTakenOverError,
    FirstlineError,
    LanguageModelError,
    StaleAttemptError,
    TurnAlreadyFinishedError,
    TurnSupersededError,
)
from firstline.domain.frames import reply as reply_frame
from firstline.domain.phrases import NOTHING_FOUND, social_text
from firstline.domain.policy import HandoverLimits, PolicyDecision, decide
from firstline.domain.ports import Clock
from firstline.domain.turn import Action, Reason, Reply, ResolutionMethod, Turn
from firstline.repositories.arms import ArmRepository, Decision
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.reply_drafts import ReplyDraftRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast
from firstline.services.choose_strategy import ChooseStrategy
from firstline.services.end_unanswered import end_unanswered
from firstline.services.hand_over import HandOver
from firstline.services.receipt import Receipts
from firstline.services.stream_reply import StreamReply
from firstline.services.write_answer import WriteAnswer, Written


def generate_response(
    turn: Turn,
    *,
    turns: TurnRepository,
    conversations: ConversationRepository,
    arms: ArmRepository,
    receipts: Receipts,
    choose_strategy: ChooseStrategy,
    write_answer: WriteAnswer,
    hand_over: HandOver,
    broadcast: Broadcast,
    drafts: ReplyDraftRepository,
    clock: Clock,
    limits: HandoverLimits,
    on_model_failure: Callable[[FirstlineError], None],
) -> Reply:
    """Answer, ask back, talk, or hand over; the reply is committed once with its decision and receipt, then sent.

    Raises
    ------
    StaleAttemptError, TurnSupersededError, ConversationTakenOverError, TurnAlreadyFinishedError
        The answer may not be given; nothing was committed and what was streamed is withdrawn.
    """
    identified = turn.identified
    stored = turns.check_fence(turn.conversation_id, turn.turn_id, identified.attempt)
    if stored.reply is not None:
        # Committed by an earlier attempt, or by a call of this one whose answer was lost.
        return _send(turn, stored.reply, broadcast)
    decided = decide(turn.classified, turn.knowledge, identified, limits)
    stream = StreamReply(turn, broadcast=broadcast, turns=turns, drafts=drafts, clock=clock)
    choice = choose_strategy.choose(turn.turn_id, turn.classified.category) if decided.action is Action.ANSWER else None
    try:
        if decided.action is Action.HAND_OVER:
            return hand_over.hand_over(turn, identified.attempt, decided.reason)
        try:
            written = _write(turn, decided, choice, write_answer, stream, on_model_failure)
        except LanguageModelError:
            # Nobody but a model could have answered from the files.
            return hand_over.hand_over(turn, identified.attempt, Reason.ATTACHMENT)
        committed = _commit(turn, decided, choice, written, turns, conversations, arms, receipts, clock)
    except (TurnSupersededError, ConversationTakenOverError):
        end_unanswered(turn.conversation_id, turn.turn_id, identified.attempt, turns=turns, broadcast=broadcast)
        raise
    except (StaleAttemptError, TurnAlreadyFinishedError):
        stream.withdraw()
        raise
    return _send(turn, committed, broadcast)


def _confidence(turn: Turn, decided: PolicyDecision) -> float:
    if decided.action is Action.DIRECT:
        return turn.classified.intent_confidence
    return turn.knowledge.confidence if turn.knowledge else 0.0


def _send(turn: Turn, reply: Reply, broadcast: Broadcast) -> Reply:
    broadcast.to_conversation(turn.conversation_id, reply_frame(turn.turn_id, reply))
    return reply


def _write(
    turn: Turn,
    decided: PolicyDecision,
    choice: Decision | None,
    write_answer: WriteAnswer,
    stream: StreamReply,
    on_model_failure: Callable[[FirstlineError], None],
) -> Written:
    if choice is not None:
        ranked = turn.knowledge.ranked if turn.knowledge and decided.reason is Reason.KNOWLEDGE_FOUND else []
        return write_answer.write(turn, ranked, choice.arm, stream, on_model_failure=on_model_failure)
    if decided.action is Action.DIRECT:
        text = social_text(turn.classified.intent, turn.identified.memory.get("name", ""))
        return Written(text, [], ResolutionMethod.DIRECT)
    return Written(NOTHING_FOUND, [], ResolutionMethod.DIRECT)


def _commit(
    turn: Turn,
    decided: PolicyDecision,
    choice: Decision | None,
    written: Written,
    turns: TurnRepository,
    conversations: ConversationRepository,
    arms: ArmRepository,
    receipts: Receipts,
    clock: Clock,
) -> Reply:
    now, finished = clock.now(), written.finished
    reply = Reply(
        seq=1,
        text=written.text,
        citations=written.citations,
        action=decided.action,
        reason=decided.reason,
        resolution_method=written.method,
        confidence=_confidence(turn, decided),
        strategy=choice.arm if choice else None,
        propensity=choice.propensity if choice else None,
        model=finished.model if finished else "",
        input_tokens=finished.input_tokens if finished else 0,
        output_tokens=finished.output_tokens if finished else 0,
        cost_usd=finished.cost_usd if finished else 0.0,
        processing_time_ms=max(0.0, (now - turn.message.sent_at).total_seconds() * 1000),
    )
    decision = [arms.decided(turn.conversation_id, choice, now=now)] if choice else []
    receipt = receipts.operation(turn, reply, prompt_sha256=written.prompt_sha256, context=written.context, now=now)
    # Committed under the version read when the turn began: a takeover since then wins.
    conversation = conversations.get(turn.conversation_id)
    as_begun = conversation.model_copy(update={"version": turn.identified.conversation_version})
    return turns.commit_reply(
        as_begun,
        turn,
        turn.identified.attempt,
        reply,
        also=[*decision, receipt],
        conversation_changes={"last_decision_turn": turn.turn_id if choice else ""},
        now=now,
    )
