"""Takes in received mail, and what SES tells of sent mail."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.domain.errors import FirstlineError, InvalidInputError
from firstline.observability import logger
from firstline.services.receive_mail import Received


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take messages of the mail queue, or one of their bodies; what fails for now is delivered again."""
    if (event.get("Records") or [{}])[0].get("eventSource") == "aws:sqs":
        batch = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)  # the queue counts the attempts
        return dict(process_partial_response(event, _take_message, batch, context))
    with logger.append_context_keys(correlation_id=bootstrap.container().ports.ids.new()):
        return {"mails": [asdict(received) for received in _take(event)]}


def _take_message(record: SQSRecord) -> None:
    with logger.append_context_keys(correlation_id=record.message_id):
        try:
            _take(json.loads(record.body))
        except json.JSONDecodeError:
            logger.exception("a message that is no JSON was dropped")
        except FirstlineError:
            logger.exception("to be delivered again")
            raise


def _take(message: object) -> list[Received]:
    try:
        received = bootstrap.container().mailing.events.take(message)
    except InvalidInputError:
        logger.exception("a message that is not understood was dropped")
        return []
    for mail in received:
        logger.info("mail received", extra=asdict(mail))
    return received
