"""``scripts/bench chat``: its options, and its figures as they are printed."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environment

PARTS = ("network", "kills", "takeovers", "buckets", "load")
DESCRIPTION = """The long proofs that a chat loses nothing, on a freshly started scripts/run. network: one
conversation of ten messages for each of its frames, cut after that frame, and conversations whose frames come twice,
late and out of order. kills: kill -9 at random moments of a load, restart, resume. takeovers: at random moments of
streamed answers. buckets: ten thousand requests at one token bucket from 8 processes. load: open sockets that each
send now and then, then as fast as they can. Ends with 1 where anything was lost, doubled or said that should not have
been."""


def add(what: Any, positive: Callable[[str], int]) -> None:
    """Add the command to the sub-parsers ``what``, whose class argparse does not publish."""
    chat: argparse.ArgumentParser = what.add_parser(
        "chat", help="cut networks, kill -9, takeovers, buckets, load", description=DESCRIPTION
    )
    chat.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help=f"parts (default: {' '.join(PARTS)})")
    chat.add_argument("--kills", type=positive, default=50, help="times that the server is killed (default: 50)")
    chat.add_argument(
        "--conversations", type=positive, default=20, help="conversations under kills and disordered (default: 20)"
    )
    chat.add_argument("--takeovers", type=positive, default=200, help="(default: 200)")
    chat.add_argument("--sockets", type=positive, default=500, help="open sockets of the load (default: 500)")
    chat.add_argument("--every", type=positive, default=10, help="seconds between a socket's messages (default: 10)")
    chat.add_argument("--seconds", type=positive, default=120, help="of the load (default: 120)")
    chat.add_argument("--saturate", type=positive, default=20, help="seconds at full speed after it (default: 20)")
    chat.add_argument("--seed", type=int, default=13, help="draws the moments (default: 13)")
    chat.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def run(options: argparse.Namespace, progress: Callable[[str, int, int], None]) -> int:
    """Measure, print, and return the exit code; in the tests' environment."""
    from benchmarks import chat, report

    sizes = chat.Sizes(
        kills=options.kills,
        conversations=options.conversations,
        takeovers=options.takeovers,
        sockets=options.sockets,
        every_s=options.every,
        seconds=options.seconds,
        saturate_s=options.saturate,
        seed=options.seed,
    )
    with tempfile.TemporaryDirectory(prefix="firstline-bench-") as folder:
        result = chat.measure(options.only, sizes, environment.ROOT / "knowledge", Path(folder), progress)
    figures = {"bench": "chat", **result, "machine": report.machine()}
    print(json.dumps(figures) if options.json else chat.table(result))
    return 1 if chat.violations(result) else 0
