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
from firstline.domain.tool_catalogue import MAX_RESULT_CHARACTERS, bounded, call_digest, call_place
from firstline.domain.tool_errors import InvalidToolArgumentsError, ToolFailedError, ToolUncertainError
from firstline.domain.tool_permission import NOT_ASKED_FOR, permitted
from firstline.domain.tool_texts import NOT_POSSIBLE
from firstline.domain.tools import RiskClass, ToolOutcome, ToolStatus
from firstline.domain.turn import Reason, Turn
from firstline.repositories.audit import AuditRepository
from firstline.repositories.counters import Counters
from firstline.repositories.tool_calls import KeptCall, ToolCallRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.request_approval import RequestApproval
from firstline.services.tools.tool import Tool

_TRIES = 5
_SIDE_BY_SIDE = 16
MOST_WRITES = 3
"""Most calls that change something in one turn, whatever attempts it has."""
_TOO_MANY = "enough was done for one message; ask the customer what else they want, one thing at a time"
_UNCERTAIN = "it is not known whether this was carried out; do not repeat it, a colleague has to look"


class UseTools:
    """What a tool changes is one transaction with the fence of the turn, its kept outcome and its audit entry.

    A second attempt of a turn gets the outcome that the first one's call had, in whatever words it makes it; what only
    reads reads anew. One turn changes a few things at most. What a tool gives is data: bounded, and never an order.

    Parameters
    ----------
    tools : sequence of Tool
        In the order in which a model is told of them.
    timeout_s : float
        After which a call has failed whose tool has no time of its own, > 0. What it would still write is then refused
        by the turn's fence as soon as the turn is answered.
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

    def call(self, turn: Turn, call: ToolCall, *, before: Sequence[ToolCall] = ()) -> ToolOutcome:
        """Carry out a call of a model; what changes something, only where the customer's words ask for it.

        Parameters
        ----------
        before : sequence of ToolCall
            Those that were done for this answer already: another attempt's calls are told apart by their order.

        Raises
        ------
        StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
            This attempt may not act any more; nothing was changed.
        """
        return self._counted(call.name, self._call(turn, call, permitted, before))

    def call_as_asked(self, turn: Turn, call: ToolCall) -> ToolOutcome:
        """Carry out what was read from the customer's own words. Raises as ``call`` does."""
        return self._counted(call.name, self._call(turn, call, lambda _, given, __: dict(given)))

    def _call(
        self,
        turn: Turn,
        call: ToolCall,
        permit: Callable[[str, dict[str, Any], Turn], dict[str, Any] | None],
        before: Sequence[ToolCall] = (),
    ) -> ToolOutcome:
        tool = self._tools.get(call.name)
        if tool is None or not tool.offered(turn):
            return self._refused(turn, call.name, "there is no such tool")
        try:
            arguments = tool.checked(call.arguments)
        except InvalidToolArgumentsError as error:
            return self._refused(turn, call.name, str(error))
        if tool.risk is RiskClass.READ:
            return self._on_record(turn, call.name, self._within_time(tool, lambda: self._read(turn, tool, arguments)))
        given = permit(call.name, arguments, turn)
        if given is None:
            return self._refused(turn, call.name, NOT_ASKED_FOR)
        self._turns.check_may_answer(turn)
        if tool.risk is RiskClass.APPROVAL_REQUIRED:
            return self._request_approval.request(turn, call.name, given)
        place = _place(tool, arguments, before)
        write = self._write_outside if tool.outside else self._write
        outcome = self._within_time(tool, lambda: write(turn, tool, given, place))
        if outcome.status is ToolStatus.FAILED:
            # Whoever has taken over meanwhile: this attempt has nothing more to say.
            self._turns.check_may_answer(turn)
            return self._on_record(turn, call.name, outcome)
        return outcome

    def _read(self, turn: Turn, tool: Tool, arguments: dict[str, Any]) -> ToolOutcome:
        return tool.use(turn, arguments, key=call_digest(tool.name, arguments)).outcome

    def _write(self, turn: Turn, tool: Tool, arguments: dict[str, Any], place: str) -> ToolOutcome:
        name = tool.name
        digest = call_digest(name, arguments)
        for _ in range(_TRIES):
            known = self._known(turn, name, digest, place)
            if known is not None:
                return known
            effect = tool.use(turn, arguments, key=digest)
            if effect.outcome.is_error or effect.write is None:
                return self._on_record(turn, name, effect.outcome)
            try:
                effect.write(self._belonging(turn, KeptCall(place, digest, effect.outcome), name))
            except ConditionFailedError:
                # Another attempt was first, or what the tool has read has changed, or the bot may not answer.
                self._turns.check_may_answer(turn)
                continue
            return effect.outcome
        return _failed("it was changed by others again and again")

    def _known(self, turn: Turn, name: str, digest: str, place: str) -> ToolOutcome | None:
        """Return what the call gave before; None where it may be made now."""
        kept = self._calls.kept(turn)
        same = [one for one in kept if one.digest == digest] or [one for one in kept if one.place == place]
        if same:
            return same[0].outcome
        return self._refused(turn, name, _TOO_MANY) if len(kept) >= MOST_WRITES else None

    def _belonging(self, turn: Turn, call: KeptCall, name: str) -> tuple[Operation, ...]:
        kept = self._calls.keep(turn, call, name, now=self._clock.now())
        return (kept, *self._calls.fence(turn), self._entry(turn, name, call.outcome))

    def _write_outside(self, turn: Turn, tool: Tool, arguments: dict[str, Any], place: str) -> ToolOutcome:
        """Make a call that no transaction of ours reaches: begun on record, so that no second attempt repeats it."""
        name = tool.name
        digest = call_digest(name, arguments)
        key = call_digest(turn.turn_id, {"call": place})
        known = self._known(turn, name, digest, place)
        if known is not None:
            return known
        try:
            uncertain = KeptCall(place, digest, _failed(_UNCERTAIN))
            begun = self._calls.begin(turn, uncertain, name, now=self._clock.now())
        except ConditionFailedError:
            self._turns.check_may_answer(turn)
            raise
        if not begun:
            return self._known(turn, name, digest, place) or _failed(_UNCERTAIN)
        try:
            outcome = tool.use(turn, arguments, key=key).outcome
        except ToolUncertainError:
            outcome = _failed(_UNCERTAIN)
        except ToolFailedError as error:
            outcome = _failed(str(error))
        self._calls.settle(turn, place, outcome, also=(self._entry(turn, name, outcome),))
        return outcome

    def _within_time(self, tool: Tool, act: Callable[[], ToolOutcome]) -> ToolOutcome:
        try:
            outcome = self._threads.submit(act).result(tool.timeout_s or self._timeout_s)
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


def _place(tool: Tool, arguments: dict[str, Any], before: Sequence[ToolCall]) -> str:
    kind = call_place(tool.name, arguments, 0, outside=tool.outside)
    earlier = [one for one in before if one.name == tool.name]
    same = sum(call_place(tool.name, one.arguments, 0, outside=tool.outside) == kind for one in earlier)
    return call_place(tool.name, arguments, same, outside=tool.outside)


def _error(status: ToolStatus, why: str, text: str, reason: Reason | None = None) -> ToolOutcome:
    return ToolOutcome(status, bounded({"error": why}), text, handover_reason=reason)


def _failed(why: str) -> ToolOutcome:
    return _error(ToolStatus.FAILED, why, NOT_POSSIBLE, Reason.TOOL_FAILURE)
