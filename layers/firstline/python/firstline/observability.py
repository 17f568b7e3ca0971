"""Structured logs and metrics; ids and figures, never the text of a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from firstline.domain.errors import StoreError
from firstline.domain.turn import Reply, Turn

VERSION = "0.1.0"
"""Of this program; the same as in pyproject.toml."""

logger = Logger(service="firstline", log_uncaught_exceptions=False)


def count(values: Mapping[str, tuple[MetricUnit, float]]) -> None:
    """Write one CloudWatch metric line; nothing where ``POWERTOOLS_METRICS_DISABLED`` is set, as on a laptop."""
    metrics = EphemeralMetrics(namespace="Firstline", service="firstline")
    # Two stages of one account would be added up.
    metrics.add_dimension("stage", str(logger.get_current_keys().get("env", "unknown")))
    for name, (unit, value) in values.items():
        metrics.add_metric(name, unit, value)
    metrics.flush_metrics()


def log_uncounted(error: StoreError) -> None:
    """Log that something could not be counted."""
    logger.warning("not counted", extra={"error": type(error).__name__})


def turn_record(turn: Turn, reply: Reply) -> dict[str, Any]:
    """Return the fields of the one line that is logged per answered turn."""
    customer = turn.customer.customer.customer_id if turn.customer else ""
    return {
        "turn_id": turn.turn_id,
        "ticket_id": reply.handover.ticket_id if reply.handover else "",
        "conversation_id": turn.conversation_id,
        "correlation_id": turn.correlation_id,
        "customer_id": customer,
        "channel": turn.channel.value,
        "category": turn.classification.category.value if turn.classification else "",
        "confidence": reply.confidence,
        "action": reply.action.value,
        "reason": reply.reason.value,
        "resolution_method": reply.resolution_method.value,
        "strategy": reply.strategy.value if reply.strategy else "",
        "processing_time_ms": round(reply.processing_time_ms, 1),
        "model": reply.model,
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "cost_usd": reply.cost_usd,
    }
