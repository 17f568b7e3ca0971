"""A model, tools, checks and a stream that a test scripts, and a turn to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from firstline.adapters.local.table import SQLiteTable
from firstline.domain.classification import classify
from firstline.domain.context import Passage
from firstline.domain.conversation import Channel, ConversationStatus, Customer
from firstline.domain.errors import AnswerRejectedError
from firstline.domain.knowledge import Chunk, RankedChunk, RetrievedKnowledge
from firstline.domain.language_model import (
    BeginAnew,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolDefinition,
)
from firstline.domain.model_spend import BudgetLimits
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import HistoryMessage, IdentifiedCustomer, Strategy, Turn, TurnMessage
from firstline.repositories.cache_entries import CacheEntryRepository
from firstline.repositories.model_spend import ModelSpendRepository
from firstline.services.answer_cache import AnswerCache
from firstline.services.answer_from_articles import AnswerFromArticles
from firstline.services.answer_with_model import AnswerWithModel
from firstline.services.cache import Cache
from firstline.services.model_budget import ModelBudget
from firstline.services.personal_data import PersonalData
from firstline.services.write_answer import WriteAnswer

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEXT = "You can reset a forgotten password yourself. The link in the mail is good for 30 minutes."
Step = str | ToolCall | BeginAnew | Exception | Callable[[], object]


class StandingClock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class ScriptedModel:
    """Every request takes the next script."""

    def __init__(self, *scripts: Sequence[Step], cost_usd: float = 0.01) -> None:
        self.scripts = list(scripts)
        self.requests: list[ModelRequest] = []
        self.cost_usd = cost_usd

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        self.requests.append(request)
        calls = False
        for step in self.scripts.pop(0):
            if isinstance(step, str):
                yield TextDelta(step)
            elif isinstance(step, Exception):
                raise step
            elif callable(step):
                step()
            else:
                calls |= isinstance(step, ToolCall)
                yield step
        yield ModelFinished("scripted", 100, 10, "tool_use" if calls else "end_turn", self.cost_usd, 50, 20)


@dataclass
class ScriptedTools:
    """Tools by name, with what they give."""

    outcomes: dict[str, ToolOutcome] = field(default_factory=dict)
    calls: list[ToolCall] = field(default_factory=list)

    def definitions(self, turn: Turn) -> tuple[ToolDefinition, ...]:
        return tuple(ToolDefinition(name, name, {"type": "object"}) for name in self.outcomes)

    def call(self, turn: Turn, call: ToolCall, *, before: Sequence[ToolCall] = ()) -> ToolOutcome:
        self.calls.append(call)
        return self.outcomes[call.name]

    def act(self, turn: Turn) -> ToolOutcome | None:
        return self.outcomes.get("act")


class SentenceChecks:
    """Holds sentences back until their full stop, and rejects those with a forbidden word."""

    def __init__(self, *forbidden: str) -> None:
        self.forbidden = forbidden
        self.given: list[list[str]] = []

    def begin(
        self, turn: Turn, sources: Sequence[Passage], strategy: Strategy, *, told: Sequence[str] = ()
    ) -> SentenceCheck:
        self.given.append([*(passage.text for passage in sources), *told])
        return SentenceCheck(self.forbidden)


@dataclass
class SentenceCheck:
    """One answer."""

    forbidden: tuple[str, ...]
    held: str = ""
    passed: int = 0

    @property
    def result(self) -> dict[str, Any]:
        return {"passed": self.passed}

    def push(self, text: str) -> str:
        self.held += text
        end = self.held.rfind(".") + 1
        leaving, self.held = self.held[:end], self.held[end:]
        return self._checked(leaving)

    def finish(self) -> str:
        leaving, self.held = self.held, ""
        return self._checked(leaving)

    def _checked(self, text: str) -> str:
        if any(word in text for word in self.forbidden):
            raise AnswerRejectedError("unknown_number")
        self.passed += text.count(".")
        return text


class ShownText:
    """What a customer sees."""

    def __init__(self) -> None:
        self.text = ""
        self.pieces: list[str] = []
        self.withdrawn: list[str] = []

    def push(self, text: str) -> None:
        if text:
            self.pieces.append(text)
        self.text += text

    def flush(self) -> None: ...

    def withdraw(self) -> None:
        self.withdrawn.append(self.text)
        self.text = ""


def ranked(text: str = TEXT, name: str = "passwords") -> RankedChunk:
    chunk = Chunk(
        chunk_id=f"articles/{name}.md#reset@0123456789ab",
        source=f"articles/{name}.md",
        title="Accounts",
        heading_path=("Reset your password",),
        text=text,
        position=0,
        content_hash="0123456789ab" * 5,
    )
    return RankedChunk(chunk=chunk, score=1.0, distance=0.2)


def turn(
    question: str = "How do I reset a forgotten password?",
    *,
    user_id: str = "",
    history: Sequence[HistoryMessage] = (),
    risk: float = 0.0,
    **customer: Any,
) -> Turn:
    message = TurnMessage(message_id="m1", seq=2, text=question, sent_at=NOW)
    return Turn(
        turn_id="turn1",
        conversation_id="conversation1",
        correlation_id="c",
        channel=Channel.CHAT,
        message=message,
        customer=IdentifiedCustomer(
            customer=Customer(customer_id="customer1", user_id=user_id, created_at=NOW),
            attempt=1,
            conversation_version=1,
            conversation_status=ConversationStatus.OPEN,
            unanswered=[question],
            history=list(history),
            n_customer_messages=1,
            **customer,
        ),
        classification=classify(question).model_copy(update={"injection_risk": risk}),
        knowledge=RetrievedKnowledge(query=question, ranked=[ranked()], confidence=0.9, abstained=False),
    )


class Writer:
    """``WriteAnswer`` over doubles and a real store."""

    def __init__(
        self,
        table: SQLiteTable,
        model: ScriptedModel | None = None,
        *,
        tools: ScriptedTools | None = None,
        checks: Any = None,
        cache_s: int = 0,
        max_rounds: int = 2,
        unsafe: str = "",
        limits: BudgetLimits | None = None,
        masked: bool = False,
    ) -> None:
        self.clock, self.stream, self.failures = StandingClock(), ShownText(), list[Exception]()
        self.model, self.tools, self.checks = model, tools or ScriptedTools(), checks or SentenceChecks()
        self.spend = ModelSpendRepository(table)
        self.fences = 0
        self.fence: Callable[[], None] = lambda: None
        self.knowledge_version = 1
        self.budget = ModelBudget(self.spend, limits or BudgetLimits(), max_usd=1.0, clock=self.clock)

        def is_safe(text: str) -> bool:
            return not unsafe or unsafe not in text

        with_model = None
        if model is not None:
            with_model = AnswerWithModel(
                model,
                self.budget,
                self.checks,
                self.tools,
                clock=self.clock,
                max_tokens=500,
                temperature=0.0,
                max_rounds=max_rounds,
                is_safe=is_safe,
            )
        cache = Cache("answer", CacheEntryRepository(table), seconds=cache_s, clock=self.clock)
        self.writer = WriteAnswer(
            with_model,
            self.tools,
            AnswerFromArticles(self.checks),
            AnswerCache(cache, knowledge_version=lambda: self.knowledge_version, settings={}),
            NoIndex(),
            NoFiles(),
            is_safe=is_safe,
            personal_data=lambda: PersonalData(is_on=masked),
            injection_threshold=0.5,
            context_tokens=500,
        )

    def write(self, asked: Turn, action: Any = None, found: list[RankedChunk] | None = None) -> Any:
        from firstline.domain.turn import Action

        def check_fence() -> None:
            self.fences += 1
            self.fence()

        return self.writer.write(
            asked,
            action or Action.ANSWER,
            [ranked()] if found is None else found,
            Strategy.CONCISE,
            self.stream,
            check_fence=check_fence,
            on_model_failure=self.failures.append,
        )


class NoIndex:
    """An index without neighbours."""

    def neighbours(self, *_: object) -> list[Chunk]:
        return []

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the index is not asked for {name}")


class NoFiles:
    """No attached files."""

    def of_turn(self, asked: Turn, *, hide: Callable[[str], str]) -> tuple[str, tuple[Any, ...]]:
        return "", ()


DONE = ToolOutcome(
    ToolStatus.DONE, '{"ticket_id": "4F2K7QWX", "status": "open"}', "I have opened ticket 4F2K7QWX.", "4F2K7QWX"
)
