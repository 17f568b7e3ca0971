"""Have the language model write an answer: rounds of text and tool calls, each sentence checked before it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from firstline.domain.chunking import estimate_tokens
from firstline.domain.context import Passage
from firstline.domain.delimiters import as_data
from firstline.domain.errors import AnswerRejectedError, LanguageModelError, LanguageModelUnavailableError
from firstline.domain.language_model import (
    BeginAnew,
    ModelMessage,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from firstline.domain.ports import Clock, LanguageModel
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Strategy, Turn
from firstline.services.answer_ports import Checks, Stream, Tools
from firstline.services.model_budget import ModelBudget
from firstline.services.model_messages import listed, told_why
from firstline.services.personal_data import PersonalData
from firstline.services.prompts import prompt_of
from firstline.services.writing import ToolUse, Writing, flat

ENDS_TURN = (ToolStatus.WAITS_FOR_APPROVAL, ToolStatus.HAND_OVER)
LAST_REQUEST_AFTER_S = 25.0
"""Seconds after which nothing more is asked of the model or of a tool."""
WITHIN_S = 45.0
"""Seconds in which all requests of an answer end: another way of answering must fit into the state's time as well."""
MOST_CALLS = 12
"""Most tool calls for one answer."""
_TOO_MANY_CALLS = '{"error":"too many calls for one answer; answer with what you have"}'
MARK = re.compile(r"\[(\d{1,2})\]")


class AnswerWithModel:
    """At most so many rounds of tools, at most two tries, never a sentence that was not checked.

    Every request is booked before and settled after. Before each call of a tool the fence of the turn is checked.
    A model that breaks off and begins anew has what was shown of it withdrawn.

    Parameters
    ----------
    checks : Checks
    tools : Tools or None
        None: the model is given none.
    max_rounds : int
        Most rounds of tool calls in one try, >= 0.
    """

    def __init__(
        self,
        model: LanguageModel,
        budget: ModelBudget,
        checks: Checks,
        tools: Tools | None,
        *,
        clock: Clock,
        max_tokens: int,
        temperature: float,
        max_rounds: int,
        is_safe: Callable[[str], bool],
    ) -> None:
        self._model = model
        self._budget = budget
        self._checks = checks
        self._tools = tools
        self._clock = clock
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._max_rounds = max_rounds
        self._is_safe = is_safe

    def write(
        self,
        turn: Turn,
        messages: tuple[ModelMessage, ...],
        writing: Writing,
        strategy: Strategy,
        stream: Stream,
        *,
        hidden: PersonalData,
        check_fence: Callable[[], None],
        with_tools: bool,
        on_rejection: Callable[[AnswerRejectedError], None],
    ) -> None:
        """Write into ``writing``; what was rejected is withdrawn and written once more with the reason told.

        Raises
        ------
        AnswerRejectedError
            The second try did not pass either.
        LanguageModelError
            It failed, wrote nothing, asked for tools without end, took too long, or was not paid for
            (``writing.without`` says so).
        StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
            The answer may not be given.
        """
        definitions = self._tools.definitions(turn) if self._tools is not None and with_tools else ()
        one = _OneAnswer(
            self, turn, messages, writing, strategy, stream, hidden, check_fence, definitions, self._clock.now()
        )
        try:
            one.rounds()
        except AnswerRejectedError as rejected:
            writing.rejections.append(rejected.reason)
            on_rejection(rejected)
            stream.withdraw()
            one.begin_again(rejected.reason)
            try:
                one.rounds()
            except AnswerRejectedError as again:
                writing.rejections.append(again.reason)
                raise
        stream.flush()


@dataclass
class _OneAnswer:
    of: AnswerWithModel
    turn: Turn
    messages: tuple[ModelMessage, ...]
    writing: Writing
    strategy: Strategy
    stream: Stream
    hidden: PersonalData
    check_fence: Callable[[], None]
    definitions: tuple[ToolDefinition, ...]
    began: datetime
    done: list[ToolCall] = field(default_factory=list)
    """The calls that were carried out."""
    raw: str = ""
    """What the model has written in the request under way, as it wrote it."""

    def begin_again(self, reason: str) -> None:
        self.messages = (*self.messages, ModelMessage("assistant", self.raw.strip() or "..."), told_why(reason))
        self.writing.text = ""

    def rounds(self) -> None:
        for _ in range(self.of._max_rounds + 1):
            calls = self._request()
            if not calls:
                if not self.writing.text.strip():
                    raise LanguageModelUnavailableError("the model wrote nothing")
                return
            results = self._called(calls)
            if self.writing.ended_by is not None:
                return
            asked = ModelMessage("assistant", self.raw, tool_calls=tuple(calls))
            self.messages = (*self.messages, asked, ModelMessage("user", "", tool_results=tuple(results)))
        raise LanguageModelUnavailableError("the model asked for tools again and again")

    def _request(self) -> list[ToolCall]:
        """Have one request written and shown; return the calls that it ends in."""
        writing, budget, turn = self.writing, self.of._budget, self.turn
        elapsed_s = self._elapsed_s()
        customer = turn.identified.customer
        vouched = bool(customer.user_id)
        booking = budget.book(turn.conversation_id, customer_id=customer.customer_id, vouched=vouched)
        if booking.refused is not None:
            writing.without = booking.refused
            raise LanguageModelUnavailableError(f"not paid for: {booking.refused}")
        request = ModelRequest(
            system=prompt_of(self.turn).text,
            messages=self.messages,
            max_tokens=self.of._max_tokens,
            temperature=self.of._temperature,
            tools=self.definitions,
            within_s=WITHIN_S - elapsed_s,
            may_begin_anew=True,
        )
        before = writing.text
        check, calls, finished = self._begin(), list[ToolCall](), None
        writing.use.requests += 1
        writing.use.broken_off += 1
        events: Iterator[Any] = iter(self.of._model.stream(request))
        try:
            for event in events:
                if isinstance(event, TextDelta):
                    self.raw += event.text
                    self._show(before, check.push(self.hidden.restore_stream(event.text)))
                elif isinstance(event, ToolCall):
                    calls.append(event)
                elif isinstance(event, BeginAnew):
                    self.stream.withdraw()
                    self.stream.push(before)
                    writing.text = before
                    check, calls = self._begin(), []
                else:
                    finished = event
        except LanguageModelError:
            if not self.raw and not calls:
                # It refused before it wrote, which costs nothing.
                budget.settle(booking, 0.0)
                writing.use.broken_off -= 1
            raise
        finally:
            getattr(events, "close", lambda: None)()
        if finished is not None:
            writing.use.add(finished)
            budget.settle(booking, finished.cost_usd)
        self._show(before, check.push(self.hidden.restore_rest()) if self.hidden.is_on else "")
        rest = check.finish()
        # Where the tokens ran out, the last sentence is half a sentence.
        if finished is None or finished.stop_reason != "max_tokens":
            self._show(before, rest)
        return calls

    def _elapsed_s(self) -> float:
        """Return the seconds since the answer was begun. Raises where there is no time left for anything new."""
        elapsed_s = (self.of._clock.now() - self.began).total_seconds()
        if elapsed_s > LAST_REQUEST_AFTER_S:
            raise LanguageModelUnavailableError("there is no time left to ask the model again")
        return elapsed_s

    def _begin(self) -> Any:
        self.raw = ""
        self.hidden.restore_rest()
        check = self.of._checks.begin(self.turn, self.writing.sources, self.strategy, told=self.writing.told)
        self.writing.guard.append(check)
        return check

    def _show(self, before: str, text: str) -> None:
        """Push what may leave, without marks of sources that there are not; a new round begins a paragraph."""
        n_sources, written = len(self.writing.sources), self.writing.text
        text = MARK.sub(lambda mark: mark[0] if 1 <= int(mark[1]) <= n_sources else "", text)
        if written == before:
            text = text.lstrip()
            text = f"\n\n{text}" if before and text else text
        if text:
            self.writing.text += text
            self.stream.push(text)

    def _called(self, calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Carry the calls out in order, as far as one that ends the turn."""
        assert self.of._tools is not None  # noqa: S101 - a model calls only what it was given
        self.stream.flush()
        results: list[ToolResult] = []
        failures = sum(tool.status is ToolStatus.FAILED for tool in self.writing.tools)
        for call in calls:
            if len(self.writing.tools) >= MOST_CALLS:
                results.append(ToolResult(call.call_id, as_data(_TOO_MANY_CALLS), is_error=True))
                continue
            self._elapsed_s()
            self.check_fence()
            began = self.of._clock.now()
            asked = self.hidden.restored_call(call)
            outcome = self.of._tools.call(self.turn, asked, before=tuple(self.done))
            self.done += [asked] if outcome.status is ToolStatus.DONE else []
            elapsed_ms = (self.of._clock.now() - began).total_seconds() * 1000
            self.writing.tools.append(ToolUse(call.name, outcome.status, max(0.0, elapsed_ms)))
            self.writing.outcomes.append(outcome)
            failures += outcome.status is ToolStatus.FAILED
            if outcome.status in ENDS_TURN or failures > self.writing.failures_allowed:
                self.writing.ended_by = outcome
                return results
            results.append(ToolResult(call.call_id, self._told(call, outcome), outcome.is_error))
        return results

    def _told(self, call: ToolCall, outcome: ToolOutcome) -> str:
        """Return what the model is told of an outcome: numbered sources, or the tool's own words as data."""
        if not outcome.found:
            self.writing.told.append(f"{outcome.text}\n{flat(outcome.content)}".strip())
            return as_data(self.hidden.hide(outcome.content))
        first = len(self.writing.sources) + 1
        known = {chunk.chunk_id for passage in self.writing.sources for chunk in passage.chunks}
        found = [
            Passage((ranked.chunk,), ranked, ranked.chunk.text, estimate_tokens(ranked.chunk.text))
            for ranked in outcome.found
            if ranked.chunk.chunk_id not in known and self.of._is_safe(ranked.chunk.text)
        ]
        self.writing.sources += found
        return listed(found, first=first) or "Nothing was found beside the sources that are numbered already."
