"""Carry out calls of support tools: for the customer of the turn alone, once per turn, within its time, on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from firstline.domain.counters import TOOL_CALLS, series_key
from firstline.domain.errors import ConditionFailedError, NotFoundError, StoreError
from firstline.domain.language_model import ToolCall, ToolDefinition
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Operation
from firstline.domain.tool_catalogue import MAX_RESULT_CHARACTERS, bounded, call_digest
from firstline.domain.tool_errors import InvalidToolArgumentsError, ToolFailedError, ToolUncertainError
from firstline.domain.tool_permission import NOT_ASKED_FOR, is_asked_for
from firstline.domain.tool_texts import NOT_POSSIBLE
from firstline.domain.tools import RiskClass, ToolOutcome, ToolStatus
from firstline.domain.turn import Reason, Turn
from firstline.repositories.audit import AuditRepository
from firstline.repositories.counters import Counters
from firstline.repositories.tool_calls import ToolCallRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.request_approval import RequestApproval
from firstline.services.tools.tool import Effect, Tool

_TRIES = 5
_SIDE_BY_SIDE = 16
_UNCERTAIN = "it is not known whether this was carried out; do not repeat it, a colleague has to look"


class UseTools:
    """What a tool changes is one transaction with the fence of the turn, its kept outcome and its audit entry.

    A second attempt of a turn gets the outcome that the first one's call of the same content had; what only reads
    reads anew. What a tool gives is data: bounded, and never an order.

    Parameters
    ----------
    tools : sequence of Tool
        In the order in which a model is told of them.
    timeout_s : float
        After which a call has failed, > 0. What it would still write is then refused by the turn's fence as soon as
        the turn is answered.
    on_uncounted : callable
        Told of a failure to count, which changes nothing else.
    """

    def __init__(
        self,
        tools: Sequence[Tool],
        calls: ToolCallRepository,
        turns: TurnRepository,
        request_approval: RequestApproval,
        audit: AuditRepository,
        counters: Counters,
        *,
        clock: Clock,
        ids: Ids,
        timeout_s: float,
        on_uncounted: Callable[[StoreError], None],
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._calls = calls
        self._turns = turns
        self._request_approval = request_approval
        self._audit = audit
        self._counters = counters
        self._clock = clock
        self._ids = ids
        self._timeout_s = timeout_s
        self._on_uncounted = on_uncounted
        self._threads = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="tool")

    def definitions(self, turn: Turn) -> tuple[ToolDefinition, ...]:
        """Return what a model may ask for in this turn, always in the same order."""
        return tuple(tool.definition for tool in self._tools.values() if tool.offered(turn))

    def call(self, turn: Turn, call: ToolCall) -> ToolOutcome:
        """Carry out a call of a model; what changes something, only where the customer's words ask for it.

        Raises
        ------
        StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
            This attempt may not act any more; nothing was changed.
        """
        return self._counted(call.name, self._call(turn, call, is_asked_for))

    def call_as_asked(self, turn: Turn, call: ToolCall) -> ToolOutcome:
        """Carry out what was read from the customer's own words. Raises as ``call`` does."""
        return self._counted(call.name, self._call(turn, call, lambda *_: True))

    def _call(self, turn: Turn, call: ToolCall, may: Callable[[str, dict[str, Any], Turn], bool]) -> ToolOutcome:
        tool = self._tools.get(call.name)
        if tool is None or not tool.offered(turn):
            return self._refused(turn, call.name, "there is no such tool")
        try:
            arguments = tool.checked(call.arguments)
        except InvalidToolArgumentsError as error:
            return self._refused(turn, call.name, str(error))
        if tool.risk is RiskClass.READ:
            return self._on_record(turn, call.name, self._within_time(lambda: self._read(turn, tool, arguments)))
        if not may(call.name, arguments, turn):
            return self._refused(turn, call.name, NOT_ASKED_FOR)
        self._turns.check_may_answer(turn)
        if tool.risk is RiskClass.APPROVAL_REQUIRED:
            return self._request_approval.request(turn, call.name, arguments)
        write = self._write_outside if tool.outside else self._write
        outcome = self._within_time(lambda: write(turn, tool, arguments))
        if outcome.status is ToolStatus.FAILED:
            # Whoever has taken over meanwhile: this attempt has nothing more to say.
            self._turns.check_may_answer(turn)
            return self._on_record(turn, call.name, outcome)
        return outcome

    def _read(self, turn: Turn, tool: Tool, arguments: dict[str, Any]) -> ToolOutcome:
        return tool.use(turn, arguments, key=call_digest(tool.name, arguments)).outcome

    def _write(self, turn: Turn, tool: Tool, arguments: dict[str, Any]) -> ToolOutcome:
        name = tool.name
        digest = call_digest(name, arguments)
        for _ in range(_TRIES):
            before = self._calls.kept(turn, digest)
            if before is not None:
                return before
            effect = tool.use(turn, arguments, key=digest)
            if effect.outcome.is_error or effect.write is None:
                return self._on_record(turn, name, effect.outcome)
            try:
                effect.write(self._belonging(turn, digest, name, effect))
            except ConditionFailedError:
                # Another attempt was first, or what the tool has read has changed, or the bot may not answer.
                self._turns.check_may_answer(turn)
                continue
            return effect.outcome
        return _failed("it was changed by others again and again")

    def _belonging(self, turn: Turn, digest: str, name: str, effect: Effect) -> tuple[Operation, ...]:
        now = self._clock.now()
        kept = self._calls.keep(turn, digest, name, effect.outcome, now=now)
        return (kept, *self._calls.fence(turn), self._entry(turn, name, effect.outcome))

    def _write_outside(self, turn: Turn, tool: Tool, arguments: dict[str, Any]) -> ToolOutcome:
        """Make a call that no transaction of ours reaches: begun on record, so that no second attempt repeats it."""
        name = tool.name
        digest = call_digest(name, arguments)
        key = call_digest(turn.turn_id, {"call": digest})
        try:
            begun = self._calls.begin(turn, digest, name, _failed(_UNCERTAIN), now=self._clock.now())
        except ConditionFailedError:
            self._turns.check_may_answer(turn)
            raise
        if not begun:
            return self._calls.kept(turn, digest) or _failed(_UNCERTAIN)
        try:
            outcome = tool.use(turn, arguments, key=key).outcome
        except ToolUncertainError:
            outcome = _failed(_UNCERTAIN)
        except ToolFailedError as error:
            outcome = _failed(str(error))
        self._calls.settle(turn, digest, outcome, also=(self._entry(turn, name, outcome),))
        return outcome

    def _within_time(self, act: Callable[[], ToolOutcome]) -> ToolOutcome:
        try:
            outcome = self._threads.submit(act).result(self._timeout_s)
        except TimeoutError:
            return _failed("it took too long; it is not known whether it was carried out")
        except NotFoundError:
            return _error(ToolStatus.REFUSED, "not found", NOT_POSSIBLE)
        except ToolFailedError as error:
            return _failed(str(error))
        except StoreError as error:
            return _failed(f"our own store failed: {type(error).__name__}")
        if len(outcome.content) > MAX_RESULT_CHARACTERS:
            return _failed("its result is too large")
        return outcome

    def _refused(self, turn: Turn, name: str, why: str) -> ToolOutcome:
        known = name if name in self._tools else "unknown"
        return self._on_record(turn, known, _error(ToolStatus.REFUSED, why, NOT_POSSIBLE))

    def _on_record(self, turn: Turn, name: str, outcome: ToolOutcome) -> ToolOutcome:
        self._calls.transact([self._entry(turn, name, outcome)])
        return outcome

    def _entry(self, turn: Turn, name: str, outcome: ToolOutcome) -> Operation:
        return self._audit.recorded(
            self._ids.new(),
            action="tool_called",
            by=f"turn {turn.turn_id}",
            of=turn.identified.customer.customer_id,
            now=self._clock.now(),
            tool=name,
            status=outcome.status.value,
            conversation_id=turn.conversation_id,
            attempt=turn.identified.attempt,
            ticket_id=outcome.ticket_id,
        )

    def _counted(self, name: str, outcome: ToolOutcome) -> ToolOutcome:
        tool = name if name in self._tools else "unknown"
        counts = {series_key(TOOL_CALLS, {"tool": tool, "outcome": outcome.status.value}): 1}
        self._counters.add_if_possible(counts, on_failure=self._on_uncounted)
        return outcome


def _error(status: ToolStatus, why: str, text: str, reason: Reason | None = None) -> ToolOutcome:
    return ToolOutcome(status, bounded({"error": why}), text, handover_reason=reason)


def _failed(why: str) -> ToolOutcome:
    return _error(ToolStatus.FAILED, why, NOT_POSSIBLE, Reason.TOOL_FAILURE)
