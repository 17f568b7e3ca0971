"""Hold an answer back until each of its sentences has passed its checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from time import perf_counter

from firstline.domain.answer_check import AnswerRules, Checked, GuardResult, own_sentences
from firstline.domain.answer_units import AnswerUnits
from firstline.domain.contact_details import ContactDetails
from firstline.domain.context import Passage
from firstline.domain.conversation import Author
from firstline.domain.errors import AnswerRejectedError
from firstline.domain.guard_result import ForeignAnswers
from firstline.domain.instruction_leak import word_runs
from firstline.domain.locales import OUTSIDE_ANSWERS
from firstline.domain.turn import Strategy, Turn

_PACKAGE = Path(__file__).parents[1]


class AnswerCheck:
    """One answer on its way out: text goes in as it is written, and comes out by whole checked sentences.

    After a rejection nothing more comes out; what came out before it was checked. Times are measured by ``clock``.
    """

    def __init__(self, rules: AnswerRules, *, opens_kindly: bool, clock: Callable[[], float] = perf_counter) -> None:
        self._rules = rules
        self._opens_kindly = opens_kindly
        self._clock = clock
        self._units = AnswerUnits()
        self._checked: list[Checked] = []
        self._rejected: AnswerRejectedError | None = None
        self._seconds = 0.0
        self._before = ""

    def push(self, text: str) -> str:
        """Add text and return what may leave now: whole checked sentences, empty while one is held back.

        Raises
        ------
        AnswerRejectedError
            A sentence did not pass. Of this call's text nothing leaves, nor anything afterwards.
        """
        return self._pass(self._units.push(text))

    def finish(self) -> str:
        """Return the rest. Raises what ``push`` raises."""
        return self._pass(self._units.finish())

    @property
    def result(self) -> GuardResult:
        """The checks so far, for the receipt."""
        return GuardResult(
            sentences=[found.check for found in self._checked],
            score=round(self._rules.score(self._checked), 4),
            reason=next((found.check.reason for found in self._checked if found.check.reason), None),
            ungrounded_language=any(found.check.ungrounded_language for found in self._checked),
            ms=round(self._seconds * 1000, 2),
        )

    def _pass(self, units: Sequence[str]) -> str:
        if self._rejected is not None:
            raise self._rejected
        started = self._clock()
        try:
            for unit in units:
                found = self._rules.check(
                    unit, opens_kindly=self._opens_kindly and not self._checked, before=self._before
                )
                self._before += unit
                self._checked.append(found)
                if found.check.reason is not None:
                    self._rejected = AnswerRejectedError(found.check.reason)
                    raise self._rejected
        finally:
            self._seconds += self._clock() - started
        return "".join(units)


_NO_ANSWERS = ("ticket_", *OUTSIDE_ANSWERS)


class CheckAnswer:
    """Checks answers before they are final.

    Parameters
    ----------
    instructions : iterable of str
        Texts that the model is instructed by and that no answer may quote; without it, those of ``prompts/``.
    own_texts : iterable of str
        What Firstline says by itself; without it, the texts of ``locales/``.
    own_addresses : iterable of str
        Of this installation: an answer may give them and what lies under them.
    foreign : ForeignAnswers
        What becomes of answers in another language than all of their sources.
    """

    def __init__(
        self,
        instructions: Iterable[str] | None = None,
        own_texts: Iterable[str] | None = None,
        *,
        own_addresses: Iterable[str] = (),
        foreign: ForeignAnswers = ForeignAnswers.HOLD,
    ) -> None:
        self._foreign = foreign
        self._instructions = word_runs(prompt_texts() if instructions is None else instructions)
        self._own_texts = own_sentences(locale_texts() if own_texts is None else own_texts)
        self._own_addresses = tuple(own_addresses)

    def begin(
        self, turn: Turn, sources: Sequence[Passage], strategy: Strategy | None, *, told: Sequence[str] = ()
    ) -> AnswerCheck:
        """Return the check of one answer.

        Parameters
        ----------
        sources : sequence of Passage
            As numbered in the answer's citations, from 1.
        strategy : Strategy, optional
            An empathetic answer may open with a sentence about the customer's situation.
        told : sequence of str
            What else it may be taken from: attached files, results of tools so far. Not so addresses and phone
            numbers: strangers may have written them there.
        """
        texts = [f"{passage.heading}\n\n{passage.text}" for passage in sources]
        known = [*texts, *(passage.best.chunk.url for passage in sources), *_typed(turn)]
        rules = AnswerRules(
            texts,
            told=told,
            conversation=_conversation(turn),
            contacts=ContactDetails(known, own=self._own_addresses),
            languages={passage.best.chunk.language for passage in sources} or {"en"},
            instructions=self._instructions,
            own_texts=self._own_texts,
            pictures=_has_pictures(turn),
            foreign=self._foreign,
        )
        return AnswerCheck(rules, opens_kindly=strategy is Strategy.EMPATHETIC)


def load_tables() -> None:
    """Check a sentence of no importance: what is loaded and compiled for the first answer is there for all."""
    source = "Settings\n\nChoose Reset in your settings within 30 days."
    rules = AnswerRules([source], conversation="", contacts=ContactDetails([source]), languages={"en"})
    check = AnswerCheck(rules, opens_kindly=False)
    check.push("Choose Reset in your settings [1]. ")
    check.finish()


@lru_cache(maxsize=1)
def prompt_texts() -> tuple[str, ...]:
    """Return the texts of ``prompts/``."""
    files = sorted(path for path in (_PACKAGE / "prompts").rglob("*") if path.suffix in {".md", ".txt", ".json"})
    return tuple(path.read_text(encoding="utf-8") for path in files)


@lru_cache(maxsize=1)
def locale_texts() -> tuple[str, ...]:
    """Return the texts of ``locales/`` that no fact has to stand behind: what was done to a ticket is none of them."""
    found: list[str] = []
    for path in sorted((_PACKAGE / "locales").glob("*.json")):
        loaded = json.loads(path.read_text(encoding="utf-8"))
        found += _texts({key: value for key, value in loaded.items() if not key.startswith(_NO_ANSWERS)})
    return tuple(found)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, dict):
        return []
    # What begins with "@" explains, and is never said.
    return [text for key, part in value.items() if not key.startswith("@") for text in _texts(part)]


def _has_pictures(turn: Turn) -> bool:
    return turn.customer is not None and any(file.kind.is_image for file in turn.customer.attachments)


def _conversation(turn: Turn) -> str:
    customer = turn.customer
    if customer is None:
        return turn.message.text
    parts = [turn.question, customer.summary, *(said.text for said in customer.history), *customer.memory.values()]
    return "\n".join(parts)


def _typed(turn: Turn) -> Iterable[str]:
    """Return what the customer has typed in this conversation, and what people of the company have."""
    history = turn.customer.history if turn.customer is not None else ()
    typed = (said.text for said in history if said.author in (Author.CUSTOMER, Author.AGENT))
    return (turn.message.text, turn.question, *typed)
