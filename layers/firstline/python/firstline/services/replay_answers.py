"""Run past answers again on today's knowledge, without writing, sending or doing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from firstline.domain.conversation import Author, Channel, Conversation, Customer, Event
from firstline.domain.errors import FirstlineError, NotFoundError
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.policy import HandoverLimits, decide
from firstline.domain.turn import (
    Action,
    Classification,
    HistoryMessage,
    IdentifiedCustomer,
    Reason,
    Reply,
    Strategy,
    Turn,
)
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.receipts import ReceiptRepository
from firstline.repositories.stored_turns import StoredTurn
from firstline.repositories.turns import TurnRepository
from firstline.services.unseen_stream import UnseenStream
from firstline.services.write_answer import WriteAnswer

_AGAIN = (Action.ANSWER, Action.CLARIFY)
_NOTHING_WAS_FOUND = (Reason.STILL_NOTHING_FOUND, Reason.NO_PROGRESS)


@dataclass(frozen=True)
class ReplayedAnswer:
    """A past answer beside what would be answered today."""

    turn_id: str
    conversation_id: str
    at: str
    """When it was answered, ISO 8601."""
    changes: tuple[str, ...]
    """What would change: ``action``, ``reason``, ``found`` (other passages), ``cited``, ``text``; none: nothing."""
    question: str
    before: dict[str, Any]
    now: dict[str, Any]


@dataclass
class ReplayReport:
    """What a replay came to."""

    replayed: list[ReplayedAnswer] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Turns that cannot be run again, with why."""

    @property
    def changed(self) -> list[ReplayedAnswer]:
        """Those that would change."""
        return [answer for answer in self.replayed if answer.changes]


class ReplayAnswers:
    """Answers, questions back, and handovers because nothing was found; what a tool did, or a person was asked for
    by the customer, is not run again.

    Texts are compared only where both were written in the same way: a model's words differ each time.

    Parameters
    ----------
    write_answer : WriteAnswer
        With the model, or without one; it is given no tools.
    classify, retrieve : callable
        The states before the answer.
    """

    def __init__(
        self,
        receipts: ReceiptRepository,
        turns: TurnRepository,
        conversations: ConversationRepository,
        customers: CustomerRepository,
        write_answer: WriteAnswer,
        limits: HandoverLimits,
        *,
        classify: Callable[[Turn], Classification],
        retrieve: Callable[[Turn], RetrievedKnowledge],
        max_history: int,
    ) -> None:
        self._receipts = receipts
        self._turns = turns
        self._conversations = conversations
        self._customers = customers
        self._classify = classify
        self._retrieve = retrieve
        self._write_answer = write_answer
        self._limits = limits
        self._max_history = max_history

    def since(self, first: date, last: date, *, limit: int = 1_000) -> ReplayReport:
        """Run the answers of these days again, both included, the oldest first.

        Raises
        ------
        KnowledgeIndexUnavailableError, EmbedderUnavailableError, StoreUnavailableError
        """
        report, day = ReplayReport(), first
        while day <= last and len(report.replayed) < limit:
            for receipt in self._receipts.of_day(day):
                if len(report.replayed) >= limit:
                    break
                if "mail" in receipt["policy"]:
                    report.skipped.append((receipt["turn_id"], "by mail"))
                    continue
                if receipt["action"] not in _AGAIN and receipt["reason"] not in _NOTHING_WAS_FOUND:
                    report.skipped.append((receipt["turn_id"], f"{receipt['action']}: {receipt['reason']}"))
                    continue
                try:
                    report.replayed.append(self._again(receipt))
                except NotFoundError:
                    report.skipped.append((receipt["turn_id"], "erased"))
            day += timedelta(days=1)
        return report

    def _again(self, receipt: Mapping[str, Any]) -> ReplayedAnswer:
        conversation = self._conversations.get(receipt["conversation_id"])
        stored = self._turns.get(conversation.conversation_id, receipt["turn_id"])
        if stored.reply is None:
            raise NotFoundError("its reply is gone")
        turn = self._as_asked(conversation, stored, receipt.get("customer") or {})
        turn.classification = self._classify(turn)
        turn.knowledge = self._retrieve(turn)
        now = self._answered(turn, receipt)
        before = _before(stored.reply, receipt)
        return ReplayedAnswer(
            turn_id=stored.turn_id,
            conversation_id=conversation.conversation_id,
            at=str(receipt.get("at", "")),
            changes=_changes(before, now),
            question=turn.question,
            before=before,
            now=now,
        )

    def _as_asked(self, conversation: Conversation, stored: StoredTurn, profile: Mapping[str, Any]) -> Turn:
        """Return the turn as it came to its answer, but for what was remembered of the customer, which may be gone."""
        earlier = [
            event
            for event in self._conversations.events(conversation.conversation_id, after_seq=0)
            if event.seq <= stored.message.seq and event.author is not Author.SYSTEM
        ]
        answered = max((n for n, event in enumerate(earlier) if event.author is not Author.CUSTOMER), default=-1)
        asked, before = earlier[answered + 1 :], earlier[: answered + 1]
        return Turn(
            turn_id=stored.turn_id,
            conversation_id=stored.conversation_id,
            correlation_id=stored.correlation_id,
            channel=Channel(stored.channel),
            message=stored.message,
            customer=IdentifiedCustomer(
                customer=Customer.model_validate(
                    {**self._customers.get(conversation.customer_id).model_dump(), **profile}
                ),
                attempt=max(1, stored.attempt),
                conversation_version=conversation.version,
                conversation_status=conversation.status,
                unanswered=[event.text for event in asked] or [stored.message.text],
                history=_history(before, self._max_history),
                n_customer_messages=sum(event.author is Author.CUSTOMER for event in earlier),
                previous_action=_previous_action(before),
            ),
        )

    def _answered(self, turn: Turn, receipt: Mapping[str, Any]) -> dict[str, Any]:
        decided = decide(turn.classified, turn.knowledge, turn.identified, self._limits)
        now = {
            "action": decided.action.value,
            "reason": decided.reason.value,
            "method": "",
            "text": "",
            "cited": [],
            "found": _found(turn.knowledge),
        }
        if decided.action is not Action.ANSWER or turn.knowledge is None:
            return now
        written = self._write_answer.write(
            turn,
            Action.ANSWER,
            turn.knowledge.ranked,
            Strategy(receipt["strategy"]) if receipt.get("strategy") else Strategy.CONCISE,
            UnseenStream(),
            check_fence=_nothing,
            on_model_failure=_ignored,
            may_act=False,
        )
        if written.person_for is not None:
            return {**now, "action": Action.HAND_OVER.value, "reason": written.person_for.value}
        cited = [citation.chunk_id for citation in written.citations]
        return {**now, "method": written.method.value, "text": written.text, "cited": cited}


def _before(reply: Reply, receipt: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "action": reply.action.value,
        "reason": reply.reason.value,
        "method": reply.resolution_method.value,
        "text": reply.text,
        "cited": [citation.chunk_id for citation in reply.citations],
        "found": [chunk_id for chunk_id, _ in receipt["chunks"]],
    }


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    changed = [name for name in ("action", "reason") if before[name] != now[name]]
    changed += ["found"] if set(before["found"]) != set(now["found"]) else []
    if before["method"] == now["method"]:
        changed += ["cited"] if set(before["cited"]) != set(now["cited"]) else []
        changed += ["text"] if now["method"] == "extractive" and before["text"] != now["text"] else []
    return tuple(changed)


def _found(knowledge: RetrievedKnowledge | None) -> list[str]:
    return [entry.chunk.chunk_id for entry in knowledge.ranked] if knowledge else []


def _history(events: list[Event], limit: int) -> list[HistoryMessage]:
    said = [event for event in events if not event.detail.get("greeting")]
    return [HistoryMessage(author=event.author, text=event.text) for event in said[-limit:]] if limit else []


def _previous_action(events: list[Event]) -> Action | None:
    action = next((event.detail.get("action") for event in reversed(events) if event.author is Author.BOT), None)
    return Action(action) if action else None


def _nothing() -> None:
    """Let it be written."""


def _ignored(error: FirstlineError) -> None:
    """What failed is seen in the answer."""
