"""The figures of the turn bench: percentiles, the ratio to the peer, facts of the machine, and a table."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.langgraph_peer import PeerTimes
from benchmarks.turn import NODES, TurnTimes

Figures = dict[str, float]
"""``p50``, ``p95`` and ``mean``, in milliseconds."""


def figures(milliseconds: Iterable[float]) -> Figures:
    """Return median, 95th percentile and mean of some times, at least one."""
    times = np.fromiter(milliseconds, np.float64)
    return {
        "p50": round(float(np.percentile(times, 50)), 3),
        "p95": round(float(np.percentile(times, 95)), 3),
        "mean": round(float(times.mean()), 3),
    }


def summary(ours: Sequence[TurnTimes], peer: Sequence[PeerTimes]) -> dict[str, Any]:
    """Return the figures of both sides; ``ratio`` is ours to the peer's, of the medians of the comparable figure."""
    parts = ("whole", "engine", "store", "retrieval", "embedding", "machinery")
    result: dict[str, Any] = {
        "turns": len(ours),
        "actions": dict(Counter(times.action for times in ours)),
        "nodes_ms": {node: figures(times.nodes[node] for times in ours) for node in NODES},
        "firstline_ms": {part: figures(getattr(times, part) for times in ours) for part in parts},
    }
    if peer:
        result["peer_ms"] = {
            part: figures(getattr(times, part) for times in peer) for part in ("graph", "query", "machinery")
        }
        ratio = result["firstline_ms"]["machinery"]["p50"] / result["peer_ms"]["machinery"]["p50"]
        result["ratio"] = round(ratio, 3)
    return result


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def table(result: Mapping[str, Any]) -> str:
    """Return the result for people."""
    whole, rate = result["firstline_ms"]["whole"], result["turns_per_second"]
    lines = [
        f"{result['turns']} turns over {result['chunks']} chunks of {result['data']}; what they did: "
        + ", ".join(f"{count} {action}" for action, count in result["actions"].items()),
        f"turns per second: {1000 / whole['mean']:.1f} one after another, {rate:.1f} with all waiting in line",
        "",
        _row("milliseconds", {"p50": "p50", "p95": "p95", "mean": "mean"}),
        *(_row(f"  {node}", times) for node, times in result["nodes_ms"].items()),
        _row("whole turn", whole),
        _row("  of it embedding", result["firstline_ms"]["embedding"]),
        "",
        _row("Firstline: engine + store + retrieval", result["firstline_ms"]["machinery"]),
        *(_row(f"  {part}", result["firstline_ms"][part]) for part in ("engine", "store", "retrieval")),
        _row("LangGraph + SqliteSaver + Chroma", result["peer_ms"]["machinery"]),
        _row("  six empty steps, checkpointed", result["peer_ms"]["graph"]),
        _row("  query", result["peer_ms"]["query"]),
        f"ratio of the medians: {result['ratio']:.2f}",
        "",
        f"{'fresh process, ms (median)':<40}{'import':>9}{'container':>11}",
    ]
    for name, spent in result["handlers_ms"].items():
        lines.append(f"{'  functions/' + name:<40}{spent['import']:>9.0f}{spent['container']:>11.0f}")
    return "\n".join([*lines, "", *result["notes"], _facts(result["machine"], result["versions"])])


def retrieval_table(result: Mapping[str, Any]) -> str:
    """Return the result of the retrieval bench for people."""
    ingestion = result["ingestion"]
    lines = [f"ingestion of {result['data']}: {ingestion['chunks_per_s']} chunks/s, {ingestion['chunks']} chunks"]
    if "rescan" in result:
        rescan = result["rescan"]
        lines.append(f"{rescan['chunks']} unchanged chunks scanned again in {rescan['unchanged_s']} s")
    lines += ["", _row("milliseconds", {"p50": "p50", "p95": "p95", "mean": "mean"})]
    for size in result["sizes"]:
        for side in ("firstline", "chroma"):
            measured = size.get(side, {})
            memory = f", {measured['memory_mb']} MB" if "memory_mb" in measured else ""
            lines += [
                _row(f"{size['chunks']} {side} {name.removesuffix('_ms')}{memory}", times)
                for name, times in measured.items()
                if name.endswith("_ms")
            ]
    if "same_top_3" in result:
        lines.append(f"the same three first chunks as the local index: {result['same_top_3']:.1%} of the questions")
    return "\n".join(lines)


def _row(name: str, times: Mapping[str, Any]) -> str:
    shown = (f"{value:>9.2f}" if isinstance(value, float) else f"{value:>9}" for value in times.values())
    return f"{name:<52}" + "".join(shown)


def _facts(facts: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    parts = [f"{facts['cpu']} ({facts['cores']} cores, load {facts['load'][0]})", f"Python {facts['python']}"]
    parts += [f"SQLite {facts['sqlite']}", *(f"{name} {number}" for name, number in versions.items())]
    return ", ".join(parts)
