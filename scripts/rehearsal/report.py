"""Runs steps in order, tells each with its time, and ends with a table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from websockets.exceptions import WebSocketException

from firstline.domain.errors import FirstlineError
from rehearsal.checking import CheckFailedError
from rehearsal.programs import ProgramError

# What a stage that is not as it should be is told by; anything else is a fault of the rehearsal.
FAILURES = (CheckFailedError, ProgramError, FirstlineError, OSError, BotoCoreError, ClientError, WebSocketException)


@dataclass(frozen=True)
class Step:
    """One step: what it proves, what does it; ``needed``: without it there is no sense in the rest."""

    claim: str
    run: Callable[[], object]
    needed: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a step went; ``passed`` is None where it was not tried."""

    claim: str
    passed: bool | None
    took_s: float
    told: str


class Report:
    """What was run so far.

    Parameters
    ----------
    on_failure : callable
        Called after a failed step with the moment at which it began, in seconds since 1970; returns lines to print.
    """

    def __init__(self, on_failure: Callable[[float], list[str]]) -> None:
        self._on_failure = on_failure
        self._outcomes: list[Outcome] = []
        self._given_up = False

    @property
    def passed(self) -> bool:
        """Whether something was run, and all of it passed."""
        return bool(self._outcomes) and all(outcome.passed for outcome in self._outcomes)

    @property
    def gave_up(self) -> bool:
        """Whether a step failed that the rest needs."""
        return self._given_up

    def run(self, step: Step) -> None:
        """Run a step unless one that it needs has failed."""
        if self._given_up:
            self._outcomes.append(Outcome(step.claim, None, 0.0, "not tried"))
            return
        print(f"{step.claim} ...", flush=True)
        started, moment = time.monotonic(), time.time()
        try:
            told, passed = str(step.run() or ""), True
        except FAILURES as failure:
            told, passed = f"{type(failure).__name__}: {failure}", False
        took = time.monotonic() - started
        self._outcomes.append(Outcome(step.claim, passed, took, told.splitlines()[0] if told else ""))
        print(f"    {'ok' if passed else 'FAILED'} in {took:.1f} s{': ' if told else ''}{told}", flush=True)
        if not passed:
            self._given_up = step.needed
            for line in self._on_failure(moment):
                print(f"    | {line}", flush=True)

    def table(self) -> str:
        """Return one line per step, and a last one with the sum."""
        marks = {True: "ok", False: "FAILED", None: "not tried"}
        width = max((len(outcome.claim) for outcome in self._outcomes), default=0)
        lines = [
            f"{outcome.claim:{width}}  {marks[outcome.passed]:9} {outcome.took_s:6.1f} s  {outcome.told[:90]}"
            for outcome in self._outcomes
        ]
        good = sum(outcome.passed is True for outcome in self._outcomes)
        took = sum(outcome.took_s for outcome in self._outcomes)
        return "\n".join([*lines, f"{good} of {len(lines)} steps passed in {took:.0f} s"])
