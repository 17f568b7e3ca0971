"""Starts unfinished turns again; a schedule calls it every minute."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.observability import count, logger


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Sweep once; the schedule's event holds nothing that matters.

    Raises
    ------
    StoreUnavailableError
        The next minute tries again.
    """
    report = bootstrap.container().sweep_turns.sweep()
    if report.unreadable:
        logger.error("turns that cannot be read", extra={"items": list(report.unreadable)})
    if report.restarted or report.handed_over:
        logger.warning("unfinished turns", extra={"restarted": report.restarted, "handed_over": report.handed_over})
    count(
        {
            "TurnsRestarted": (MetricUnit.Count, report.restarted),
            "TurnsHandedOverBySweep": (MetricUnit.Count, report.handed_over),
        }
    )
    return {"restarted": report.restarted, "handed_over": report.handed_over, "unreadable": len(report.unreadable)}
