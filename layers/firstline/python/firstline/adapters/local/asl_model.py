"""A loaded state machine: its states, and their policies for errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firstline.adapters.local.asl_paths import PayloadTemplate, ReferencePath


@dataclass(frozen=True, slots=True)
class ErrorMatcher:
    """The names in an ``ErrorEquals`` field."""

    names: frozenset[str]

    def matches(self, error: str) -> bool:
        """Tell whether an error of this name is meant.

        ``States.Runtime`` never is: AWS always ends the execution on it. ``States.ALL`` means every other name but
        ``States.DataLimitExceeded``; ``States.TaskFailed`` the same but ``States.Timeout``.
        https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
        """
        if error == "States.Runtime":
            return False
        if error in self.names:
            return True
        if error == "States.DataLimitExceeded":
            return False
        return "States.ALL" in self.names or ("States.TaskFailed" in self.names and error != "States.Timeout")


@dataclass(frozen=True, slots=True)
class Retrier:
    """One entry of ``Retry``.

    Parameters
    ----------
    errors : ErrorMatcher
    interval_s : int
        Wait before the first retry, in seconds, >= 1.
    max_attempts : int
        Retries in all, >= 0.
    backoff_rate : float
        Factor from one wait to the next, >= 1.
    max_delay_s : int
        Longest wait, in seconds.
    full_jitter : bool
        Whether the wait is drawn evenly between 0 and what the above gives.
    """

    errors: ErrorMatcher
    interval_s: int
    max_attempts: int
    backoff_rate: float
    max_delay_s: int
    full_jitter: bool

    def delay_s(self, retries_before: int) -> float:
        """Return the longest wait before the next retry, in seconds."""
        # A float power overflows from about the thousandth retry on; the cap is reached long before.
        return float(min(self.interval_s * self.backoff_rate ** min(retries_before, 64), self.max_delay_s))


@dataclass(frozen=True, slots=True)
class Catcher:
    """One entry of ``Catch``: which errors, where their output goes, and the state that follows."""

    errors: ErrorMatcher
    result_path: ReferencePath
    next_state: str


@dataclass(frozen=True, slots=True)
class TaskState:
    """A ``Task``: one call of a resource.

    Parameters
    ----------
    name, resource : str
    parameters : PayloadTemplate or None
        None hands over the document itself.
    result_path : ReferencePath
    next_state : str or None
        None ends the execution.
    timeout_s : int
        Seconds, > 0.
    retriers : tuple of Retrier
    catchers : tuple of Catcher
    """

    name: str
    resource: str
    parameters: PayloadTemplate | None
    result_path: ReferencePath
    next_state: str | None
    timeout_s: int
    retriers: tuple[Retrier, ...]
    catchers: tuple[Catcher, ...]

    def successors(self) -> set[str]:
        """Return the names of all states that may follow."""
        caught = {catcher.next_state for catcher in self.catchers}
        return caught | ({self.next_state} if self.next_state is not None else set())


@dataclass(frozen=True, slots=True)
class SucceedState:
    """A ``Succeed``: the execution ends well here."""

    name: str

    def successors(self) -> set[str]:
        """Return no state."""
        return set()


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A checked state machine: every state it names exists, and every state can be reached.

    Parameters
    ----------
    start_at : str
    states : mapping of str to TaskState or SucceedState
        By name, in the order of the file.
    timeout_s : int
        Longest an execution may take, in seconds.
    """

    start_at: str
    states: Mapping[str, TaskState | SucceedState]
    timeout_s: int

    @property
    def resources(self) -> frozenset[str]:
        """Every resource that a task calls."""
        return frozenset(state.resource for state in self.states.values() if isinstance(state, TaskState))
