"""Every state of the support turn: dispatches on the node."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.domain.turn import Reply
from firstline.nodes import NodeInput, run_node
from firstline.observability import count, logger, turn_record

bootstrap.prepare(lambda: bootstrap.container().prepare_answers())


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one node on the turn and return the node's part.

    Raises
    ------
    FirstlineError
        The state machine retries and catches by the class name.
    """
    given = NodeInput.model_validate(event)
    turn = given.turn
    ids = {name: getattr(turn, name) for name in ("turn_id", "conversation_id", "correlation_id")}
    with logger.append_context_keys(node=given.node, **ids):
        return _run(given)


def _run(given: NodeInput) -> dict[str, Any]:
    part = run_node(given, bootstrap.container())
    if isinstance(part, Reply) and not (given.turn.customer and given.turn.customer.answered):
        logger.info("turn answered", extra=turn_record(given.turn, part))
        count(
            {
                "TurnsAnswered": (MetricUnit.Count, 1),
                "TurnLatency": (MetricUnit.Milliseconds, part.processing_time_ms),
                "ModelCostMicroUSD": (MetricUnit.Count, round(part.cost_usd * 1e6)),
            }
        )
    return part.model_dump(mode="json")
