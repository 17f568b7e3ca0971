"""``scripts/bench widget``: its options, and its figures as they are printed."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

DESCRIPTION = """The widget in Chromium against a local server: gzipped sizes; on first visits the evaluation of its
scripts (from the browser's own trace) and the time from opening it to the second frame after; tasks over 50 ms while an
answer streams in word by word; the time from frame to frame while a long history is scrolled."""


def add(what: Any, positive: Callable[[str], int]) -> None:
    """Add the command to the sub-parsers ``what``, whose class argparse does not publish."""
    widget: argparse.ArgumentParser = what.add_parser(
        "widget", help="sizes and times of the widget in a browser", description=DESCRIPTION
    )
    widget.add_argument("--runs", type=positive, default=7, help="first visits (default: 7)")
    widget.add_argument("--words", type=positive, default=2000, help="words of the streamed answer (default: 2000)")
    widget.add_argument("--messages", type=positive, default=1000, help="messages of the history (default: 1000)")
    widget.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def run(options: argparse.Namespace, progress: Callable[[str, int, int], None]) -> int:
    """Measure, print, and return the exit code; in the tests' environment."""
    from benchmarks import report, widget

    with tempfile.TemporaryDirectory(prefix="firstline-bench-") as folder:
        result = widget.run(
            Path(folder), runs=options.runs, words=options.words, messages=options.messages, progress=progress
        )
    figures = {"bench": "widget", **result, "machine": report.machine()}
    print(json.dumps(figures) if options.json else widget.table(result))
    return 0
