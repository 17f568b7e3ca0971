"""The long proofs of the chat protocol: a bad network, kill -9, takeovers, token buckets, and load."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.chat_kills import kill_again_and_again
from benchmarks.chat_load import load
from benchmarks.chat_network import Progress, cut_after_every_frame, disordered
from benchmarks.conversations import ROOT, free_port, server

PARTS = ("network", "kills", "takeovers", "buckets", "load")
PROCESSES = 8
INCREMENTS = 10_000
FILES_BESIDE = 256


@dataclass(frozen=True)
class Sizes:
    """How long each part is; the numbers of issue 5 by default."""

    kills: int = 50
    conversations: int = 20
    takeovers: int = 200
    sockets: int = 500
    every_s: float = 10.0
    seconds: float = 120.0
    saturate_s: float = 20.0
    seed: int = 13


def measure(
    parts: Sequence[str], sizes: Sizes, knowledge: Path, work: Path, progress: Progress
) -> dict[str, dict[str, Any]]:
    """Run the parts; each names its ``violations``, none where its promise held."""
    work.mkdir(parents=True, exist_ok=True)
    runs: dict[str, Callable[[], dict[str, Any]]] = {
        "network": lambda: _network(sizes, knowledge, work, progress),
        "kills": lambda: kill_again_and_again(
            knowledge,
            work,
            n_kills=sizes.kills,
            n_conversations=sizes.conversations,
            seed=sizes.seed,
            progress=progress,
        ),
        "takeovers": lambda: _takeovers(sizes, work, progress),
        "buckets": lambda: _buckets(work, progress),
        "load": lambda: _load(sizes, knowledge, work, progress),
    }
    return {part: runs[part]() for part in parts}


def _network(sizes: Sizes, knowledge: Path, work: Path, progress: Progress) -> dict[str, Any]:
    port = free_port()
    with server(knowledge, work / "network", port):
        cut = cut_after_every_frame(port, progress)
        mixed = disordered(port, n_conversations=sizes.conversations, seed=sizes.seed, progress=progress)
    violations = [*cut.pop("violations"), *mixed.pop("violations")]
    return {**cut, **{f"disordered_{name}": value for name, value in mixed.items()}, "violations": violations}


def _takeovers(sizes: Sizes, work: Path, progress: Progress) -> dict[str, Any]:
    # The same code that scripts/test runs with fewer of them.
    from tests.component.takeovers import take_over_at_random_moments

    folder = work / "takeovers"
    folder.mkdir()
    tally = take_over_at_random_moments(folder, n=sizes.takeovers, seed=sizes.seed)
    progress("takeovers", sizes.takeovers, sizes.takeovers)
    return {"takeovers": sizes.takeovers, **dict(tally.outcomes), "violations": tally.violations}


def _buckets(work: Path, progress: Progress) -> dict[str, Any]:
    result: dict[str, Any] = {"processes": PROCESSES, "requests": INCREMENTS, "violations": []}
    limits = (2 * INCREMENTS, INCREMENTS // 2)
    for number, limit in enumerate(limits, start=1):
        # A process of its own, because it forks, and this one has threads.
        arguments = ("sqlite", work / f"bucket-{limit}.db", "-", PROCESSES, INCREMENTS // PROCESSES, limit)
        command = [sys.executable, str(ROOT / "scripts" / "benchmarks" / "rate_limits.py"), *map(str, arguments)]
        finished = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
        if not finished.stdout:
            raise RuntimeError(f"the bucket's processes failed:\n{finished.stderr[-2000:]}")
        came = json.loads(finished.stdout)
        result[f"let_in_of_a_bucket_of_{limit}"] = came["allowed"]
        result[f"seconds_for_a_bucket_of_{limit}"] = round(came["seconds"], 2)
        if finished.returncode:
            result["violations"].append(f"bucket of {limit}: {came['allowed']} let in, {came['stored']} stored")
        progress("buckets", number, len(limits))
    return result


def _load(sizes: Sizes, knowledge: Path, work: Path, progress: Progress) -> dict[str, Any]:
    allow_open_files(sizes.sockets + FILES_BESIDE)
    port = free_port()
    with server(knowledge, work / "load", port) as process:
        return load(
            port,
            process.pid,
            n_sockets=sizes.sockets,
            every_s=sizes.every_s,
            seconds=sizes.seconds,
            saturate_s=sizes.saturate_s,
            seed=sizes.seed,
            progress=progress,
        )


def allow_open_files(needed: int) -> None:
    """Raise this process's limit of open files, which the server inherits.

    Raises
    ------
    RuntimeError
        The machine allows fewer.
    """
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise RuntimeError(f"{needed} open files are needed and {hard} allowed: raise `ulimit -n`, or --sockets lower")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def violations(result: dict[str, Any]) -> list[str]:
    """Return everything that a part found broken."""
    return [f"{part}: {what}" for part in PARTS for what in result.get(part, {}).get("violations", [])]


def table(result: dict[str, Any]) -> str:
    """Return the figures for people, and what was broken."""
    lines = []
    for part in (part for part in PARTS if part in result):
        lines.append(part)
        figures = {name: value for name, value in result[part].items() if name != "violations"}
        lines += [f"  {name.replace('_', ' '):<44}{value!s:>12}" for name, value in figures.items()]
    broken = violations(result)
    lines += ["", f"broken promises: {len(broken)}", *(f"  {what}" for what in broken[:20])]
    return "\n".join(lines)
