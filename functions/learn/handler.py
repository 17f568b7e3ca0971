"""Settles what was observed of answers, and makes figures, gaps and drafts of it; a schedule calls it every night."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.night import learn_nightly
from firstline.observability import logger
from firstline.services.learn_nightly import NightFailedError


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the night once; the schedule's event holds nothing that matters. What is run again changes nothing.

    Raises ``NightFailedError`` once every step was tried: the run is repeated, and then lies in the dead-letter queue.
    """
    container = bootstrap.container()
    with logger.append_context_keys(correlation_id=str(event.get("id") or container.ports.ids.new())):
        told = learn_nightly(container).run()
        failed = sorted(step for step, came_to in told.items() if isinstance(came_to, dict) and "error" in came_to)
        logger.info("the night is done", extra={"failed": failed})
    if failed:
        raise NightFailedError(", ".join(failed))
    return told
