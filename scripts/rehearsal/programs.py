"""Programs that run beside a rehearsal: started, awaited, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_S = 15.0
_LAST_LINES = 4_000


class ProgramError(RuntimeError):
    """A program did not start; the message holds the end of its log."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Program:
    """One program, of which ``url`` tells whether it is up; what it prints goes to ``log``."""

    name: str
    command: Sequence[str]
    url: str
    log: Path
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    start_within_s: float = 180.0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises ``ProgramError``."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - the rehearsal's own fixed commands
                self.command,
                env=dict(self.environ),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the script, which then stops everything in order.
                start_new_session=True,
            )
        deadline = time.monotonic() + self.start_within_s
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ProgramError(f"{self.name} did not start:\n{self.log_end()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it, the hard way if it does not end by itself; once stopped this does nothing."""
        if self.process is None:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=STOP_S)
        # Itself if it did not end, and what it started and has left behind: its session is its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def send_signal(self, number: int) -> None:
        """Send a signal, such as SIGSTOP. Raises ``ProgramError`` where it does not run."""
        if self.process is None:
            raise ProgramError(f"{self.name} does not run")
        self.process.send_signal(number)

    def log_end(self) -> str:
        """Return the last lines that it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-_LAST_LINES:]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=2):  # noqa: S310 - an address of this machine
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False
