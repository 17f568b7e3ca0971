"""``scripts/bench mail``: its options, and its figures as they are printed."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

DESCRIPTION = """Mails a second that the laptop takes in without answering them, from SMTP to the stored message, on
SQLite: parsed, judged, threaded, its files kept, its turn waiting. In the same run, from the same sender: aiosmtpd with
the standard library's email package and one row of SQLite per mail, and aiosmtpd alone."""

STORMS = "instead, simulated weeks against machines that answer its mail: mails sent, and the stated cap of each"


def add(what: Any, positive: Callable[[str], int]) -> None:
    """Add the command to the sub-parsers ``what``, whose class argparse does not publish."""
    mail: argparse.ArgumentParser = what.add_parser("mail", help="mails taken in per second", description=DESCRIPTION)
    mail.add_argument("--mails", type=positive, default=1000, help="mails on each side (default: 1000)")
    mail.add_argument("--storms", action="store_true", help=STORMS)
    mail.add_argument("--hours", type=positive, default=1000, help="of a storm (default: 1000)")
    mail.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def run(options: argparse.Namespace, progress: Callable[[str, int, int], None]) -> int:
    """Measure, print, and return the exit code."""
    from benchmarks import mail, mail_storms, report

    if options.storms:
        with tempfile.TemporaryDirectory(prefix="firstline-bench-") as folder:
            rows = mail_storms.measure(Path(folder), hours=options.hours, progress=progress)
        storms = {"bench": "mail", "hours": options.hours, "storms": rows, "machine": report.machine()}
        print(json.dumps(storms) if options.json else mail_storms.table(rows, options.hours))
        return 0
    with tempfile.TemporaryDirectory(prefix="firstline-bench-") as folder:
        result = mail.measure(Path(folder), count=options.mails, progress=progress)
    figures = {"bench": "mail", **result, "machine": report.machine()}
    print(json.dumps(figures) if options.json else mail.table(result))
    return 0
