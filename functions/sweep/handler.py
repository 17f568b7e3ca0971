"""Starts unfinished turns again, closes quiet conversations, delivers notices; a schedule calls it every minute."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.container import Container
from firstline.domain.counters import ESCALATIONS, series_key
from firstline.domain.turn import Reason
from firstline.observability import count, log_uncounted, logger


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Sweep once; the schedule's event holds nothing that matters.

    Raises ``StoreUnavailableError``; the next minute tries again.
    """
    container = bootstrap.container()
    with logger.append_context_keys(correlation_id=str(event.get("id") or container.ports.ids.new())):
        return _sweep(container)


def _sweep(container: Container) -> dict[str, Any]:
    report = container.sweep_turns.sweep()
    if report.unreadable:
        logger.error("turns that cannot be read", extra={"items": list(report.unreadable)})
    if report.restarted or report.handed_over:
        logger.warning("unfinished turns", extra={"restarted": report.restarted, "handed_over": report.handed_over})
    if report.handed_over:
        handed_over = {series_key(ESCALATIONS, {"reason": Reason.FAILURE}): report.handed_over}
        container.counters.add_if_possible(handed_over, on_failure=log_uncounted)
    count(
        {
            "TurnsRestarted": (MetricUnit.Count, report.restarted),
            "TurnsHandedOverBySweep": (MetricUnit.Count, report.handed_over),
        }
    )
    quiet = container.close_quiet_conversations.sweep()
    if quiet.unreadable:
        logger.error("conversations that cannot be read", extra={"items": list(quiet.unreadable)})
    count({"ConversationsClosedAsQuiet": (MetricUnit.Count, quiet.closed)})
    container.visitors.sweep()
    notices = container.people.notify_people.deliver_due()
    if notices.dead or notices.unreadable:
        logger.error("notices given up", extra={"dead": list(notices.dead), "unreadable": list(notices.unreadable)})
    if notices.delivered or notices.failed:
        count(
            {
                "NoticesDelivered": (MetricUnit.Count, notices.delivered),
                "NoticesFailed": (MetricUnit.Count, notices.failed),
            }
        )
    container.ticketing.sweep()
    container.tooling.sweep()
    container.answers.sweep()
    return {"restarted": report.restarted, "handed_over": report.handed_over, "unreadable": len(report.unreadable)}
