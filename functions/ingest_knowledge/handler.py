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
from firstline.services.knowledge_events import changed_keys


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take S3 notifications, directly or through SQS (it names what to deliver again), and two orders.

    ``{"sync": true}`` compares the index with the whole bucket, ``{"rebuild": true}`` makes it anew before that.
    Raises what ``IngestKnowledge`` does where a direct notification or an order failed; Lambda delivers it again.
    """
    if event.get("rebuild") is True:
        bootstrap.rebuild_knowledge()
    if True in (event.get("rebuild"), event.get("sync")):
        return _sync()
    if (event.get("Records") or [{}])[0].get("eventSource") == "aws:sqs":
        # That all of them fail is no error of this function: the queue counts the attempts.
        batch = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(process_partial_response(event, _follow_message, batch, context))
    return {"reports": [report.model_dump(mode="json") for report in _follow(event)]}


def _follow_message(record: SQSRecord) -> None:
    try:
        _follow(json.loads(record.body))
    except (FirstlineError, ValueError):
        logger.exception("to be delivered again", extra={"message_id": record.message_id})
        raise


def _follow(notification: dict[str, Any]) -> list[IngestionReport]:
    return [_told(bootstrap.container().ingest_knowledge.ingest(key)) for key in changed_keys(notification)]


def _sync() -> dict[str, Any]:
    report = _told(bootstrap.container().ingest_knowledge.sync())
    bootstrap.container().manage_drafts.finish_decisions()
    logger.info("knowledge compared", extra=report.counts)
    return {"reports": [report.model_dump(mode="json")]}


def _told(report: IngestionReport) -> IngestionReport:
    for skipped in report.skipped:
        logger.warning("not served", extra=skipped.model_dump())
    count({"ChunksEmbedded": (MetricUnit.Count, report.embedded)})
    return report
