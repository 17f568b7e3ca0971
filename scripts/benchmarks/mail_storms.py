"""``scripts/bench mail --storms``: Firstline against machines that answer its mail, over simulated weeks."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks import mail_correspondents, mail_machines
from benchmarks.mail_storm import CapPassedError, Opponent, Storm
from benchmarks.turn import silent_logs
from firstline.domain.ports import Embedder

HOURS = 1_000
Progress = Callable[[str, int, int], None]
OPPONENTS: tuple[type[Opponent], ...] = (
    mail_machines.Itself,
    mail_machines.ItselfStripped,
    mail_machines.OwnSecondAddress,
    mail_machines.InThread,
    mail_machines.InThreadLate,
    mail_machines.ThreadFromOtherAddress,
    mail_machines.Lawless,
    mail_machines.LawlessLate,
    mail_machines.LawlessSlow,
    mail_machines.OtherAddress,
    mail_machines.TicketSystem,
    mail_correspondents.Colleagues,
    mail_correspondents.Thankful,
    mail_machines.MailingList,
    mail_machines.MailingListUnmarked,
    mail_correspondents.Bouncing,
    mail_correspondents.BouncingOddly,
    mail_correspondents.BouncingForNow,
    mail_correspondents.Refused,
    mail_correspondents.Talkative,
    mail_correspondents.Answered,
    mail_correspondents.HandedBack,
)


def measure(
    folder: Path,
    opponents: Sequence[type[Opponent]] = OPPONENTS,
    *,
    hours: float = HOURS,
    embedder: Embedder | None = None,
    strict: bool = True,
    progress: Progress | None = None,
    **settings: Any,
) -> list[dict[str, Any]]:
    """Return, for each opponent, how many mails went to and fro.

    Parameters
    ----------
    embedder : Embedder, optional
        Instead of the real one.
    strict : bool
        Whether a passed cap is an error; else it is only in the figures.
    **settings
        Other than the defaults, from which the caps are.

    Raises
    ------
    CapPassedError
    """
    rows: list[dict[str, Any]] = []
    for number, kind in enumerate(opponents, start=1):
        begun, opponent = time.perf_counter(), kind()
        with quiet():
            storm = Storm(folder / str(number), opponent, hours=hours, embedder=embedder, **settings)
            try:
                storm.run()
                opponent.check(storm)
            finally:
                for installation in storm.installations:
                    installation.close()
        row: dict[str, Any] = {
            "opponent": opponent.name,
            "sent": sum(one.copies for one in storm.installations),
            "cap": opponent.most(hours),
            "why": opponent.cap,
            "received": sum(one.received for one in storm.installations),
            "seconds": round(time.perf_counter() - begun, 1),
        }
        if strict and row["sent"] > row["cap"]:
            raise CapPassedError(f"{opponent.name}: {row['sent']} mails sent, the cap is {row['cap']}")
        rows.append(row)
        if progress:
            progress(opponent.name, number, len(opponents))
    return rows


def table(rows: Sequence[Mapping[str, Any]], hours: float) -> str:
    """Return the figures as lines."""
    width = max(len(row["opponent"]) for row in rows)
    head = f"{hours:g} simulated hours each\n{'opponent':<{width}}  sent   cap  received  seconds  the cap is"
    lines = [
        f"{row['opponent']:<{width}} {row['sent']:>5} {row['cap']:>5} {row['received']:>9} {row['seconds']:>8.1f}  "
        f"{row['why']}"
        for row in rows
    ]
    return "\n".join([head, *lines])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Write no log and no metrics."""
    with patch.dict(os.environ, {"POWERTOOLS_METRICS_DISABLED": "true"}), silent_logs():
        yield
