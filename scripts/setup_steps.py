"""Steps of the set-up: numbered, timed, one set-up at a time in a folder, with plain failures.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / ".tools"


class SetupError(Exception):
    """A step of the set-up failed; the message tells the user what to do."""


@dataclass(frozen=True)
class Step:
    """One step: what it is called, whether it is done already, how it is done."""

    label: str
    is_done: Callable[[], bool]
    run: Callable[[], None]


def prepare(steps: Sequence[Step]) -> None:
    """Do the steps that are not done yet, in order; end the process with a plain message if one fails."""
    if all(step.is_done() for step in steps):
        return
    try:
        with _exclusive():
            # Two environments may ask for the same installer.
            pending = list({step.label: step for step in steps if not step.is_done()}.values())
            for number, step in enumerate(pending, start=1):
                with announced(f"[{number}/{len(pending)}] {step.label}"):
                    step.run()
    except SetupError as error:
        sys.exit(f"\nSet-up failed: {error}")
    except KeyboardInterrupt:
        sys.exit("\nSet-up interrupted; run the same command again to go on.")


@contextlib.contextmanager
def announced(label: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    print(f"{label} ...", flush=True)
    started = time.monotonic()
    yield
    print(f"{label} done in {time.monotonic() - started:.1f} s", flush=True)


def run_quietly(command: list[str], failure: str, environ: dict[str, str] | None = None) -> None:
    """Run a command, showing its progress on a terminal and its output only if it fails elsewhere.

    Raises
    ------
    SetupError
        It did not end with exit code 0.
    """
    on_terminal = sys.stderr.isatty()
    result = subprocess.run(  # noqa: S603 - the set-up's own fixed commands
        command,
        stdin=subprocess.DEVNULL,
        stdout=None if on_terminal else subprocess.PIPE,
        stderr=None if on_terminal else subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environ or {})},
    )
    if result.returncode:
        raise SetupError(f"{failure}\n{result.stdout or ''}".rstrip())


@contextlib.contextmanager
def _exclusive() -> Iterator[None]:
    # The system frees the lock if this process dies, however it dies.
    import fcntl

    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another set-up in this folder ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
