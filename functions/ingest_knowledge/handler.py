"""Follows the knowledge bucket: an object made, changed or removed is brought into the index."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.observability import count, logger


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Ingest the objects that an S3 notification names; each is read as it is now, so late events do no harm.

    Raises
    ------
    EmbedderUnavailableError, KnowledgeIndexUnavailableError, StoreUnavailableError
        Lambda delivers the event again.
    """
    ingest_knowledge = bootstrap.container().ingest_knowledge
    reports = []
    for record in S3Event(event).records:
        # A notification carries the key as in a URL's query.
        report = ingest_knowledge.ingest(unquote_plus(record.s3.get_object.key))
        for skipped in report.skipped:
            logger.warning("not served", extra={"source": skipped.source, "reason": skipped.reason})
        count({"ChunksEmbedded": (MetricUnit.Count, report.embedded)})
        reports.append(report.model_dump(mode="json"))
    return {"reports": reports}
