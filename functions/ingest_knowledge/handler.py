"""Follows the knowledge bucket: objects made, changed or removed are brought into the index; a schedule compares."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.domain.errors import FirstlineError
from firstline.domain.ingestion import IngestionReport
from firstline.observability import count, logger
from firstline.services.knowledge_events import follow, in_order


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take S3 notifications, also from a queue, and orders: ``sync``, ``rebuild`` before it, ``tickets`` of a file."""
    if (event.get("Records") or [{}])[0].get("eventSource") == "aws:sqs":
        batch = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)  # the queue counts the attempts
        return dict(process_partial_response(in_order(event), _follow_message, batch, context))
    with logger.append_context_keys(correlation_id=bootstrap.container().ports.ids.new()):
        if True in (event.get("rebuild"), event.get("sync")):
            return _sync(rebuild=event.get("rebuild") is True)
        if event.get("tickets"):
            return bootstrap.container().import_ticket_file.run(event["tickets"], by="order").model_dump(mode="json")
        return {"reports": [report.model_dump(mode="json") for report in follow(event, _ingest)]}


def _follow_message(record: SQSRecord) -> None:
    with logger.append_context_keys(correlation_id=record.message_id):
        try:
            follow(json.loads(record.body), _ingest)
        except (FirstlineError, ValueError):
            logger.exception("to be delivered again")
            raise


def _ingest(key: str) -> IngestionReport:
    return _told(bootstrap.container().ingest_knowledge.ingest(key))


def _sync(*, rebuild: bool) -> dict[str, Any]:
    if rebuild:
        bootstrap.rebuild_knowledge()
    report = _told(bootstrap.container().ingest_knowledge.sync())
    bootstrap.container().manage_drafts.finish_decisions()
    logger.info("knowledge compared", extra=report.counts)
    return {"reports": [report.model_dump(mode="json")]}


def _told(report: IngestionReport) -> IngestionReport:
    for skipped in report.skipped:
        logger.warning("not served", extra=skipped.model_dump())
    count({"ChunksEmbedded": (MetricUnit.Count, report.embedded)})
    return report
